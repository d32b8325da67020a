"""What is withdrawn is forgotten: the bytes of an erased code are nowhere on the disk."""

import itertools
import random
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract.store_makers import WHY, at, case, matching, pdq, protect, protected, with_bank
from support.copies import regions_with
from support.stores import open_sqlite, sealed_pieces
from unseen.bank.records import EntryState
from unseen.base import StoreUnavailable
from unseen.fingerprint.records import Fingerprint
from unseen.store import SqliteStore, sqlite, sqlite_sweep


def traces(path: Path, fingerprints: Iterable[Fingerprint]) -> list[Fingerprint]:
    """Which of these can still be read off the folder's files, as bytes or as hexadecimal of either case."""
    wanted = list(fingerprints)
    raw = b"\n".join(file.read_bytes() for file in path.parent.iterdir())
    codes = found(raw, [f.code for f in wanted])
    texts = found(raw.lower(), [f.hex.encode() for f in wanted])
    return [f for f in wanted if f.code in codes or f.hex.encode() in texts]


def found(raw: bytes, needles: Sequence[bytes]) -> set[bytes]:
    """Which needles occur in ``raw``: the first 8 bytes of all of them are looked for in one pass."""
    heads = np.frombuffer(b"".join(needle[:8] for needle in needles), dtype=np.uint64)
    windows = np.ndarray(len(raw) - 7, dtype=np.uint64, buffer=raw, strides=(1,))
    length = len(needles[0])
    at_heads = {raw[start : start + length] for start in np.flatnonzero(np.isin(windows, heads))}
    return at_heads & set(needles)


def forget(store: SqliteStore, ids: list[int]) -> None:
    with store.write() as tx:
        tx.retire(ids, at=at(1), **WHY)
    with store.write() as tx:
        assert tx.erase(retired_before=at(2), at=at(3), **WHY) == len(ids)
    store.scrub()


def test_erased_codes_are_nowhere_on_disk_and_the_others_are_still_there(store: SqliteStore, path: Path) -> None:
    with_bank(store)
    ids = protected(store, [pdq(i) for i in range(40)])
    assert len(traces(path, map(pdq, range(40)))) == 40  # the search finds what is there
    forget(store, ids[::2])
    assert traces(path, map(pdq, range(0, 40, 2))) == []
    with store.read() as reader:
        assert matching(reader) == {ids[i]: pdq(i).code for i in range(1, 40, 2)}


def test_nothing_of_erased_regions_is_anywhere_on_disk(store: SqliteStore, path: Path) -> None:
    with_bank(store)
    everyone = [regions(i) for i in range(400)]
    ids: list[int] = []
    for start in range(0, 400, 20):
        with store.read() as reader:
            assert reader.last_seq() == len(ids)
            ids += protected(store, everyone[start : start + 20])
    gone = sorted(random.Random(7).sample(range(400), 300))
    erased = sealed_pieces(store, [ids[i] for i in gone])
    assert len(traces(path, erased)) > 0.9 * len(erased)  # the search finds what lies on one page
    forget(store, [ids[i] for i in gone])
    assert traces(path, erased) == []
    with store.read() as reader:
        kept = [entry.fingerprint for entry in reader.entries(ids) if entry.fingerprint is not None]
    assert kept == [everyone[i] for i in range(400) if i not in gone]


def regions(seed: int) -> Fingerprint:
    draw = random.Random(seed)
    return regions_with(np.frombuffer(draw.randbytes(32 * draw.randint(1, 96)), np.uint8).reshape(-1, 32))


def test_no_trace_stays_in_pages_that_were_split_under_readers(store: SqliteStore, path: Path) -> None:
    with_bank(store)
    everyone = [pdq(i) for i in range(5_000)]
    ids: list[int] = []
    for start in range(0, 5_000, 100):  # one commit after the other, so that pages fill, split and move their rows
        with ExitStack() as readers:
            for _ in range(2):
                assert readers.enter_context(store.read()).last_seq() == len(ids)
            ids += protected(store, everyone[start : start + 100])
    order = random.Random(5).sample(range(5_000), 5_000)
    gone = sorted(order[:3_750])  # of so many, zeroing alone leaves a copy or two
    forget(store, [ids[i] for i in gone])
    assert traces(path, (everyone[i] for i in gone)) == []
    gone_too = order[3_750:4_500]
    forget(store, [ids[i] for i in gone_too])
    assert traces(path, (everyone[i] for i in gone_too)) == []
    with store.read() as reader:
        assert len(matching(reader)) == 500


def test_what_was_swept_does_not_come_back_with_the_next_writes(store: SqliteStore, path: Path) -> None:
    with_bank(store)
    everyone = [pdq(i) for i in range(3_000)]
    ids: list[int] = []
    for start in range(0, 3_000, 50):
        ids += protected(store, everyone[start : start + 50])
    gone = sorted(random.Random(6).sample(range(3_000), 2_500))
    forget(store, [ids[i] for i in gone])
    protected(store, [pdq(10_000 + i) for i in range(1_000)])  # touches every page, some of them cached since before
    assert traces(path, (everyone[i] for i in gone)) == []
    with store.read() as reader:
        assert reader._connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


