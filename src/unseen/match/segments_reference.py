"""The voting of ``segment_kernels``, said plainly: what it must agree with."""

from collections import defaultdict
from collections.abc import Sequence

NORMAL = 100


def best_line(
    rows: Sequence[int],
    at_ms: Sequence[int],
    from_ms: Sequence[int],
    until_ms: Sequence[int],
    worth: Sequence[int],
    speeds: Sequence[int],
    bin_ms: int,
    bonus: int,
) -> tuple[int, int, int]:
    """As the kernel of this name."""
    lines = []
    for order, percent in enumerate(speeds):
        best_of_row: dict[int, dict[int, int]] = defaultdict(dict)
        for row, at, begin, end, weight in zip(rows, at_ms, from_ms, until_ms, worth, strict=True):
            shift = at * percent // 100
            for offset in range((begin - shift) // bin_ms, (end - shift) // bin_ms + 1):
                best_of_row[offset][row] = max(best_of_row[offset].get(row, 0), weight)
        for offset, by_row in best_of_row.items():
            votes = sum(by_row.values())
            score = votes * (100 + (bonus if percent == NORMAL else 0))
            lines.append((-score, order, offset, percent, votes))
    _, _, offset, percent, votes = min(lines)
    return percent, offset * bin_ms + bin_ms // 2, votes
