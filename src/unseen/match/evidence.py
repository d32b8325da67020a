"""What the regions of an upload say together about one banked picture, and how much like a copy that looks.

What they say is a sum of evidence, in bans.  A ban is a factor of ten: a hit that chance gives one picture pair in
a thousand is worth three.  One region alone never decides; several that agree do.  The caller finds candidates by the
index (any region within ``CANDIDATE_RADIUS_BITS``), then asks here with all regions of both pictures, since a wider
radius costs little once a picture is a candidate.

1. Every pair of regions within ``WIDE_RADIUS_BITS`` is weighed by ``bans_of``: the rarer such a distance is among
   regions of unrelated pictures with as much detail, the more it is worth.
2. From the heaviest to the lightest, pairs are taken; a banked region counts once, and so does a place in the upload:
   regions that overlap by more than half of their sides see the same thing.
3. The sum is taken upright and mirrored; the larger counts.
4. Chance is not the only stranger: another photograph of the same wall shares regions that no chance explains.  But a
   copy's part of the upload matches nearly everywhere, and closely; the other photograph here and there.  So in the
   box around the matched regions, among all the upload's regions of such sizes, the share is taken that have a banked
   one within ``CLOSE_BITS``; ``likeness`` adds it up with the bans and the matched regions' median distance.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from unseen.match.kernels import distances_between
from unseen.match.layout import to_words
from unseen.match.records import I64Array, U8Array, U16Array, require_codes

CANDIDATE_RADIUS_BITS: Final = 31  #: a banked picture is looked at where a region of the upload is so near
WIDE_RADIUS_BITS: Final = 60  #: beyond it, a hit is worth next to nothing
CLOSE_BITS: Final = 40  #: regions as near as this look alike to the eye

#: Nine bans: a wrong picture in 10 ** 9 if the tail were known; measured, one unrelated pair in 10 ** 6 gets there, and
#: none of 5.9 million gets to eleven.  The likeness is more than any of 542 pairs of photographs of one scene has
#: (1.62; docs/region-fingerprint.md has both).
REVIEW_BANS: Final = 9.0
REVIEW_LIKENESS: Final = 1.65
#: Of any likeness: a reviewer rather sees another photograph of the place than misses a photo of a screen.
SAME_SCENE_BANS: Final = 14.0

# log10 of the chance that two regions of unrelated pictures are within d bits, when the upload's has detail q: a plane
# laid just above the tail of 1.1e9 pairs of regions of 400 unrelated photographs, wherever at least five pairs were
# seen (docs/region-fingerprint.md has the table).  Below those distances it is an extrapolation.
_AT_70_BITS: Final = -4.9  #: for the least detail
_A_BIT: Final = 0.06
_A_DETAIL: Final = -0.018
_LEAST_DETAIL: Final = 30
_PAIRS: Final = 4.2  #: log10 of 160 * 96: how many pairs of regions two pictures had when the rest was measured
_SIZE_PLAY: Final = 1.1  #: regions this much smaller or larger than the matched ones count as of their sizes

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
    likeness: float  #: -inf where no region matches
    is_mirrored: bool
    asked: I64Array  #: (k,) int64, rows of the upload's regions, weightiest first
    banked: I64Array  #: (k,) int64, rows of the picture's regions
    distances: U16Array  #: (k,) uint16, in bits

    @property
    def is_copy_like(self) -> bool:
        """Whether it seems to be a copy, and no other photograph of the same scene."""
        return self.bans >= REVIEW_BANS and self.likeness >= REVIEW_LIKENESS

    @property
    def is_of_same_scene(self) -> bool:
        """Whether both show the same thing: a copy, however distorted, or another photograph of it."""
        return self.bans >= SAME_SCENE_BANS

    @property
    def is_for_review(self) -> bool:
        """Whether a person should look."""
        return self.is_copy_like or self.is_of_same_scene


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


def likeness_of(bans: float, share: float, median_bits: float) -> float:
    """How much like a copy: about 1 for two photographs of one wall, 2 and more for most copies.

    share: of the regions in the matched part, those that match closely.  The weights are rounded from a logistic
    regression of copies against photographs of the same scene (docs/region-fingerprint.md).
    """
    return math.log10(bans) + 2 * share - median_bits / 50


def _one_way(asked: Asked, ours: U8Array, banked: U8Array, *, is_mirrored: bool) -> Evidence:
    distances = distances_between(to_words(ours), to_words(banked))
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
    bans, likeness = float(worth[chosen].sum()), -math.inf
    if taken:
        share = _close_share(asked, rows[chosen], distances)
        likeness = likeness_of(bans, share, float(np.median(near[chosen])))
    return Evidence(
        bans=bans,
        likeness=likeness,
        is_mirrored=is_mirrored,
        asked=rows[chosen].astype(np.int64),
        banked=columns[chosen].astype(np.int64),
        distances=near[chosen],
    )


def _close_share(asked: Asked, matched: I64Array, distances: U16Array) -> float:
    """Of the upload's regions around the matched ones and of their sizes, the share with a banked one close to them.

    matched: (k,) int64, k > 0.  distances: (n, m) uint16, of all its regions to all banked ones.
    """
    centres, sides = asked.centres[matched], asked.sides[matched]
    first, last = (centres - sides[:, None] / 2).min(axis=0), (centres + sides[:, None] / 2).max(axis=0)
    is_inside = ((asked.centres >= first) & (asked.centres <= last)).all(axis=1)
    is_inside &= (asked.sides >= sides.min() / _SIZE_PLAY) & (asked.sides <= sides.max() * _SIZE_PLAY)
    return float((distances[is_inside].min(axis=1) <= CLOSE_BITS).mean())


def _overlap(asked: Asked, one: int, other: int) -> bool:
    """Whether two regions of the upload lie closer than half of their mean side."""
    apart = asked.centres[one] - asked.centres[other]
    reach = (asked.sides[one] + asked.sides[other]) / 4
    return bool(apart @ apart < reach * reach)
