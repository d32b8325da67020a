"""Pictures drawn for region fingerprints: with keypoints of many sizes, without any, and with far too many."""

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]


def scenery(height: int, width: int, seed: int, shapes: int = 60) -> Luma:
    """Discs and bars of many sizes and greys over a slope, with a little noise: detail everywhere."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    drawn = 90.0 + 40.0 * x / width + 30.0 * y / height
    for _ in range(shapes):
        middle_y, middle_x = rng.uniform(0, height), rng.uniform(0, width)
        radius = min(height, width) * rng.uniform(0.01, 0.15)
        tilt = rng.uniform(0.3, 1.0)
        inside = (x - middle_x) ** 2 + ((y - middle_y) / tilt) ** 2 < radius**2
        drawn[inside] += rng.uniform(-70, 70)
    return np.clip(drawn + rng.normal(0, 2, drawn.shape), 0, 255).astype(np.uint8)


def bricks(height: int, width: int) -> Luma:
    """A wall: the same brick again and again."""
    y, x = np.mgrid[:height, :width]
    course = y // 24
    joint = (y % 24 < 3) | ((x + 24 * (course % 2)) % 48 < 3)
    return np.where(joint, 200, 90).astype(np.uint8)


def noise(height: int, width: int, seed: int) -> Luma:
    return np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)


def framed(height: int, width: int) -> Luma:
    """A white page with a black frame and a logo's dot: nothing that others do not have."""
    page = np.full((height, width), 255, np.uint8)
    page[height // 10 : -height // 10, width // 10 : -width // 10] = 0
    page[height // 8 : -height // 8, width // 8 : -width // 8] = 255
    y, x = np.mgrid[:height, :width]
    page[(y - height // 2) ** 2 + (x - width // 2) ** 2 < (min(height, width) // 20) ** 2] = 0
    return page
