"""The kernel that votes for lines agrees with the plain one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from unseen.match import segment_kernels, segments_reference
from unseen.match.segments import BIN_MS, SPEEDS

pairs = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 40_000), st.integers(0, 6_000), st.integers(0, 500)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(pairs=pairs, spacing=st.integers(1, 9_000), bonus=st.integers(0, 40))
def test_the_kernel_agrees_with_the_reference(pairs: list[tuple[int, int, int, int]], spacing: int, bonus: int) -> None:
    pairs = sorted(pairs)
    rows, begin, held, worth = (np.array(column, np.int64) for column in zip(*pairs, strict=True))
    at_ms, until = rows * spacing, begin + held
    line = segment_kernels.best_line(rows, at_ms, begin, until, worth, SPEEDS, BIN_MS, bonus)
    plain = segments_reference.best_line(
        *(column.tolist() for column in (rows, at_ms, begin, until, worth, SPEEDS)), BIN_MS, bonus
    )
    assert tuple(map(int, line)) == plain
