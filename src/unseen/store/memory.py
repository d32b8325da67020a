"""The store as plain dictionaries: what the port means, written as simply as it can be; gone when the process ends."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from unseen.base import StoreUnavailable
from unseen.base.ids import RandomBits
from unseen.store.columns import LINEAGE_BYTES
from unseen.store.memory_reads import MemoryReader, State
from unseen.store.memory_writes import MemoryTransaction

_PATIENCE_S: Final = 30.0


class MemoryStore:
    """A store for tests and trials: a writer works on a copy, and a commit puts the copy in the state's place."""

    def __init__(self, random_bits: RandomBits = secrets.randbits) -> None:
        self._state = State(lineage=random_bits(8 * LINEAGE_BYTES).to_bytes(LINEAGE_BYTES, "big"))
        self._commits = 0
        self._writing = threading.Lock()
        self._changed = threading.Condition()

    @contextmanager
    def read(self) -> Iterator[MemoryReader]:
        yield MemoryReader(self._state)

    @contextmanager
    def write(self) -> Iterator[MemoryTransaction]:
        if not self._writing.acquire(timeout=_PATIENCE_S):
            raise StoreUnavailable("Another transaction is still writing.", hint="Try again in a moment.")
        try:
            draft = self._state.copy()
            yield MemoryTransaction(draft)
            with self._changed:
                self._state = draft
                self._commits += 1
                self._changed.notify_all()
        finally:
            self._writing.release()

    def stamp(self) -> str:
        return str(self._commits)

    def wait_for_change(self, after: int, timeout_s: float) -> int:
        with self._changed:
            self._changed.wait_for(lambda: len(self._state.changes) != after, timeout_s)
            return len(self._state.changes)

    def scrub(self) -> None:
        """Nothing is on disk."""

    def close(self) -> None:
        """Nothing is open."""
