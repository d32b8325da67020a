"""Transforms of the plane: fitted to pairs of points, without chance, and the same on every machine.

A transform is (3, 3) float64 that takes a column (x, y, 1) to (x', y', 1) times something.  Least squares by normal
equations: a few dozen points in units of about 1 need no better.  Only + - * / and square roots, in the order written;
``agreement_reference`` says the same plainly.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

F64Array = npt.NDArray[np.float64]

LEAST_DEPTH: Final = 0.2  #: where a transform shrinks lengths more than this between two places, no camera stood
STIFFNESS: Final = 1e-4  #: how little perspective is believed in without need, as a share of the points' weight

#: Columns of what ``near`` says.
TO_X, TO_Y, SCALE, COSINE, SINE = range(5)


@njit(nogil=True, cache=True)
def solve(rows: F64Array, unknowns: int) -> bool:
    """Gaussian elimination with partial pivoting, in place; whether there is one solution.

    rows: (n, n + k) float64, n = ``unknowns``; the k right-hand sides become the solutions.
    """
    for column in range(unknowns):
        pivot = column
        for row in range(column + 1, unknowns):
            if abs(rows[row, column]) > abs(rows[pivot, column]):
                pivot = row
        if not abs(rows[pivot, column]) > 0.0:
            return False
        for at in range(column, rows.shape[1]):
            rows[column, at], rows[pivot, at] = rows[pivot, at], rows[column, at]
        for row in range(unknowns):
            if row != column:
                share = rows[row, column] / rows[column, column]
                for at in range(column, rows.shape[1]):
                    rows[row, at] -= share * rows[column, at]
    for row in range(unknowns):
        for at in range(unknowns, rows.shape[1]):
            rows[row, at] /= rows[row, row]
    return True


@njit(nogil=True, cache=True)
def fit_affine(points: F64Array, to: F64Array, weights: F64Array, transform: F64Array) -> bool:
    """The best affine transform; False, and nothing is written, where the points lie in a line.

    points, to: (n, 2), n >= 3.  weights: (n,).  transform: (3, 3), written.
    """
    rows, mine = np.zeros((3, 5)), np.empty(5)
    for k in range(len(points)):
        mine[0], mine[1], mine[2], mine[3], mine[4] = points[k, 0], points[k, 1], 1.0, to[k, 0], to[k, 1]
        for i in range(3):
            for j in range(5):
                rows[i, j] += weights[k] * mine[i] * mine[j]
    if not solve(rows, 3):
        return False
    for j in range(3):
        transform[0, j], transform[1, j], transform[2, j] = rows[j, 3], rows[j, 4], 0.0
    transform[2, 2] = 1.0
    return True


@njit(nogil=True, cache=True)
def fit_homography(points: F64Array, to: F64Array, weights: F64Array, transform: F64Array) -> bool:
    """The best transform that keeps lines straight: what a camera makes of a flat picture; as ``fit_affine``.

    n >= 4.  The error is measured before division by the depth, which is near 1.
    """
    rows, mine, total = np.zeros((8, 9)), np.zeros(9), 0.0
    for k in range(len(points)):
        total += weights[k]
        for axis in range(2):
            mine[:] = 0.0
            mine[3 * axis], mine[3 * axis + 1], mine[3 * axis + 2] = points[k, 0], points[k, 1], 1.0
            mine[6], mine[7], mine[8] = -to[k, axis] * points[k, 0], -to[k, axis] * points[k, 1], to[k, axis]
            for i in range(8):
                for j in range(9):
                    rows[i, j] += weights[k] * mine[i] * mine[j]
    rows[6, 6] += STIFFNESS * total
    rows[7, 7] += STIFFNESS * total
    if not solve(rows, 8):
        return False
    for at in range(8):
        transform[at // 3, at % 3] = rows[at, 8]
    transform[2, 2] = 1.0
    return True


@njit(nogil=True, cache=True)
def near(transform: F64Array, points: F64Array) -> F64Array:
    """What a transform does in the neighbourhood of points, (n, 2).

    Returns (n, 5): where they come to lie; how many times longer lengths become, 0 where it folds or lies too deep;
    and the cosine and the sine of the angle by which directions turn there.
    """
    t = transform
    found = np.zeros((len(points), 5))
    for k in range(len(points)):
        x, y = points[k, 0], points[k, 1]
        depth = t[2, 0] * x + t[2, 1] * y + t[2, 2]
        if depth == 0.0:
            found[k, 0], found[k, 1] = np.nan, np.nan
            continue
        to_x, to_y = (t[0, 0] * x + t[0, 1] * y + t[0, 2]) / depth, (t[1, 0] * x + t[1, 1] * y + t[1, 2]) / depth
        a, b = (t[0, 0] - to_x * t[2, 0]) / depth, (t[0, 1] - to_x * t[2, 1]) / depth
        c, d = (t[1, 0] - to_y * t[2, 0]) / depth, (t[1, 1] - to_y * t[2, 1]) / depth
        area = a * d - b * c
        found[k, 0], found[k, 1] = to_x, to_y
        if depth > LEAST_DEPTH and area > 0.0:  # then a + d and c - b are not both 0
            length = math.sqrt((a + d) * (a + d) + (c - b) * (c - b))
            found[k, 2], found[k, 3], found[k, 4] = math.sqrt(area), (a + d) / length, (c - b) / length
    return found


def inverse(transform: F64Array) -> F64Array:
    """What takes everything back.  transform: (3, 3); no number is finite where there is no inverse."""
    (a, b, c), (d, e, f), (g, h, i) = transform
    made = np.array(
        [
            [e * i - f * h, c * h - b * i, b * f - c * e],
            [f * g - d * i, a * i - c * g, c * d - a * f],
            [d * h - e * g, b * g - a * h, a * e - b * d],
        ]
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(made / (a * made[0, 0] + b * made[1, 0] + c * made[2, 0]))
