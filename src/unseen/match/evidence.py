"""How strongly the regions of an upload speak for one banked picture.

Two questions, two numbers.

1. Is it chance?  Every region that agrees is worth minus log10 of the chance that one of an unrelated picture is so
   near in code and, once a transform is settled, lies in the place where it should: ``bans``.
2. Is it a copy, or another photograph of the same scene?  That shares regions too, and no chance explains them.  But
   a copy is the same picture, and ``likeness`` adds up what tells.
"""

import math
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from unseen.match.agreement import Agreement, Places, agreement_of, directions, misfits_of
from unseen.match.agreement_kernels import MOST_MISFIT
from unseen.match.kernels import distances_between
from unseen.match.layout import to_words
from unseen.match.likeness import traits_of
from unseen.match.plane import SCALE, F64Array, near
from unseen.match.records import I64Array, U8Array, U16Array, require_codes

CANDIDATE_RADIUS_BITS: Final = 31  #: a banked picture is looked at where a region of the upload is so near
WIDE_RADIUS_BITS: Final = 60  #: what is this near a harmless picture's region says nothing

#: None of a billion unrelated pairs has more than 5.3, whatever its likeness; none of 542 pairs of photographs of one
#: scene is as like a copy as this, the nearest by 0.4 (docs/region-fingerprint.md has both).
REVIEW_BANS: Final = 7.5
REVIEW_LIKENESS: Final = 0.0
#: Where no region is nearer than this, more is asked for: one pair of photographs of a scene has 7.9 of three regions.
NEAR_BITS: Final = 40
REVIEW_BANS_FROM_AFAR: Final = 15.0

# log10 of the chance that two regions of unrelated pictures are within d bits, when the upload's has detail q: the
# higher of two planes, laid just above what was counted (docs/region-fingerprint.md has the tables).
_AT_70_BITS: Final = -4.9  #: for the least detail
_A_BIT: Final = 0.06
_A_DETAIL: Final = -0.018
_LEAST_DETAIL: Final = 30
_AT_100_BITS: Final = -2.48
_A_FAR_BIT: Final = 0.103
_PAIRS: Final = 4.4  #: log10 of 256 * 96: how many pairs of regions two pictures have, if not more
_FREE: Final = 4  #: partners that settle a transform: their places say nothing
_SAME_PLACE: Final = 0.25  #: of the smaller side: regions whose centres are so near show the same thing
_OF_SIZE_AND_TURN: Final = 0.05  #: share of an upload's regions that have any given size and direction, within the play
_LEAST_BY_CHANCE: Final = 0.002  #: regions that lie where one should
_LEAST_SIDE: Final = 1e-9  #: what is sent may have none

