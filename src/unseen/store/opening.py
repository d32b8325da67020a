"""One URL says which database a node keeps its store in."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from unseen.base import Misconfigured
from unseen.store.postgres import PostgresStore, open_postgres
from unseen.store.schema import Opening
from unseen.store.sqlite import SqliteStore, open_sqlite


def open_store(url: str, opening: Opening, *, patience_s: float | None = None) -> SqliteStore | PostgresStore:
    """Open the store that ``url`` names: ``sqlite:///PATH`` or ``postgresql://USER:PASSWORD@HOST:PORT/NAME``.

    ``patience_s``: how long a call waits for its turn, where not as long as is usual for the database.
    Raises: Misconfigured (never showing the URL, which may hold a password), StoreUnavailable, StorageFull.
    """
    file = database_file(url)
    patience = {} if patience_s is None else {"patience_s": patience_s}
    if file is not None:
        return open_sqlite(file, opening, **patience)
    return open_postgres(_parsed(url), opening, **patience)


def database_file(url: str) -> Path | None:
    """The SQLite file that a store's URL names, or None where it names a server.  Raises: Misconfigured."""
    parsed = _parsed(url)
    return Path(parsed.database or "") if parsed.drivername == "sqlite" else None


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise _unusable() from None
    if parsed.drivername not in ("sqlite", "postgresql") or not parsed.database:
        raise _unusable()
    return parsed


def _unusable() -> Misconfigured:
    return Misconfigured(
        "UNSEEN_DATABASE_URL names no store.",
        hint="It looks like sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME.",
    )
