"""What tells a copy from another photograph of the same scene, where their regions agree.

A copy is the same picture.  1. Its regions meet within a pixel or two, in nearly every place, and look nearly the same
unless it was photographed anew.  2. It is cut or shown whole, seldom both.  3. What a program made of it was moved and
scaled, perhaps turned; nobody stands so that another photograph differs by no more than that.  Where a camera saw it
at an angle, on a screen or a print, it has a border there (``unseen.desk.look_again``), or, where that is what was
banked, a margin without regions.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from unseen.match.agreement import Agreement, Places, misfits_of
from unseen.match.plane import SCALE, TO_X, TO_Y, F64Array, inverse, near
from unseen.match.records import U16Array

_MOST_GROWN: Final = 0.3
_LEAST_FOR_A_COPY: Final = 13.0
_STRAIGHT: Final = 1.2  #: misfit, of the fewest freedoms: copies have less; of 732 pairs of one scene eight do
_MOST_STRAIGHT: Final = 1.5  # octaves below that
_LEAST_MARGIN: Final = 0.035  #: of the banked picture's longer side
_LEAST_SHOWN: Final = 0.97  #: of its regions
_SURE_BITS: Final = 40  #: partners further apart say less of where they should be
_USUAL_SQUARE: Final = 1.6  #: of a coordinate's misfit

#: How many numbers each kind of transform has.
_MOVED, _TURNED, _SEEN_AT_AN_ANGLE = 3, 4, 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traits:
    """What is looked at.  Misfits: of those that agree, root mean square, in standard deviations of a copy's."""

    misfit: float  #: under the transform that was found
    moved_misfit: float  #: under the best that only moves, scales and turns by quarters
    turned_misfit: float  #: under the best that moves, scales and turns
    median_bits: float  #: of their distances
    contained: float  #: the share of one picture that lies within the other, of whichever does more
    grown: float  #: how much larger or smaller, to base 2
    is_framed: bool  #: whether the upload is what the banked picture shows within a margin that has no regions

    def likeness(self) -> float:
        """0 and more for copies (docs/region-fingerprint.md has where the weights come from).

        What was photographed anew is changed and a little misplaced, so those count together.  A copy is cut, or set
        into something, seldom both; and nobody stands still to take another photograph at another scale.
        """
        changed = self.median_bits / 50
        straight = math.log2(_STRAIGHT / self.moved_misfit)
        bent = 0.0 if self.is_framed else math.log2(min(self.moved_misfit, self.turned_misfit) / _STRAIGHT)
        return (
            18 * self.contained
            + 5 * min(self.grown, _MOST_GROWN)
            - changed * (4 + 6 * math.log2(self.misfit))
            + 8 * min(max(straight, 0.0), _MOST_STRAIGHT)
            - 5 * min(max(bent, 0.0), 1.0)
            - _LEAST_FOR_A_COPY
        )


def traits_of(found: Agreement, bits: U16Array, asked: Places, frame: tuple[float, float], banked: Places) -> Traits:
    """bits: (k,), of what agrees.  frame: width and height of the upload, in shares of the longer."""
    there = near(found.transform, banked.points)[:, TO_X : TO_Y + 1]
    back = near(inverse(found.transform), asked.points)[:, TO_X : TO_Y + 1]
    least, most = banked.points.min(axis=0), banked.points.max(axis=0)
    is_shown = ((there >= 0) & (there <= frame)).all(axis=1)
    is_within = ((back >= least) & (back <= most)).all(axis=1)
    scale = float(near(found.transform, (least + most)[None] / 2)[0, SCALE])
    weights = np.exp2(-np.maximum(bits.astype(np.float64) - _SURE_BITS, 0) / 15)
    moved, turned = _squares_without_angle(found, bits, asked, banked, weights)
    total = math.fsum(weights.tolist())
    return Traits(
        misfit=_root_mean(math.fsum((weights * found.misfits**2).tolist()), total, _SEEN_AT_AN_ANGLE),
        moved_misfit=_root_mean(moved, total, _MOVED),
        turned_misfit=_root_mean(turned, total, _TURNED),
        median_bits=float(np.median(bits)),
        contained=max(float(is_shown.mean()), float(is_within.mean())),
        grown=abs(math.log2(scale)) if scale > 0 else math.inf,
        is_framed=float(is_shown.mean()) >= _LEAST_SHOWN
        and _margin(found.transform, frame, int(most[1] > most[0])) >= _LEAST_MARGIN,
    )


def _margin(transform: F64Array, frame: tuple[float, float], axis: int) -> float:
    """How far the upload ends within both ends of the banked picture's longer side, in shares of that.

    So far a photograph of a screen goes on around it, where that is what was banked.  axis: of the longer side.
    """
    width, height = frame
    middles = np.array([[0.0, height / 2], [width, height / 2], [width / 2, 0.0], [width / 2, height]])  # of its sides
    along = near(inverse(transform), middles)[:, axis]
    return float(min(along.min(), 1 - along.max()))


def _root_mean(squares: float, total: float, free: int) -> float:
    """Of misfits: a transform fits few partners by itself, so for what it is free to choose what is usual is put in."""
    return math.sqrt((squares + min(float(free), 2 * total) * _USUAL_SQUARE) / (2 * total))


def _squares_without_angle(
    found: Agreement, bits: U16Array, asked: Places, banked: Places, weights: F64Array
) -> tuple[float, float]:
    """Sums of weighted squared misfits under the best transforms that move and scale, and that turn as well.

    With both sides' middles taken away, the best turn and scale are two quotients a, b of sums: (a -b; b a).  The best
    turn by quarters keeps the larger of the two.
    """
    points, to = banked.points[found.banked], asked.points[found.asked]
    scales = near(found.transform, points)[:, SCALE]
    # how many standard deviations one unit of the upload is
    units = misfits_of(1 / scales, banked.sides[found.banked], bits.astype(np.float64), scales)
    weights = weights * units * units
    points, to = (side - weights @ side / weights.sum() for side in (points, to))
    spread, rest = float(weights @ (points * points).sum(axis=1)), float(weights @ (to * to).sum(axis=1))
    if spread == 0:
        return rest, rest
    along = float(weights @ (points * to).sum(axis=1)) ** 2 / spread
    across = float(weights @ (points[:, 0] * to[:, 1] - points[:, 1] * to[:, 0])) ** 2 / spread
    return max(rest - max(along, across), 0.0), max(rest - along - across, 0.0)
