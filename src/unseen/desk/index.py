"""The perceptual index of this process, kept in step with the store."""

import threading
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.base import NotReady, SnapshotRefused
from unseen.desk.history import keep_mark, kept_mark, mark_of, mark_path
from unseen.desk.ports import Reader, Store
from unseen.fingerprint.records import Kind
from unseen.match.live import MERGE_AFTER_ROWS, LiveIndex
from unseen.match.records import Hits
from unseen.match.snapshot_file import open_snapshot, remove_partials, writing_alone

_ROWS: Final = 65_536  # entries read at a time when the index is filled from the store
_CHANGES: Final = 10_000  # changes applied at a time
_NOBODY: Final = np.empty(0, np.int64)


class BankIndex:
    """Every PDQ entry that matches today, searchable; thread-safe.

    It opens the snapshot of this store if that is whole and no newer than the store, else it fills itself from the
    store.  The snapshot's name carries the store's lineage, so that the snapshot of another store is never opened; the
    mark beside it tells whether this store still has the changes that it was made of, see ``history``.
    """

    def __init__(self, store: Store, folder: Path, *, merge_after_rows: int = MERGE_AFTER_ROWS) -> None:
        """``folder``: where snapshots are kept; it exists.  ``merge_after_rows``: additions before a new snapshot."""
        self._store = store
        self._folder = folder
        self._merge_after_rows = merge_after_rows
        self._live: LiveIndex | None = None
        self._erased = 0  # codes erased since the snapshot was last written by this process
        self._mark: bytes | None = None  # of the last change in the index
        self._following = threading.Lock()

    def __len__(self) -> int:
        """How many entries match today.  Raises: NotReady."""
        return len(self._opened())

    @property
    def seq(self) -> int:
        """The seq up to which changes are in the index.  Raises: NotReady."""
        return self._opened().seq

    @property
    def is_open(self) -> bool:
        """Whether searches are answered."""
        return self._live is not None

    def snapshot_path(self) -> Path:
        """Where this store's snapshot is, or would be."""
        with self._store.read() as reader:
            return self._folder / f"pdq-{reader.lineage().hex()}.snapshot"

    def open(self) -> None:
        """Load the snapshot, or fill from the store; then follow the changes since.

        Raises: StoreUnavailable, StorageFull (a first snapshot had no room).
        """
        path = self.snapshot_path()
        self._remove_others(path)
        with self._following:
            with self._store.read() as reader:
                live = self._from_snapshot(path, reader) or self._from_store(reader)
                self._mark = mark_of(reader, live.seq)
            while not self._follow(live):
                live = self._refilled()
            self._live = live
        self.tidy()

    def catch_up(self) -> int:
        """Apply what was committed since; returns the seq reached.

        A store that was restored from a backup meanwhile has another history: the index is then filled again.

        Raises: NotReady, StoreUnavailable.
        """
        live = self._opened()
        if live.seq != self._newest():
            with self._following:
                while not self._follow(live):
                    live = self._live = self._refilled()
        return live.seq

    def tidy(self) -> None:
        """Rewrite the snapshot where many entries came since, or where it may hold what was erased since.

        Searches and changes go on meanwhile.  Raises: NotReady; StorageFull, and the old snapshot stays in use.
        """
        live, path, erased = self._opened(), self.snapshot_path(), self._erased
        if not (live.needs_merge or (erased and path.exists())):
            return
        with writing_alone(path):
            live.merge(path)
            with self._following:
                if self._live is live and self._mark is not None:
                    keep_mark(path, live.seq, self._mark)
                else:  # the store went back meanwhile
                    path.unlink(missing_ok=True)
                self._erased -= erased

    def search(self, codes: NDArray[np.uint8], radius_bits: int) -> Hits:
        """Entries within ``radius_bits`` (inclusive) of each row of ``codes``: (q, 32) uint8.  Raises: NotReady."""
        return self._opened().search(codes, radius_bits)

    def _opened(self) -> LiveIndex:
        if self._live is None:
            raise NotReady("The index is still loading.", hint="Try again in a moment.")
        return self._live

    def _newest(self) -> int:
        with self._store.read() as reader:
            return reader.last_seq()

    def _follow(self, live: LiveIndex) -> bool:
        """Apply what was committed since; False where the store no longer has the history that ``live`` holds."""
        while True:
            with self._store.read() as reader:
                if mark_of(reader, live.seq) != self._mark:
                    return False
                if live.seq == reader.last_seq():
                    return True
                delta = reader.index_delta(Kind.PDQ, after=live.seq, limit=_CHANGES)
                mark = mark_of(reader, delta.seq)
            live.add(delta.added.ids, delta.added.codes)
            live.retire(delta.retired, seq=delta.seq)
            self._mark = mark
            self._erased += len(delta.erased)

    def _refilled(self) -> LiveIndex:
        with self._store.read() as reader:
            live = self._from_store(reader)
            self._mark = mark_of(reader, live.seq)
        return live

    def _remove_others(self, path: Path) -> None:
        """Remove what belongs to no store here or was left half-written: it may hold codes that were erased since."""
        with writing_alone(path, wait=False) as is_alone:
            if is_alone:
                remove_partials(path)
        for other in self._folder.glob("pdq-*.snapshot"):
            if other != path:
                other.unlink(missing_ok=True)
                mark_path(other).unlink(missing_ok=True)

    def _from_snapshot(self, path: Path, reader: Reader) -> LiveIndex | None:
        try:
            snapshot = open_snapshot(path)
        except SnapshotRefused:
            return None  # missing, torn or foreign: the store has everything
        kept = kept_mark(path)
        if kept is None or kept[0] < snapshot.seq or mark_of(reader, kept[0]) != kept[1]:
            return None  # the store was restored from a backup: its history is another
        return LiveIndex(snapshot, merge_after_rows=self._merge_after_rows)

    def _from_store(self, reader: Reader) -> LiveIndex:
        live = LiveIndex(merge_after_rows=self._merge_after_rows)
        for rows in reader.code_rows(Kind.PDQ, rows=_ROWS):
            live.add(rows.ids, rows.codes)
        live.retire(_NOBODY, seq=reader.last_seq())
        return live
