"""The index that changes: a snapshot and the changes since.  Adding and retiring never rebuild.

Searches take no lock: each works on one immutable view, so that it sees a change entirely or not at all.  Writers
take turns, and publish a new view when they are done.

1. A view is a snapshot, the snapshot's rows that were retired since, and the rows added since.
2. An addition writes beyond the rows that any view counts, then publishes a view that counts them.
3. A retirement of a snapshot's row sets a bit in a copy of the view's bitmap.
4. A retirement of an added row erases its code in a copy of the added rows; the rows it was copied from are
   erased as a whole when the last search that reads them ends.
5. A merge writes a new snapshot of a view's entries while changes go on, then replays what changed meanwhile.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from unseen.match import search, snapshot_file
from unseen.match.layout import frozen, to_words
from unseen.match.plan import QUARTERS
from unseen.match.records import BoolArray, Hits, I64Array, U8Array, U64Array, in_order, require_ids, require_radius
from unseen.match.snapshot import Snapshot, of_words

MERGE_AFTER_ROWS: Final = 20_000  #: added rows, each compared with every query; see docs/adr/0004
_FIRST_CAPACITY: Final = 1024
_BLOCK_ROWS: Final = 1 << 16  # of a merge


class _Added:
    """Rows added since the snapshot, in the order they came; positions never change until a merge."""

    def __init__(self, capacity: int) -> None:
        self.words: U64Array = np.zeros((capacity, QUARTERS), np.uint64)
        self.ids: I64Array = np.zeros(capacity, np.int64)
        self.is_live: BoolArray = np.zeros(capacity, np.bool_)

    def __del__(self) -> None:
        """Erase: codes that were retired must not linger in freed memory (4)."""
        self.words.fill(0)

    def copy(self, count: int, capacity: int) -> "_Added":
        """The first ``count`` rows, with room for ``capacity``."""
        other = _Added(capacity)
        other.words[:count] = self.words[:count]
        other.ids[:count] = self.ids[:count]
        other.is_live[:count] = self.is_live[:count]
        return other


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _View:
    """One state of the index (1).  Nothing that a view counts ever changes."""

    seq: int
    snapshot: Snapshot
    retired: U8Array  #: (n / 8,) bitmap of the snapshot's rows, bit ``row & 7`` of byte ``row >> 3``
    retired_rows: int
    added: _Added
    count: int  #: rows of ``added`` that this view has
    live: int  #: those of them that are not retired

    def is_retired(self, rows: I64Array) -> BoolArray:
        """Which of the snapshot's ``rows`` were retired since."""
        is_set: BoolArray = self.retired[rows >> 3] & (np.uint8(1) << (rows & 7).astype(np.uint8)) != 0
        return is_set

    def __len__(self) -> int:
        return len(self.snapshot) - self.retired_rows + self.live

    def find(self, queries: U64Array, radius_bits: int) -> search.Found:
        """Hits with ids in place of rows.  queries: (q, 4) uint64."""
        old = search.in_snapshot(self.snapshot, queries, radius_bits)
        if self.retired_rows:
            old = old.keep(~self.is_retired(old.row))
        old = old.named(self.snapshot.ids)
        if not self.count:
            return old
        new = search.in_words(frozen(self.added.words[: self.count]), queries, radius_bits)
        return search.joined([old, new.keep(self.added.is_live[new.row]).named(self.added.ids)])

    def blocks(self) -> Iterator[tuple[I64Array, U64Array]]:
        """All entries, ids ascending, a block at a time."""
        fresh = np.flatnonzero(self.added.is_live[: self.count])
        fresh = fresh[np.argsort(self.added.ids[fresh])]
        fresh_ids, taken = self.added.ids[fresh], 0
        for begin in range(0, max(len(self.snapshot), 1), _BLOCK_ROWS):
            rows = np.arange(begin, min(begin + _BLOCK_ROWS, len(self.snapshot)))
            is_last = begin + _BLOCK_ROWS >= len(self.snapshot)
            until = len(fresh) if is_last else int(np.searchsorted(fresh_ids, self.snapshot.ids[rows[-1]]))
            rows = rows[~self.is_retired(rows)]
            ids = np.concatenate([self.snapshot.ids[rows], fresh_ids[taken:until]])
            words = np.concatenate([self.snapshot.words[rows], self.added.words[fresh[taken:until]]])
            order = np.argsort(ids)
            yield ids[order], words[order]
            taken = until


