"""A database server that goes away, comes back, fills up; and nodes that share it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from contract.store_makers import LIST, WHY, all_changes, at, last_seq, pdq, protected, with_bank
from support.machine import Machine
from support.postgres import Server, running_server
from support.service import wait_until
from support.stores import open_store
from unit.store.test_full_disk import in_a_private_namespace
from unit.store.test_sqlite_processes import go, worker
from unseen.base import StoreUnavailable
from unseen.desk.index import BankIndex
from unseen.store import PostgresStore, postgres_listener

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that these tests may stop."""
    with running_server() as server:
        yield server


@pytest.fixture
def url(server: Server) -> str:
    return server.new_database()


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    store = open_store(url)
    assert isinstance(store, PostgresStore)
    with closing(store):
        yield store


@contextmanager
def stopped(server: Server, mode: str) -> Iterator[None]:
    server.stop(mode)
    try:
        yield
    finally:
        server.start()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_while_the_store_is_away_searches_go_on_and_writes_fail_clearly(
    store: PostgresStore, server: Server, tmp_path: Path, mode: str
) -> None:
    protected(with_bank(store), [pdq(1)])
    index = BankIndex(store, tmp_path)
    index.open()
    query = code_rows([pdq(1).code])
    with stopped(server, mode):
        for _ in range(10):  # at once, and after a while
            time.sleep(0.2)
            assert index.search(query, 0).ids.tolist() == [1]
            with pytest.raises(StoreUnavailable, match="does not answer"):
                protected(store, [pdq(2)])
            with pytest.raises(StoreUnavailable, match="does not answer"):
                index.catch_up()
            with pytest.raises(StoreUnavailable):
                store.wait_for_change(1, 0.1)
    assert protected(store, [pdq(2)]) == [2]  # by itself
    assert index.catch_up() == 2
    assert index.search(code_rows([pdq(2).code]), 0).ids.tolist() == [2]


def code_rows(codes: list[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(codes), np.uint8).reshape(-1, 32)


def test_a_transaction_that_is_open_when_the_store_goes_away_is_undone(store: PostgresStore, server: Server) -> None:
    with_bank(store)
    with pytest.raises(StoreUnavailable), store.write() as tx:  # noqa: PT012 - the point is what happens in between
        tx.protect("main", [pdq(1)], source=LIST, confirmed_by=None, at=at(0), **WHY)
        with stopped(server, "immediate"):
            pass
        tx.protect("main", [pdq(2)], source=LIST, confirmed_by=None, at=at(0), **WHY)
    assert last_seq(store) == 0
    assert protected(store, [pdq(3)]) == [1]


def test_a_follower_hears_again_after_the_store_was_away(
    store: PostgresStore, server: Server, url: str, machine: Machine
) -> None:
    with_bank(store)
    listens(store)
    lost = store._listener._listening
    with stopped(server, "fast"):
        pass
    wait_until(lambda: follows(store)._listener._listening is not lost, within_s=60)  # it is noticed
    wakes(store, url, machine)  # by looking, at first
    listens(store)
    wakes(store, url, machine)


def follows(store: PostgresStore) -> PostgresStore:
    store.wait_for_change(last_seq(store), 0.3)
    return store


def listens(store: PostgresStore) -> None:
    """Follow until changes are heard of."""
    wait_until(lambda: follows(store)._listener.is_listening, within_s=60)


def wakes(store: PostgresStore, url: str, machine: Machine) -> None:
    seq = last_seq(store)
    with closing(open_store(url)) as other, ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(store.wait_for_change, seq, 60)
        time.sleep(0.1)
        protected(other, [pdq(100 + seq)])
        with machine.timed() as woken:
            assert waiting.result() == seq + 1
        assert woken.waking_s < 1


def test_a_notification_wakes_whoever_would_not_look_for_long(
    store: PostgresStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_bank(store)
    listens(store)
    monkeypatch.setattr(postgres_listener, "HEARTBEAT_S", 600.0)
    with closing(open_store(url)) as other, ThreadPoolExecutor(1) as thread:
        for number in range(5):
            waiting = thread.submit(store.wait_for_change, number, 90)
            time.sleep(0.1)
            assert not waiting.done()
            protected(other, [pdq(number)])
            assert waiting.result(60) == number + 1


def test_two_nodes_that_write_at_once_lose_nothing(store: PostgresStore, url: str) -> None:
    with_bank(store)
    batches = 25
    with ExitStack() as stack:
        workers = [stack.enter_context(worker(url, ref, batches)) for ref in ("A", "B")]
        for process in workers:
            go(process)
        for process in workers:
            acknowledged, _ = process.communicate(timeout=180)
            assert acknowledged.split() == [str(number) for number in range(batches)]
    with store.read() as reader:
        assert [change.seq for change in all_changes(reader)] == list(range(1, 4 * batches + 1))
        shared = reader.same_code([pdq(number) for number in range(batches)])
        assert [{p.source.ref for p in entry.provenances} for entry in shared] == [{"A", "B"}] * batches


def test_what_was_acknowledged_survives_the_end_of_node_and_server(
    store: PostgresStore, server: Server, url: str
) -> None:
    with_bank(store)
    with worker(url, "A", 100_000) as process:
        go(process)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(10)]
        server.stop("immediate")  # as if it were killed
        process.kill()
        acknowledged = [int(line) for line in (*lines, *process.stdout) if line.strip().isdigit()]
    server.start()
    with store.read() as reader:
        held = reader.same_code([pdq(number) for number in acknowledged])
        assert {p.source.item for entry in held for p in entry.provenances} >= set(acknowledged)
        assert [change.seq for change in all_changes(reader)] == list(range(1, reader.last_seq() + 1))


#: A small file system that only this process and its children see, for the tables alone: the server's log has room.
MOUNT_AND_RUN = """
set -e
mount -t tmpfs -o size=18m,mode=0700,uid=$(id -u postgres),gid=$(id -g postgres) tmpfs "$1"
exec "$2" "$3" "$1"
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give the server a small file system")
def test_a_full_database_disk_is_named_and_nothing_is_lost(postgres: Server) -> None:
    folder = postgres.folder / "small"
    folder.mkdir()
    script = HERE / "fill_the_tablespace.py"
    command = [*in_a_private_namespace(), "sh", "-c", MOUNT_AND_RUN, "sh", str(folder), sys.executable, str(script)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (run.stdout, run.returncode) == ("survived\n", 0), run.stderr
