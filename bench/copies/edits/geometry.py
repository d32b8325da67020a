"""Cut, turned, mirrored, pulled."""

import math

import numpy as np
from PIL import Image, ImageOps

from bench.copies.edits.pixels import between, chance, colour, moved_corners, placed, resized, shifted, some
from bench.copies.edits.records import Picture, Range


def cropped(picture: Picture, rng: np.random.Generator, *, removed: Range) -> Picture:
    """A rectangle of any shape is kept, wherever it lies; ``removed`` is the share of the area that is lost."""
    kept = 1 - between(rng, removed)
    across = kept ** rng.random()
    return _part(picture, rng, across, kept / across)


def _part(picture: Picture, rng: np.random.Generator, across: float, down: float) -> Picture:
    width, height = max(1, int(picture.width * across)), max(1, int(picture.height * down))
    left, top = some(rng, 0, picture.width - width), some(rng, 0, picture.height - height)
    return picture.crop((left, top, left + width, top + height))


def cut_off(picture: Picture, rng: np.random.Generator, *, removed: Range) -> Picture:
    """A strip off one side, as one cuts a face or a watermark away."""
    across, down = 1.0, 1.0
    if chance(rng, 0.5):
        across -= between(rng, removed)
    else:
        down -= between(rng, removed)
    width, height = max(1, int(picture.width * across)), max(1, int(picture.height * down))
    left, top = (0, 0) if chance(rng, 0.5) else (picture.width - width, picture.height - height)
    return picture.crop((left, top, left + width, top + height))


def to_feed_shape(picture: Picture, rng: np.random.Generator, *, removed: Range) -> Picture:
    """Filled into the square, 4:5, 16:9 or 9:16 of a feed: one that costs as much as ``removed``, if there is one."""
    own = picture.width / picture.height
    shapes = [1.0, 4 / 5, 16 / 9, 9 / 16]
    fitting = [shape for shape in shapes if removed[0] <= 1 - min(own / shape, shape / own) <= removed[1]]
    lost = between(rng, removed)
    shape = fitting[some(rng, 0, len(fitting) - 1)] if fitting else own * (1 - lost)
    width, height = (picture.width, picture.width / shape) if own < shape else (picture.height * shape, picture.height)
    size = (max(1, int(width)), max(1, int(height)))
    return ImageOps.fit(
        picture, size, Image.Resampling.BICUBIC, centering=(rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7))
    )


def mirrored(picture: Picture, rng: np.random.Generator) -> Picture:
    del rng
    return ImageOps.mirror(picture)


def mirrored_and_cropped(picture: Picture, rng: np.random.Generator, *, removed: Range) -> Picture:
    return cropped(ImageOps.mirror(picture), rng, removed=removed)


def quarter_turned(picture: Picture, rng: np.random.Generator) -> Picture:
    turned = picture.transpose(Image.Transpose(some(rng, 2, 4)))  # 90, 180 or 270 degrees
    return ImageOps.mirror(turned) if chance(rng, 0.3) else turned


def rotated(picture: Picture, rng: np.random.Generator, *, degrees: Range) -> Picture:
    """By any angle either way; the corners filled with black, white or a colour; whole, or cut at the old edges."""
    angle = between(rng, degrees) * (1 if chance(rng, 0.5) else -1)
    fill = ((0, 0, 0), (255, 255, 255), colour(rng))[some(rng, 0, 2)]
    return picture.rotate(angle, Image.Resampling.BICUBIC, expand=chance(rng, 0.5), fillcolor=fill)


def straightened(picture: Picture, rng: np.random.Generator, *, degrees: Range) -> Picture:
    """Rotated, then cut to the largest upright rectangle of the same shape that holds no corner."""
    angle = between(rng, degrees)
    radians = math.radians(angle)
    longer = max(picture.width / picture.height, picture.height / picture.width)
    share = 1 / (math.cos(radians) + longer * math.sin(radians))
    turned = picture.rotate(angle * (1 if chance(rng, 0.5) else -1), Image.Resampling.BICUBIC)
    width, height = max(1, int(picture.width * share)), max(1, int(picture.height * share))
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return turned.crop((left, top, left + width, top + height))


def stretched(picture: Picture, rng: np.random.Generator, *, factor: Range) -> Picture:
    """Wider or taller than it was, by ``factor``."""
    by = math.sqrt(between(rng, factor))
    across = by if chance(rng, 0.5) else 1 / by
    return resized(picture, picture.width * across, picture.height / across)


def leaning(picture: Picture, rng: np.random.Generator, *, corners_moved: Range) -> Picture:
    """Perspective, as a scanning app or an editor's slider makes it; what is outside is black or white."""
    width, height = picture.size
    fill = (0, 0, 0) if chance(rng, 0.5) else (255, 255, 255)
    margin = corners_moved[1] * min(width, height)
    canvas = Image.new("RGB", (round(width + 2 * margin), round(height + 2 * margin)), fill)
    return placed(picture, shifted(moved_corners(rng, width, height, corners_moved), (margin, margin)), canvas)
