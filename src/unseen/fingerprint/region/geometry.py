"""Where a banked region is, in four bytes: enough to tell whether regions of an upload lie as they should.

Of 32 bits, first bit first: x 10, y 10, size 5, direction 7.  x and y: 1024ths of the picture's longer side, rounded
down.  Size: sixths of an octave above a 32nd of the longer side, rounded.  Direction: 128ths of a turn, rounded.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.fingerprint.region.records import Regions

_PLACES: Final = 1024  #: along the longer side
_SIZES: Final = 32
_AN_OCTAVE: Final = 6
_LEAST_SIZE: Final = -5  #: to base 2, of the longer side
_DIRECTIONS: Final = 128
#: 2 ** (i / 6)
_SIXTHS: Final = np.array(
    [1.0, 1.122462048309373, 1.2599210498948732, 1.4142135623730951, 1.5874010519681994, 1.7817974362806785]
)
_TURN: Final = 512  #: what ``Regions.orientations`` counts in

#: Sides, in 2 ** 20ths of the longer one, from which on a size is the next one: a table, since no logarithm is the same
#: on every machine.  Half-way between two sizes: 2 ** (20 - 5 + (size + 1 / 2) / 6).
_STEPS: Final = np.array([round(2 ** (20 + _LEAST_SIZE + (size + 0.5) / _AN_OCTAVE)) for size in range(_SIZES - 1)])


def packed(regions: Regions, longer_side: int) -> NDArray[np.uint32]:
    """The geometry of regions: (n,) uint32.  longer_side: of the picture in whose pixels they are."""
    across, down = np.clip(np.floor(regions.centres.astype(np.float64) * (_PLACES / longer_side)), 0, _PLACES - 1).T
    sides = np.floor(regions.sides.astype(np.float64) * ((1 << 20) / longer_side))
    size = np.searchsorted(_STEPS, sides, side="right")
    turn = (regions.orientations.astype(np.int64) + 2) * _DIRECTIONS // _TURN % _DIRECTIONS
    bits: NDArray[np.int64] = across.astype(np.int64) << 22 | down.astype(np.int64) << 12 | size << 7 | turn
    return bits.astype(np.uint32)


def unpacked(geometry: NDArray[np.uint32]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Centres (n, 2) and sides (n,), in shares of the longer side, and directions (n,), in 512ths.  geometry: (n,)."""
    bits = geometry.astype(np.int64)
    points = (np.stack([bits >> 22, bits >> 12 & (_PLACES - 1)], axis=1) + 0.5) / _PLACES
    octave, sixth = np.divmod(bits >> 7 & (_SIZES - 1), _AN_OCTAVE)
    sides = np.ldexp(_SIXTHS[sixth], octave + _LEAST_SIZE)
    return points, sides, (bits & (_DIRECTIONS - 1)) * (_TURN // _DIRECTIONS)
