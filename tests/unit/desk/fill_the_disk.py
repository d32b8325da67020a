"""Runs on a small file system that gets full: ``fill_the_disk.py FOLDER FILLER``; deleting FILLER makes room again."""

import random
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from unseen.bank.records import Bank, Source, SourceKind
from unseen.base import StorageFull
from unseen.desk.index import BankIndex
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.store import MemoryStore

STEP = 200
LEAST_FILE = 4 << 20  # the bounds of the buckets alone


def code(number: int) -> bytes:
    return random.Random(number).randbytes(32)


def protect(store: MemoryStore, first: int) -> None:
    fingerprints = [Fingerprint(kind=Kind.PDQ, code=code(number), quality=90) for number in range(first, first + STEP)]
    source = Source(kind=SourceKind.OPERATOR, ref="x")
    with store.write() as tx:
        tx.protect("cases", fingerprints, source=source, confirmed_by=None, actor="a", reason="r", at=datetime.now(UTC))


def check(index: BankIndex, n: int) -> None:
    codes = np.frombuffer(b"".join(map(code, range(n))), np.uint8).reshape(-1, 32)
    assert index.search(codes, 0).ids.tolist() == list(range(1, n + 1))


def main(folder: Path, filler: Path) -> None:
    store = MemoryStore()
    with store.write() as tx:
        tx.put_bank(Bank(name="cases"))
    index = BankIndex(store, folder, flush_after=STEP)
    index.open()
    full: list[str] = []
    for turn in range(6):
        protect(store, STEP * turn)
        assert index.catch_up() == STEP * (turn + 1)  # following goes on, room or not
        check(index, STEP * (turn + 1))
        before = index.mapped_files
        try:
            index.tidy()
        except StorageFull as error:
            full.append(str(error.hint))
            left = {path.name for path in folder.glob("*pdq*snapshot")}
            if left != set(index.mapped_files) or left < set(before) or list(folder.glob(".pdq*partial")):
                raise AssertionError("something was half-done") from error
        check(index, STEP * (turn + 1))
    assert full
    assert all("room for a second copy" in hint for hint in full)
    filler.unlink()
    index.tidy()
    again = BankIndex(store, folder, flush_after=STEP)
    again.open()
    assert again.mapped_files == index.mapped_files
    check(again, 6 * STEP)
    sys.stdout.write("survived\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