REMAINS = b"what a page held before"


def leave_remains(path: Path) -> int:
    """Put bytes into the unused part of every page that has room for them; returns how many pages those are."""
    content = bytearray(path.read_bytes())
    grid = np.frombuffer(bytes(content), np.uint8).reshape(-1, 4_096)
    begins, ends = sqlite_sweep._unused(grid, is_first=True)
    roomy = np.flatnonzero(ends - begins > 200)
    for page in roomy.tolist():
        middle = 4_096 * page + int(begins[page] + ends[page]) // 2
        content[middle : middle + len(REMAINS)] = REMAINS
    path.write_bytes(content)
    return len(roomy)


def test_what_the_connection_that_ends_a_sweep_had_read_before_does_not_come_back(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two connections, the one that wrote last keeps its pages; the sweep commits on it, others write between."""
    with closing(open_sqlite(path)) as store:
        with_bank(store)
        ids = [i for start in range(0, 3_000, 50) for i in protected(store, [pdq(start + j) for j in range(50)])]
    assert leave_remains(path) > 50
    with closing(open_sqlite(path)) as store:
        with store.write() as tx:
            with store.read():  # on a second connection, so that it is handed out before this one
                pass
            tx.retire(ids[::2], at=at(1), **WHY)  # reads all pages
            tx.erase(retired_before=at(2), at=at(3), **WHY)
        swept, number = SqliteStore._swept, itertools.count(10_000)

        def then_written(self: SqliteStore, *args: Any, **part: int) -> bool:
            is_swept = swept(self, *args, **part)
            protected(self, [pdq(next(number)) for _ in range(40)])  # in pages that were swept by now, too
            return is_swept

        monkeypatch.setattr(sqlite, "SLICE_BYTES", 16 * 4_096)
        monkeypatch.setattr(SqliteStore, "_swept", then_written)
        store.scrub()
    assert next(number) > 10_200
    assert REMAINS not in path.read_bytes()


def test_writers_of_other_processes_and_a_sweep_do_each_other_no_harm(path: Path) -> None:
    # Each writes on without a pause of its own: on a slow disk the other's turn comes late.
    with (
        closing(open_sqlite(path, patience_s=60)) as store,
        closing(open_sqlite(path, patience_s=60)) as other,
        ThreadPoolExecutor(1) as thread,
    ):
        with_bank(store)
        batches, gone, give_up_at = 0, list[Fingerprint](), time.monotonic() + 60

        def write_on() -> None:
            nonlocal batches
            while batches < 60 or (len(gone) < 80 and time.monotonic() < give_up_at):
                protected(other, [pdq(100 * batches + i) for i in range(100)])
                batches += 1
                time.sleep(0.01)

        writing = thread.submit(write_on)
        while not writing.done():
            with store.read() as reader:
                seen = reader.list_entries("main", after_id=0, limit=40, state=EntryState.ACTIVE)
            if seen:
                gone += [entry.fingerprint for entry in seen if entry.fingerprint is not None]
                forget(store, [entry.id for entry in seen])
        writing.result()
        store.scrub()
        assert len(gone) >= 80
        assert traces(path, gone) == []
        with store.read() as reader:
            assert len(matching(reader)) == 100 * batches - len(gone)
            assert reader._connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_scrubbing_says_so_while_a_reader_holds_the_log(store: SqliteStore, path: Path) -> None:
    with_bank(store)
    (gone,) = protected(store, [pdq(1)])
    with store.read() as reader:
        assert reader.last_seq() == 1
        with pytest.raises(StoreUnavailable, match="may still be in the store's log"):
            forget(store, [gone])
        assert protected(store, [pdq(2)])  # neither writers
        assert len(matching(reader)) == 1  # nor the reader were harmed
    store.scrub()
    assert traces(path, [pdq(1)]) == []


def test_writers_get_their_turn_while_a_scrub_waits_for_a_reader(path: Path) -> None:
    with closing(open_sqlite(path, patience_s=30)) as store, ThreadPoolExecutor(1) as thread:
        with_bank(store)
        with store.read():
            protected(store, [pdq(0)])
            scrubbing = thread.submit(store.scrub)
            for number in range(1, 8):
                protected(store, [pdq(number)])
                time.sleep(0.05)  # it asks for the log again and again
            assert not scrubbing.done()  # each had its turn while the scrub waited, long before that gives up
        scrubbing.result()


def test_codes_of_a_transaction_that_was_undone_are_scrubbed_too(store: SqliteStore, path: Path) -> None:
    with_bank(store)
    batch = [pdq(i) for i in range(9_000)]  # more than the page cache holds, so that it spills into the log

    def undone() -> None:
        with store.write() as tx:
            protect(tx, batch, case("A"))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        undone()
    assert traces(path, batch) != []
    store.scrub()
    assert traces(path, batch) == []