F32Array = npt.NDArray[np.float32]
_COLUMNS: Final = ("codes", "mirrored_codes", "centres", "sides", "orientations", "details")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """The regions of an upload, as ``unseen.fingerprint.region`` gives them."""

    codes: U8Array  #: (n, 32) uint8
    mirrored_codes: U8Array  #: (n, 32) uint8
    centres: F32Array  #: (n, 2) float32, x and y in pixels
    sides: F32Array  #: (n,) float32, in pixels
    orientations: U16Array  #: (n,) uint16, in 512ths of a turn
    details: U8Array  #: (n,) uint8
    frame: tuple[float, float]  #: width and height of the upload, in pixels

    def only(self, rows: I64Array) -> Self:
        """Some of them."""
        return type(self)(**{name: getattr(self, name)[rows] for name in _COLUMNS}, frame=self.frame)

    def joined(self, other: Self) -> Self:
        """These, then those of another look at the same upload."""
        both = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in _COLUMNS}
        return type(self)(**both, frame=self.frame)

    @property
    def shares(self) -> tuple[float, float]:
        """Width and height in shares of the longer."""
        return self.frame[0] / max(self.frame), self.frame[1] / max(self.frame)

    @property
    def places(self) -> Places:
        """Where they are, in shares of the upload's longer side."""
        longer = max(self.frame)
        return Places(
            points=self.centres.astype(np.float64) / longer,
            sides=np.maximum(self.sides.astype(np.float64) / longer, _LEAST_SIDE),
            turns=directions()[self.orientations],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Banked:
    """The regions of a banked picture."""

    codes: U8Array  #: (m, 32) uint8
    places: Places


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """How strongly an upload's regions speak for one banked picture, and which they are."""

    bans: float
    likeness: float  #: -inf where no region agrees
    is_mirrored: bool
    asked: I64Array  #: (k,) int64, rows of the upload's regions
    banked: I64Array  #: (k,) int64, rows of the picture's regions
    distances: U16Array  #: (k,) uint16, in bits
    transform: F64Array  #: (3, 3), from the banked picture to the upload, or to the upload mirrored

    @property
    def is_for_review(self) -> bool:
        """Whether it seems to be a copy, and a person should look."""
        return self.bans >= self.needed_bans and self.likeness >= REVIEW_LIKENESS

    @property
    def needed_bans(self) -> float:
        """How many a review needs."""
        is_near = len(self.distances) > 0 and int(self.distances.min()) <= NEAR_BITS
        return REVIEW_BANS if is_near else REVIEW_BANS_FROM_AFAR


def chances_of(distances: U16Array, details: U8Array) -> F64Array:
    """log10 of the chance that two regions of unrelated pictures are so near, at most 0.

    distances: bits.  details: of the upload's regions, of a shape that goes with it.
    """
    bits = distances.astype(np.float64)
    detail = np.maximum(details.astype(np.float64), _LEAST_DETAIL) - _LEAST_DETAIL
    near = _AT_70_BITS + _A_BIT * (bits - 70) + _A_DETAIL * detail
    return np.minimum(np.maximum(near, _AT_100_BITS + _A_FAR_BIT * (bits - 100)), 0.0)


def evidence_for(asked: Asked, banked: Banked) -> Evidence:
    """Weigh an upload against one banked picture.  Raises: ValueError for codes of other shapes."""
    theirs = to_words(require_codes(banked.codes))
    ways = [
        _one_way(asked, places, distances_between(to_words(require_codes(codes)), theirs), banked, is_mirrored)
        for is_mirrored, codes, places in (
            (False, asked.codes, asked.places),
            (True, asked.mirrored_codes, asked.places.mirrored(asked.shares[0])),
        )
    ]
    return max(ways, key=lambda way: way.bans)


def _one_way(asked: Asked, places: Places, distances: U16Array, banked: Banked, is_mirrored: bool) -> Evidence:
    chances = chances_of(distances, asked.details[:, None])
    found = agreement_of(places, banked.places, distances, -chances)
    if found is None:
        none = np.empty(0, np.int64)
        return Evidence(
            bans=0.0,
            likeness=-math.inf,
            is_mirrored=is_mirrored,
            asked=none,
            banked=none,
            distances=np.empty(0, np.uint16),
            transform=np.eye(3),
        )
    bits = distances[found.asked, found.banked]
    return Evidence(
        bans=_bans(found, chances[found.asked, found.banked], bits, asked, banked.places),
        likeness=traits_of(found, bits, places, asked.shares, banked.places).likeness(),
        is_mirrored=is_mirrored,
        asked=found.asked,
        banked=found.banked,
        distances=bits,
        transform=found.transform,
    )


def _bans(found: Agreement, chances: F64Array, bits: U16Array, asked: Asked, banked: Places) -> float:
    """Minus log10 of the chance of it all: of codes alone for what settles the transform, of codes and places then."""
    points, sides = banked.points[found.banked], banked.sides[found.banked]
    scales = near(found.transform, points)[:, SCALE]
    reach = MOST_MISFIT / misfits_of(np.ones(len(bits)), sides, bits.astype(np.float64), scales) * scales
    width, height = asked.shares
    by_chance = len(asked.codes) * _OF_SIZE_AND_TURN * math.pi * reach**2 / (width * height)
    pairs = max(_PAIRS, math.log10(len(asked.codes) * len(banked.sides)))
    alone = np.maximum(-chances - pairs, 0)
    placed = np.maximum(-chances - np.log10(np.maximum(by_chance, _LEAST_BY_CHANCE)), 0)
    apart = places_apart(points, sides, np.argsort(-alone, kind="stable"))
    if are_one_place(points, sides):
        apart = apart[:1]
    return math.fsum([*alone[apart[:_FREE]].tolist(), *placed[apart[_FREE:]].tolist()])


def are_one_place(points: F64Array, sides: F64Array) -> bool:
    """Whether all of these overlap: then they show one thing, a letter perhaps, that a stranger's picture has as well.

    points: (k, 2) centres; sides: (k,), in the same unit; k > 0.
    """
    away = points[:, None] - points
    return bool(((away * away).sum(axis=2) < sides.min() ** 2).all())


def places_apart(points: F64Array, sides: F64Array, order: I64Array) -> I64Array:
    """Of regions in this order, those that are no second look at the place of an earlier one: rows, in the order.

    One keypoint may be kept in two directions, or at two sizes: where it looks like a stranger's in one, it does in the
    other.  points: (k, 2) centres; sides: (k,), in the same unit; order: (k,) rows.
    """
    kept = list[int]()
    for row in order.tolist():
        reach, away = _SAME_PLACE * np.minimum(sides[kept], sides[row]), points[kept] - points[row]
        if ((away * away).sum(axis=1) > reach * reach).all():
            kept.append(row)
    return np.array(kept, np.int64)
