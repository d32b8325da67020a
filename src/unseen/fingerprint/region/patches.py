"""Patches: what surrounds a keypoint, brought to one size, one shape and one direction.

Around each keypoint 32x32 samples are taken, half a sigma apart, one octave finer than where it was found, so that
the blur is always about one sample.  Their gradients say how the surroundings are stretched (second moments; source:
K. Mikolajczyk and C. Schmid, IJCV 60 (2004), and T. Lindeberg and J. Garding, Image and Vision Computing 15 (1997));
undoing that, twice over, makes a stretched or tilted copy look as the picture did.  Then their commonest direction
(D. Lowe, IJCV 60 (2004), section 5) is turned to the right, and the samples are taken for good.
"""

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from unseen.fingerprint.region.scale_space import I16Array, I32Array
from unseen.fingerprint.region.tables import ANGLES, LEAST_SCALE, SIDE, SIGMAS, SPAN, TURNS, WINDOW, I64Array

_ROUNDS: Final = 2  #: of undoing the stretch
_MOST_TRACE: Final = 2.5  #: of the shape: axes in ratio 4; what is longer is taken for an edge, and left round
_LEAST_ROUND: Final = 0.0001  #: determinant of the moments over their squared trace: below, there is but one direction
_BINS: Final = 32  #: of the histogram of directions
_TURNS_PER_BIN: Final = 16

F64Array = NDArray[np.float64]
_SIGMAS: Final = np.array(SIGMAS, np.int64)
_WEIGHTS: Final = WINDOW.astype(np.float64)
_SPAN_SHARE: Final = SPAN / SIDE

#: What ``describe`` says of each patch besides its samples.
TURN, DOWN_DOWN, DOWN_ACROSS, ACROSS_ACROSS = range(4)


