"""Searching while the bank changes: a store that another process writes to, and merges in a third.

1. The store, SQLite, is filled with random codes, and the index files are built from it.
2. Idle: uploads (eight codes each, one of them near an entry) arrive at random times and are searched one by one.
3. Loaded: the same, while a process adds and retires entries, each batch durable, and a thread of the searching
   process follows the store.  A third process, at low priority, merges the index files whenever that is due.
The lag is from the moment a batch was acknowledged until the searching process has it.
"""

import multiprocessing
import os
import sqlite3
import sys
import tempfile
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Final

import numpy as np
import psutil
from numpy.typing import NDArray

from bench._report import Report, parser
from unseen.bank.records import Bank, Source, SourceKind
from unseen.desk.index import BankIndex
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.store import Opening, SecretFile, SqliteStore, open_sqlite

RADIUS_BITS: Final = 31
_ARRIVALS_A_S: Final = 50.0
_BATCHES_A_S: Final = 2
_FOLLOW_EVERY_S: Final = 0.1
_TIDY_EVERY_S: Final = 0.25
_WHO: Final = {"actor": "bench", "reason": "bench"}
_MIB: Final = 1 << 20


def store_path(folder: Path) -> Path:
    return folder / "unseen.sqlite3"


def opened(folder: Path) -> SqliteStore:
    return open_sqlite(store_path(folder), Opening(secret=SecretFile(folder / "secret")))


def fill(folder: Path, n: int) -> None:
    """A store of ``n`` random entries, as if each had been added by a change of its own; without the waiting."""
    with closing(opened(folder)) as store, store.write() as tx:
        tx.put_bank(Bank(name="bench"))
    with closing(sqlite3.connect(store_path(folder), isolation_level=None)) as database:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000"):
            database.execute(f"PRAGMA {pragma}").fetchall()
        indexes = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL"
        ).fetchall()
        for name, _ in indexes:
            database.execute(f"DROP INDEX {name}")
        numbers = f"WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {n})"  # noqa: S608
        database.execute("BEGIN")
        for insert in (
            "entries (id, bank_id, kind, code, quality, state) "
            "SELECT i, (SELECT id FROM banks WHERE name = 'bench'), 'pdq', randomblob(32), 90, 'active' FROM numbers",
            "provenances (id, entry_id, source_kind, source_ref, since) "
            "SELECT i, i, 'operator', 'base', 0 FROM numbers",
            "changes (seq, entry_id, event, actor, reason, at) SELECT i, i, 'added', 'bench', 'bench', 0 FROM numbers",
        ):
            database.execute(f"{numbers} INSERT INTO {insert}")
        database.execute("UPDATE tallies SET entries = ? WHERE state = 'active'", (n,))
        database.execute("UPDATE ledger SET last_seq = ?, last_entry_id = ?", (n, n))
        for _, sql in indexes:
            database.execute(sql)
        database.execute("COMMIT")
        database.execute("PRAGMA journal_mode = WAL").fetchall()


def write(folder: Path, n: int, rate: int, seconds: float, seed: int, to: Connection) -> None:
    """The writing process: sends (seq, when it was durable, changes) of each batch, then hangs up."""
    rng = np.random.default_rng(seed)
    size = rate // _BATCHES_A_S // 2  # adds of a batch, and as many retirements
    retirees = rng.permutation(n)[: int(size * _BATCHES_A_S * seconds)] + 1
    with closing(to), closing(opened(folder)) as store:
        begin = time.monotonic()
        for batch in range(int(_BATCHES_A_S * seconds)):
            codes = rng.integers(0, 256, (size, 32), np.uint8)
            fingerprints = [Fingerprint(kind=Kind.PDQ, code=code.tobytes(), quality=90) for code in codes]
            gone = retirees[batch * size : (batch + 1) * size].tolist()
            source, now = Source(kind=SourceKind.OPERATOR, ref=f"batch {batch}"), datetime.now(UTC)
            with store.write() as tx:
                tx.protect("bench", fingerprints, source=source, confirmed_by=None, at=now, **_WHO)
                tx.retire(gone, at=now, **_WHO)
                seq = tx.last_seq()
            to.send((seq, time.monotonic(), size + len(gone)))
            time.sleep(max(0.0, begin + (batch + 1) / _BATCHES_A_S - time.monotonic()))
            if time.monotonic() >= begin + seconds:
                break  # behind: what was achieved is reported


