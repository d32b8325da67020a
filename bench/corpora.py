"""Codes to search in: random ones, synthetic clusters, near-equal ones, those of patches and regions of photographs."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from unseen.fingerprint.pdq import luma_of, pdq
from unseen.fingerprint.region import SOUGHT
from unseen.fingerprint.region.fingerprint import fingerprint_regions

_COPIES: Final = 20  # of each synthetic picture
_PATCHES: Final = 300_000  # distinct ones, at most
_LEAST_SIDE, _MOST_SIDE = 64, 256  # of a patch, pixels
_LONG_SIDE: Final = 1024  # photographs are scaled down to it first

Codes = NDArray[np.uint8]
Luma = NDArray[np.uint8]


def random_codes(n: int, rng: np.random.Generator) -> Codes:
    return rng.integers(0, 256, (n, 32), np.uint8)


def clustered_codes(n: int, rng: np.random.Generator) -> Codes:
    """Pictures whose bits lean on their neighbours in the 16 x 16, as real ones do, each with edited copies."""
    pictures = -(-n // _COPIES)
    parts = []
    for begin in range(0, pictures, 50_000):
        field = rng.standard_normal((min(50_000, pictures - begin), 17, 17), np.float32)
        leaning = field[:, 1:, 1:] + 0.4 * field[:, :-1, 1:] + 0.2 * field[:, 1:, :-1]
        parts.append(np.packbits(leaning.reshape(len(field), 256) > 0, axis=1))
    return noisy(np.repeat(np.concatenate(parts), _COPIES, axis=0)[:n], 60, rng)


def near_equal_codes(n: int, rng: np.random.Generator) -> Codes:
    """One code, each time with 0 to 8 bits turned over: every bucket that one of them is in is full."""
    return noisy(np.repeat(random_codes(1, rng), n, axis=0), 8, rng)


def noisy(codes: Codes, most: int, rng: np.random.Generator) -> Codes:
    """Each code with 0 to ``most`` bits turned over (a bit drawn twice turns back)."""
    codes, rows = codes.copy(), np.arange(len(codes))
    flips = rng.integers(0, most + 1, len(codes))
    for turn in range(most):
        bit = rng.integers(0, 256, len(codes), np.uint8)
        codes[rows, bit >> 3] ^= np.where(turn < flips, 1 << (bit & 7), 0).astype(np.uint8)
    return codes


def queries_for(codes: Codes, count: int, rng: np.random.Generator) -> Codes:
    """Strangers and noisy copies of codes, in turn."""
    queries = random_codes(count, rng)
    queries[::2] = noisy(codes[rng.integers(0, len(codes), (count + 1) // 2)], 40, rng)
    return queries


def photographs() -> list[Image.Image]:
    """The test photographs, none where UNSEEN_TEST_DATA is not set; the long side at most 1024 pixels."""
    folder = os.environ.get("UNSEEN_TEST_DATA")
    if folder is None:
        return []
    Image.init()
    paths = sorted(path for path in Path(folder, "photos").rglob("*") if path.suffix.lower() in Image.EXTENSION)
    pictures = []
    for path in paths:
        try:
            with Image.open(path) as picture:
                picture.draft("RGB", (_LONG_SIDE, _LONG_SIDE))
                picture.thumbnail((_LONG_SIDE, _LONG_SIDE))
                pictures.append(picture.convert("RGB"))
        except OSError:
            continue  # a format that Pillow alone does not read
    return pictures


def patch_codes(pictures: list[Image.Image], n: int, rng: np.random.Generator) -> Codes:
    """Codes of the photographs, of up to 300,000 random patches of them, and noisy copies of these up to ``n``.

    A patch is a square of 64 to 256 pixels, anywhere in a photograph, hashed by itself with our own PDQ; featureless
    ones (quality below 50) are left out, as the bank would.  A copy has 0 to 60 bits turned over.
    """
    whole = np.array([code_of(picture) for picture in pictures])
    lumas = [np.asarray(picture.convert("L")) for picture in pictures]
    lumas = [luma for luma in lumas if min(luma.shape) > _LEAST_SIDE]
    wanted = min(n, _PATCHES)
    seeds = rng.integers(0, 2**32, -(-wanted // 1000))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(lambda seed: _some_patches(lumas, 1000, np.random.default_rng(seed)), seeds))
    distinct = np.concatenate([whole, *parts])[:wanted]
    copies = distinct[rng.integers(0, len(distinct), n - len(distinct))]
    return np.concatenate([distinct, noisy(copies, 60, rng)])


def _some_patches(lumas: list[Luma], count: int, rng: np.random.Generator) -> Codes:
    codes: list[Codes] = []
    while len(codes) < count:
        luma = lumas[rng.integers(len(lumas))]
        side = int(rng.integers(_LEAST_SIDE, min(_MOST_SIDE, *luma.shape) + 1))
        top, left = (int(rng.integers(0, length - side + 1)) for length in luma.shape)
        code, quality = pdq(np.ascontiguousarray(luma[top : top + side, left : left + side]))
        if quality >= 50:
            codes.append(code)
    return np.array(codes)


def region_codes(pictures: list[Image.Image], n: int, rng: np.random.Generator) -> Codes:
    """Codes of up to 300,000 regions of parts of the photographs, and noisy copies of these up to ``n``.

    A part is a third to all of a photograph, anywhere in it, in either mirror, fingerprinted as an upload is.  A copy
    has 0 to 60 bits turned over.
    """
    wanted, distinct = min(n, _PATCHES), np.empty((0, 32), np.uint8)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        while len(distinct) < wanted:
            seeds = rng.integers(0, 2**32, 64)
            parts = pool.map(lambda seed: _regions_of_a_part(pictures, np.random.default_rng(seed)), seeds)
            distinct = np.concatenate([distinct, *parts])
    distinct = distinct[:wanted]
    copies = distinct[rng.integers(0, len(distinct), n - len(distinct))]
    return np.concatenate([distinct, noisy(copies, 60, rng)])


def _regions_of_a_part(pictures: list[Image.Image], rng: np.random.Generator) -> Codes:
    luma = np.asarray(pictures[rng.integers(len(pictures))].convert("L"))
    height, width = (int(side * rng.uniform(1 / 3, 1)) for side in luma.shape)
    top, left = (
        int(rng.integers(0, whole - part + 1)) for whole, part in zip(luma.shape, (height, width), strict=True)
    )
    regions = fingerprint_regions(np.ascontiguousarray(luma[top : top + height, left : left + width]), plan=SOUGHT)
    return regions.mirrored_codes if rng.integers(2) else regions.codes


def code_of(picture: Image.Image) -> Codes:
    return pdq(luma_of(np.asarray(picture)))[0]


def edited_copies(pictures: list[Image.Image], count: int, rng: np.random.Generator) -> Codes:
    """Codes of edited photographs: recompressed, scaled, blurred, brightened or cropped by up to 3 %."""
    codes = []
    for _ in range(count):
        picture = pictures[rng.integers(len(pictures))]
        width, height = picture.size
        match int(rng.integers(5)):
            case 0:
                encoded = io.BytesIO()
                picture.save(encoded, "JPEG", quality=int(rng.integers(15, 60)))
                picture = Image.open(encoded)
            case 1:
                picture = picture.resize((width // 3 + 1, height // 3 + 1))
            case 2:
                picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(1, 4))))
            case 3:
                picture = ImageEnhance.Brightness(picture).enhance(float(rng.uniform(0.6, 1.5)))
            case _:
                left, top = (int(rng.integers(0, side * 3 // 100 + 1)) for side in (width, height))
                picture = picture.crop((left, top, width, height))
        codes.append(code_of(picture))
    return np.array(codes)
