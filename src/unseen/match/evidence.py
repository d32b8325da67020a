"""What the regions of an upload say together about one banked picture: a sum of evidence, in bans.

A ban is a factor of ten: a hit that chance gives one picture pair in a thousand is worth three.  One region alone
never decides; several that agree do.  The caller finds candidates by the index (any region within its radius), then
asks here with all regions of both pictures, since a wider radius costs little once a picture is a candidate.

1. Every pair of regions within ``WIDE_RADIUS_BITS`` is weighed by ``bans_of``: the rarer such a distance is among
   regions of unrelated pictures with as much detail, the more it is worth.
2. From the heaviest to the lightest, pairs are taken; a banked region counts once, and so does a place in the upload:
   regions that overlap by more than half of their sides see the same thing.
3. The sum is taken upright and mirrored; the larger counts.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from unseen.match.records import I64Array, U8Array, U16Array, require_codes

WIDE_RADIUS_BITS: Final = 60  #: beyond it, a hit is worth next to nothing
REVIEW_BANS: Final = 9.0  #: a wrong picture in 10 ** 9: with 1,000,000 banked, one upload in 1,000

# log10 of the chance that two regions of unrelated pictures are within d bits, when the upload's has detail q: a plane
# laid just above the tail of 1.1e9 pairs of regions of 400 unrelated photographs, wherever at least five pairs were
# seen (docs/region-fingerprint.md has the table).  Below those distances it is an extrapolation.
_AT_70_BITS: Final = -4.9  #: for the least detail
_A_BIT: Final = 0.06
_A_DETAIL: Final = -0.018
_LEAST_DETAIL: Final = 30
_PAIRS: Final = 4.2  #: log10 of 160 * 96: how many pairs of regions there are in a pair of pictures

F32Array = npt.NDArray[np.float32]
F64Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """The regions of an upload, as ``unseen.fingerprint.region`` gives them."""

    codes: U8Array  #: (n, 32) uint8
    mirrored_codes: U8Array  #: (n, 32) uint8
    centres: F32Array  #: (n, 2) float32, x and y in pixels
    sides: F32Array  #: (n,) float32, in pixels
    details: U8Array  #: (n,) uint8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """How strongly an upload's regions speak for one banked picture, and which they are."""

    bans: float
    is_mirrored: bool
    asked: I64Array  #: (k,) int64, rows of the upload's regions, weightiest first
    banked: I64Array  #: (k,) int64, rows of the picture's regions
    distances: U16Array  #: (k,) uint16, in bits

    @property
    def is_for_review(self) -> bool:
        """Whether a person should look."""
        return self.bans >= REVIEW_BANS


def bans_of(distances: U16Array, details: U8Array) -> F64Array:
    """What a hit is worth: minus log10 of its chance in a pair of pictures, at least 0.

    distances: (k,) bits.  details: (k,), of the upload's regions.
    """
    detail = np.maximum(details.astype(np.float64), _LEAST_DETAIL) - _LEAST_DETAIL
    chance = _AT_70_BITS + _A_BIT * (distances.astype(np.float64) - 70.0) + _A_DETAIL * detail
    return np.maximum(-chance - _PAIRS, 0.0)


def evidence_for(asked: Asked, codes: U8Array) -> Evidence:
    """Weigh an upload against one banked picture.

    codes: (m, 32) uint8, the picture's banked regions.  Raises: ValueError for other shapes.
    """
    banked = require_codes(codes)
    ways = [
        _one_way(asked, require_codes(way), banked, is_mirrored=is_mirrored)
        for is_mirrored, way in ((False, asked.codes), (True, asked.mirrored_codes))
    ]
    return max(ways, key=lambda way: way.bans)


def _one_way(asked: Asked, ours: U8Array, banked: U8Array, *, is_mirrored: bool) -> Evidence:
    distances = np.bitwise_count(ours.view(np.uint64)[:, None] ^ banked.view(np.uint64)).sum(axis=2, dtype=np.uint16)
    rows, columns = np.nonzero(distances <= WIDE_RADIUS_BITS)
    near = distances[rows, columns]
    worth = bans_of(near, asked.details[rows])
    taken: list[int] = []
    used_columns: set[int] = set()
    for at in np.lexsort((columns, rows, -worth)):
        if worth[at] <= 0 or columns[at] in used_columns:
            continue
        if any(_overlap(asked, rows[at], rows[other]) for other in taken):
            continue
        taken.append(int(at))
        used_columns.add(int(columns[at]))
    chosen = np.array(taken, np.int64)
    return Evidence(
        bans=float(worth[chosen].sum()),
        is_mirrored=is_mirrored,
        asked=rows[chosen].astype(np.int64),
        banked=columns[chosen].astype(np.int64),
        distances=near[chosen],
    )


def _overlap(asked: Asked, one: int, other: int) -> bool:
    """Whether two regions of the upload lie closer than half of their mean side."""
    apart = asked.centres[one] - asked.centres[other]
    reach = (asked.sides[one] + asked.sides[other]) / 4
    return bool(apart @ apart < reach * reach)
