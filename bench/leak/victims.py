"""The photographs that are attacked, and those that an attacker learns from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageOps
from skimage import data

from bench.copies.corpus import pictures_under
from bench.leak.codes import U8Array
from bench.leak.faces import Box
from bench.leak.places import Placed, placed
from unseen.fingerprint.region import BANKED

LONG_SIDE: Final = BANKED.long_side
_ASTRONAUT: Final = (177, 66, 95, 95)  # her face, in 512ths of the picture's longer side


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Victim:
    """A photograph and what is banked of it."""

    name: str
    luma: U8Array
    regions: Placed
    face: tuple[float, float, float, float] | None  #: left, top, width, height in shares of the longer side

    def face_at(self, long_side: int) -> Box | None:
        """Where the face is when the picture's longer side has so many pixels."""
        if self.face is None:
            return None
        left, top, width, height = (round(each * long_side) for each in self.face)
        return left, top, width, height


def luma_of(path: Path) -> U8Array:
    """Upright, at most as long as what is banked is looked at."""
    with Image.open(path) as picture:
        picture.draft("L", (LONG_SIDE, LONG_SIDE))
        upright = ImageOps.exif_transpose(picture).convert("L")
    upright.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    return np.ascontiguousarray(np.asarray(upright))


def lumas_of(paths: Sequence[Path]) -> list[tuple[str, U8Array]]:
    """Those that can be read and are no icons."""
    found = []
    for path in paths:
        try:
            luma = luma_of(path)
        except (OSError, ValueError, SyntaxError):
            continue
        if min(luma.shape) >= 200:
            found.append((path.name, luma))
    return found


def with_faces(folder: Path | None) -> list[Victim]:
    """The astronaut, and those of ``folder``, whose ``faces.tsv`` says where the faces are.

    Each line: file name, left, top, width, height, in shares of the picture's longer side.
    """
    astronaut = np.asarray(Image.fromarray(data.astronaut()).convert("L"))
    left, top, width, height = (each / 512 for each in _ASTRONAUT)
    victims = [Victim(name="astronaut", luma=astronaut, regions=placed(astronaut), face=(left, top, width, height))]
    if folder is not None:
        for line in (folder / "faces.tsv").read_text(encoding="utf-8").splitlines():
            name, *numbers = line.split("\t")
            left, top, width, height = (float(each) for each in numbers)
            luma = luma_of(folder / name)
            victims.append(Victim(name=name, luma=luma, regions=placed(luma), face=(left, top, width, height)))
    return victims


def without_faces(
    folder: Path, rng: np.random.Generator, attacked: int, learnt: int
) -> tuple[list[Victim], list[U8Array]]:
    """Photographs to attack, and others to learn from; drawn from all under ``folder``."""
    paths = pictures_under(folder)
    drawn = lumas_of([paths[at] for at in rng.permutation(len(paths))[: attacked + learnt]])
    regions = [(name, luma, placed(luma)) for name, luma in drawn[:attacked]]
    victims = [
        Victim(name=name, luma=luma, regions=found, face=None) for name, luma, found in regions if len(found.codes) >= 8
    ]
    return victims, [luma for _, luma in drawn[attacked:]]
