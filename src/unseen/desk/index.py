"""A perceptual index of this process, kept in step with the store."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.base import NotReady, SnapshotRefused, StoreUnavailable
from unseen.desk.history import mark_of
from unseen.desk.ports import FRAME_BITS, REGION_BITS, CodeRows, Store
from unseen.fingerprint.records import Kind
from unseen.match.files import IndexFiles, Job
from unseen.match.layout import to_words
from unseen.match.live import FLUSH_AFTER, NO_CODES, LiveIndex
from unseen.match.manifest import Manifest
from unseen.match.records import NOBODY, Hits
from unseen.match.spool import Spool
from unseen.match.veil import Veil

_ROWS: Final = 65_536  # entries read at a time when the index is filled from the store
#: Changes read and applied at a time: an entry of regions has up to 96 codes, one of frames up to 4,096.
CHANGES: Final = {Kind.PDQ: 10_000, Kind.REGION: 1_000, Kind.FRAME: 100}
#: By how many bits the entry's id is shifted for the ids of its codes.
ID_BITS: Final = {Kind.PDQ: 0, Kind.REGION: REGION_BITS, Kind.FRAME: FRAME_BITS}
_FLUSH_AGAIN_S: Final = 0.05  # while another process writes
_NO_ROWS: Final = CodeRows(ids=NOBODY, codes=NO_CODES)
_CLEANINGS: Final = 5  # merges until no file holds an erased code; one, unless another process lags far behind


class BankIndex:
    """Every entry of one perceptual kind that matches today, searchable; thread-safe.

    Ids are those of ``CodeRows``: of PDQ the entry's, of regions and frames one for each code.

    It opens the index files of this store if they are whole and of the store's own history, else it fills itself from
    the store.  Their name carries the store's lineage, so that the files of another store are never opened; the mark
    in their manifest tells whether this store still has the changes that they were made of, see ``history``.  All
    processes of a node share them: whichever is first writes what came since, and the others go on from that.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        *,
        kind: Kind = Kind.PDQ,
        veil: Veil | None = None,
        flush_after: int = FLUSH_AFTER,
    ) -> None:
        """``folder``: where index files are kept; it exists.  ``flush_after``: changes before they go to a file.

        ``veil``: what all codes here and in the files are under, where somebody who has the files shall not read them.
        """
        self._kind = kind
        self._veil = veil
        self._store = store
        self._folder = folder
        self._flush_after = flush_after
        self._threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._live: LiveIndex | None = None
        self._following = threading.Lock()

    def __len__(self) -> int:
        """How many codes match today.  Raises: NotReady."""
        return len(self._opened())

    @property
    def seq(self) -> int:
        """The seq up to which changes are in the index.  Raises: NotReady."""
        return self._opened().seq

    @property
    def at(self) -> tuple[int, str]:
        """``seq``, and the mark of the change there.  Raises: NotReady."""
        return self._opened().at

    @property
    def is_open(self) -> bool:
        """Whether searches are answered."""
        return self._live is not None

    @property
    def mapped_files(self) -> tuple[str, ...]:
        """Names of the files that searches read, oldest first.  Raises: NotReady."""
        return self._opened().mapped_files

    @cached_property
    def files(self) -> IndexFiles:
        """Where this store's index files are, or would be.  Raises: StoreUnavailable."""
        with self._store.read() as reader:
            return IndexFiles(self._folder, files_name(self._kind, reader.lineage(), self._veil))

    def open(self) -> None:
        """Map the files, or fill from the store; then follow the changes since.

        Raises: StoreUnavailable, StorageFull (the first files had no room).
        """
        remove_files(self._folder, self._kind, but=self.files.name)  # they may hold codes that were erased since
        with self._following:
            live = self._from_files() or self._built()
            while not self._follow(live):
                live = self._built()
            self._live = live
        self.tidy()

    def catch_up(self) -> int:
        """Apply what was committed since; returns the seq reached.

        A store that was restored from a backup meanwhile has another history: the index is then filled again.

        Raises: NotReady, StoreUnavailable.
        """
        return self._caught_up().seq

    def refresh(self) -> None:
        """Go on from the newest files that any process of this node has written.  Raises: NotReady."""
        with suppress(SnapshotRefused):  # what is mapped still counts, and whoever writes the next file has all of it
            self._opened().follow(self.files)

    def tidy(self) -> None:
        """Move changes from memory to a file when they are many, put files together, and clean them.

        Searches and changes go on meanwhile.  When it returns, no file holds a code whose erasure this index had
        followed.  Cheap when nothing is due: call it every second or two, apart from ``catch_up``, from two threads,
        so that small files are written while a big one is, or from a process of its own.
        Raises: NotReady; StorageFull, and the old files stay in use; StoreUnavailable.
        """
        live, files = self._caught_up(carefully=True), self.files
        self.refresh()
        if live.needs_flush:
            live.flush(files)
        while live.merge_small(files):
            pass
        if not live.is_clean:
            self._clean(live)
        elif live.needs_big_merge():
            live.merge(files, wait=False)
        with suppress(SnapshotRefused):
            files.remove_orphans()

    def _clean(self, live: LiveIndex) -> None:
        for _ in range(_CLEANINGS):
            live.merge(self.files)
            if live.is_clean:
                return
        raise StoreUnavailable(
            "Erased codes may still be in an index file: another process keeps writing what is long gone.",
            hint="Forget again once every process of this node has caught up.",
        )

    def write_files(self) -> IndexFiles:
        """Have everything up to the newest change in files, for other processes to map; gives them.

        Raises: NotReady, StoreUnavailable, StorageFull.
        """
        live = self._caught_up()
        while live.unflushed and not live.flush(self.files):
            time.sleep(_FLUSH_AGAIN_S)  # another process is at it, and we go on from what it writes
            self.refresh()
        return self.files

    def search(self, codes: NDArray[np.uint8], radius_bits: int) -> Hits:
        """Entries within ``radius_bits`` (inclusive) of each row of ``codes``: (q, 32) uint8.  Raises: NotReady."""
        return self._opened().search(self._veiled(codes), radius_bits, threads=self._threads)

    def _opened(self) -> LiveIndex:
        if self._live is None:
            raise NotReady("The index is still loading.", hint="Try again in a moment.")
        return self._live

    def _caught_up(self, *, carefully: bool = False) -> LiveIndex:
        with self._following:
            live = self._opened()
            while not self._follow(live, carefully=carefully):
                live = self._live = self._built()
        return live

    def _follow(self, live: LiveIndex, *, carefully: bool = False) -> bool:
        """Apply what was committed since; False where the store no longer has the history that ``live`` holds.

        ``carefully``: look at the history even where nothing seems to have been committed.
        """
        while True:
            seq, mark = live.at
            with self._store.read() as reader:
                is_all = reader.last_seq() == seq
                if is_all and not carefully:
                    return True
                if mark_of(reader, seq) != mark:
                    return False
                if is_all:
                    return True
                delta = reader.index_delta(self._kind, after=seq, limit=CHANGES[self._kind])
                mark = mark_of(reader, delta.seq)
            live.change(
                delta.seq,
                mark=mark,
                ids=delta.added.ids,
                codes=self._veiled(delta.added.codes),
                retired=self._row_ids(delta.retired),
                is_erasure=len(delta.erased) > 0,
            )

    def _veiled(self, codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return codes if self._veil is None else self._veil.over(codes)

    def _row_ids(self, entry_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Every id under which codes of these entries may be in the index."""
        numbers = np.arange(self._kind.most_codes, dtype=np.int64)
        return np.ravel((entry_ids << ID_BITS[self._kind])[:, None] + numbers)

    def _from_files(self) -> LiveIndex | None:
        try:
            stack = self.files.open()
        except SnapshotRefused:
            return None  # missing, torn or foreign: the store has everything
        with self._store.read() as reader:
            if mark_of(reader, stack.manifest.seq) != stack.manifest.mark:
                return None  # the store was restored from a backup: its history is another
        return LiveIndex(stack, flush_after=self._flush_after)

    def _built(self) -> LiveIndex:
        """Filled from the store: a few entries into memory, many straight into a file."""
        with self.files.alone(Job.BIG_MERGE):
            live = self._from_files()  # another process may have been at it
            if live is not None:
                return live
            self.files.commit(lambda now: now, anew=True)
            with self._store.read() as reader:
                seq = reader.last_seq()
                mark = mark_of(reader, seq)
                pages = reader.code_rows(self._kind, rows=min(_ROWS, self._flush_after))
                first, second = next(pages, _NO_ROWS), next(pages, None)
                if second is None:
                    live = LiveIndex(self.files.open(), flush_after=self._flush_after)
                    live.change(seq, mark=mark, ids=first.ids, codes=self._veiled(first.codes))
                    return live
                self._write_first(chain([first, second], pages), seq, mark)
        return LiveIndex(self.files.open(), flush_after=self._flush_after)

    def _write_first(self, pages: Iterator[CodeRows], seq: int, mark: str) -> None:
        with TemporaryFile(dir=self._folder, buffering=0) as file:
            spool = Spool(file)
            for page in pages:
                spool.add(page.ids, to_words(self._veiled(page.codes)))
            with self.files.written(spool.blocks(), len(spool), seq) as member:
                manifest = Manifest(seq=seq, mark=mark, erased_seq=seq, clean_seq=seq, members=(member,))
                self.files.commit(lambda _: manifest, anew=True)


def files_name(kind: Kind, lineage: bytes, veil: Veil | None) -> str:
    """How the names of an index's files begin: files of another store, or under another veil, are never opened."""
    return f"{kind}-{lineage.hex()}" if veil is None else f"{kind}-{lineage.hex()}-{veil.name}"


def remove_files(folder: Path, kind: Kind, *, but: str | None = None) -> None:
    """Remove the index files of a kind, ``but`` those whose name begins so."""
    for file in [*folder.glob(f"{kind}-*"), *folder.glob(f".{kind}-*")]:
        if but is None or not file.name.lstrip(".").startswith(but):
            file.unlink(missing_ok=True)
