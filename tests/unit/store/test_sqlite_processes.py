"""Several processes on one file; and what was acknowledged survives the end of a process, however it ends."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from contract.store_makers import all_changes, case, pdq, protected, with_bank
from support.stores import open_sqlite
from unseen.store import SqliteStore

WORKER = Path(__file__).with_name("worker.py")


@contextmanager
def worker(url: str, ref: str, batches: int) -> Iterator[subprocess.Popen[str]]:
    """A process that has the store open and waits for a line before it writes."""
    command = [sys.executable, str(WORKER), url, ref, str(batches)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            yield process
        finally:
            process.kill()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_two_processes_that_write_at_once_lose_nothing(store: SqliteStore, path: Path) -> None:
    with_bank(store)
    batches = 25
    with worker(f"sqlite:///{path}", "A", batches) as first, worker(f"sqlite:///{path}", "B", batches) as second:
        for process in (first, second):
            go(process)
        for process in (first, second):
            acknowledged, _ = process.communicate(timeout=300)
            assert acknowledged.split() == [str(number) for number in range(batches)]
    with store.read() as reader:
        changes = all_changes(reader)
        assert [change.seq for change in changes] == list(range(1, 4 * batches + 1))
        shared = reader.same_code([pdq(number) for number in range(batches)])
        assert [{p.source.ref for p in entry.provenances} for entry in shared] == [{"A", "B"}] * batches
        assert reader.tallies()[0].entries == 3 * batches


def test_what_was_acknowledged_survives_kill_9(path: Path) -> None:
    open_sqlite(path).close()
    for ref, acknowledged_before_the_kill in (("A", 1), ("B", 7), ("C", 20)):
        with closing(open_sqlite(path)) as store:
            with_bank(store)
        with worker(f"sqlite:///{path}", ref, 100_000) as process:
            go(process)
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(acknowledged_before_the_kill)]
            process.kill()
            acknowledged = [int(line) for line in (*lines, *process.stdout) if line.endswith("\n")]
        with closing(open_sqlite(path)) as store, store.read() as reader:
            held = reader.same_code([pdq(number) for number in range(len(acknowledged) + 5)])
            items = {p.source.item for entry in held for p in entry.provenances if p.source.ref == ref}
            assert items >= set(acknowledged)
            assert [change.seq for change in all_changes(reader)] == list(range(1, reader.last_seq() + 1))
            assert reader._connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_a_new_entry_of_another_process_is_seen_by_the_next_view(store: SqliteStore, path: Path) -> None:
    with_bank(store)
    with worker(f"sqlite:///{path}", "A", 1) as process:
        go(process)
        process.communicate(timeout=300)
    with store.read() as reader:
        (entry,) = reader.same_code([pdq(0)])
    assert entry.provenances[0].source == case("A", 0)
    assert protected(store, [pdq(0)], case("A", 0)) == [entry.id]
