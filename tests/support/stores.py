"""Stores that fail on demand."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from unseen.base import StorageFull, StoreUnavailable
from unseen.desk.ports import Reader, Transaction
from unseen.store import MemoryStore


class Flaky(MemoryStore):
    """A store that can be told not to answer, to hang, or to have no room."""

    def __init__(self) -> None:
        super().__init__()
        self.is_away = False
        self.is_full = False
        self.answers = threading.Event()  #: cleared, every question waits until it is set
        self.answers.set()

    @contextmanager
    def read(self) -> Iterator[Reader]:
        self._meet_weather()
        with super().read() as reader:
            yield reader

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        self._meet_weather()
        if self.is_full:
            raise StorageFull("The disk has no room.")
        with super().write() as tx:
            yield tx

    def stamp(self) -> str:
        self._meet_weather()
        return super().stamp()

    def _meet_weather(self) -> None:
        if not self.answers.wait(30) or self.is_away:
            raise StoreUnavailable("The store does not answer.")
