"""Many pictures out of few: photographs, each whole and cut into quarters, the large ones into ninths too.

A piece is a picture of its own to any reader: ten thousand photographs make fifty thousand pictures and a billion
pairs.  Pairs are counted between collections only.  Within one, photographs share more than anybody knows: bursts of
one scene, the floor that a seller lays every garment on, the mark that an agency puts in every corner.  Collections
that share pictures, as those of wallpapers do, are named in the folder's ``same.tsv``, a group a line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.copies.corpus import pictures_under
from bench.copies.edits import Picture

_LEAST_QUARTER: Final = 110  #: pixels of its shorter side
_LEAST_NINTH: Final = 240
_SAME: Final = "same.tsv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Photographs of several collections."""

    paths: tuple[Path, ...]
    collections: tuple[str, ...]  #: of each photograph; of those that share pictures, the first one's name

    @classmethod
    def under(cls, folder: Path) -> "Pool":
        """A collection is a subfolder, with all pictures in it.

        Raises: SystemExit for a folder without pictures, or a line of ``same.tsv`` that names no collection.
        """
        paths = tuple(pictures_under(folder))
        own = [path.relative_to(folder).parts[0] for path in paths]
        first, same = dict.fromkeys(own, ""), folder / _SAME
        for line in same.read_text(encoding="utf-8").splitlines() if same.is_file() else ():
            members = line.split("\t")
            if unknown := set(members) - set(own):
                raise SystemExit(f"{same}: there is no collection {min(unknown)!r}.")
            first |= dict.fromkeys(members, members[0])
        return cls(paths=paths, collections=tuple(first[name] or name for name in own))


def pieces_of(picture: Picture) -> Iterator[tuple[str, Picture]]:
    """The picture, its quarters and its ninths, with a name for each, as far as they are large enough."""
    yield "whole", picture
    for across, least in ((2, _LEAST_QUARTER), (3, _LEAST_NINTH)):
        width, height = (side // across for side in picture.size)
        if min(width, height) < least:
            return
        for row in range(across):
            for column in range(across):
                box = (column * width, row * height, (column + 1) * width, (row + 1) * height)
                yield f"{across}/{row}{column}", picture.crop(box)
