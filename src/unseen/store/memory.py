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

_PATIENCE_S: Final = 5.0


class MemoryStore:
    """A store for tests and trials: a writer works on a copy, and a commit puts the copy in the state's place."""

    def __init__(self, random_bits: RandomBits = secrets.randbits) -> None:
        self._state = State(lineage=random_bits(8 * LINEAGE_BYTES).to_bytes(LINEAGE_BYTES, "big"))
        self._writing = threading.Lock()

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
            self._state = draft
        finally:
            self._writing.release()

    def scrub(self) -> None:
        """Nothing is on disk."""

    def close(self) -> None:
        """Nothing is open."""
