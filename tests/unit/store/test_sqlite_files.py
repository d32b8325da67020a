"""The file: private from its first moment, ours or left alone, of this schema or brought up to it."""

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from contract.store_makers import at, last_seq, pdq, protected, with_bank
from contract.test_store_records import HIT
from support.stores import open_sqlite
from unseen.base import Misconfigured, StoreUnavailable
from unseen.store import SqliteStore
from unseen.store.migrate import FOLDER
from unseen.store.schema import REVISIONS
from unseen.store.sqlite import CONNECTIONS
from unseen.store.tables import metadata


@contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def test_folder_and_files_are_closed_to_others_from_the_start(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "chmod", pytest.fail)  # right from creation, not mended afterwards
    monkeypatch.setattr(Path, "chmod", pytest.fail)
    before = os.umask(0)
    try:
        with closing(open_sqlite(path)) as store:
            protected(with_bank(store), [pdq(1)])
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (path.parent, *path.parent.iterdir())}
    finally:
        os.umask(before)
    assert modes == {
        "data": 0o700,
        "unseen.sqlite3": 0o600,
        "unseen.sqlite3-wal": 0o600,
        "unseen.sqlite3-shm": 0o600,
    }


def test_every_connection_is_durable_private_and_checked(store: SqliteStore, path: Path) -> None:
    with store.read() as first, store.read() as second, store.write() as writer:
        for view in (first, second, writer):
            settings = {
                name: view._connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "temp_store")
            }
            assert settings == {
                "journal_mode": "wal",
                "synchronous": 2,
                "foreign_keys": 1,
                "secure_delete": 1,
                "temp_store": 2,
            }


def test_what_was_stored_is_there_after_closing_and_opening(path: Path) -> None:
    with closing(open_sqlite(path)) as store:
        protected(with_bank(store), [pdq(1)])
        with store.read() as reader:
            lineage = reader.lineage()
    with closing(open_sqlite(path)) as store, store.read() as reader:
        assert reader.lineage() == lineage
        assert reader.entries([1])[0].fingerprint == pdq(1)
        assert reader.changes(after=0, limit=1)[0].at == at(0)


def test_the_migrations_build_the_schema_that_the_code_uses(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    direct = create_engine(f"sqlite:///{tmp_path / 'direct'}")
    metadata.create_all(direct)
    migrated = create_engine(f"sqlite:///{path}")
    with migrated.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    # Alembic compares neither checks nor the conditions of indexes: the statements themselves do.
    statements = []
    for engine in (direct, migrated):
        with engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").all()
        engine.dispose()
        statements.append({name: "".join(sorted(sql.split())) for name, sql in rows if name != "alembic_version"})
    assert statements[0] == statements[1]


def test_the_known_revisions_are_those_of_the_migrations() -> None:
    script = ScriptDirectory(str(FOLDER))
    assert tuple(reversed([revision.revision for revision in script.walk_revisions()])) == REVISIONS


def test_a_schema_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    open_sqlite(path).close()
    with raw(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(Misconfigured, match=r"newer version of Unseen .*schema 9999"):
        open_sqlite(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database, " * 300, b"\x00" * 4096])
def test_a_file_that_is_not_a_database_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(Misconfigured, match="not a database of Unseen"):
        open_sqlite(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with raw(path) as connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")
    before = path.read_bytes()
    with pytest.raises(Misconfigured, match="not a database of Unseen"):
        open_sqlite(path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Misconfigured, match=r"cannot be made in .*file"):
        open_sqlite(tmp_path / "file" / "unseen.sqlite3")


def test_a_damaged_file_is_reported_as_damaged(path: Path) -> None:
    with closing(open_sqlite(path)) as store:
        protected(with_bank(store), [pdq(i) for i in range(2_000)])
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * (size - 8192))
    with pytest.raises(StoreUnavailable, match="damaged") as refusal:
        _read_all(path)
    assert "backup" in str(refusal.value)


def _read_all(path: Path) -> None:
    with closing(open_sqlite(path)) as store, store.read() as reader:
        list(reader.code_rows(pdq(1).kind, rows=100))
        reader.changes(after=0, limit=10_000)
        reader.entries(range(1, 2_000))


def test_a_store_locked_by_another_program_says_so(store: SqliteStore, path: Path) -> None:
    with_bank(store)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match=r"busy.*SQLITE_BUSY"):
            protected(store, [pdq(1)])
        with store.read() as reader:
            assert reader.last_seq() == 0  # readers go on
        other.execute("ROLLBACK")
    assert protected(store, [pdq(1)]) == [1]


def test_a_transaction_that_never_ends_makes_others_give_up_clearly(store: SqliteStore) -> None:
    with_bank(store)
    with store.write(), pytest.raises(StoreUnavailable, match="busy"):
        protected(store, [pdq(1)])
    assert protected(store, [pdq(1)]) == [1]


def test_nobody_waits_long_for_a_file_that_another_process_holds(path: Path) -> None:
    with closing(open_sqlite(path)) as store, store.read() as reader:
        assert reader._connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 5_000


def test_more_readers_than_connections_are_refused_clearly(path: Path) -> None:
    with closing(open_sqlite(path, patience_s=0.1)) as store, ExitStack() as readers:
        for _ in range(CONNECTIONS):
            readers.enter_context(store.read())
        with pytest.raises(StoreUnavailable, match="connections"):
            readers.enter_context(store.read())


def test_errors_and_their_causes_show_no_value_of_a_statement(store: SqliteStore) -> None:
    with store.write() as tx:
        tx.put_sightings([HIT])
    with pytest.raises(Exception, match="contradicts") as refusal, store.write() as tx:
        tx.put_sightings([HIT])
    error: BaseException | None = refusal.value
    while error is not None:
        assert HIT.hit_id not in str(error)
        assert not type(error).__module__.startswith("sqlalchemy")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_several_threads_can_open_a_new_store_at_once(path: Path) -> None:
    seqs: list[int] = []

    def work() -> None:
        with closing(open_sqlite(path)) as store:
            with_bank(store)
            seqs.append(last_seq(store))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seqs == [0] * 4