def keep_files(folder: Path, stop: Event) -> None:
    """The merging process."""
    os.nice(19)
    with closing(opened(folder)) as store:
        index = BankIndex(store, folder)
        index.open()

        def tidy() -> None:
            while not stop.wait(_TIDY_EVERY_S):
                index.tidy()

        threads = [threading.Thread(target=tidy) for _ in range(2)]  # small merges go on during a big one
        for thread in threads:
            thread.start()
        while not stop.wait(_FOLLOW_EVERY_S):
            index.catch_up()
        for thread in threads:
            thread.join()


@dataclass(slots=True)
class Followed:
    """What the searching process saw while it followed."""

    reached: list[tuple[int, float]] = field(default_factory=list)  # seq, when
    lasted_s: list[float] = field(default_factory=list)
    files: set[str] = field(default_factory=set)  # names that the first file had
    most_files: int = 0
    private_bytes: int = 0


def follow(index: BankIndex, stop: threading.Event, followed: Followed) -> None:
    process = psutil.Process()
    while not stop.wait(_FOLLOW_EVERY_S):
        begin = time.monotonic()
        seq = index.catch_up()
        index.refresh()
        followed.reached.append((seq, time.monotonic()))
        followed.lasted_s.append(time.monotonic() - begin)
        names = index.mapped_files
        followed.files.add(names[0])
        followed.most_files = max(followed.most_files, len(names))
        followed.private_bytes = max(followed.private_bytes, private_bytes(process))


def private_bytes(process: psutil.Process) -> int:
    """Without the files that are mapped, which all processes of a node share."""
    memory = process.memory_info()
    return int(memory.rss - getattr(memory, "shared", 0))


