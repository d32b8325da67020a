"""A backup restores to a store that works, and no snapshot of the lost future is ever used with it."""

import shutil
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from contract.store_makers import all_changes, at, case, last_seq, pdq, protected, with_bank
from support.postgres import Server
from support.stores import open_sqlite, open_store
from unseen.base import Conflict
from unseen.desk.index import BankIndex
from unseen.desk.ports import Store
from unseen.fingerprint.records import Fingerprint
from unseen.store import SqliteStore


def everything(store: Store) -> tuple[object, ...]:
    with store.read() as reader:
        return reader.lineage(), all_changes(reader), reader.entries(range(1, 100)), reader.banks()


def found(index: BankIndex, fingerprint: Fingerprint) -> list[int]:
    return index.search(np.frombuffer(fingerprint.code, np.uint8).reshape(1, 32), 0).ids.tolist()


def test_a_backup_of_sqlite_is_private_whole_and_of_one_moment(store: SqliteStore, tmp_path: Path) -> None:
    protected(with_bank(store), [pdq(i) for i in range(50)])
    before = everything(store)
    with store.read(), store.write() as tx:  # neither readers nor writers are in its way, or it in theirs
        store.back_up(tmp_path / "backup")
        tx.protect("main", [pdq(99)], source=case("A"), confirmed_by=None, at=at(0), actor="a", reason="r")
    assert stat.S_IMODE((tmp_path / "backup").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "data"]
    (tmp_path / "restored").mkdir(mode=0o700)
    shutil.copy(tmp_path / "backup", tmp_path / "restored" / "unseen.sqlite3")
    with closing(open_sqlite(tmp_path / "restored" / "unseen.sqlite3")) as restored:
        assert everything(restored) == before
        assert protected(restored, [pdq(50)]) == [51]


def test_a_backup_never_overwrites(store: SqliteStore, tmp_path: Path) -> None:
    (tmp_path / "backup").write_text("precious")
    with pytest.raises(Conflict, match="there already"):
        store.back_up(tmp_path / "backup")
    assert (tmp_path / "backup").read_text() == "precious"


def test_a_dump_of_postgresql_restores_to_a_store_that_works(postgres: Server) -> None:
    url, target = postgres.new_database(), postgres.new_database()
    with closing(open_store(url)) as store:
        protected(with_bank(store), [pdq(i) for i in range(50)])
        before = everything(store)
        dump = postgres.folder / "store.dump"
        postgres.output("pg_dump", "--format=custom", f"--file={dump}", f"--dbname={url}")
    postgres.output("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={target}", str(dump))
    with closing(open_store(target)) as restored:
        assert everything(restored) == before
        assert protected(restored, [pdq(50)]) == [51]


class History:
    """A store that can be put back to where it was when it was kept."""

    def __init__(self, folder: Path) -> None:
        self._path, self._kept = folder / "store" / "unseen.sqlite3", folder / "kept"
        self.store = open_sqlite(self._path)

    def keep(self) -> None:
        self.store.back_up(self._kept)

    def restore(self) -> None:
        self.store.close()
        for file in self._path.parent.iterdir():
            file.unlink()
        shutil.copy(self._kept, self._path)
        self.store = open_sqlite(self._path)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    history = History(tmp_path)
    yield history
    history.store.close()


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    folder = tmp_path / "snapshots"
    folder.mkdir()
    return folder


def indexed(history: History, snapshots: Path) -> BankIndex:
    index = BankIndex(history.store, snapshots, flush_after=1)
    index.open()
    return index


@pytest.mark.parametrize("gone_on_by", [0, 1, 2, 3])
def test_a_restored_store_never_uses_a_snapshot_of_the_lost_future(
    history: History, snapshots: Path, gone_on_by: int
) -> None:
    protected(with_bank(history.store), [pdq(1)])
    history.keep()
    protected(history.store, [pdq(2)], when=at(1))
    protected(history.store, [pdq(3)], when=at(1))
    index = indexed(history, snapshots)
    assert index.mapped_files
    assert found(index, pdq(2)) == [2]
    history.restore()
    for number in range(gone_on_by):  # before an index is opened again: as far as the snapshot, or past it
        protected(history.store, [pdq(10 + number)], when=at(60))
    again = indexed(history, snapshots)
    assert found(again, pdq(1)) == [1]
    assert found(again, pdq(2)) == found(again, pdq(3)) == []
    assert [found(again, pdq(10 + number)) for number in range(gone_on_by)] == [[2 + i] for i in range(gone_on_by)]
    assert len(again) == 1 + gone_on_by


def test_a_restored_store_with_as_many_changes_is_noticed_by_who_tidies(history: History, snapshots: Path) -> None:
    protected(with_bank(history.store), [pdq(1)])
    history.keep()
    protected(history.store, [pdq(2)], when=at(1))
    index = indexed(history, snapshots)
    history.restore()
    index._store = history.store
    protected(history.store, [pdq(10)], when=at(60))
    assert index.seq == last_seq(history.store)
    index.tidy()
    assert found(index, pdq(2)) == []
    assert found(index, pdq(10)) == [2]


@pytest.mark.parametrize("gone_on_by", [0, 2, 3])
def test_an_index_that_was_open_while_the_store_was_restored_is_filled_again(
    history: History, snapshots: Path, gone_on_by: int
) -> None:
    protected(with_bank(history.store), [pdq(1)])
    history.keep()
    protected(history.store, [pdq(2)], when=at(1))
    index = indexed(history, snapshots)
    history.restore()
    index._store = history.store
    for number in range(gone_on_by):
        protected(history.store, [pdq(10 + number)], when=at(60))
    assert index.catch_up() == last_seq(history.store)
    assert found(index, pdq(2)) == []
    assert len(index) == 1 + gone_on_by


def test_a_snapshot_is_used_again_where_the_history_is_its_own(
    history: History, snapshots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    protected(with_bank(history.store), [pdq(1), pdq(2)])
    indexed(history, snapshots)
    protected(history.store, [pdq(3)])
    monkeypatch.setattr(BankIndex, "_built", lambda *_: pytest.fail("the files were not used"))
    assert found(indexed(history, snapshots), pdq(2)) == [2]
