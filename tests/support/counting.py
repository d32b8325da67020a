"""Counts in memory of their own, for tests that move the clock."""

import mmap
from collections.abc import Callable
from contextlib import nullcontext

from unseen.desk.counts import COUNTS_BYTES, Counts


def fresh_counts(now: Callable[[], float]) -> Counts:
    """Counts that nobody shares."""
    memory = mmap.mmap(-1, COUNTS_BYTES)
    Counts.prepare(memory, 0)
    return Counts(memory, 0, nullcontext, now)
