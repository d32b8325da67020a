"""Runs on a file system or under a limit that gets full: ``fill_the_disk.py FOLDER FILLER``.

Deleting FILLER makes room again; where it is ``-``, a limit on file sizes is set, and lifted instead.
"""

import resource
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from contract.store_makers import WHY, all_changes, at, case, matching, pdq, protected, with_bank
from support.stores import open_sqlite
from unseen.base import StorageFull
from unseen.desk.ports import Store

BATCH = 200
FORGOTTEN = 1  # the first entry


def fill(store: Store) -> list[int]:
    """Protect until there is no room; returns the entries that were acknowledged."""
    acknowledged: list[int] = []
    for number in range(1_000):
        batch = [pdq(BATCH * number + i) for i in range(BATCH)]
        try:
            acknowledged += protected(store, batch, case("A", number))
        except StorageFull as error:
            if "Free some room" not in str(error):
                raise AssertionError(str(error)) from error
            return acknowledged
    raise AssertionError("the disk never got full")


def check(store: Store, acknowledged: list[int]) -> None:
    """Everything acknowledged is there, and nothing else."""
    with store.read() as reader:
        assert sorted(matching(reader)) == acknowledged
        assert [change.seq for change in all_changes(reader)] == list(range(1, reader.last_seq() + 1))
        assert [entry.id for entry in reader.entries(range(100_000))] == [FORGOTTEN, *acknowledged]


def forget_one(store: Store) -> None:
    """An erased entry, so that there is something to scrub."""
    assert protected(store, [pdq(10**8)], case("gone")) == [FORGOTTEN]
    with store.write() as tx:
        tx.retire([FORGOTTEN], at=at(1), **WHY)
        tx.erase(retired_before=at(2), at=at(3), **WHY)


def limit_file_sizes(max_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, resource.RLIM_INFINITY))


def make_room(filler: str) -> None:
    if filler == "-":
        limit_file_sizes(resource.RLIM_INFINITY)
    else:
        Path(filler).unlink()


def main(folder: Path, filler: str) -> None:
    path = folder / "data" / "unseen.sqlite3"
    if filler == "-":
        limit_file_sizes(1 << 20)
    with closing(open_sqlite(path)) as store:
        forget_one(with_bank(store))
        acknowledged = fill(store)
        assert acknowledged
        check(store, acknowledged)
        with suppress(StorageFull):
            store.scrub()  # in place; it may lack room for the ledger's row
        check(store, acknowledged)
        acknowledged = fill(store)  # still full, still clear; the log may have been cut and given a little room
        check(store, acknowledged)
        make_room(filler)
        acknowledged += protected(store, [pdq(10**6), pdq(10**7)], case("B"))
        check(store, acknowledged)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with closing(open_sqlite(path)) as store:
        check(store, acknowledged)
    sys.stdout.write("survived\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
