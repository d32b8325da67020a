"""Which keypoints to keep: the strongest of each part of the picture and of each size, so that a crop keeps some."""

from typing import Final

import numpy as np

from unseen.fingerprint.region.detector import OCTAVE, SCALE, STRENGTH, X, Y
from unseen.fingerprint.region.tables import LEAST_SCALE, SIGMAS, SPAN, I64Array

GRID: Final = 5  #: cells along each side
_SIGMAS: Final = np.array(SIGMAS, np.int64)


def chosen(keypoints: I64Array, height: int, width: int, most: int) -> I64Array:
    """Rows of the keypoints to keep, at most ``most``, most telling first.

    keypoints: (n, 5) int64, as ``detector.keypoints``; height, width: of the working picture.  1. Patches that reach
    beyond the picture (a circle as wide as the patch) are left out.  2. Those of one octave in one cell of the grid are
    ranked by strength.  3. All are ordered by rank, then strength.  Ties: octave, y, x, scale.
    """
    octave, x, y, scale, strength = (keypoints[:, column] for column in (OCTAVE, X, Y, SCALE, STRENGTH))
    reach = _SIGMAS[scale - LEAST_SCALE] * SPAN >> 13  # half a side, in 1/16 pixel of its octave
    down, across = (height - 1) * 16 >> octave, (width - 1) * 16 >> octave
    kept = np.flatnonzero((x >= reach) & (y >= reach) & (x + reach <= across) & (y + reach <= down))
    octave, x, y, scale, strength = (column[kept] for column in (octave, x, y, scale, strength))
    place = (octave * GRID + _cell(y << octave, height)) * GRID + _cell(x << octave, width)
    ties = (scale, x, y, octave, -strength)
    rank = _ranks(np.lexsort((*ties, place)), place)
    return kept[np.lexsort((*ties, rank))[:most]]


def _cell(at: I64Array, side: int) -> I64Array:
    """The cell of the grid along one axis; at: 1/16 pixel."""
    return np.minimum(at * GRID // (16 * side), GRID - 1)


def _ranks(order: I64Array, group: I64Array) -> I64Array:
    """The rank of each member within its group, for an order in which groups stand together."""
    if len(order) == 0:
        return order
    sorted_group = group[order]
    starts = np.flatnonzero(np.r_[True, sorted_group[1:] != sorted_group[:-1]])
    sizes = np.diff(np.r_[starts, len(order)])
    ranks = np.empty_like(order)
    ranks[order] = np.arange(len(order)) - np.repeat(starts, sizes)
    return ranks