def search(index: BankIndex, near: NDArray[np.uint8], seconds: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Milliseconds that each upload's search took."""
    took, due, end = [], time.perf_counter(), time.perf_counter() + seconds
    while due < end:
        views = rng.integers(0, 256, (8, 32), np.uint8)
        views[0] = near[rng.integers(len(near))]
        views[0, 5] ^= 0x3C
        due += rng.exponential(1 / _ARRIVALS_A_S)
        time.sleep(max(0.0, due - time.perf_counter()))
        begin = time.perf_counter()
        index.search(views, RADIUS_BITS)
        took.append(time.perf_counter() - begin)
    return 1000 * np.array(took)


def loaded(
    index: BankIndex, folder: Path, near: NDArray[np.uint8], n: int, rate: int, seconds: float, seed: int
) -> tuple[NDArray[np.float64], Followed, list[tuple[int, float, int]]]:
    """Step 3: how long searches took, what the follower saw, and the writer's batches."""
    context = multiprocessing.get_context("spawn")
    stop_files = context.Event()
    keeper = context.Process(target=keep_files, args=(folder, stop_files))
    keeper.start()
    receiving, sending = context.Pipe(duplex=False)
    writer = context.Process(target=write, args=(folder, n, rate, seconds, seed, sending))
    batches: list[tuple[int, float, int]] = []
    first = threading.Event()

    def receive() -> None:
        with suppress(EOFError):
            while True:
                batches.append(receiving.recv())
                first.set()
        first.set()

    followed, stop = Followed(), threading.Event()
    threads = [threading.Thread(target=receive), threading.Thread(target=follow, args=(index, stop, followed))]
    writer.start()
    sending.close()  # the writer's end alone is left
    for thread in threads:
        thread.start()
    first.wait()
    took = search(index, near, seconds, np.random.default_rng(seed))
    writer.join()
    threads[0].join()
    if writer.exitcode:
        stop.set()
        stop_files.set()
        sys.exit("the writing process failed")
    while index.seq < batches[-1][0]:
        time.sleep(_FOLLOW_EVERY_S)
    stop.set()
    threads[1].join()
    stop_files.set()
    keeper.join()
    return took, followed, batches


def lags(batches: list[tuple[int, float, int]], followed: Followed) -> NDArray[np.float64]:
    """Seconds from a batch being acknowledged to its being searchable; 0 where the follower was first."""
    seqs = np.array([seq for seq, _ in followed.reached])
    whens = np.array([when for _, when in followed.reached])
    return np.array([max(0.0, whens[np.searchsorted(seqs, seq)] - when) for seq, when, _ in batches])


def run(folder: Path, n: int, rate: int, seconds: float, idle_s: float, seed: int, report: Report) -> None:
    begin = time.perf_counter()
    filling = multiprocessing.get_context("spawn").Process(target=fill, args=(folder, n))
    filling.start()  # apart: what it frees would count as this process's memory
    filling.join()
    if filling.exitcode:
        sys.exit("the store could not be filled")
    print(f"store of {n:,} entries filled in {time.perf_counter() - begin:.0f} s", flush=True)
    with closing(opened(folder)) as store:
        index = BankIndex(store, folder)
        begin = time.perf_counter()
        index.open()
        report.row("index built from the store", "s", time.perf_counter() - begin)
        index = BankIndex(store, folder)
        begin = time.perf_counter()
        index.open()
        report.row("index opened", "s", time.perf_counter() - begin)
        with store.read() as reader:
            near = next(reader.code_rows(Kind.PDQ, rows=10_000)).codes
        search(index, near, 1.0, np.random.default_rng(seed))
        idle = search(index, near, idle_s, np.random.default_rng(seed))
        print(f"idle for {idle_s:.0f} s; loaded for {seconds:.0f} s ...", flush=True)
        took, followed, batches = loaded(index, folder, near, n, rate, seconds, seed)
        changes = sum(size for *_, size in batches)
        spent = batches[-1][1] - batches[0][1]
        report.row("changes (adds and retirements) a second", "1/s", (changes - batches[0][2]) / spent)
        report.row("changes", "", changes)
        for name, at in (("p50", 0.5), ("p99", 0.99)):
            quantiles = float(np.quantile(idle, at)), float(np.quantile(took, at))
            report.row(f"search of eight views, idle, {name}", "ms", quantiles[0])
            report.row(f"search of eight views, loaded, {name}", "ms", quantiles[1])
            report.row(f"loaded / idle, {name}", "", quantiles[1] / quantiles[0])
        report.row("searches, loaded", "", len(took))
        lag = lags(batches, followed)
        report.row("lag of the follower, p50", "s", float(np.quantile(lag, 0.5)))
        report.row("lag of the follower, p99", "s", float(np.quantile(lag, 0.99)))
        report.row("one step of following, p99", "s", float(np.quantile(followed.lasted_s, 0.99)))
        report.row("merges into the big file", "", len(followed.files) - 1)
        report.row("files at once, at most", "", followed.most_files)
        report.row("private memory of the searching process, at most", "MiB", followed.private_bytes / _MIB)
        with store.read() as reader:
            standing = sum(tally.entries for tally in reader.tallies() if tally.state != "retired")
        if len(index) != standing:
            sys.exit(f"the index has {len(index):,} entries, the store {standing:,}")
        report.agreement(f"the index ended with the store's {standing:,} entries that match")


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--n", type=int, help="entries at the beginning (default 10,000,000; quick 1,000,000)")
    options.add_argument("--rate", type=int, default=10_000, help="adds and retirements a second, half of each")
    options.add_argument("--seconds", type=float, help="of load (default 300; quick 20)")
    options.add_argument("--folder", type=Path, help="where to put store and index; default: the system's for such")
    chosen = options.parse_args()
    n = chosen.n or (1_000_000 if chosen.quick else 10_000_000)
    seconds = chosen.seconds or (20.0 if chosen.quick else 300.0)
    report = Report(benchmark="live", n=n, seed=chosen.seed)
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        run(Path(folder), n, chosen.rate, seconds, min(seconds, 60.0), chosen.seed, report)
    report.print()
    if chosen.json:
        report.json()


if __name__ == "__main__":
    main()