@njit(nogil=True, cache=True)
def describe(finer: I16Array, keypoint: I64Array, way: int, patch: I32Array, turns: I64Array) -> bool:
    """Take the patch of a keypoint in the first (``way`` 0) or second direction that its surroundings have.

    finer: (levels, h, w) int16, the next finer octave.  keypoint: (5,) int64, as ``detector.keypoints`` gives it.
    patch: (32, 32) int32 and turns: (2,) int64, filled: samples in 1/64 grey levels, directions in 512ths of a turn,
    from right over down.  Returns: whether there is such a direction.
    """
    level = min(max((keypoint[3] + 8) // 16, 1), 3)
    image = finer[level]
    x, y = keypoint[1] << 13, keypoint[2] << 13  # 1/16 pixel, doubled, in 1/65536
    step = (
        float(_SIGMAS[keypoint[3] - LEAST_SCALE]) * _SPAN_SHARE
    )  # half of the distance of two samples, in 1/65536 pixel
    xx, xy, yy = _shape(image, x, y, step, patch)
    take(image, x, y, _whole(step * xx), _whole(step * xy), _whole(step * xy), _whole(step * yy), patch)
    if directions(patch, turns) <= way:
        return False
    cos, sin = float(TURNS[turns[way], 0]), float(TURNS[turns[way], 1])
    a, b = (xx * cos + xy * sin) / 16384.0, (xy * cos - xx * sin) / 16384.0
    c, d = (xy * cos + yy * sin) / 16384.0, (yy * cos - xy * sin) / 16384.0
    take(image, x, y, _whole(step * a), _whole(step * b), _whole(step * c), _whole(step * d), patch)
    return True


@njit(nogil=True, cache=True)
def _whole(value: float) -> int:
    return math.floor(value + 0.5)


@njit(nogil=True, cache=True)
def take(image: I16Array, x: int, y: int, a: int, b: int, c: int, d: int, samples: I32Array) -> None:
    """Sample bilinearly at (x + a u + b v, y + c u + d v), for odd u, v from -31 to 31; edges are repeated outwards.

    image: (h, w) int16, both at least 2.  All lengths in 1/65536 pixel.  samples: (32, 32) int32, filled; v is down.
    """
    height, width = image.shape
    right, bottom = ((width - 1) << 16) - 1, ((height - 1) << 16) - 1
    reach_x, reach_y = (SIDE - 1) * (abs(a) + abs(b)), (SIDE - 1) * (abs(c) + abs(d))
    if x >= reach_x and x + reach_x <= right and y >= reach_y and y + reach_y <= bottom:
        _take_inside(image, x, y, a, b, c, d, samples)
        return
    for down in range(SIDE):
        v = 2 * down - (SIDE - 1)
        for across in range(SIDE):
            u = 2 * across - (SIDE - 1)
            at_x = min(max(x + a * u + b * v, 0), right)
            at_y = min(max(y + c * u + d * v, 0), bottom)
            column, row = at_x >> 16, at_y >> 16
            along, below = np.int32((at_x >> 8) & 255), np.int32((at_y >> 8) & 255)
            upper = np.int32(image[row, column]) * (256 - along) + np.int32(image[row, column + 1]) * along
            lower = np.int32(image[row + 1, column]) * (256 - along) + np.int32(image[row + 1, column + 1]) * along
            samples[down, across] = (upper * (256 - below) + lower * below + 32768) >> 16


@njit(nogil=True, cache=True)
def _take_inside(image: I16Array, x: int, y: int, a: int, b: int, c: int, d: int, samples: I32Array) -> None:
    """As ``take``, where no sample lies beyond an edge."""
    columns, rows = np.empty(SIDE, np.int32), np.empty(SIDE, np.int32)
    for down in range(SIDE):
        v = 2 * down - (SIDE - 1)
        first_x, first_y = np.int32(x - (SIDE - 1) * a + b * v), np.int32(y - (SIDE - 1) * c + d * v)
        for across in range(SIDE):
            columns[across] = first_x + np.int32(2 * a) * np.int32(across)
            rows[across] = first_y + np.int32(2 * c) * np.int32(across)
        for across in range(SIDE):
            at_x, at_y = columns[across], rows[across]
            column, row = np.uint32(at_x >> 16), np.uint32(at_y >> 16)  # indices that cannot count from the end
            along, below = (at_x >> 8) & np.int32(255), (at_y >> 8) & np.int32(255)
            upper = np.int32(image[row, column]) * (np.int32(256) - along) + np.int32(image[row, column + 1]) * along
            lower = np.int32(image[row + 1, column]) * (np.int32(256) - along)
            lower += np.int32(image[row + 1, column + 1]) * along
            samples[down, across] = (upper * (np.int32(256) - below) + lower * below + np.int32(32768)) >> 16


@njit(nogil=True, cache=True)
def moments(samples: I32Array) -> tuple[np.int64, np.int64, np.int64]:
    """The sums of gx gx, gx gy and gy gy over the patch, weighted by the window; gradients span two samples."""
    sums = np.zeros((3, SIDE), np.float64)  # whole numbers below 2 ** 53, so that no order of additions changes them
    for down in range(1, SIDE - 1):
        for across in range(1, SIDE - 1):
            weight = _WEIGHTS[down, across]
            gx = float(samples[down, across + 1] - samples[down, across - 1])
            gy = float(samples[down + 1, across] - samples[down - 1, across])
            sums[0, across] += weight * gx * gx
            sums[1, across] += weight * gx * gy
            sums[2, across] += weight * gy * gy
    return np.int64(sums[0].sum()), np.int64(sums[1].sum()), np.int64(sums[2].sum())


@njit(nogil=True, cache=True)
def _shape(image: I16Array, x: int, y: int, step: float, samples: I32Array) -> tuple[float, float, float]:
    """The symmetric matrix (xx, xy, yy) of determinant 1 that makes a round patch of the keypoint's surroundings."""
    a, b, c, d = 1.0, 0.0, 0.0, 1.0
    for _ in range(_ROUNDS):
        take(image, x, y, _whole(step * a), _whole(step * b), _whole(step * c), _whole(step * d), samples)
        sum_xx, sum_xy, sum_yy = moments(samples)
        total = float(sum_xx + sum_yy)
        if total == 0.0:
            return 1.0, 0.0, 1.0
        p, q, r = float(sum_xx) / total, float(sum_xy) / total, float(sum_yy) / total
        area = p * r - q * q
        if area <= _LEAST_ROUND:
            return 1.0, 0.0, 1.0
        root = math.sqrt(area)
        # the inverse square root of the moments, its determinant made 1
        p, q, r = _root(r / root, -q / root, p / root)
        a, b, c, d = a * p + b * q, a * q + b * r, c * p + d * q, c * q + d * r
    xx, xy, yy = _root(a * a + b * b, a * c + b * d, c * c + d * d)
    if xx + yy > _MOST_TRACE:
        return 1.0, 0.0, 1.0
    return xx, xy, yy


@njit(nogil=True, cache=True)
def _root(xx: float, xy: float, yy: float) -> tuple[float, float, float]:
    """The square root of a symmetric positive matrix of determinant 1."""
    scale = math.sqrt(xx + yy + 2.0)
    return (xx + 1.0) / scale, xy / scale, (yy + 1.0) / scale


@njit(nogil=True, cache=True)
def directions(samples: I32Array, turns: I64Array) -> int:
    """The commonest direction of the gradients, and the second if it is nearly as common.

    turns: (2,) int64, filled with 512ths of a turn.  Returns: how many; 0 for a flat patch.
    """
    counts = np.zeros(_BINS + 1, np.int64)
    weights, parts = np.empty(SIDE, np.int64), np.empty(SIDE, np.int32)
    for down in range(1, SIDE - 1):
        for across in range(1, SIDE - 1):
            gx = float(samples[down, across + 1] - samples[down, across - 1])
            gy = float(samples[down + 1, across] - samples[down - 1, across])
            weights[across] = WINDOW[down, across] * np.int64(math.sqrt(gx * gx + gy * gy))
            longer, shorter = max(abs(gx), abs(gy)), min(abs(gx), abs(gy))
            # the quotient of such small whole numbers is never rounded up to the next one
            parts[across] = np.int32(256.0 * shorter / max(longer, 1.0))
        for across in range(1, SIDE - 1):
            if weights[across]:
                gx = samples[down, across + 1] - samples[down, across - 1]
                gy = samples[down + 1, across] - samples[down - 1, across]
                angle = _angle(gx, gy, ANGLES[parts[across]])
                low, share = angle >> 6, angle & 63
                counts[low] += weights[across] * (64 - share)
                counts[low + 1] += weights[across] * share
    counts[0] += counts[_BINS]
    counts = counts[:_BINS]
    for _ in range(2):
        rough = counts.copy()
        for at in range(_BINS):
            counts[at] = rough[at - 1] + 2 * rough[at] + rough[(at + 1) % _BINS]
    first = second = -1
    for at in range(_BINS):
        if counts[at] > counts[at - 1] and counts[at] >= counts[(at + 1) % _BINS]:
            if first < 0 or counts[at] > counts[first]:
                first, second = at, first
            elif second < 0 or counts[at] > counts[second]:
                second = at
    if first < 0:
        return 0
    turns[0] = _peak(counts, first)
    if second < 0 or 5 * counts[second] < 4 * counts[first]:
        return 1
    turns[1] = _peak(counts, second)
    return 2


@njit(nogil=True, cache=True)
def angle_of(x: np.int64, y: np.int64) -> int:
    """The direction of a vector that is not zero, in 2048ths of a turn, from right over down."""
    across, down = abs(x), abs(y)
    return _angle(x, y, ANGLES[(256 * min(across, down)) // max(across, down)])


@njit(nogil=True, cache=True)
def _angle(x: np.int64, y: np.int64, angle: int) -> int:
    """The same, of a vector whose angle to the nearer axis is known."""
    if abs(x) < abs(y):
        angle = 512 - angle
    if x < 0:
        angle = 1024 - angle
    if y < 0:
        angle = -angle
    return int(angle % 2048)


@njit(nogil=True, cache=True)
def _peak(counts: I64Array, at: int) -> int:
    """Where the parabola through a bin and its neighbours is highest, in 512ths of a turn."""
    before, here, after = float(counts[at - 1]), float(counts[at]), float(counts[(at + 1) % _BINS])
    off = 0.5 * (before - after) / (before - 2.0 * here + after)
    return math.floor((float(at) + off) * float(_TURNS_PER_BIN) + 0.5) % 512
