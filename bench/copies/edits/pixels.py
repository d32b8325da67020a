"""What several edits share: sizes, codecs, arrays, fields of noise, quadrilaterals."""

import io
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from bench.copies.edits.records import Picture, Range

F32 = NDArray[np.float32]
Point = tuple[float, float]
Colour = tuple[int, int, int]

_MOST_SIDE: Final = 2400  # no copy is larger; what is sent is rarely


def between(rng: np.random.Generator, bounds: Range) -> float:
    return float(rng.uniform(*bounds))


def some(rng: np.random.Generator, low: int, high: int) -> int:
    """A whole number, both ends included."""
    return int(rng.integers(low, high + 1))


def chance(rng: np.random.Generator, share: float) -> bool:
    return bool(rng.random() < share)


def colour(rng: np.random.Generator, low: int = 0, high: int = 255) -> Colour:
    red, green, blue = (some(rng, low, high) for _ in range(3))
    return red, green, blue


def resized(picture: Picture, width: float, height: float) -> Picture:
    """Scaled to this size (rounded, at least 1, at most 2,400 a side), with an antialiasing filter."""
    size = (min(max(round(width), 1), _MOST_SIDE), min(max(round(height), 1), _MOST_SIDE))
    return picture.resize(size, Image.Resampling.BICUBIC)


def scaled(picture: Picture, factor: float) -> Picture:
    factor = min(factor, _MOST_SIDE / max(picture.size))
    return resized(picture, picture.width * factor, picture.height * factor)


def with_long_side(picture: Picture, pixels: float) -> Picture:
    return scaled(picture, pixels / max(picture.size))


def contained(picture: Picture, width: float, height: float) -> Picture:
    """As large as it fits into this size, whole."""
    return scaled(picture, min(width / picture.width, height / picture.height))


def recoded(picture: Picture, kind: str, quality: int, *, subsampling: int = 2) -> Picture:
    """Through a lossy codec and back.  ``subsampling``, for JPEG: 0 is 4:4:4, 1 is 4:2:2, 2 is 4:2:0."""
    encoded = io.BytesIO()
    extra = {"subsampling": subsampling} if kind == "JPEG" else {"method": 2} if kind == "WEBP" else {"speed": 9}
    picture.save(encoded, kind, quality=quality, **extra)
    return Image.open(encoded).convert("RGB")


def as_array(picture: Picture) -> F32:
    """(h, w, 3) float32, 0 to 255."""
    return np.asarray(picture, np.float32)


def as_picture(pixels: NDArray[np.floating]) -> Picture:
    """From (h, w, 3), rounded and clipped."""
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8), "RGB")


def blurred(picture: Picture, sigma: float) -> Picture:
    return picture.filter(ImageFilter.GaussianBlur(sigma))


def field(rng: np.random.Generator, size: tuple[int, int], cells: int) -> F32:
    """Smooth noise of mean 0 and deviation about 1: (height, width) for ``size`` = (width, height).

    ``cells``: how many independent values lie along the long side.
    """
    longest = max(size)
    across, down = (max(2, round(cells * side / longest) + 1) for side in size)
    coarse = Image.fromarray(rng.standard_normal((down, across)).astype(np.float32), "F")
    return np.asarray(coarse.resize(size, Image.Resampling.BICUBIC), np.float32)


def moved_corners(rng: np.random.Generator, width: float, height: float, moved: Range) -> list[Point]:
    """The corners of a rectangle, clockwise from the top left, each moved by a share of the shorter side.

    In any direction; so the quadrilateral may stick out of the rectangle, by at most the share.
    """
    corners = []
    for x, y in ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)):
        by, angle = between(rng, moved) * min(width, height), rng.uniform(0, 2 * np.pi)
        corners.append((x + by * float(np.cos(angle)), y + by * float(np.sin(angle))))
    return corners


def shifted(corners: Sequence[Point], by: Point) -> list[Point]:
    return [(x + by[0], y + by[1]) for x, y in corners]


def placed(picture: Picture, corners: Sequence[Point], onto: Picture) -> Picture:
    """``onto`` with the picture laid into a quadrilateral (clockwise from its top left corner), edges smooth."""
    coefficients = _homography(
        corners, [(0, 0), (picture.width, 0), (picture.width, picture.height), (0, picture.height)]
    )
    laid = picture.transform(onto.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
    mask = Image.new("L", picture.size, 255)
    covered = mask.transform(onto.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR)
    edge = covered.filter(ImageFilter.MinFilter(3)).filter(ImageFilter.BoxBlur(1))
    return Image.composite(laid, onto, edge)


def _homography(source: Sequence[Point], target: Sequence[Point]) -> tuple[float, ...]:
    """The eight coefficients that take ``source`` to ``target``, as Pillow's PERSPECTIVE has them."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return tuple(float(value) for value in np.linalg.solve(np.array(rows, np.float64), np.array(right, np.float64)))


def gradient(rng: np.random.Generator, size: tuple[int, int], low: int = 0, high: int = 255) -> Picture:
    """A soft blend of four colours, as wallpapers and story backgrounds are."""
    corners = rng.integers(low, high + 1, (2, 2, 3)).astype(np.uint8)
    return Image.fromarray(corners, "RGB").resize(size, Image.Resampling.BILINEAR)
