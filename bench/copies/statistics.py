"""How sure a figure is: Wilson's interval, the rule of three, and what a tail says of larger banks.

Nothing here is about pictures.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Z95: Final = 1.959963984540054  #: two-sided 95 % of the normal distribution
_LN20: Final = 2.995732273553991  # -ln 0.05: no event in n trials bounds the rate by this over n


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a proportion (Wilson 1927).  Raises: ValueError unless 0 <= hits <= trials > 0."""
    if not 0 <= hits <= trials or trials == 0:
        raise ValueError("0 <= hits <= trials, and at least one trial")
    share, spread = hits / trials, Z95 * Z95 / trials
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 * math.sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def rate_at_most(events: int, trials: int) -> float:
    """The rate that is exceeded with 95 % confidence at most: 3 / n when nothing happened, else Wilson's upper end.

    Trials are taken as independent; pairs of pictures are not quite, so the number of pictures belongs beside it.
    Raises: ValueError without a trial.
    """
    if trials <= 0:
        raise ValueError("at least one trial")
    return min(1.0, _LN20 / trials) if events == 0 else wilson(events, trials)[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class TailEstimate:
    """What the measured tail says of a rate that is too small to count."""

    rate: float  #: that an unrelated pair is as close as the threshold or closer
    at_most: float  #: the same, 95 % upper bound of the fit (not of the assumption)
    from_closeness: float  #: where the fitted tail begins
    pairs_in_tail: int


def tail_estimate(
    closeness: NDArray[np.float64], threshold: float, *, trials: int, share: float = 1e-4
) -> TailEstimate | None:
    """The rate of unrelated pairs at ``threshold`` or closer, from how their closeness falls off before it.

    closeness: of the closest pairs, any number, higher is closer (a distance with its sign turned, or a score);
    trials: of how many pairs they are the closest.  Returns None where fewer than 20 pairs are in the tail.

    Method, peaks over a threshold with an exponential tail (Pickands 1975; a generalised Pareto distribution of
    shape 0): u is the closeness that the fraction ``share`` of all pairs exceeds, or the 200th closest pair's if that
    is farther out in numbers.  Of the k pairs at u or closer, the mean excess m over u is the scale, by maximum
    likelihood; for whole-numbered closeness with its half-step correction, m = 1 / ln(1 + 1 / mean).  The rate is
    k / trials * exp(-(threshold - u) / m).  The upper bound puts m(1 + 1.96 / sqrt k) and Wilson's bound of k in.

    Hamming distances between unrelated codes fall faster than any exponential, so for them this errs upward.  It
    cannot know of near duplicates that the collections do not hold: a rate is of pictures like those tried.
    """
    ordered = np.sort(np.asarray(closeness, np.float64))[::-1]
    wanted = min(len(ordered), max(200, int(share * trials)))
    if wanted < 20:
        return None
    start = float(ordered[wanted - 1])
    inside = ordered[ordered >= start]
    excess = inside - start
    mean = float(excess.mean())
    if mean <= 0:
        return None
    is_whole = bool((excess == np.rint(excess)).all())
    scale = 1 / math.log1p(1 / mean) if is_whole else mean
    widest = scale * (1 + Z95 / math.sqrt(len(inside)))
    beyond = max(0.0, threshold - start)
    return TailEstimate(
        rate=len(inside) / trials * math.exp(-beyond / scale),
        at_most=wilson(len(inside), trials)[1] * math.exp(-beyond / widest),
        from_closeness=start,
        pairs_in_tail=len(inside),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """How the scores of unrelated pairs fall off beyond ``start``: a generalised Pareto distribution."""

    start: float
    exceeding: int  #: scores beyond it
    scale: float
    shape: float  #: 0 is exponential; above it they fall more slowly

    def expected(self, threshold: float) -> float:
        """How many scores of as many pairs as were fitted are expected at ``threshold`` or beyond; it is not below."""
        excess = (threshold - self.start) / self.scale
        if self.shape < 1e-9:
            return self.exceeding * math.exp(-excess)
        return self.exceeding * float((1 + self.shape * excess) ** (-1 / self.shape))


def fitted_tail(scores: NDArray[np.float64], start: float) -> Tail | None:
    """The likeliest tail beyond ``start`` (Pickands 1975), or None for fewer than 20 scores beyond it.

    The shape is held between 0 and 0.25.  Sums of independent chances fall exponentially or faster, so that a shape
    above 0 is a precaution; and an end of all scores just beyond the highest that was seen, a shape below 0, is not
    believed in: held out pairs did lie beyond it.
    """
    excess = scores[scores > start] - start
    if len(excess) < 20:
        return None
    scales = float(excess.mean()) * np.geomspace(0.4, 2.5, 61)
    best = (-math.inf, 0.0, 0.0)
    for shape in np.linspace(0, 0.25, 11).tolist():
        logs = np.log1p(shape * excess / scales[:, None]).sum(axis=1)
        slopes = excess.sum() / scales if shape < 1e-9 else (1 + 1 / shape) * logs
        likely = -len(excess) * np.log(scales) - slopes
        at = int(likely.argmax())
        best = max(best, (float(likely[at]), float(scales[at]), shape))
    return Tail(start=start, exceeding=len(excess), scale=best[1], shape=best[2])
