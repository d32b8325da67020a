"""Several processes over the same index files: one merges, and is killed; the others go on, and forget what is due."""

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from support.stores import open_sqlite
from unseen.bank.records import Bank, Source, SourceKind
from unseen.desk.index import BankIndex
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.match.layout import to_words
from unseen.store import SqliteStore

WORKER = Path(__file__).with_name("index_worker.py")
FLUSH_AFTER = 50
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@contextmanager
def worker(path: Path, job: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(WORKER), str(path), job]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            heard(process, "open")
            yield process
        finally:
            process.kill()


def heard(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == line + "\n"


def codes(first: int, n: int) -> list[bytes]:
    return [random.Random(number).randbytes(32) for number in range(first, first + n)]


def protect(store: SqliteStore, some: list[bytes]) -> tuple[int, ...]:
    with store.write() as tx:
        return tx.protect(
            "cases",
            [Fingerprint(kind=Kind.PDQ, code=code, quality=90) for code in some],
            source=Source(kind=SourceKind.OPERATOR, ref="a list"),
            confirmed_by=None,
            actor="ann",
            reason="a list",
            at=NOW,
        )


def retire(store: SqliteStore, ids: tuple[int, ...]) -> None:
    with store.write() as tx:
        tx.retire(ids, actor="ann", reason="withdrawn", at=NOW)


def found(index: BankIndex, some: list[bytes]) -> list[int]:
    index.catch_up()
    return index.search(np.frombuffer(b"".join(some), np.uint8).reshape(-1, 32), 0).ids.tolist()


def on_disk(folder: Path, code: bytes) -> bool:
    words = to_words(np.frombuffer(code, np.uint8).reshape(1, 32)).tobytes()
    return any(words in path.read_bytes() for path in folder.glob("*pdq-*"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "unseen.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with closing(open_sqlite(path)) as store:
        with store.write() as tx:
            tx.put_bank(Bank(name="cases"))
        yield store


@pytest.fixture
def index(store: SqliteStore, path: Path) -> BankIndex:
    protect(store, codes(0, 200))
    index = BankIndex(store, path.parent, flush_after=FLUSH_AFTER)
    index.open()
    return index


def test_a_follower_sees_every_change_while_another_process_merges(
    store: SqliteStore, index: BankIndex, path: Path
) -> None:
    with worker(path, "merge") as merging:
        for turn in range(12):
            some = codes(1000 + 40 * turn, 40)
            ids = protect(store, some)
            assert found(index, some) == list(ids)
            retire(store, ids[:20])
            index.refresh()
            assert found(index, some) == list(ids[20:])
            heard(merging, "merged")
    index.catch_up()
    assert len(index) == 200 + 12 * 20
    assert len(index.mapped_files) > 0


def test_a_merge_that_is_killed_leaves_the_old_files_in_force_and_nothing_behind(
    store: SqliteStore, index: BankIndex, path: Path
) -> None:
    gone = protect(store, codes(500, 60))
    index.catch_up()
    index.tidy()
    with worker(path, "die") as merging:
        heard(merging, "merging")
        written = {file.name for file in path.parent.glob("pdq-*.snapshot")}
        assert len(written - set(index.files.open().manifest.names)) == 1
        retire(store, gone)
        assert found(index, codes(500, 60)) == []
        merging.kill()
        merging.wait()
    assert found(index, codes(0, 200)) == list(range(1, 201))
    assert any(on_disk(path.parent, code) for code in codes(500, 60))
    with store.write() as tx:
        tx.erase(retired_before=NOW + timedelta(1), actor="node", reason="time", at=NOW)
    index.catch_up()
    index.tidy()
    assert not any(on_disk(path.parent, code) for code in codes(500, 60))
    assert {file.name for file in path.parent.glob("pdq-*.snapshot")} == set(index.mapped_files)
    again = BankIndex(store, path.parent, flush_after=FLUSH_AFTER)
    again.open()
    assert found(again, codes(0, 200)) == list(range(1, 201))
