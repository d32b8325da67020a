"""Stores opened as most tests need them, and stores that fail on demand."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from unseen.base import StorageFull, StoreUnavailable
from unseen.desk.ports import Reader, Transaction
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.store import MemoryStore, Opening, PostgresStore, Secret, SqliteStore
from unseen.store import open_sqlite as _open_sqlite
from unseen.store import open_store as _open_store
from unseen.store.sql import connected
from unseen.store.tables import region_codes

_SECRET = Secret(bytes(range(32)))


@dataclass(frozen=True)
class Held:
    """A secret that is in no file; None where it was lost."""

    secret: Secret | None = _SECRET
    where: str = "the test"

    def read(self) -> Secret | None:
        return self.secret

    def made(self) -> Secret:
        return self.secret or Secret(bytes(32))


def open_sqlite(path: Path, **more: Any) -> SqliteStore:
    """The store in a file, sealed with the same secret each time."""
    return _open_sqlite(path, Opening(secret=Held()), **more)


def open_store(url: str, **more: Any) -> SqliteStore | PostgresStore:
    """The store of this URL, sealed with the same secret each time."""
    return _open_store(url, Opening(secret=Held()), **more)


def sealed_pieces(store: SqliteStore | PostgresStore, ids: Sequence[int]) -> list[Fingerprint]:
    """What the database has of these entries' regions, cut into what can be looked for."""
    with connected(store._plain) as connection:
        rows = connection.execute(select(region_codes.c.codes).where(region_codes.c.entry_id.in_(ids))).scalars()
        whole = [bytes(row) for row in rows]
    pieces = [row[at : at + 32] for row in whole for at in range(0, len(row) - 31, 32)]
    return [Fingerprint(kind=Kind.SHA256, code=piece) for piece in pieces]


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
