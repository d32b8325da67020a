"""The stamp of a SQLite store, where several connections and processes meet."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from contract.store_makers import pdq, protected, with_bank
from support.stores import open_sqlite
from unseen.base import StoreUnavailable


def test_another_process_s_commit_changes_the_stamp(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite3"
    with closing(open_sqlite(path)) as here, closing(open_sqlite(path)) as there:
        with_bank(here)
        before = here.stamp()
        protected(there, [pdq(1)])
        assert here.stamp() != before


def test_the_stamp_of_a_locked_file_is_refused_at_once_and_another_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite3"
    with closing(open_sqlite(path)) as store:
        with_bank(store)
        before = store.stamp()
        store._reading.dispose()  # the pool's connections, so that the file can be taken for oneself
        store._watch.close()
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("PRAGMA locking_mode = EXCLUSIVE")
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable):
                store.stamp()
            other.execute("COMMIT")
        assert store.stamp() != before  # of another connection: its versions do not compare


def test_a_stamp_keeps_no_erased_code_in_the_log(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite3"
    with closing(open_sqlite(path)) as store:
        with_bank(store)
        protected(store, [pdq(1)])
        store.stamp()
        store.scrub()
        assert path.with_name(path.name + "-wal").stat().st_size == 0
