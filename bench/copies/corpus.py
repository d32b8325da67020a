"""Where the pictures come from: folders that the person running the benchmark brings.

``--data``: photographs to protect, in any subfolders (by default ``$UNSEEN_TEST_DATA/photos``).

``--unrelated``: photographs that have nothing to do with each other, in two subfolders, ``bank`` and ``uploads``; each
picture of one is compared with each of the other.  Collections hold near duplicates, so a collection goes into one of
them as a whole.  Public ones, each a git repository on GitHub (read their terms; several are for research only):

    bank      emanhamed/Houses-dataset (2,140 rooms and house fronts; no licence stated, cite Ahmed and Moustafa 2016),
              BIDS/BSDS500 (BSDS500/data/images, 500; no licence stated in the mirror, published for research)
    uploads   EliSchwartz/imagenet-sample-images (1,000; no licence stated, ImageNet's terms are for research),
              alexeygrigorev/clothing-dataset-small (3,781; CC0)

``--crowd``: the same and more, a subfolder a collection, ``pieces`` says what is counted.  Also:
    JoakimSoderberg/haarcascade-negatives (images, 3,019, many of them bursts), ardamavi/Dog-Cat-Classifier
    (Data/Train_Data, 1,399), datitran/raccoon_dataset (images, 199), jbhuang0604/SelfExSR (Urban100, Sun-Hays80; 180),
    imazen/codec-corpus (CID22, clic2025, kodak, 315), and wallpapers, which share pictures with each other and with the
    test photographs: D3Ext/aesthetic-wallpapers, linuxdotexe/nordic-wallpapers, FrenzyExists/wallpapers,
    pop-os/wallpapers, elementary/wallpapers (1,000 together).

``--scenes``: photographs of one place or thing from different standpoints or moments, one subfolder a scene:

    openMVG/ImageDataset_SceauxCastle (images, 11; copyright Pierre Moulon),
    alicevision/dataset_monstree (full, 41; no licence stated),
    cvg/Hierarchical-Localization (datasets/sacre_coeur, 10; pictures by their photographers on Flickr),
    magicleap/SuperGluePretrainedNetwork (assets: 13 of four landmarks, 30 of 15 rooms; non-commercial research),
    Vincentqyw/image-matching-webui (imcui/datasets/lines, 2), gmberton/image-matching-models (example_pairs, 4),
    pierotofy/drone_dataset_brighton_beach (images, 18 from the air; BSD-2-Clause)

Frames of one video or burst a second apart are left out: they are copies of each other to any reader.
"""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

from bench.copies.edits import Picture

LONG_SIDE: Final = 1600  #: pictures are brought to it first, as apps send them
_LEAST_SIDE: Final = 200  # what is smaller is an icon
_ENDINGS: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".ppm"})


def pictures_under(folder: Path) -> list[Path]:
    """Files that look like pictures, by name.  Raises: SystemExit where there is none."""
    if not folder.is_dir():
        raise SystemExit(f"{folder} is no folder. {__doc__}")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS and path.is_file())
    if not found:
        raise SystemExit(f"{folder} holds no pictures.")
    return found


def photographs(folder: str | None) -> list[Path]:
    """Those to protect.  Raises: SystemExit where no folder is given."""
    if folder is None:
        data = os.environ.get("UNSEEN_TEST_DATA")
        if not data:
            raise SystemExit("Name a folder of photographs with --data, or set UNSEEN_TEST_DATA.")
        folder = str(Path(data) / "photos")
    return pictures_under(Path(folder))


def loaded(path: Path) -> Picture | None:
    """Upright, RGB, at most 1,600 pixels long; None where it is no picture or too small to be a photograph."""
    try:
        with Image.open(path) as file:
            file.draft("RGB", (LONG_SIDE, LONG_SIDE))
            upright = ImageOps.exif_transpose(file).convert("RGB")
    except (OSError, ValueError, SyntaxError):
        return None
    upright.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.BICUBIC)
    return upright if min(upright.size) >= _LEAST_SIDE else None


def load_all(paths: list[Path]) -> Iterator[tuple[Path, Picture]]:
    """Those that can be read, one after another."""
    for path in paths:
        if (picture := loaded(path)) is not None:
            yield path, picture


def mark_of(path: Path) -> int:
    """A number for a picture's file, whatever folder it lies in, to draw its edits by."""
    return zlib.crc32(path.read_bytes())
