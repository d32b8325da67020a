"""Wrong answers per 1,000 innocent uploads at a bank of a million pictures: counted, bounded, read from a tail.

What is counted: pairs of an upload and a banked picture that have nothing to do with each other, and that screening
takes for a copy.  With a rate of r a pair, an upload meets at most 10^6 r wrong pictures in a bank of a million.

1. *Bound*, without any assumption on how the scores fall: the 95 % upper end for the count (3 / pairs for none).
2. *Estimate* of reviews: the bans of pairs with a likeness of 0 or more, of which only the uppermost matter.  A
   generalised Pareto distribution is fitted to those above a start (``statistics.fitted_tail``); it says how many are
   to be expected at the threshold.  The start is the lowest, in steps of a quarter, above which at most 200 pairs lie:
   more would be ruled by single regions, which cannot reach the threshold.
3. *Interval*: the fit again on 200 draws of as many photographs as were asked, each with all its pairs, since those of
   one photograph are not independent; 2.5 and 97.5 %.
4. *Hold-out*: the tail fitted on half of the photographs must say how many of the other half's pairs lie further out.
5. *Estimate* of blocks: the distances of PDQ codes, counted pair by pair, of those banked codes that may block; the
   same distribution, fitted wherever a tail of 20 to 400 pairs may begin, of which the least and the most are said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.copies.crowd import Asked
from bench.copies.matchers import PDQ_RADIUS
from bench.copies.nearness import MAY_BLOCK, STEPS_OF_PLAIN, Nearness
from bench.copies.statistics import Tail, fitted_tail, rate_at_most
from unseen.match.evidence import REVIEW_BANS, REVIEW_LIKENESS

BANK: Final = 1_000_000  #: pictures
PER: Final = 1000  #: uploads
STEPS: Final = (3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 7.0, REVIEW_BANS)  #: bans, for the table
_MOST_IN_TAIL: Final = 200
_LEAST_IN_TAIL: Final = 20
_DRAWS: Final = 200

F64Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Of one kind of wrong answer, per 1,000 uploads at a million banked pictures."""

    wrong: int
    pairs: int

    @property
    def counted(self) -> float:
        """As many as were seen, scaled."""
        return self.wrong / self.pairs * PER * BANK

    @property
    def at_most(self) -> float:
        """95 %, without extrapolation."""
        return rate_at_most(self.wrong, self.pairs) * PER * BANK


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """From the tail, in the same unit."""

    tail: Tail
    rate: float
    low: float
    high: float
    told: float  #: how many pairs of the second half of the photographs the first half's tail says lie further out
    held: int  #: how many do
    beyond: float  #: than these bans


def reviews(asked: Sequence[Asked]) -> Rate:
    """Wrong reviews by regions."""
    return Rate(wrong=sum(t.is_wrong for each in asked for t in each.touched), pairs=_pairs(asked))


def matches(nearness: Nearness) -> Rate:
    """Wrong matches of whole pictures or of insets, blocking or not."""
    return Rate(wrong=nearness.within(PDQ_RADIUS, STEPS_OF_PLAIN[-1]), pairs=nearness.pairs)


def blocks(nearness: Nearness) -> Rate:
    """Those of them that may block: what is near by regions alone does not."""
    return Rate(wrong=nearness.telling, pairs=nearness.pairs)


def blocks_expected(nearness: Nearness) -> tuple[float, float] | None:
    """From the tails, the least and the most; None where too few pairs come near."""
    tails = [nearness.expected(bits, plain) for bits, plain in MAY_BLOCK]
    known = [tail for tail in tails if tail is not None]
    if len(known) < len(tails):
        return None
    least, most = (sum(ends) * PER * BANK / nearness.pairs for ends in zip(*known, strict=True))
    return least, most


def by_bans(asked: Sequence[Asked]) -> list[tuple[float, int, int]]:
    """For each step: how many pairs have so many bans, and how many of these a likeness of 0 or more."""
    bans = np.array([t.bans for each in asked for t in each.touched])
    like = np.array([t.likeness for each in asked for t in each.touched]) >= REVIEW_LIKENESS
    return [(step, int((bans >= step).sum()), int(((bans >= step) & like).sum())) for step in STEPS]


def estimate(asked: Sequence[Asked], seed: int) -> Estimate | None:
    """Of wrong reviews, or None where too few pairs come near."""
    photographs = sorted({each.met.photograph for each in asked})
    place = {photograph: at for at, photograph in enumerate(photographs)}
    rows = [
        (t.bans, place[each.met.photograph]) for each in asked for t in each.touched if t.likeness >= REVIEW_LIKENESS
    ]
    if len(rows) < 2 * _LEAST_IN_TAIL:
        return None
    bans, of = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    start = _start(bans, _MOST_IN_TAIL)
    tail = fitted_tail(bans, start)
    if tail is None:
        return None
    scale = PER * BANK / _pairs(asked)
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(_DRAWS):
        times = np.bincount(rng.integers(0, len(photographs), len(photographs)), minlength=len(photographs))
        again = fitted_tail(np.repeat(bans, times[of]), start)
        drawn.append(0.0 if again is None else again.expected(REVIEW_BANS) * scale)
    is_first = rng.permutation(len(photographs))[of] % 2 == 0
    half = fitted_tail(bans[is_first], start)
    beyond = _start(bans[~is_first], 10)
    return Estimate(
        tail=tail,
        rate=tail.expected(REVIEW_BANS) * scale,
        low=float(np.percentile(drawn, 2.5)),
        high=float(np.percentile(drawn, 97.5)),
        told=float("nan") if half is None else half.expected(max(beyond, start)),
        held=int((bans[~is_first] > max(beyond, start)).sum()),
        beyond=max(beyond, start),
    )


def _start(bans: F64Array, most: int) -> float:
    """The lowest quarter above which at most so many lie."""
    for start in np.arange(2.0, REVIEW_BANS, 0.25).tolist():
        if (bans > start).sum() <= most:
            return float(start)
    return REVIEW_BANS


def _pairs(asked: Sequence[Asked]) -> int:
    return sum(each.met.others for each in asked)
