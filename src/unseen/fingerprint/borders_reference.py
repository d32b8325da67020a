"""``borders`` in plain numpy, to read and to test the kernels against; nothing else uses it."""

import math

import numpy as np
from numpy.typing import NDArray

from unseen.fingerprint.borders import LEAST_PARTS, LINES, NEAR, PARTS, REACH, UNIT, F64Array, Luma


def border_shares(luma: Luma, transform: F64Array, *, is_wide: bool, first: float, last: float) -> F64Array:
    """The share of each end of the banked picture's longer side that is an edge, nan for unknown: (2,)."""
    return np.array([_end(luma, transform, is_wide, end, first, last) for end in (False, True)])


def _end(luma: Luma, transform: F64Array, is_wide: bool, is_far: bool, first: float, last: float) -> float:
    beside = first + (last - first) * ((np.arange(PARTS * LINES) + 0.5) / (PARTS * LINES))
    inwards = (np.arange(2 * REACH) - REACH + 0.5) / UNIT
    down, across = np.meshgrid(beside, 1.0 - inwards if is_far else inwards, indexing="ij")
    x, y = (across, down) if is_wide else (down, across)
    values, is_within = _seen(luma, transform, x, y)
    sums = values.reshape(PARTS, LINES, -1).sum(axis=1)
    # a part is in sight where all of it is, 14 steps of what is around it included
    is_seen = is_within[:, REACH - 14 :].reshape(PARTS, -1).all(axis=1)
    is_seen &= (_depth(transform, x, y) > 0.05).reshape(PARTS, -1).all(axis=1)
    if is_seen.sum() < LEAST_PARTS:
        return math.nan
    steps = np.stack(
        [np.abs(sums[:, at + 4 : at + 8].sum(axis=1) - sums[:, at : at + 4].sum(axis=1)) for at in _places()]
    )
    least = np.maximum(2 * 4 * LINES, 2.6 * np.sort(steps, axis=0)[len(steps) // 2])
    is_edge = (steps >= least) & is_seen
    best = 0
    for one in range(-NEAR, NEAR + 1):
        for other in range(-NEAR, NEAR + 1):
            line = [one + (other - one) * (2 * part + 1) / (2 * PARTS) for part in range(PARTS)]
            at = [REACH - 4 + math.floor(off + 0.5) for off in line]
            best = max(best, int(is_edge[at, np.arange(PARTS)].sum()))
    return best / int(is_seen.sum())


def _places() -> range:
    return range(2 * REACH - 7)


def _depth(transform: F64Array, x: F64Array, y: F64Array) -> F64Array:
    depth: F64Array = transform[2, 0] * x + transform[2, 1] * y + transform[2, 2]
    return depth


def _seen(luma: Luma, transform: F64Array, x: F64Array, y: F64Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Luma where these places of the banked picture lie, bilinear, rounded; and whether they lie in it."""
    rows, columns = luma.shape
    longer = float(max(rows, columns))
    depth = _depth(transform, x, y)
    is_flat = depth <= 0.05
    depth = np.where(is_flat, 1.0, depth)
    to_x = (transform[0, 0] * x + transform[0, 1] * y + transform[0, 2]) / depth
    to_y = (transform[1, 0] * x + transform[1, 1] * y + transform[1, 2]) / depth
    is_within = (to_x >= 0.002) & (to_x <= columns / longer - 0.002) & (to_y >= 0.002) & (to_y <= rows / longer - 0.002)
    at_x = np.minimum(np.maximum(to_x * longer - 0.5, 0.0), columns - 1.001)
    at_y = np.minimum(np.maximum(to_y * longer - 0.5, 0.0), rows - 1.001)
    column, row = at_x.astype(np.int64), at_y.astype(np.int64)
    f, g = at_x - column, at_y - row
    upper = luma[row, column] * (1.0 - f) + luma[row, column + 1] * f
    lower = luma[row + 1, column] * (1.0 - f) + luma[row + 1, column + 1] * f
    values = np.floor(upper * (1.0 - g) + lower * g + 0.5).astype(np.int64)
    return np.where(is_flat, 0, values), is_within
