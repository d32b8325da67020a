"""Regions of what was drawn, not photographed: screens, text and graphics are flat where they have no edge.

A camera's noise lets few neighbouring pixels be the same; a program fills its surfaces with one grey.  What is drawn
looks alike in unrelated pictures (the same keyboard, the same words in the same font), however much detail it has, so
it is neither banked nor asked with.  No list could hold all of it: see ``common`` for what one can.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

DRAWN_FLAT_PERCENT: Final = 40  #: of a square's pixels; in photographs 3 regions of 100 have as many

F32Array = NDArray[np.float32]
U8Array = NDArray[np.uint8]


def is_photographed(luma: U8Array, centres: F32Array, sides: F32Array) -> NDArray[np.bool_]:
    """Which squares have less than ``DRAWN_FLAT_PERCENT`` of flat pixels.  As ``flat_percents``; returns (n,) bool."""
    return flat_percents(np.ascontiguousarray(luma), centres, sides) < DRAWN_FLAT_PERCENT


@njit(nogil=True, cache=True)
def flat_percents(luma: U8Array, centres: F32Array, sides: F32Array) -> NDArray[np.int64]:
    """How many of 100 pixels of each square are flat: as their right and their lower neighbour.  Rounded down.

    luma: (h, w) uint8, C-contiguous; centres: (n, 2) float32; sides: (n,) float32, in its pixels.  A square is upright,
    from floor(centre - side / 2) to floor(centre + side / 2) both included, cut at the luma's edges; the luma's last
    row and column are not flat.  Returns: (n,) int64.
    """
    height, width = luma.shape
    above = np.zeros((height + 1, width + 1), np.uint32)  # flat pixels above and to the left
    for y in range(height):
        row = np.uint32(0)
        for x in range(width):
            if y + 1 < height and x + 1 < width and luma[y, x] == luma[y, x + 1] and luma[y, x] == luma[y + 1, x]:
                row += np.uint32(1)
            above[y + 1, x + 1] = above[y, x + 1] + row
    found = np.empty(len(sides), np.int64)
    for each in range(len(sides)):
        across, down, half = float(centres[each, 0]), float(centres[each, 1]), float(sides[each]) / 2
        left, right = between(across - half, width), between(across + half, width) + 1
        top, bottom = between(down - half, height), between(down + half, height) + 1
        flat = np.int64(above[bottom, right]) + np.int64(above[top, left])
        flat -= np.int64(above[top, right]) + np.int64(above[bottom, left])
        found[each] = 100 * flat // ((right - left) * (bottom - top))
    return found


@njit(nogil=True, cache=True)
def between(at: float, side: int) -> int:
    """The pixel of a place along one axis, one of the picture's."""
    return int(min(max(np.floor(at), 0), side - 1))
