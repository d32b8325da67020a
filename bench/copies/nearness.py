"""How near unrelated pictures come by PDQ: every pair of a crowd, by distance and by how plain the banked code is.

A pair's distance is the least of all that screening compares: eight views of the upload, and of what is set inside it.
No index is asked and nothing is left out, so that the tail is seen far beyond the radius of a match.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bench.copies.crowd import Crowd, Met
from bench.copies.kept import sought_codes
from bench.copies.matchers import PDQ_RADIUS
from bench.copies.statistics import fitted_tail
from unseen.act.plain import PLAIN, PLAIN_SAVED_ANEW, SAVED_ANEW_BITS, plainness
from unseen.match.kernels import distance_of
from unseen.match.layout import to_words
from unseen.match.records import BoolArray, I64Array, U64Array

STEPS: Final = (12, 31, 40, 48, 56, 64, 72)  #: bits, for the table
#: How plain the banked code is, at most: which step of these a pair is counted in.
STEPS_OF_PLAIN: Final = (0.5, PLAIN, 1.5, PLAIN_SAVED_ANEW, 24.0)
#: What may block: so near, where the banked code is at most so plain.
MAY_BLOCK: Final = ((PDQ_RADIUS, PLAIN), (SAVED_ANEW_BITS, PLAIN_SAVED_ANEW))
_FARTHEST: Final = 257
_IN_TAIL: Final = range(20, 401)  # pairs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nearness:
    """Pairs of a crowd."""

    counts: I64Array  #: (``STEPS_OF_PLAIN``, 257): by distance; the last is of what has no code to compare

    @property
    def pairs(self) -> int:
        """Of an upload and a banked picture, whether they have codes or not."""
        return int(self.counts.sum())

    def within(self, bits: int, plain: float) -> int:
        """How many are so near, where the banked code is at most so plain."""
        return int(self.counts[: STEPS_OF_PLAIN.index(plain) + 1, : bits + 1].sum())

    @property
    def telling(self) -> int:
        """How many are near enough to block."""
        is_so = np.zeros(self.counts.shape, np.bool_)
        for bits, plain in MAY_BLOCK:
            is_so[: STEPS_OF_PLAIN.index(plain) + 1, : bits + 1] = True
        return int(self.counts[is_so].sum())

    def expected(self, bits: int, plain: float) -> tuple[float, float] | None:
        """From the tail, how many are to be expected so near: the least and the most of all places where it may begin.

        None where it is too short to begin anywhere.  Codes with as many ones as zeros are an even number of bits
        apart, so two bits are one step, and the tail begins and ends between two.
        """
        of = self.counts[: STEPS_OF_PLAIN.index(plain) + 1].sum(axis=0)
        steps = of[:-1].reshape(-1, 2).sum(axis=1)
        found = []
        for beyond in range(bits // 2 + 2, len(steps)):
            if int(steps[:beyond].sum()) in _IN_TAIL:
                scores = -2.0 * np.repeat(np.arange(beyond, dtype=np.float64), steps[:beyond])
                tail = fitted_tail(scores, 1.0 - 2 * beyond)
                assert tail is not None  # there are enough
                found.append(tail.expected(-1.0 - 2 * (bits // 2)))
        return (min(found), max(found)) if found else None


def nearness_of(crowd: Crowd, met: Sequence[Met], kept: Path) -> Nearness:
    """All pairs of these, which were asked for, with those banked of other collections."""
    names = sorted(set(crowd.pool.collections))
    collections = np.array([names.index(crowd.collection_of(at)) for at in range(len(crowd.names))], np.int64)
    with_pdq = np.array([code is not None for code in crowd.pdq])
    codes = [code for code in crowd.pdq if code is not None]
    banked = to_words(np.frombuffer(b"".join(codes), np.uint8).reshape(-1, 32))
    plain = np.searchsorted(STEPS_OF_PLAIN, [plainness(code) for code in codes])
    counts = np.zeros((len(STEPS_OF_PLAIN), _FARTHEST), np.int64)
    asked: dict[str, NDArray[np.uint8]] = {}
    before = -1
    for each in met:
        if each.photograph != before:
            before, asked = each.photograph, sought_codes(crowd.pool.paths[each.photograph], kept)
        own, compared = collections[each.picture], int(counts.sum())
        words = to_words(np.ascontiguousarray(asked[crowd.names[each.picture][1]]))
        if len(words):
            _count(words, banked, collections[with_pdq] != own, plain, counts)
        counts[-1, -1] += each.others - (int(counts.sum()) - compared)
    return Nearness(counts=counts)


@njit(nogil=True, cache=True)
def _count(asked: U64Array, banked: U64Array, is_other: BoolArray, plain: I64Array, counts: I64Array) -> None:
    """asked: (k, 4) uint64; banked: (n, 4) uint64; is_other: (n,) bool; plain: (n,) int64, the row of ``counts``."""
    for row in range(len(banked)):
        if is_other[row]:
            nearest = np.uint64(256)
            for code in range(len(asked)):
                nearest = min(nearest, distance_of(banked[row], asked[code]))
            counts[plain[row], np.int64(nearest)] += 1
