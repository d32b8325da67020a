"""Keypoints: where the difference of two neighbouring blurs is largest or smallest around, in place and in scale.

Source: D. Lowe, IJCV 60 (2004), sections 3.1 and 4.  Extrema are found in whole numbers and refined once in
float64, with + - * / alone and in the order written.
"""

from typing import Final

import numpy as np
from numba import njit

from unseen.fingerprint.region.scale_space import I16Array
from unseen.fingerprint.region.tables import LEAST_SCALE, LEVELS, SIGMAS, I64Array

LEAST_CONTRAST: Final = 32  #: of an extremum, in 1/64 grey levels
MOST_OFFSET: Final = 1.0  #: a keypoint this far from its pixel or level belongs to another
_MOST_EDGE: Final = 121.0 / 10.0  #: (r + 1) ** 2 / r for a ratio r = 10 of the curvatures: beyond, it is an edge

#: Columns of keypoints.
OCTAVE, X, Y, SCALE, STRENGTH = range(5)


def keypoints(octaves: list[I16Array]) -> I64Array:
    """The keypoints of a scale space, fine octaves first, in each by level, row and column.

    Returns: (n, 5) int64: octave (from 1); x and y in 1/16 pixel of it; scale in 1/16 level (8 to 56); strength, the
    contrast in 1/64 grey levels.
    """
    found = [extrema(octave, number) for number, octave in enumerate(octaves) if number]
    return np.concatenate(found) if found else np.empty((0, 5), np.int64)


@njit(nogil=True, cache=True)
def extrema(octave: I16Array, number: int) -> I64Array:
    """The keypoints of one octave.  octave: (6, h, w) int16.  Returns: (n, 5) int64, as ``keypoints``."""
    differences = octave[1:] - octave[:-1]
    _, height, width = differences.shape
    found = np.empty((1024, 5), np.int64)
    count = 0
    for level in range(1, LEVELS + 1):
        for y in range(1, height - 1):
            row = differences[level, y]
            for x in range(1, width - 1):
                if abs(row[x]) < LEAST_CONTRAST or not _is_extremum(differences, level, y, x):
                    continue
                if count == len(found):
                    found = np.concatenate((found, np.empty_like(found)))
                if _refine(differences, level, y, x, found[count]):
                    found[count, OCTAVE] = number
                    count += 1
    return found[:count].copy()


@njit(nogil=True, cache=True)
def _is_extremum(differences: I16Array, level: int, y: int, x: int) -> bool:
    """Whether no neighbour in place and scale is beyond the pixel, and the one to its left falls short of it."""
    value = differences[level, y, x]
    sign = 1 if value > 0 else -1
    value *= sign
    if sign * differences[level, y, x - 1] >= value or sign * differences[level, y, x + 1] > value:
        return False
    for near in range(level - 1, level + 2):
        for row in range(y - 1, y + 2):
            for column in range(x - 1, x + 2):
                if sign * differences[near, row, column] > value:
                    return False
    return True


@njit(nogil=True, cache=True)
def _refine(d: I16Array, s: int, y: int, x: int, keypoint: I64Array) -> bool:
    """Fit a parabola through the neighbours; fill x, y, scale and strength, or say no.

    The offset is the solution of H o = -g by Cramer's rule, for gradient g and Hessian H in (x, y, s).
    """
    c = float(d[s, y, x])
    gx = (float(d[s, y, x + 1]) - float(d[s, y, x - 1])) * 0.5
    gy = (float(d[s, y + 1, x]) - float(d[s, y - 1, x])) * 0.5
    gs = (float(d[s + 1, y, x]) - float(d[s - 1, y, x])) * 0.5
    xx = float(d[s, y, x + 1]) + float(d[s, y, x - 1]) - 2.0 * c
    yy = float(d[s, y + 1, x]) + float(d[s, y - 1, x]) - 2.0 * c
    ss = float(d[s + 1, y, x]) + float(d[s - 1, y, x]) - 2.0 * c
    xy = (
        float(d[s, y + 1, x + 1]) - float(d[s, y + 1, x - 1]) - float(d[s, y - 1, x + 1]) + float(d[s, y - 1, x - 1])
    ) * 0.25
    xs = (
        float(d[s + 1, y, x + 1]) - float(d[s + 1, y, x - 1]) - float(d[s - 1, y, x + 1]) + float(d[s - 1, y, x - 1])
    ) * 0.25
    ys = (
        float(d[s + 1, y + 1, x]) - float(d[s + 1, y - 1, x]) - float(d[s - 1, y + 1, x]) + float(d[s - 1, y - 1, x])
    ) * 0.25
    trace, flat = xx + yy, xx * yy - xy * xy
    if flat <= 0.0 or trace * trace > _MOST_EDGE * flat:
        return False
    a, b, e = yy * ss - ys * ys, xs * ys - xy * ss, xy * ys - xs * yy
    whole = xx * a + xy * b + xs * e
    if whole == 0.0:
        return False
    ox = -(a * gx + b * gy + e * gs) / whole
    oy = -(b * gx + (xx * ss - xs * xs) * gy + (xy * xs - xx * ys) * gs) / whole
    os = -(e * gx + (xy * xs - xx * ys) * gy + flat * gs) / whole
    if not (abs(ox) <= MOST_OFFSET and abs(oy) <= MOST_OFFSET and abs(os) <= MOST_OFFSET):
        return False
    scale = int(np.floor((s + os) * 16.0 + 0.5))
    contrast = abs(c + 0.5 * (gx * ox + gy * oy + gs * os))
    if not LEAST_SCALE <= scale < LEAST_SCALE + len(SIGMAS) or contrast < LEAST_CONTRAST:
        return False
    keypoint[X] = int(np.floor((x + ox) * 16.0 + 0.5))
    keypoint[Y] = int(np.floor((y + oy) * 16.0 + 0.5))
    keypoint[SCALE] = scale
    keypoint[STRENGTH] = int(np.floor(contrast))
    return True
