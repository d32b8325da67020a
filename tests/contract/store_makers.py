"""What the store's tests put in and take out, in few words."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from support.copies import regions_with
from unseen.bank.records import Bank, Change, Entry, EntryEvent, Source, SourceKind
from unseen.desk.ports import Reader, Store, Transaction
from unseen.fingerprint.records import Fingerprint, Kind

T0 = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
LIST = Source(kind=SourceKind.OPERATOR, ref="list.csv")
WHY = {"actor": "ada", "reason": "because"}


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def pdq(number: int, quality: int = 80) -> Fingerprint:
    return Fingerprint(kind=Kind.PDQ, code=random.Random(number).randbytes(32), quality=quality)


def sha256(number: int) -> Fingerprint:
    return Fingerprint(kind=Kind.SHA256, code=random.Random(number).randbytes(32))


def md5(number: int) -> Fingerprint:
    return Fingerprint(kind=Kind.MD5, code=random.Random(number).randbytes(16))


def region(number: int, codes: int = 3) -> Fingerprint:
    rows = np.frombuffer(random.Random(number).randbytes(32 * codes), np.uint8).reshape(codes, 32)
    return regions_with(rows)


def frames(number: int, count: int = 3) -> Fingerprint:
    codes = np.frombuffer(random.Random(number).randbytes(32 * count), np.uint8).reshape(count, 32)
    return Fingerprint.of_frames(codes, np.arange(count, dtype=np.float64) + number, np.full(count, 80, np.uint8))


def case(ref: str, item: int | None = 1) -> Source:
    return Source(kind=SourceKind.CASE, ref=ref, item=item)


def with_bank(store: Store, *names: str) -> Store:
    with store.write() as tx:
        for name in names or ("main",):
            tx.put_bank(Bank(name=name))
    return store


def protect(
    tx: Transaction,
    fingerprints: Sequence[Fingerprint],
    source: Source = LIST,
    *,
    bank: str = "main",
    confirmed_by: str | None = None,
    when: datetime = T0,
) -> tuple[int, ...]:
    return tx.protect(bank, fingerprints, source=source, confirmed_by=confirmed_by, at=when, **WHY)


def protected(store: Store, fingerprints: Sequence[Fingerprint], source: Source = LIST, **more: object) -> list[int]:
    with store.write() as tx:
        return list(protect(tx, fingerprints, source, **more))


def entry(store: Store, entry_id: int) -> Entry:
    with store.read() as reader:
        (found,) = reader.entries([entry_id])
    return found


def all_changes(reader: Reader) -> tuple[Change, ...]:
    return reader.changes(after=0, limit=1_000_000)


def events(store: Store, after: int = 0) -> list[tuple[int, EntryEvent]]:
    with store.read() as reader:
        return [(change.entry_id, change.event) for change in reader.changes(after=after, limit=1_000_000)]


def last_seq(store: Store) -> int:
    with store.read() as reader:
        return reader.last_seq()


def matching(reader: Reader, kind: Kind = Kind.PDQ, rows: int = 1_000) -> dict[int, bytes]:
    return {
        int(entry_id): code.tobytes()
        for chunk in reader.code_rows(kind, rows=rows)
        for entry_id, code in zip(chunk.ids, chunk.codes, strict=True)
    }
