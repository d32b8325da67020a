"""A SQLite store in a folder of its own."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from support.stores import open_sqlite
from unseen.store import SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store is; neither folder nor file is there yet."""
    return tmp_path / "data" / "unseen.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """An open, empty store that soon loses patience."""
    with closing(open_sqlite(path, patience_s=0.5, scrub_patience_s=0.5)) as store:
        yield store
