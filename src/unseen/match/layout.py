"""From codes to the index's arrays: bits spread over the bands, postings sorted into buckets.

The bits of a PDQ code are the signs of a cosine transform, and neighbours in a row or a column lean on each other;
16 of them as a band would make some buckets much fuller than others.  So a band takes every fourth bit of every
fourth row of the 16 x 16 bits, where they hardly do (measured, docs/adr/0004).  Distances do not change by it.
"""

from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

from unseen.match.kernels import band_of, neighbour_of
from unseen.match.machine import LANES
from unseen.match.plan import BAND_BITS, BANDS, QUARTERS
from unseen.match.records import U8Array, U32Array, U64Array, require_codes

BUCKETS: Final = 1 << BAND_BITS
PADDING: Final = LANES  #: words after a band's last posting, so that a block may be read past it
MAX_ROWS: Final = 2**32 - 1 - PADDING

Scalar = TypeVar("Scalar", bound=np.generic)


def to_words(codes: U8Array) -> U64Array:
    """The codes as the kernels want them.  codes: (n, 32) uint8.  Returns (n, 4) uint64, read-only.

    Raises: ValueError for an array of another shape or type.
    """
    codes = require_codes(codes)
    words = np.empty((len(codes), QUARTERS), np.uint64)
    _spread(frozen(codes).view(np.uint64), words)
    return frozen(words)


def frozen(array: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """The same memory, read-only: as a mapped file is, so that the kernels are compiled for one type only."""
    view = array.view()
    view.flags.writeable = False
    return view


def bucket_starts(words: U64Array) -> U32Array:
    """Where each bucket begins among its band's postings; one element more ends the last.

    words: (n, 4) uint64, n <= ``MAX_ROWS``.  Returns (16, 65537) uint32.
    """
    starts = np.zeros((BANDS, BUCKETS + 1), np.uint32)
    _count(frozen(words), starts)
    return starts


def fill_band(words: U64Array, band: int, starts: U32Array, neighbours: U32Array, rows: U32Array) -> None:
    """Sort the postings of ``band`` into its buckets, rows ascending within each.

    words: (n, 4) uint64.  starts: (65537,) uint32.  neighbours: (n + 16,) uint32 and rows: (n,) uint32, written.
    """
    neighbours[len(words) :] = 0
    _fill(frozen(words), band, starts.copy(), neighbours, rows)


@njit(nogil=True, cache=True)
def _every_fourth_bit(word: np.uint64) -> np.uint64:
    """Bits 0, 4, 8, ... 60 of ``word``, side by side in the lowest 16."""
    word &= np.uint64(0x1111111111111111)
    word = (word | word >> np.uint64(3)) & np.uint64(0x0303030303030303)
    word = (word | word >> np.uint64(6)) & np.uint64(0x000F000F000F000F)
    word = (word | word >> np.uint64(12)) & np.uint64(0x000000FF000000FF)
    return (word | word >> np.uint64(24)) & np.uint64(0xFFFF)


@njit(nogil=True, cache=True)
def _spread(codes: U64Array, words: U64Array) -> None:
    """Band 4q + k of ``words`` becomes bits k, k + 4, ... of rows q, q + 4, ... of ``codes``.

    codes, words: (n, 4) uint64, each 16 rows (or bands) of 16 bits.
    """
    for i in range(len(codes)):
        for quarter in range(4):
            rows = np.uint64(0)
            for fourth in range(4):
                rows |= np.uint64(band_of(codes[i, fourth], quarter)) << np.uint64(16 * fourth)
            word = np.uint64(0)
            for band in range(4):
                word |= _every_fourth_bit(rows >> np.uint64(band)) << np.uint64(16 * band)
            words[i, quarter] = word


@njit(nogil=True, cache=True)
def _count(words: U64Array, starts: U32Array) -> None:
    for row in range(len(words)):
        for band in range(BANDS):
            starts[band, band_of(words[row, band >> 2], band & 3) + 1] += np.uint32(1)
    for band in range(BANDS):
        for bucket in range(BUCKETS):
            starts[band, bucket + 1] += starts[band, bucket]


@njit(nogil=True, cache=True)
def _fill(words: U64Array, band: int, next_free: U32Array, neighbours: U32Array, rows: U32Array) -> None:
    for row in range(len(words)):
        word = words[row, band >> 2]
        bucket = band_of(word, band & 3)
        at = next_free[bucket]
        next_free[bucket] = at + np.uint32(1)
        neighbours[at] = neighbour_of(word, band & 3)
        rows[at] = row


@njit(nogil=True, cache=True)
def touch(mapped: U8Array) -> int:
    """Read a byte of every page, so that the next searches do not wait for the system to map them one by one."""
    total = 0
    for at in range(0, len(mapped), 4096):
        total += mapped[at]
    return total
