"""Voting for the line along which two videos run beside each other; ``segments`` says what for."""

from typing import Final

import numpy as np
from numba import njit

from unseen.match.records import I64Array

NORMAL: Final = 100  #: hundredths: normal speed


@njit(nogil=True, cache=True)
def best_line(
    rows: I64Array,
    at_ms: I64Array,
    from_ms: I64Array,
    until_ms: I64Array,
    worth: I64Array,
    speeds: I64Array,
    bin_ms: int,
    bonus: int,
) -> tuple[np.int64, np.int64, np.int64]:
    """The speed in hundredths, the offset in milliseconds (the middle of its bin) and the votes of the best line.

    A row gives a bin the most that one of its pairs there is worth.  Normal speed's votes count ``bonus`` per cent
    more when lines are compared; of equal ones the first of ``speeds``, then the lowest offset wins.
    rows: (k,) int64, ascending: the upload's frame of each pair, k > 0.  at_ms: (k,), when it is seen.
    from_ms, until_ms: (k,), from when to when the pair's banked frame is.  worth: (k,) int64.
    """
    lowest, highest = np.int64(0), np.int64(0)
    for pair in range(len(rows)):
        for percent in (speeds.min(), speeds.max()):
            low = (from_ms[pair] - at_ms[pair] * percent // 100) // bin_ms
            high = (until_ms[pair] - at_ms[pair] * percent // 100) // bin_ms
            if pair == 0 and percent == speeds.min():
                lowest, highest = low, high
            lowest, highest = min(lowest, low), max(highest, high)
    bins = highest - lowest + 1
    votes, last_row, last_worth = np.zeros(bins, np.int64), np.full(bins, -1, np.int64), np.zeros(bins, np.int64)
    best_percent, best_bin, best_votes, best_score = np.int64(NORMAL), np.int64(0), np.int64(-1), np.int64(-1)
    for percent in speeds:
        votes[:] = 0
        last_row[:] = -1
        for pair in range(len(rows)):
            shift = at_ms[pair] * percent // 100
            first, last = (from_ms[pair] - shift) // bin_ms - lowest, (until_ms[pair] - shift) // bin_ms - lowest
            for at in range(first, last + 1):
                if last_row[at] != rows[pair]:
                    last_row[at] = rows[pair]
                    last_worth[at] = 0
                if worth[pair] > last_worth[at]:
                    votes[at] += worth[pair] - last_worth[at]
                    last_worth[at] = worth[pair]
        winner = np.int64(np.argmax(votes))
        score = votes[winner] * (100 + (bonus if percent == NORMAL else 0))
        if score > best_score:
            best_percent, best_bin, best_votes, best_score = percent, winner + lowest, votes[winner], score
    return best_percent, best_bin * bin_ms + bin_ms // 2, best_votes
