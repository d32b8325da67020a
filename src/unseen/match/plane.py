"""Transforms of the plane: fitted to pairs of points, weighed, without chance.

A transform is (3, 3) float64 that takes a column (x, y, 1) to (x', y', 1) times something.  Least squares by normal
equations: a few dozen points in units of about 1 need no better.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

F64Array = npt.NDArray[np.float64]

_LEAST_DEPTH: Final = 0.2  #: where a transform shrinks lengths more than this between two places, no camera stood
_STIFFNESS: Final = 1e-4  #: how little perspective is believed in without need, as a share of the points' weight


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Near:
    """What a transform does in the neighbourhood of points."""

    points: F64Array  #: (n, 2): where they come to lie
    growth: F64Array  #: (n,): how much longer lengths become, as a logarithm to base 2; -inf where it folds
    turns: F64Array  #: (n,): by how much directions turn, in radians

    @classmethod
    def of(cls, transform: F64Array, points: F64Array) -> Self:
        """points: (n, 2)."""
        bottom = points @ transform[2, :2] + transform[2, 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            to = (points @ transform[:2, :2].T + transform[:2, 2]) / bottom[:, None]
            slopes = (transform[:2, :2] - to[:, :, None] * transform[2, :2]) / bottom[:, None, None]  # (n, 2, 2)
            (a, b), (c, d) = slopes[:, 0].T, slopes[:, 1].T
            area = a * d - b * c
            is_seen = (bottom > _LEAST_DEPTH) & (area > 0)
            growth = np.where(is_seen, 0.5 * np.log2(np.where(is_seen, area, 1)), -np.inf)
        return cls(points=to, growth=growth, turns=np.arctan2(c - b, a + d))


def similarity(one: F64Array, other: F64Array, growth: float, turn: float) -> F64Array:
    """Turned and grown so that the point ``one`` comes to lie on ``other``.  growth: to base 2; turn: radians."""
    cosine, sine = 2.0**growth * np.cos(turn), 2.0**growth * np.sin(turn)
    linear = np.array([[cosine, -sine], [sine, cosine]])
    return np.vstack([np.column_stack([linear, other - linear @ one]), [0, 0, 1]])


def affine(points: F64Array, to: F64Array, weights: F64Array) -> F64Array:
    """The best affine transform.  points, to: (n, 2), n >= 3, not in a line.  Raises: LinAlgError."""
    rows = np.column_stack([points, np.ones(len(points))])
    weighed = rows.T * weights
    return np.vstack([np.linalg.solve(weighed @ rows, weighed @ to).T, [0, 0, 1]])


def homography(points: F64Array, to: F64Array, weights: F64Array) -> F64Array:
    """The best transform that keeps lines straight: what a camera makes of a flat picture.

    points, to: (n, 2), n >= 4.  The error is measured before division by the depth, which is near 1.
    Raises: LinAlgError.
    """
    n = len(points)
    rows = np.zeros((2, n, 8))
    rows[0, :, :2] = rows[1, :, 3:5] = points
    rows[0, :, 2] = rows[1, :, 5] = 1
    rows[:, :, 6:] = -to.T[:, :, None] * points
    flat = rows.reshape(2 * n, 8)
    weighed = flat.T * np.tile(weights, 2)
    normal = weighed @ flat
    normal[[6, 7], [6, 7]] += _STIFFNESS * weights.sum()
    return np.append(np.linalg.solve(normal, weighed @ to.T.ravel()), 1).reshape(3, 3)