def _view_of(snapshot: Snapshot) -> _View:
    return _View(
        seq=snapshot.seq,
        snapshot=snapshot,
        retired=np.zeros(len(snapshot) // 8 + 1, np.uint8),
        retired_rows=0,
        added=_Added(_FIRST_CAPACITY),
        count=0,
        live=0,
    )


class LiveIndex:
    """Entries that match from the moment ``add`` returns until ``retire`` is called."""

    def __init__(self, snapshot: Snapshot | None = None, *, merge_after_rows: int = MERGE_AFTER_ROWS) -> None:
        """Start from ``snapshot``, or empty at seq 0."""
        if snapshot is None:
            snapshot = of_words(np.empty((0, QUARTERS), np.uint64), np.empty(0, np.int64), 0)
        self._view = _view_of(snapshot)
        self._position: dict[int, int] = {}  # id -> row of ``added``, of those that are live
        self._merge_after_rows = merge_after_rows
        self._writing = threading.Lock()
        self._merging = threading.Lock()

    def __len__(self) -> int:
        """The number of entries that match."""
        return len(self._view)

    @property
    def seq(self) -> int:
        """The last change that is in the index."""
        return self._view.seq

    @property
    def added_rows(self) -> int:
        """Rows added since the snapshot, retired ones among them."""
        return self._view.count

    @property
    def retired_rows(self) -> int:
        """Rows of the snapshot retired since: their codes stay in its file until a merge."""
        return self._view.retired_rows

    @property
    def needs_merge(self) -> bool:
        """Whether so many rows were added that searches notice."""
        return self._view.count >= self._merge_after_rows

    def search(self, queries: U8Array, radius_bits: int, *, threads: int = 1) -> Hits:
        """Every entry at most ``radius_bits`` (inclusive) from each query.

        queries: (q, 32) uint8.  ``threads``: among how many to share out the queries.
        Raises: ValueError for queries of another shape or a radius outside 0..256.
        """
        require_radius(radius_bits)
        words = to_words(queries)
        find = partial(self._view.find, radius_bits=radius_bits)
        found = search.shared_out(find, words, threads)
        return in_order(found.query, found.row, found.distance, len(words))

    def add(self, ids: I64Array, codes: U8Array, *, seq: int | None = None) -> None:
        """Let entries match; one that already does is left as it is, so that changes may be replayed.

        ids: (m,) int64.  codes: (m, 32) uint8.  ``seq``: the last change that the index holds with this one.
        Raises: ValueError for arrays of another shape or of different lengths.
        """
        ids, words = require_ids(ids), to_words(codes)
        if len(ids) != len(words):
            raise ValueError(f"{len(ids)} ids for {len(words)} codes")
        with self._writing:
            view = self._view
            rows = view.snapshot.rows_of(ids)
            is_known = (rows >= 0) & ~view.is_retired(rows)
            fresh: dict[int, int] = {}  # id -> position among ``ids``
            for at in np.flatnonzero(~is_known).tolist():
                if int(ids[at]) not in self._position:
                    fresh.setdefault(int(ids[at]), at)
            taken = np.fromiter(fresh.values(), np.int64, len(fresh))
            added, begin, end = view.added, view.count, view.count + len(taken)
            if end > len(added.ids):
                added = added.copy(begin, max(end, 2 * len(added.ids)))
            added.ids[begin:end] = ids[taken]  # (2)
            added.words[begin:end] = words[taken]
            added.is_live[begin:end] = True
            self._position.update(zip(fresh, range(begin, end), strict=True))
            self._publish(replace(view, added=added, count=end, live=view.live + len(taken)), seq)

    def retire(self, ids: I64Array, *, seq: int | None = None) -> None:
        """Let entries match no longer, from now on; those that do not match anyway are passed over.

        ids: (m,) int64.  ``seq``: the last change that the index holds with this one.
        """
        ids = np.unique(require_ids(ids))
        with self._writing:
            view = self._view
            rows = view.snapshot.rows_of(ids)
            rows = rows[rows >= 0]
            rows = rows[~view.is_retired(rows)]
            if len(rows):  # (3)
                view = replace(
                    view,
                    retired=_with_bits(view.retired, rows),
                    retired_rows=view.retired_rows + len(rows),
                )
            gone = [self._position.pop(entry) for entry in ids.tolist() if entry in self._position]
            if gone:  # (4)
                added = view.added.copy(view.count, len(view.added.ids))
                added.words[gone] = 0
                added.is_live[gone] = False
                view = replace(view, added=added, live=view.live - len(gone))
            self._publish(view, seq)

    def merge(self, path: Path) -> None:
        """Write a snapshot of all entries to ``path``, and go on from it; retired codes are not in it.

        Searches and changes go on meanwhile.  What is retired while it runs is in the file until the next merge.
        Raises: StorageFull when the disk has no room; SnapshotRefused when what was written does not read back.
        The index then stays as it was.
        """
        with self._merging:
            before = self._view
            snapshot_file.write_blocks(path, before.blocks(), len(before), before.seq)
            merged = _view_of(snapshot_file.open_snapshot(path))
            with self._writing:  # (5)
                self._go_on_from(merged, before)

    def _go_on_from(self, merged: _View, before: _View) -> None:
        """Replay on ``merged`` what changed since ``before``, and publish it."""
        now = self._view
        was_live = before.added.is_live[: before.count] & ~now.added.is_live[: before.count]
        retired_bits = np.flatnonzero(np.unpackbits(before.retired ^ now.retired, bitorder="little"))
        gone_ids = np.concatenate([now.added.ids[: before.count][was_live], now.snapshot.ids[retired_bits]])
        gone = merged.snapshot.rows_of(gone_ids)
        fresh = before.count + np.flatnonzero(now.added.is_live[before.count : now.count])
        added = _Added(max(_FIRST_CAPACITY, 2 * len(fresh)))
        added.ids[: len(fresh)] = now.added.ids[fresh]
        added.words[: len(fresh)] = now.added.words[fresh]
        added.is_live[: len(fresh)] = True
        self._position = {entry: row for row, entry in enumerate(added.ids[: len(fresh)].tolist())}
        view = replace(
            merged,
            retired=_with_bits(merged.retired, gone),
            retired_rows=len(gone),
            added=added,
            count=len(fresh),
            live=len(fresh),
        )
        self._publish(view, now.seq)

    def _publish(self, view: _View, seq: int | None) -> None:
        """Let searches that start from now on see ``view``; ``seq`` never goes back."""
        self._view = view if seq is None else replace(view, seq=max(view.seq, seq))


def _with_bits(bitmap: U8Array, rows: I64Array) -> U8Array:
    """A copy of ``bitmap`` in which the bits of ``rows`` are set too."""
    bitmap = bitmap.copy()
    np.bitwise_or.at(bitmap, rows >> 3, np.uint8(1) << (rows & 7).astype(np.uint8))
    return bitmap
