"""A drawn picture, and the copies that people make of it."""

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from support.drawings import scenery
from unseen.fingerprint.records import Fingerprint

Luma = NDArray[np.uint8]
HEIGHT, WIDTH = 600, 800


def regions_with(codes: NDArray[np.uint8]) -> Fingerprint:
    """A region fingerprint with these codes, (n, 32), in places of their own."""
    return Fingerprint.of_regions(codes, np.arange(len(codes), dtype=np.uint32) * np.uint32(40_000_003))


@lru_cache
def original(seed: int) -> Luma:
    return scenery(HEIGHT, WIDTH, seed, shapes=120)


def jpeg(luma: Luma, quality: int = 85) -> bytes:
    file = io.BytesIO()
    Image.fromarray(luma).save(file, "JPEG", quality=quality)
    return file.getvalue()


def resized(luma: Luma, share: float) -> Luma:
    height, width = luma.shape
    return np.asarray(Image.fromarray(luma).resize((round(width * share), round(height * share))))


def crop(luma: Luma) -> Luma:
    """30 % of the area, off the middle."""
    return luma[200:530, 100:540]


def screenshot(luma: Luma) -> Luma:
    """On a phone, between bars and lines of text, so that no rectangle of one shade surrounds it."""
    screen = np.full((1400, 720), 245, np.uint8)
    rng = np.random.default_rng(3)
    for y in [*range(60, 330, 40), *range(960, 1380, 40)]:
        for x in range(30, rng.integers(300, 690), 14):
            screen[y : y + 18, x : x + rng.integers(3, 11)] = 40
    small = resized(luma, 700 / WIDTH)
    screen[380 : 380 + small.shape[0], 10 : 10 + small.shape[1]] = small
    return screen


def stickered(luma: Luma) -> Luma:
    """A fifth of it under a sticker."""
    covered = luma.copy()
    covered[150:390, 250:650] = np.where(np.indices((240, 400)).sum(axis=0) // 40 % 2, 250, 30)
    return covered


def collage(*pictures: Luma) -> Luma:
    """Side by side, without a gutter."""
    return np.concatenate(pictures, axis=1)


def photo_of_screen(luma: Luma) -> Luma:
    """From the side, darker, with a slope of light."""
    height, width = luma.shape
    seen = Image.fromarray(luma).transform(
        (width + 80, height + 60),
        Image.Transform.QUAD,
        (-50, -30, -20, height + 50, width + 60, height + 20, width + 30, -40),
        Image.Resampling.BICUBIC,
        fillcolor=15,
    )
    light = np.linspace(0.65, 0.95, width + 80)
    return (np.asarray(seen) * light + 12).astype(np.uint8)
