"""Whether an upload has an edge where a banked picture ends: then the picture was set into it or photographed whole.

A transform that is believed in says where the ends of the banked picture's longer side lie in the upload.  A screen, a
print, a screenshot and a collage have an edge there, straight, from corner to corner.  Another photograph of the same
scene goes on as if nothing were.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

UNIT: Final = 800  #: steps along the banked picture's longer side
PARTS: Final = 12  #: of an end, each looked at by itself
LINES: Final = 24  #: across the end, in each part
REACH: Final = 40  #: steps to both sides of the end
NEAR: Final = 10  #: steps by which the edge may lie elsewhere, at either corner
LEAST_PARTS: Final = 5  #: that are to be seen, or nothing is said
_SEEN: Final = 14  # steps outside the picture that are to be seen too
_WIDE: Final = 4  # steps to both sides whose means are compared
_LEAST_STEP: Final = 2  # grey levels
_STANDING_OUT: Final = 2.6  # times what else there is along a line
_LEAST_DEPTH: Final = 0.05  # where a transform shrinks lengths more than this, nothing is seen
_MARGIN: Final = 0.002  # of the upload's longer side, along its edges, that says nothing

Luma = NDArray[np.uint8]
F64Array = NDArray[np.float64]
I64Array = NDArray[np.int64]


def border_shares(luma: Luma, transform: F64Array, *, is_wide: bool, first: float, last: float) -> F64Array:
    """How much of both ends of a banked picture's longer side is an edge in the upload: (2,), 0 to 1, nan for unknown.

    luma: (h, w) uint8, both at least 2; mirrored if the copy is.  transform: (3, 3) float64, from shares of the banked
    picture's longer side to shares of the luma's.  is_wide: whether that side lies across.  first, last: between which
    shares the picture is known to reach, along the shorter side.
    """
    return np.array([_share(*_profile(luma, transform, is_wide, end, first, last)) for end in (0, 1)])


@njit(nogil=True, cache=True)
def _profile(
    luma: Luma, transform: F64Array, is_wide: bool, end: int, first: float, last: float
) -> tuple[I64Array, NDArray[np.bool_]]:
    """Sums of luma along an end, part by part, from outside to inside: (PARTS, 2 * REACH); which parts are in sight."""
    rows, columns = luma.shape
    longer = float(max(rows, columns))
    most_x, most_y = float(columns) / longer - _MARGIN, float(rows) / longer - _MARGIN
    sums = np.zeros((PARTS, 2 * REACH), np.int64)
    is_seen = np.ones(PARTS, np.bool_)
    for line in range(PARTS * LINES):
        beside = first + (last - first) * ((line + 0.5) / (PARTS * LINES))
        for step in range(2 * REACH):
            inwards = (step - REACH + 0.5) / UNIT
            along = 1.0 - inwards if end else inwards
            x, y = (along, beside) if is_wide else (beside, along)
            depth = transform[2, 0] * x + transform[2, 1] * y + transform[2, 2]
            if depth <= _LEAST_DEPTH:
                is_seen[line // LINES] = False
                continue
            to_x = (transform[0, 0] * x + transform[0, 1] * y + transform[0, 2]) / depth
            to_y = (transform[1, 0] * x + transform[1, 1] * y + transform[1, 2]) / depth
            if step >= REACH - _SEEN and not (_MARGIN <= to_x <= most_x and _MARGIN <= to_y <= most_y):
                is_seen[line // LINES] = False
            at_x = min(max(to_x * longer - 0.5, 0.0), columns - 1.001)
            at_y = min(max(to_y * longer - 0.5, 0.0), rows - 1.001)
            column, row = int(at_x), int(at_y)
            f, g = at_x - column, at_y - row
            upper = luma[row, column] * (1.0 - f) + luma[row, column + 1] * f
            lower = luma[row + 1, column] * (1.0 - f) + luma[row + 1, column + 1] * f
            sums[line // LINES, step] += int(upper * (1.0 - g) + lower * g + 0.5)
    return sums, is_seen


@njit(nogil=True, cache=True)
def _share(sums: I64Array, is_seen: NDArray[np.bool_]) -> float:
    """The share of the parts in sight that have an edge on the best straight line near the end; nan if too few are."""
    if is_seen.sum() < LEAST_PARTS:
        return np.nan
    places = 2 * REACH - 2 * _WIDE + 1
    is_edge = np.zeros((PARTS, places), np.bool_)
    for part in range(PARTS):
        steps = np.empty(places, np.int64)
        for at in range(places):
            before, after = sums[part, at : at + _WIDE].sum(), sums[part, at + _WIDE : at + 2 * _WIDE].sum()
            steps[at] = abs(after - before)
        least = max(float(_LEAST_STEP * _WIDE * LINES), _STANDING_OUT * np.sort(steps)[places // 2])
        for at in range(places):
            is_edge[part, at] = is_seen[part] and steps[at] >= least
    best = 0
    for one in range(-NEAR, NEAR + 1):
        for other in range(-NEAR, NEAR + 1):
            found = 0
            for part in range(PARTS):
                at = one * (2 * PARTS - 2 * part - 1) + other * (2 * part + 1)  # in 2 * PARTS ths
                found += is_edge[part, REACH - _WIDE + (at + PARTS) // (2 * PARTS)]
            best = max(best, found)
    return float(best / is_seen.sum())
