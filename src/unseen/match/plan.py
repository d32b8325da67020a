"""Which buckets to look into for a radius, such that no entry within it can be missed.

A code has 4 quarters of 64 bits, a quarter 4 bands of 16 bits.  Each band is given a threshold so that
``sum(threshold + 1) == radius + 1`` over the 16 bands, and each quarter the threshold for which
``threshold + 1`` is that sum over its own bands.  If every quarter differed by more than its threshold, the code
would differ by more than the radius; if every band of a quarter did, so would the quarter.  So a code within the
radius has a quarter within its threshold, and in it a band within its own: the index looks up each band's value
with up to that many bits flipped, and may reject what it finds there by the quarter alone.

Source: the general pigeonhole principle of Qin et al. 2018 ("GPH: Similarity Search in Hamming Space"), used
twice; bands as tables, Norouzi et al. 2012 (multi-index hashing).
"""

from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Final

import numpy as np

from unseen.match.records import I64Array, U16Array, require_radius

QUARTERS: Final = 4
BANDS: Final = 16  #: bands 4q to 4q + 3 are quarter q, lowest bits first
BAND_BITS: Final = 16
MAX_FLIPS: Final = 2  #: in one band; beyond it a scan of all codes is quicker
_CODES_A_PROBE: Final = 32  # what one bucket costs, in codes compared by a scan (measured, docs/adr/0004)

POSTINGS_A_CODE: Final = 4  #: read in the time that comparing a code takes, where they lie side by side


def _flips() -> U16Array:
    masks = [
        sum(1 << bit for bit in bits)
        for flips in range(MAX_FLIPS + 1)
        for bits in combinations(range(BAND_BITS), flips)
    ]
    return np.array(masks, np.uint16)


FLIPS: Final = _flips()  #: (137,) uint16: what to flip in a band's value, fewest bits first
_UP_TO: Final = (0, 1, 17, 137)  # how many of them flip fewer bits than the index


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """Thresholds in bits; -1 where nothing is looked up."""

    radius_bits: int
    bands: I64Array  #: (16,) int64
    quarters: I64Array  #: (4,) int64
    probes: I64Array  #: (16,) int64: the first so many of ``FLIPS`` are looked up in the band

    @property
    def most_scanned(self) -> int:
        """For up to so many codes, comparing them all is quicker than looking up buckets."""
        return _CODES_A_PROBE * int(self.probes.sum())


@cache
def plan_for(radius_bits: int) -> Plan | None:
    """The plan with the fewest look-ups, or None where the radius is too large for bands to help.

    Raises: ValueError for a radius outside 0..256.
    """
    shares = require_radius(radius_bits) + 1
    if shares > BANDS * (MAX_FLIPS + 1):
        return None
    bands = shares // BANDS - 1 + (np.arange(BANDS) < shares % BANDS)
    return Plan(
        radius_bits=radius_bits,
        bands=bands,
        quarters=(bands + 1).reshape(QUARTERS, -1).sum(axis=1) - 1,
        probes=np.array([_UP_TO[threshold + 1] for threshold in bands], np.int64),
    )
