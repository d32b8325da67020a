"""Region fingerprints as matchers: by themselves, and after the whole picture and its insets as screening asks.

``python -m bench.copies --matcher bench.copies.regions:Regions --matcher bench.copies.regions:Ours``.  Which banked
pictures are candidates is found without an index, by comparing every region of an upload, as it is and mirrored, with
every banked one: an exact index finds the same, and the distances are counted whole.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bench.copies.edits import Picture
from bench.copies.matchers import PDQ_RADIUS, Answer, EightViews
from unseen.desk.look_again import seen_again
from unseen.desk.near_regions import (
    MOST_CODES_WIDE,
    STRONGEST,
    WIDE_CANDIDATE_RADIUS_BITS,
    banked_of,
)
from unseen.desk.sought_regions import SoughtRegions
from unseen.fingerprint.closer import banked_regions, insets_of, regions_sought, shrunk
from unseen.match.evidence import CANDIDATE_RADIUS_BITS, REVIEW_BANS, REVIEW_LIKENESS, Banked, evidence_for
from unseen.match.machine import popcount

_FARTHEST: Final = 257

U8Array = NDArray[np.uint8]
U64Array = NDArray[np.uint64]
I64Array = NDArray[np.int64]


class Regions:
    """The evidence of all regions, for banked pictures that have one near enough to be found by the index."""

    name = "regions"
    rule = (
        f"one region within {CANDIDATE_RADIUS_BITS} of 256 bits, or of the {STRONGEST} strongest within "
        f"{WIDE_CANDIDATE_RADIUS_BITS}, "
        f"together {REVIEW_BANS:g} bans, likeness {REVIEW_LIKENESS:g}"
    )
    threshold = 0.0

    def __init__(self) -> None:
        self._banked: list[Banked | None] = []
        self._stacked: tuple[U64Array, I64Array] | None = None

    @property
    def banked_codes(self) -> int:
        """Codes remembered, of all pictures."""
        return sum(len(banked.codes) for banked in self._banked if banked is not None)

    def bank(self, picture: Picture) -> int:
        """Remember a picture; returns its id."""
        fingerprint = banked_regions(shrunk(np.asarray(picture.convert("L"))))
        self._banked.append(None if fingerprint is None else banked_of(fingerprint))
        self._stacked = None
        return len(self._banked) - 1

    def matches(self, picture: Picture) -> Answer:
        """Closeness: what there is to spare, see ``spare``; -inf for what the index would not find."""
        return self.matches_luma(shrunk(np.asarray(picture.convert("L"))))

    def matches_luma(self, luma: U8Array) -> Answer:
        """The same for a picture's luma, as screening keeps it."""
        if self._stacked is None:
            codes = [np.empty((0, 32), np.uint8) if one is None else one.codes for one in self._banked]
            begins = np.cumsum([0, *(len(some) for some in codes)])
            self._stacked = np.concatenate([np.empty((0, 32), np.uint8), *codes]).view(np.uint64), begins
        asked = SoughtRegions.of(regions_sought(luma), luma.shape).asked
        both = np.concatenate([asked.codes, asked.mirrored_codes]).view(np.uint64)
        nearest, distances = _nearest(*self._stacked, both)
        strongest = np.concatenate([asked.codes[:STRONGEST], asked.mirrored_codes[:STRONGEST]]).view(np.uint64)
        if len(self._stacked[0]) <= MOST_CODES_WIDE:
            nearest[_nearest(*self._stacked, strongest)[0] <= WIDE_CANDIDATE_RADIUS_BITS] = 0
        closeness, matched = np.full(len(self._banked), -np.inf), {}
        for at in np.flatnonzero(nearest <= CANDIDATE_RADIUS_BITS).tolist():
            if (banked := self._banked[at]) is None:
                continue
            evidence = seen_again(evidence_for(asked, banked), banked, luma)
            closeness[at] = min(evidence.bans - evidence.needed_bans, 10 * (evidence.likeness - REVIEW_LIKENESS))
            if closeness[at] >= self.threshold:
                matched[at] = f"{evidence.bans:.1f} bans of {len(evidence.asked)}, likeness {evidence.likeness:.2f}"
        return Answer(matched=matched, closeness=closeness, distances=distances)


class Ours:
    """What screening does, the cheap first, until something is found: the whole picture, its insets, its regions."""

    name = "ours"
    rule = f"PDQ in eight views, then of insets (<= {PDQ_RADIUS} bits), then regions"
    threshold = 0.0

    def __init__(self) -> None:
        self._whole, self._regions = EightViews(), Regions()
        self.answered: dict[str, int] = {"whole": 0, "insets": 0, "regions": 0, "nothing": 0}  #: uploads, by stage

    @property
    def banked_codes(self) -> int:
        """Codes remembered, of all pictures."""
        return self._whole.banked_codes + self._regions.banked_codes

    def bank(self, picture: Picture) -> int:
        """Remember a picture; returns its id."""
        self._whole.bank(picture)
        return self._regions.bank(picture)

    def matches(self, picture: Picture) -> Answer:
        """Closeness: that of regions, or the bits to spare of what was decided before them."""
        luma = shrunk(np.asarray(picture.convert("L")))
        looks = (
            ("whole", lambda: self._whole.matches(picture)),
            ("insets", lambda: self._whole.matches_codes(inset_views(luma))),
        )
        for stage, look in looks:
            answer = look()
            if answer.matched:
                self.answered[stage] += 1
                spare = answer.closeness + PDQ_RADIUS
                closeness = np.where(spare >= 0, spare, -np.inf)
                matched = {at: f"{stage}: {what}" for at, what in answer.matched.items()}
                return Answer(matched=matched, closeness=closeness, distances=answer.distances)
        answer = self._regions.matches_luma(luma)
        self.answered["regions" if answer.matched else "nothing"] += 1
        return answer


def inset_views(luma: U8Array) -> U8Array | None:
    """PDQ in eight views of the pictures that may be set inside: (n, 32) uint8, or None where there is none.

    luma: (h, w) uint8.
    """
    found = [inset.views for inset in insets_of(luma)]
    return np.concatenate(found) if found else None


@njit(nogil=True, cache=True)
def _nearest(banked: U64Array, begins: I64Array, asked: U64Array) -> tuple[I64Array, I64Array]:
    """Of each banked picture, how near its nearest region is to any of the asked ones.

    banked: (n, 4) uint64, picture after picture; begins: (pictures + 1,) int64, where each begins; asked: (m, 4).
    Returns: (pictures,) int64, 257 where there is none; (257,) int64, all distances counted.
    """
    nearest = np.full(len(begins) - 1, _FARTHEST, np.int64)
    counted = np.zeros(_FARTHEST, np.int64)
    for picture in range(len(begins) - 1):
        for row in range(begins[picture], begins[picture + 1]):
            for query in range(len(asked)):
                apart = np.int64(0)
                for word in range(4):
                    apart += np.int64(popcount(banked[row, word] ^ asked[query, word]))
                counted[apart] += 1
                nearest[picture] = min(nearest[picture], apart)
    return nearest, counted
