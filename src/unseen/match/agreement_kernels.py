"""The steps of ``agreement``, compiled: only + - * / and square roots, in the order written.

``agreement_reference`` says plainly what these must find, to the last bit.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from unseen.match.plane import F64Array, fit_affine, fit_homography, near
from unseen.match.records import I64Array

MOST_MISFIT: Final = 4.0  #: of partners, in standard deviations
MOST_PROPOSALS: Final = 40

#: Columns of a pair of regions that look alike: bits apart; x and y in the banked picture and in the upload, and the
#: banked side, in shares of the longer side; how many times larger the upload's is; cosine and sine of its turn.
BITS, X, Y, TO_X, TO_Y, SIDE, RATIO, COSINE, SINE, COLUMNS = range(10)

# For a proposal: place (shares; of the way), size (times), turn (a cosine: 0.6 radians)
LOOSE_PLACE: Final = 0.02
LOOSE_WAY: Final = 0.25
LOOSE_SIZE: Final = 1.7411011265922482  # 2 ** 0.8
LOOSE_TURN: Final = 0.8253356149096783
# And once it is refined: size (times), turn (a cosine: 0.45 radians)
PLAY_SIZE: Final = 1.4142135623730951
PLAY_TURN: Final = 0.9004471023526769
#: How far partners may lie apart, step by step, in units of ``misfit``; a homography is fitted from the third on.
STEPS: Final = (24.0, 14.0, 9.0, 6.0, MOST_MISFIT, MOST_MISFIT)
AFFINE_STEPS: Final = 2
LEAST_FOR_AFFINE: Final = 3  # partners
LEAST_FOR_HOMOGRAPHY: Final = 7
MISFIT_WEIGHT: Final = 10.0  # bits: what the most misfit counts where partners are chosen

_STEPS: Final = np.array(STEPS)
BoolArray = npt.NDArray[np.bool_]


@njit(nogil=True, cache=True)
def misfit(apart: float, side: float, bits: float, scale: float) -> float:
    """A distance in standard deviations of what it is in copies; see ``agreement.misfits_of``."""
    return apart / ((0.0004 + 0.0003 / scale + 0.003 * side) * (1.0 + bits / 100.0))


@njit(nogil=True, cache=True)
def tell_apart(asked: I64Array, banked: I64Array, rows: I64Array, used: BoolArray, kept: I64Array) -> int:
    """Of these rows of pairs, in their order, those that have each region once; returns how many are in ``kept``.

    used: (2, regions) bool, False; it is so again afterwards.  kept: at least as long as rows, written.
    """
    count = 0
    for row in rows:
        if not used[0, asked[row]] and not used[1, banked[row]]:
            used[0, asked[row]] = used[1, banked[row]] = True
            kept[count] = row
            count += 1
    for row in kept[:count]:
        used[0, asked[row]] = used[1, banked[row]] = False
    return count


@njit(nogil=True, cache=True)
def propose(
    pairs: F64Array, asked: I64Array, banked: I64Array, voters: I64Array, telling: F64Array, regions: int
) -> tuple[F64Array, F64Array, I64Array, I64Array]:
    """What each of the first voters proposes, held against all of them.

    pairs: (p, COLUMNS).  asked, banked: (p,) rows of regions, below ``regions``.  voters: (v,) rows of pairs, most
    telling first; telling: (v,).  Returns weights (s,), transforms (s, 3, 3), the rows that agree (s, v), and how many
    these are (s,).
    """
    seeds = min(len(voters), MOST_PROPOSALS)
    weights, transforms = np.zeros(seeds), np.zeros((seeds, 3, 3))
    rows, counts = np.empty((seeds, len(voters)), np.int64), np.zeros(seeds, np.int64)
    used, agreeing = np.zeros((2, regions), np.bool_), np.empty(len(voters), np.int64)
    worth = np.zeros(len(pairs))
    for at in range(len(voters)):
        worth[voters[at]] = telling[at]
    for s in range(seeds):
        seed = pairs[voters[s]]
        a, b = seed[RATIO] * seed[COSINE], seed[RATIO] * seed[SINE]
        off_x, off_y = seed[TO_X] - (a * seed[X] - b * seed[Y]), seed[TO_Y] - (b * seed[X] + a * seed[Y])
        count = 0
        for row in voters:
            pair = pairs[row]
            x, y = a * pair[X] - b * pair[Y] + off_x, b * pair[X] + a * pair[Y] + off_y
            apart = math.sqrt((x - pair[TO_X]) * (x - pair[TO_X]) + (y - pair[TO_Y]) * (y - pair[TO_Y]))
            way = math.sqrt((x - seed[TO_X]) * (x - seed[TO_X]) + (y - seed[TO_Y]) * (y - seed[TO_Y]))
            if (
                apart <= LOOSE_PLACE * seed[RATIO] + LOOSE_WAY * way
                and pair[RATIO] < LOOSE_SIZE * seed[RATIO]
                and seed[RATIO] < LOOSE_SIZE * pair[RATIO]
                and pair[COSINE] * seed[COSINE] + pair[SINE] * seed[SINE] > LOOSE_TURN
            ):
                agreeing[count] = row
                count += 1
        counts[s] = tell_apart(asked, banked, agreeing[:count], used, rows[s])
        for row in rows[s, : counts[s]]:
            weights[s] += worth[row]
        transforms[s, 0, 0], transforms[s, 0, 1], transforms[s, 0, 2] = a, -b, off_x
        transforms[s, 1, 0], transforms[s, 1, 1], transforms[s, 1, 2] = b, a, off_y
        transforms[s, 2, 2] = 1.0
    return weights, transforms, rows, counts


@njit(nogil=True, cache=True)
def refine(
    pairs: F64Array, asked: I64Array, banked: I64Array, transform: F64Array, rows: I64Array, regions: int
) -> tuple[F64Array, I64Array, F64Array]:
    """Fit closer and closer to the pairs that the transform has meet, from these rows on.

    Returns the transform, (3, 3); the rows of its partners, none where it lost them all; and their misfits.
    """
    transform, used = transform.copy(), np.zeros((2, regions), np.bool_)
    points = pairs[:, X : Y + 1].copy()
    misfits, kept = np.empty(len(pairs)), np.empty(len(pairs), np.int64)
    for step in range(len(_STEPS)):
        refit(pairs, rows, transform, step < AFFINE_STEPS)
        there = near(transform, points)
        count = 0
        keys = np.empty(len(pairs))
        for row in range(len(pairs)):
            pair, scale = pairs[row], there[row, 2]
            if not scale > 0.0:
                continue
            off_x, off_y = there[row, 0] - pair[TO_X], there[row, 1] - pair[TO_Y]
            apart = math.sqrt(off_x * off_x + off_y * off_y) / scale
            misfits[row] = misfit(apart, pair[SIDE], pair[BITS], scale)
            if (
                misfits[row] <= _STEPS[step]
                and pair[RATIO] < PLAY_SIZE * scale
                and scale < PLAY_SIZE * pair[RATIO]
                and pair[COSINE] * there[row, 3] + pair[SINE] * there[row, 4] > PLAY_TURN
            ):
                kept[count] = row
                keys[count] = pair[BITS] + MISFIT_WEIGHT * misfits[row] / _STEPS[step]
                count += 1
        order = np.argsort(keys[:count], kind="mergesort")
        partners = np.empty(count, np.int64)
        rows = partners[: tell_apart(asked, banked, kept[:count][order], used, partners)]
        if len(rows) == 0:
            break
    return transform, rows, misfits[rows]


@njit(nogil=True, cache=True)
def refit(pairs: F64Array, rows: I64Array, transform: F64Array, is_flat: bool) -> None:
    """Fit the transform to these pairs; it stays where they are too few or the new one would fold the picture."""
    if len(rows) < LEAST_FOR_AFFINE:
        return
    points, to, weights = np.empty((len(rows), 2)), np.empty((len(rows), 2)), np.empty(len(rows))
    total = 0.0
    for at in range(len(rows)):
        pair = pairs[rows[at]]
        points[at, 0], points[at, 1], to[at, 0], to[at, 1] = pair[X], pair[Y], pair[TO_X], pair[TO_Y]
        one = misfit(1.0, pair[SIDE], pair[BITS], pair[RATIO])
        weights[at] = one * one
        total += weights[at]
    for at in range(len(rows)):
        weights[at] /= total
    fitted = np.empty((3, 3))
    if is_flat or len(rows) < LEAST_FOR_HOMOGRAPHY:
        is_fitted = fit_affine(points, to, weights, fitted)
    else:
        is_fitted = fit_homography(points, to, weights, fitted)
    if is_fitted and (near(fitted, points)[:, 2] > 0.0).all():
        transform[:] = fitted
