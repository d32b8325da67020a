"""How much there is to see in a patch: flat graphics have codes too, and share them with each other."""

from typing import Final

import numpy as np
from numba import njit

from unseen.fingerprint.region.scale_space import I32Array
from unseen.fingerprint.region.tables import SIDE

_CELL: Final = 4  #: samples along a side of a cell; 8x8 cells a patch
_CELLS: Final = (SIDE // _CELL) ** 2
_LEAST_RANGE: Final = 2 * 64  #: between the darkest and the brightest sample of a cell that counts, 1/64 grey levels
_SHARE: Final = 16  #: and that part of the patch's own range
_GREYS: Final = 32  #: equal parts of the patch's range
_LEAST_SAMPLES: Final = 16  #: of a grey that counts: what lies between two flat areas has fewer
_ENOUGH_GREYS: Final = 20


@njit(nogil=True, cache=True)
def detail_of(samples: I32Array) -> int:
    """The share of the patch's cells with some contrast, 0 to 100; less where it has few greys.  Rounded down.

    samples: (32, 32) int32, 1/64 grey levels.
    """
    low, high = np.empty((SIDE // _CELL, SIDE), np.int32), np.empty((SIDE // _CELL, SIDE), np.int32)
    for band in range(SIDE // _CELL):
        for across in range(SIDE):
            low[band, across] = high[band, across] = samples[_CELL * band, across]
        for down in range(_CELL * band + 1, _CELL * (band + 1)):
            for across in range(SIDE):
                low[band, across] = min(low[band, across], samples[down, across])
                high[band, across] = max(high[band, across], samples[down, across])
    darkest = low.min()
    spread = high.max() - darkest
    least = max(spread // _SHARE, _LEAST_RANGE)
    busy = 0
    for band in range(SIDE // _CELL):
        for left in range(0, SIDE, _CELL):
            if high[band, left : left + _CELL].max() - low[band, left : left + _CELL].min() >= least:
                busy += 1
    greys_of = np.empty(SIDE, np.int32)
    counts = np.zeros(_GREYS, np.int64)
    whole = float(spread + 1)
    for down in range(SIDE):
        for across in range(SIDE):  # a quotient of such small whole numbers is never rounded up to the next one
            greys_of[across] = np.int32(float((samples[down, across] - darkest) * _GREYS) / whole)
        for across in range(SIDE):
            counts[greys_of[across]] += 1
    greys = 0
    for count in counts:
        if count >= _LEAST_SAMPLES:
            greys += 1
    return 100 * busy * min(greys, _ENOUGH_GREYS) // (_CELLS * _ENOUGH_GREYS)
