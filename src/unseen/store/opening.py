"""One URL says which database a node keeps its store in."""

import secrets
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from unseen.base import Misconfigured
from unseen.base.ids import RandomBits
from unseen.store.postgres import PostgresStore, open_postgres
from unseen.store.sqlite import SqliteStore, open_sqlite

PATIENCE_S: Final = 30.0  #: how long a call waits for its turn


def open_store(
    url: str, *, random_bits: RandomBits = secrets.randbits, patience_s: float = PATIENCE_S
) -> SqliteStore | PostgresStore:
    """Open the store that ``url`` names: ``sqlite:///PATH`` or ``postgresql://USER:PASSWORD@HOST:PORT/NAME``.

    Raises: Misconfigured (never showing the URL, which may hold a password), StoreUnavailable, StorageFull.
    """
    parsed = parse(url)
    if parsed.drivername == "sqlite":
        return open_sqlite(sqlite_path(parsed), random_bits=random_bits, patience_s=patience_s)
    return open_postgres(parsed, random_bits=random_bits, patience_s=patience_s)


def parse(url: str) -> URL:
    """The parts of a store's URL.  Raises: Misconfigured."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise _unusable() from None
    if parsed.drivername not in ("sqlite", "postgresql") or not parsed.database:
        raise _unusable()
    return parsed


def sqlite_path(url: URL) -> Path:
    """The file that a ``sqlite`` URL names."""
    return Path(url.database or "")


def sqlite_url(path: Path) -> str:
    """The URL that names this file."""
    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


def _unusable() -> Misconfigured:
    return Misconfigured(
        "UNSEEN_DATABASE_URL names no store.",
        hint="It looks like sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME.",
    )
