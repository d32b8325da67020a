"""Region fingerprints as matchers: by themselves, and after the whole picture as screening asks for them.

``python -m bench.copies --matcher bench.copies.regions:Regions --matcher bench.copies.regions:Ours``.  Every region of
an upload, as it is and mirrored, is compared with every banked one, so that the tail of distances is whole and what
an index would leave out is not hidden.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bench.copies.edits import Picture
from bench.copies.matchers import Answer, EightViews
from unseen.fingerprint.region import BANKED, SOUGHT
from unseen.fingerprint.region.fingerprint import fingerprint_regions
from unseen.match.machine import popcount

ONE_WITHIN: Final = 31  #: bits: one region as close as this is a match
TWO_WITHIN: Final = 40  #: bits: two different banked regions as close as this are one
_FARTHEST: Final = 257

U64Array = NDArray[np.uint64]
I64Array = NDArray[np.int64]


class Regions:
    """One region within 31 bits, or two within 40."""

    name = "regions"
    rule = f"one region within {ONE_WITHIN} of 256 bits, or two within {TWO_WITHIN}, in both mirrors"
    threshold = 0.0

    def __init__(self) -> None:
        self._codes: list[U64Array] = []
        self._stacked: tuple[U64Array, I64Array] | None = None

    @property
    def banked_codes(self) -> int:
        """Codes remembered, of all pictures."""
        return sum(len(codes) for codes in self._codes)

    def bank(self, picture: Picture) -> int:
        """Remember a picture; returns its id."""
        regions = fingerprint_regions(np.asarray(picture.convert("L")), plan=BANKED)
        self._codes.append(regions.codes.view(np.uint64))
        self._stacked = None
        return len(self._codes) - 1

    def matches(self, picture: Picture) -> Answer:
        """Closeness: bits to spare of the limit for one region or of that for two, whichever are more."""
        if self._stacked is None:
            begins = np.cumsum([0, *(len(codes) for codes in self._codes)])
            self._stacked = np.concatenate([np.empty((0, 4), np.uint64), *self._codes]), begins
        regions = fingerprint_regions(np.asarray(picture.convert("L")), plan=SOUGHT)
        asked = np.concatenate([regions.codes, regions.mirrored_codes]).view(np.uint64)
        nearest, distances = _two_nearest(*self._stacked, asked)
        spare = np.maximum(ONE_WITHIN - nearest[:, 0], TWO_WITHIN - nearest[:, 1]).astype(np.float64)
        spare[nearest[:, 0] == _FARTHEST] = -np.inf
        matched = {
            int(at): f"regions at {nearest[at, 0]} and {nearest[at, 1]} bits" for at in np.flatnonzero(spare >= 0)
        }
        return Answer(matched=matched, closeness=spare, distances=distances)


class Ours:
    """What screening does: the whole picture in eight views, and regions."""

    name = "ours"
    rule = "PDQ in eight views, or regions"
    threshold = 0.0

    def __init__(self) -> None:
        self._whole, self._regions = EightViews(), Regions()

    @property
    def banked_codes(self) -> int:
        """Codes remembered, of all pictures."""
        return self._whole.banked_codes + self._regions.banked_codes

    def bank(self, picture: Picture) -> int:
        """Remember a picture; returns its id."""
        self._whole.bank(picture)
        return self._regions.bank(picture)

    def matches(self, picture: Picture) -> Answer:
        """Closeness: bits to spare of whichever limit has more of them."""
        whole, regions = self._whole.matches(picture), self._regions.matches(picture)
        return Answer(
            matched=regions.matched | whole.matched,
            closeness=np.maximum(whole.closeness - self._whole.threshold, regions.closeness),
            distances=regions.distances,
        )


@njit(nogil=True, cache=True)
def _two_nearest(banked: U64Array, begins: I64Array, asked: U64Array) -> tuple[I64Array, I64Array]:
    """Of each banked picture, how near its two nearest regions are to any of the asked ones.

    banked: (n, 4) uint64, picture after picture; begins: (pictures + 1,) int64, where each begins; asked: (m, 4).
    Returns: (pictures, 2) int64, the smaller first, 257 where there is none; (257,) int64, all distances counted.
    """
    nearest = np.full((len(begins) - 1, 2), _FARTHEST, np.int64)
    counted = np.zeros(_FARTHEST, np.int64)
    for picture in range(len(begins) - 1):
        for row in range(begins[picture], begins[picture + 1]):
            best = _FARTHEST
            for query in range(len(asked)):
                apart = 0
                for word in range(4):
                    apart += np.int64(popcount(banked[row, word] ^ asked[query, word]))
                counted[apart] += 1
                best = min(best, apart)
            if best < nearest[picture, 0]:
                nearest[picture, 1], nearest[picture, 0] = nearest[picture, 0], best
            elif best < nearest[picture, 1]:
                nearest[picture, 1] = best
    return nearest, counted
