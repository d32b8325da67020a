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
    darkest = samples.min()
    spread = samples.max() - darkest
    least = max(spread // _SHARE, _LEAST_RANGE)
    busy = 0
    for top in range(0, SIDE, _CELL):
        for left in range(0, SIDE, _CELL):
            cell = samples[top : top + _CELL, left : left + _CELL]
            if cell.max() - cell.min() >= least:
                busy += 1
    counts = np.zeros(_GREYS, np.int64)
    for sample in samples.flat:
        counts[(sample - darkest) * _GREYS // (spread + 1)] += 1
    greys = 0
    for count in counts:
        if count >= _LEAST_SAMPLES:
            greys += 1
    return 100 * busy * min(greys, _ENOUGH_GREYS) // (_CELLS * _ENOUGH_GREYS)
