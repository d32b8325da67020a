"""What recognising costs: time a picture, codes a picture."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.copies.edits import Picture
from bench.copies.matchers import Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one matcher; medians over pictures in memory, one thread."""

    matcher: str
    bank_ms: float  #: to fingerprint a picture and remember it
    ask_ms: float  #: to fingerprint an upload and look it up among the pictures of the bank
    codes: float  #: banked of a picture, mean
    banked: int  #: pictures in the bank while asking


def costs(pictures: Sequence[Picture], makers: Sequence[Callable[[], Matcher]]) -> list[Cost]:
    """Bank the pictures, then ask with each; the matchers take turns, so that all see the same machine."""
    matchers = [make() for make in makers]
    for matcher in matchers:
        matcher.bank(pictures[0])  # compile before the clock runs
        matcher.matches(pictures[0])
    matchers = [make() for make in makers]
    banking: list[list[float]] = [[] for _ in matchers]
    asking: list[list[float]] = [[] for _ in matchers]
    for taken, is_asking in ((banking, False), (asking, True)):
        for picture in pictures:
            for matcher, times in zip(matchers, taken, strict=True):
                started = time.perf_counter()
                if is_asking:
                    matcher.matches(picture)
                else:
                    matcher.bank(picture)
                times.append(1e3 * (time.perf_counter() - started))
    return [
        Cost(
            matcher=matcher.name,
            bank_ms=statistics.median(bank),
            ask_ms=statistics.median(ask),
            codes=matcher.banked_codes / len(pictures),
            banked=len(pictures),
        )
        for matcher, bank, ask in zip(matchers, banking, asking, strict=True)
    ]
