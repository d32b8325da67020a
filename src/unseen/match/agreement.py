"""Whether regions that look alike also lie alike: one transform that takes a banked picture's to the upload's.

A copy is the banked picture itself, moved, scaled, turned, perhaps seen at an angle: its regions agree with one
homography to a pixel or two.  Chance has no such order.  Nothing is drawn at random: the likeliest pairs propose.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from unseen.match.plane import F64Array, Near, affine, homography, similarity
from unseen.match.records import I64Array, U16Array

PROPOSED_RADIUS_BITS: Final = 80  #: pairs as near as this propose a transform
PARTNER_RADIUS_BITS: Final = 100  #: and pairs as near as this are partners where the transform has them meet
MOST_MISFIT: Final = 4.0  #: of partners, in standard deviations

_MOST_VOTERS: Final = 300  # pairs that a proposal is held against, the most telling
_MOST_PROPOSALS: Final = 40
_MOST_REFINED: Final = 4
_LOOSE: Final = (0.02, 0.25, 0.8, 0.6)  # for a proposal: place (shares; of the way), size (to base 2), turn
_PLAY: Final = (0.5, 0.45)  # and once it is refined: size, turn
#: How far partners may lie apart, step by step, in units of ``misfits``; a homography is fitted from the third on.
_STEPS: Final = (24.0, 14.0, 9.0, 6.0, MOST_MISFIT, MOST_MISFIT)
_AFFINE_STEPS: Final = 2
_LEAST_FOR: Final = {affine: 3, homography: 7}  # partners


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """Where regions lie, in shares of the longer side of their picture."""

    points: F64Array  #: (n, 2): x and y of the centres
    sizes: F64Array  #: (n,): sides, logarithms to base 2
    turns: F64Array  #: (n,): directions, radians from right over down

    def mirrored(self, width: float) -> Self:
        """The same in the mirrored picture.  width: of the picture, in shares of its longer side."""
        across = np.column_stack([width - self.points[:, 0], self.points[:, 1]])
        return type(self)(points=across, sizes=self.sizes, turns=np.pi - self.turns)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Agreement:
    """Pairs of regions that one transform has meet; each region is in one pair at most."""

    transform: F64Array  #: (3, 3), from the banked picture to the upload
    asked: I64Array  #: (k,) rows of the upload's regions
    banked: I64Array  #: (k,) rows of the picture's
    misfits: F64Array  #: (k,): how far apart they meet, in standard deviations of a copy's

    @property
    def weight(self) -> float:
        """More, and closer, is better."""
        return float((1 - 0.5 * (self.misfits / MOST_MISFIT) ** 2).sum())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pairs:
    """Regions of both that look alike, and where they are."""

    asked: I64Array  #: (p,) rows
    banked: I64Array  #: (p,) rows
    distances: F64Array  #: (p,) bits
    points: F64Array  #: (p, 2) in the banked picture
    to: F64Array  #: (p, 2) in the upload
    sizes: F64Array  #: (p,) sides in the banked picture, shares
    growth: F64Array  #: (p,) of the upload's to the banked one's size, to base 2
    turns: F64Array  #: (p,) radians

    def tell_apart(self, rows: I64Array, key: F64Array) -> I64Array:
        """Of these rows, those that have each region once: the smallest keys first."""
        used_asked: set[int] = set()
        used_banked: set[int] = set()
        kept = []
        for row in rows[np.argsort(key, kind="stable")].tolist():
            one, other = int(self.asked[row]), int(self.banked[row])
            if one not in used_asked and other not in used_banked:
                used_asked.add(one)
                used_banked.add(other)
                kept.append(row)
        return np.array(kept, np.int64)


def agreement_of(asked: Places, banked: Places, distances: U16Array, worth: F64Array) -> Agreement | None:
    """The best transform, or None where no pair is near enough to propose one.

    distances: (n, m) bits between the upload's n regions and the picture's m.  worth: (n, m), what each pair says for
    a copy by its distance alone.  1. The most telling pairs propose similarities, each held against the others.
    2. The best of these are fitted closer and closer to the pairs that they have meet.
    """
    rows, columns = np.nonzero(distances <= PARTNER_RADIUS_BITS)
    pairs = _Pairs(
        asked=rows,
        banked=columns,
        distances=distances[rows, columns].astype(np.float64),
        points=banked.points[columns],
        to=asked.points[rows],
        sizes=np.exp2(banked.sizes[columns]),
        growth=asked.sizes[rows] - banked.sizes[columns],
        turns=asked.turns[rows] - banked.turns[columns],
    )
    voters = np.flatnonzero(pairs.distances <= PROPOSED_RADIUS_BITS)
    telling = worth[rows[voters], columns[voters]]
    order = np.argsort(-telling, kind="stable")[:_MOST_VOTERS]
    proposals = _proposals(pairs, voters[order], telling[order])  # (1)
    refined = [_refined(pairs, *proposal) for proposal in proposals[:_MOST_REFINED]]  # (2)
    return max((one for one in refined if one is not None), key=lambda one: one.weight, default=None)


def misfits_of(apart: F64Array, sizes: F64Array, distances: F64Array, growth: F64Array) -> F64Array:
    """Distances in standard deviations of what they are in copies: large and changed regions are found less exactly.

    apart: in shares of the banked picture's longer side; sizes: sides, so too; distances: bits; growth: from the banked
    picture to the upload, to base 2, for the upload's pixels are coarse where it is small there.  The constants are
    rounded from photographs of screens and of prints (docs/region-fingerprint.md).
    """
    return np.asarray(apart / ((0.0004 + 0.0003 * np.exp2(-growth) + 0.003 * sizes) * (1 + distances / 100)))


def _proposals(pairs: _Pairs, voters: I64Array, telling: F64Array) -> list[tuple[F64Array, I64Array]]:
    """Transforms and the pairs that agree with them, best first.  voters: (v,), most telling first."""
    found = []
    places, of_way, growths, turning = _LOOSE
    for seed in voters[:_MOST_PROPOSALS].tolist():
        transform = similarity(pairs.points[seed], pairs.to[seed], float(pairs.growth[seed]), float(pairs.turns[seed]))
        scale = 2.0 ** pairs.growth[seed]
        meant = pairs.points[voters] @ transform[:2, :2].T + transform[:2, 2]
        apart = np.hypot(*(meant - pairs.to[voters]).T)
        way = np.hypot(*(meant - pairs.to[seed]).T)
        agrees = apart <= places * scale + of_way * way
        agrees &= np.abs(pairs.growth[voters] - pairs.growth[seed]) < growths
        agrees &= np.abs(_between(pairs.turns[voters] - pairs.turns[seed])) < turning
        kept = np.flatnonzero(agrees)
        rows = pairs.tell_apart(voters[kept], -telling[kept])
        weight = telling[kept][np.isin(voters[kept], rows)].sum()
        found.append((float(weight), transform, rows))
    found.sort(key=lambda one: -one[0])
    return [(transform, rows) for _, transform, rows in found]


def _refined(pairs: _Pairs, transform: F64Array, rows: I64Array) -> Agreement | None:
    misfits = np.empty(0)
    for step, most in enumerate(_STEPS):
        transform = _fitted(pairs, rows, transform, is_flat=step < _AFFINE_STEPS)
        near = Near.of(transform, pairs.points)
        with np.errstate(invalid="ignore"):
            apart = np.hypot(*(near.points - pairs.to).T) * np.exp2(-near.growth)
            every = misfits_of(apart, pairs.sizes, pairs.distances, near.growth)
            meets = (every <= most) & (np.abs(pairs.growth - near.growth) < _PLAY[0])
        meets &= np.abs(_between(pairs.turns - near.turns)) < _PLAY[1]
        kept = np.flatnonzero(meets)
        rows = pairs.tell_apart(kept, pairs.distances[kept] + 10 * every[kept] / most)
        misfits = every[rows]
        if not len(rows):
            return None
    return Agreement(transform=transform, asked=pairs.asked[rows], banked=pairs.banked[rows], misfits=misfits)


def _fitted(pairs: _Pairs, rows: I64Array, before: F64Array, *, is_flat: bool) -> F64Array:
    """The transform for these pairs; the one before where they are too few or it would fold the picture."""
    fit = affine if is_flat or len(rows) < _LEAST_FOR[homography] else homography
    if len(rows) < _LEAST_FOR[fit]:
        return before
    ones = np.ones(len(rows))
    weights = misfits_of(ones, pairs.sizes[rows], pairs.distances[rows], pairs.growth[rows]) ** 2
    try:
        fitted = fit(pairs.points[rows], pairs.to[rows], weights / weights.sum())
    except np.linalg.LinAlgError:
        return before
    return fitted if np.isfinite(Near.of(fitted, pairs.points[rows]).growth).all() else before


def _between(turns: F64Array) -> F64Array:
    """The same turns, from minus half a turn to half a turn."""
    return (turns + np.pi) % (2 * np.pi) - np.pi
