"""The newest entries, in private memory until they are flushed to a file: few enough to be compared one by one.

A tail never changes: adding to one or retiring from one gives another, over the same buffer where that is possible.

1. An addition writes beyond the rows that any tail counts.
2. A retirement marks the row in a copy of the marks.  Its code is erased when the last search ends that may read it:
   tails from before a retirement hold on to an epoch, an epoch to the next, and the end of one erases what was
   retired after it.
3. A buffer that nobody holds is erased as a whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from unseen.match.kernels import live_rows_of
from unseen.match.plan import QUARTERS
from unseen.match.records import NOBODY, BoolArray, I64Array, U64Array
from unseen.match.tier import Tier

_FIRST_CAPACITY: Final = 1024


class _Buffer:
    """Rows in the order they came."""

    def __init__(self, capacity: int) -> None:
        self.words: U64Array = np.zeros((capacity, QUARTERS), np.uint64)
        self.ids: I64Array = np.zeros(capacity, np.int64)
        self.seqs: I64Array = np.zeros(capacity, np.int64)

    def __del__(self) -> None:
        """Erase: codes that were retired must not linger in freed memory (3)."""
        self.words.fill(0)


class _Epoch:
    """The time between two retirements (2)."""

    def __init__(self, buffer: _Buffer) -> None:
        self._buffer = buffer
        self._next: _Epoch | None = None
        self._gone = NOBODY

    def end(self, gone: I64Array) -> "_Epoch":
        """The next one, which begins with the retirement of the rows ``gone``."""
        self._next, self._gone = _Epoch(self._buffer), gone
        return self._next

    def __del__(self) -> None:
        """Erase what nobody can read any more; the next epoch's own turn comes after this."""
        self._buffer.words[self._gone] = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tail:
    """Entries with the seq of the change that added them.  Make one with ``empty``."""

    buffer: _Buffer
    epoch: _Epoch
    dead: BoolArray  #: (capacity,) rows that were retired
    count: int  #: rows of the buffer that this tail has
    live: int  #: those of them that are not dead

    @property
    def words(self) -> U64Array:
        """(count, 4) uint64, dead rows among them."""
        return self.buffer.words[: self.count]

    @property
    def ids(self) -> I64Array:
        """(count,) int64."""
        return self.buffer.ids[: self.count]

    def rows_of(self, ids: I64Array) -> I64Array:
        """The row of each of ``ids``, (m,) int64 ascending; -1 where it is not in here or dead."""
        rows = np.empty(len(ids), np.int64)
        live_rows_of(self.ids, self.dead, ids, rows)
        return rows

    def rows_in(self, tiers: Sequence[Tier]) -> I64Array:
        """The rows, not dead, of entries that one of ``tiers`` has."""
        rows = np.flatnonzero(~self.dead[: self.count])
        is_held = np.zeros(len(rows), np.bool_)
        for tier in tiers:
            is_held |= tier.live_rows_of(self.ids[rows]) >= 0
        return rows[is_held]

    def with_added(self, ids: I64Array, words: U64Array, seq: int) -> "Tail":
        """With these entries, none of which it has.  Only of the newest tail of a buffer."""
        end = self.count + len(ids)
        tail = self if end <= len(self.dead) else self._with_room(max(end, 2 * len(self.dead)))
        new = slice(self.count, end)
        tail.buffer.ids[new], tail.buffer.words[new], tail.buffer.seqs[new] = ids, words, seq  # (1)
        return replace(tail, count=end, live=tail.live + len(ids))

    def without(self, rows: I64Array) -> "Tail":
        """With these rows dead, none of which is.  Only of the newest tail of a buffer."""
        if not len(rows):
            return self
        dead = self.dead.copy()
        dead[rows] = True
        return replace(self, dead=dead, live=self.live - len(rows), epoch=self.epoch.end(rows))  # (2)

    def after(self, seq: int) -> "Tail":
        """The entries that changes after ``seq`` added, in a buffer of their own."""
        rows = np.flatnonzero(~self.dead[: self.count] & (self.buffer.seqs[: self.count] > seq))
        return self._of_rows(rows, max(_FIRST_CAPACITY, 2 * len(rows)))

    def in_order(self) -> tuple[I64Array, U64Array]:
        """Ids, ascending, and words of what is not dead."""
        rows = np.flatnonzero(~self.dead[: self.count])
        rows = rows[np.argsort(self.buffer.ids[rows])]
        return self.buffer.ids[rows], self.buffer.words[rows]

    def _with_room(self, capacity: int) -> "Tail":
        """The same rows in a larger buffer; what is dead is erased in it."""
        copy = self._of_rows(np.arange(self.count), capacity)
        copy.dead[: self.count] = self.dead[: self.count]
        copy.buffer.words[: self.count][self.dead[: self.count]] = 0
        return replace(copy, live=self.live)

    def _of_rows(self, rows: I64Array, capacity: int) -> "Tail":
        copy, n = empty(capacity), len(rows)
        copy.buffer.ids[:n] = self.buffer.ids[rows]
        copy.buffer.words[:n] = self.buffer.words[rows]
        copy.buffer.seqs[:n] = self.buffer.seqs[rows]
        return replace(copy, count=n, live=n)


def empty(capacity: int = _FIRST_CAPACITY) -> Tail:
    """A tail without entries, with room for ``capacity``."""
    buffer = _Buffer(capacity)
    return Tail(buffer=buffer, epoch=_Epoch(buffer), dead=np.zeros(capacity, np.bool_), count=0, live=0)
