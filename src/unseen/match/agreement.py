"""Whether regions that look alike also lie alike: one transform that takes a banked picture's to the upload's.

A copy is the banked picture itself, moved, scaled, turned, perhaps seen at an angle: its regions agree with one
homography to a pixel or two.  Chance has no such order.  Nothing is drawn at random: the likeliest pairs propose.  The
same regions agree alike on every machine: ``agreement_kernels`` has the steps.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import Final, Self

import numpy as np

from unseen.match import agreement_kernels as kernels
from unseen.match.agreement_kernels import COLUMNS, MOST_MISFIT
from unseen.match.plane import F64Array
from unseen.match.records import I64Array, U16Array

PROPOSED_RADIUS_BITS: Final = 80  #: pairs as near as this propose a transform
PARTNER_RADIUS_BITS: Final = 100  #: and pairs as near as this are partners where the transform has them meet
TURN: Final = 512  #: what directions are counted in

_MOST_VOTERS: Final = 300  # pairs that a proposal is held against, the most telling
_MOST_REFINED: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """Where regions lie, in shares of the longer side of their picture."""

    points: F64Array  #: (n, 2): x and y of the centres
    sides: F64Array  #: (n,): above 0
    turns: F64Array  #: (n, 2): cosines and sines of their directions, from right over down

    def mirrored(self, width: float) -> Self:
        """The same in the mirrored picture.  width: of the picture, in shares of its longer side."""
        across = np.column_stack([width - self.points[:, 0], self.points[:, 1]])
        return type(self)(points=across, sides=self.sides, turns=self.turns * (-1.0, 1.0))


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
        return math.fsum(1 - 0.5 * (misfit / MOST_MISFIT) ** 2 for misfit in self.misfits.tolist())


@cache
def directions() -> F64Array:
    """Cosine and sine of each 512th of a turn: (512, 2), by halving angles, since no cosine is the same everywhere."""
    table = np.empty((TURN + 1, 2))
    table[:: TURN // 4] = (1, 0), (0, 1), (-1, 0), (0, -1), (1, 0)
    step = TURN // 4
    while step > 1:
        between = table[:-1:step] + table[step::step]
        lengths = np.sqrt(between[:, 0] * between[:, 0] + between[:, 1] * between[:, 1])
        table[step // 2 :: step] = between / lengths[:, None]
        step //= 2
    return table[:TURN]


def agreement_of(asked: Places, banked: Places, distances: U16Array, worth: F64Array) -> Agreement | None:
    """The best transform, or None where no pair is near enough to propose one.

    distances: (n, m) bits between the upload's n regions and the picture's m.  worth: (n, m), what each pair says for
    a copy by its distance alone.  1. The most telling pairs propose similarities, each held against the others.
    2. The best of these are fitted closer and closer to the pairs that they have meet.
    """
    rows, columns = np.nonzero(distances <= PARTNER_RADIUS_BITS)
    pairs = _pairs_of(asked, banked, rows, columns, distances[rows, columns])
    voters = np.flatnonzero(distances[rows, columns] <= PROPOSED_RADIUS_BITS)
    telling = worth[rows[voters], columns[voters]]
    order = np.argsort(-telling, kind="stable")[:_MOST_VOTERS]
    regions = max(distances.shape)
    weights, transforms, agreeing, counts = kernels.propose(
        pairs, rows, columns, voters[order], telling[order], regions
    )  # (1)
    refined = []
    for at in np.argsort(-weights, kind="stable")[:_MOST_REFINED]:
        transform, partners, misfits = kernels.refine(
            pairs, rows, columns, transforms[at], agreeing[at, : counts[at]], regions
        )  # (2)
        if len(partners):
            refined.append(
                Agreement(transform=transform, asked=rows[partners], banked=columns[partners], misfits=misfits)
            )
    return max(refined, key=lambda one: one.weight, default=None)


def _pairs_of(asked: Places, banked: Places, rows: I64Array, columns: I64Array, bits: U16Array) -> F64Array:
    """The kernels' columns of these pairs: (p, COLUMNS)."""
    pairs = np.empty((len(rows), COLUMNS))
    pairs[:, kernels.BITS] = bits
    pairs[:, kernels.X : kernels.Y + 1] = banked.points[columns]
    pairs[:, kernels.TO_X : kernels.TO_Y + 1] = asked.points[rows]
    pairs[:, kernels.SIDE] = banked.sides[columns]
    pairs[:, kernels.RATIO] = asked.sides[rows] / banked.sides[columns]
    (to_cos, to_sin), (cos, sin) = asked.turns[rows].T, banked.turns[columns].T
    pairs[:, kernels.COSINE] = to_cos * cos + to_sin * sin
    pairs[:, kernels.SINE] = to_sin * cos - to_cos * sin
    return pairs


def misfits_of(apart: F64Array, sides: F64Array, distances: F64Array, scales: F64Array) -> F64Array:
    """Distances in standard deviations of what they are in copies: large and changed regions are found less exactly.

    apart: in shares of the banked picture's longer side; sides too; distances: bits; scales: from the banked picture
    to the upload, for the upload's pixels are coarse where it is small there.  The constants are rounded from
    photographs of screens and of prints (docs/region-fingerprint.md).
    """
    return np.asarray(apart / ((0.0004 + 0.0003 / scales + 0.003 * sides) * (1 + distances / 100)))
