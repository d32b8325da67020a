"""Entries, their provenances and the numbered changes, in SQL: what can be asked of them."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from sqlalchemy import ColumnElement, FromClause, Integer, Row, func, select

from unseen.bank.records import (
    Change,
    Confirmation,
    Ending,
    Entry,
    EntryEvent,
    EntryState,
    Provenance,
    Source,
    SourceKind,
)
from unseen.case.records import CaseNumber
from unseen.desk.ports import REGION_BITS, CodeRows, IndexDelta
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.store.bank_sql import BankReads
from unseen.store.chunks import chunks
from unseen.store.columns import Packed, unpacked, unpacked_ids, unpacked_regions
from unseen.store.frame_sql import frame_delta, frame_pages, frames_of
from unseen.store.tables import banks, changes, entries, provenances, region_codes

#: Not retired.
standing: ColumnElement[bool] = entries.c.retired_at.is_(None)
#: Not ended.
live: ColumnElement[bool] = provenances.c.ended_at.is_(None)


def of_source(source: Source) -> ColumnElement[bool]:
    """Live provenances of ``source``, of all its items where it names none."""
    same = live & (provenances.c.source_ref == source.ref) & (provenances.c.source_kind == source.kind)
    return same if source.item is None else same & (provenances.c.item == source.item)


class EntryReads(BankReads):
    """What can be asked of entries and changes."""

    def entries(self, ids: Sequence[int]) -> tuple[Entry, ...]:
        rows = [
            row
            for some in chunks(sorted(set(ids)))
            for row in self._connection.execute(_ENTRIES.where(entries.c.id.in_(some)))
        ]
        return self._whole(rows)

    def list_entries(
        self, bank: str, *, after_id: int, limit: int, state: EntryState | None = None
    ) -> tuple[Entry, ...]:
        listed = _ENTRIES.where(entries.c.bank_id == self._bank_row(bank).id, entries.c.id > after_id).limit(limit)
        if state is not None:
            listed = listed.where(entries.c.state == state)
        return self._whole(self._connection.execute(listed).all())

    def standing_regions(self, bank: str) -> int:
        of_bank = standing & (entries.c.bank_id == self._bank_row(bank).id)
        counted = select(func.count()).select_from(region_codes).join(entries).where(of_bank)
        return int(self._connection.execute(counted).scalar_one())

    def same_code(self, fingerprints: Sequence[Fingerprint]) -> tuple[Entry, ...]:
        rows: list[Row[tuple[object, ...]]] = []
        for kind, codes in self._by_kind(fingerprints):
            for some in chunks(codes):
                held = self._standing_with(kind, some)
                named = select(held, banks.c.name.label("bank")).join_from(held, banks, held.c.bank_id == banks.c.id)
                rows += self._connection.execute(named)
        return self._whole(sorted(rows, key=lambda row: row.id))

    def changes(self, *, after: int, limit: int) -> tuple[Change, ...]:
        found = select(changes).where(changes.c.seq > after).order_by(changes.c.seq).limit(limit)
        return tuple(
            Change(
                seq=row.seq,
                entry_id=row.entry_id,
                event=EntryEvent(row.event),
                actor=row.actor,
                reason=row.reason,
                at=row.at,
            )
            for row in self._connection.execute(found)
        )

    def code_rows(self, kind: Kind, *, rows: int) -> Iterator[CodeRows]:
        if kind is Kind.REGION:
            yield from self._region_rows(max(rows // kind.most_codes, 1))
            return
        if kind is Kind.FRAME:
            yield from frame_pages(self._connection, max(rows // kind.most_codes, 1))
            return
        last_id = 0
        of_kind = select(entries.c.id, entries.c.code).where(standing, entries.c.kind == kind)
        while True:
            page = of_kind.where(entries.c.id > last_id).order_by(entries.c.id).limit(rows).subquery()
            found = unpacked(kind, self._connection.execute(select(Packed(page.c.id, page.c.code))).scalar())
            if not len(found.ids):
                return
            yield found
            last_id = int(found.ids[-1])

    def _region_rows(self, at_once: int) -> Iterator[CodeRows]:
        last_id = 0
        of_kind = (
            select(region_codes).join_from(region_codes, entries).where(standing).order_by(region_codes.c.entry_id)
        )
        while True:
            page = of_kind.where(region_codes.c.entry_id > last_id).limit(at_once).subquery()
            packed = select(Packed(page.c.entry_id, _length(page.c.codes), page.c.codes))
            found = unpacked_regions(self._connection.execute(packed).scalar(), self._sealer.opened)
            if not len(found.ids):
                return
            yield found
            last_id = int(found.ids[-1]) >> REGION_BITS

    def index_delta(self, kind: Kind, *, after: int, limit: int) -> IndexDelta:
        if kind is Kind.FRAME:
            return frame_delta(self._connection, after, max(after, min(after + limit, self.last_seq())))
        event, is_of_regions = changes.c.event, kind is Kind.REGION
        codes = region_codes.c.codes
        added = Packed(entries.c.id, _length(codes), codes) if is_of_regions else Packed(entries.c.id, entries.c.code)
        happened = (
            select(
                added.filter(event == EntryEvent.ADDED, standing).label("added"),
                Packed(entries.c.id).filter(event == EntryEvent.RETIRED).label("retired"),
                Packed(entries.c.id).filter(event == EntryEvent.ERASED).label("erased"),
            )
            .join_from(changes, entries)
            .where(changes.c.seq > after, changes.c.seq <= after + limit, entries.c.kind == kind)
        )
        if is_of_regions:  # the codes of erased ones are no longer there
            happened = happened.outerjoin(region_codes, region_codes.c.entry_id == entries.c.id)
        row = self._connection.execute(happened).one()
        return IndexDelta(
            seq=max(after, min(after + limit, self.last_seq())),
            added=unpacked_regions(row.added, self._sealer.opened) if is_of_regions else unpacked(kind, row.added),
            retired=unpacked_ids(row.retired),
            erased=unpacked_ids(row.erased),
        )

    def case_entries(self, number: CaseNumber) -> tuple[tuple[int, Entry], ...]:
        claimed = self._connection.execute(
            select(provenances.c.item, provenances.c.entry_id)
            .where(of_source(Source(kind=SourceKind.CASE, ref=str(number))), provenances.c.item.is_not(None))
            .order_by(provenances.c.item, provenances.c.entry_id)
        ).all()
        held = {entry.id: entry for entry in self.entries([row.entry_id for row in claimed])}
        return tuple((row.item, held[row.entry_id]) for row in claimed)

    def _by_kind(self, fingerprints: Sequence[Fingerprint]) -> Iterator[tuple[Kind, list[bytes]]]:
        """Each kind with its distinct identities."""
        for kind in Kind:
            codes = dict.fromkeys(self._sealer.identity_of(f) for f in fingerprints if f.kind is kind)
            if codes:
                yield kind, list(codes)

    def _standing_with(self, kind: Kind, codes: Sequence[bytes]) -> FromClause:
        """Entries that are not retired, of this kind, with one of these codes."""
        return select(entries).where(standing, entries.c.kind == kind, entries.c.code.in_(codes)).subquery()

    def _whole(self, rows: Sequence[Row[tuple[object, ...]]]) -> tuple[Entry, ...]:
        """Entries with their provenances, in the order of ``rows``."""
        found = (
            row
            for some in chunks(sorted(row.id for row in rows))
            for row in self._connection.execute(
                select(provenances)
                .where(provenances.c.entry_id.in_(some))
                .order_by(provenances.c.entry_id, provenances.c.id)
            )
        )
        claims = {i: tuple(map(_provenance, claimed)) for i, claimed in groupby(found, key=lambda row: row.entry_id)}
        codes = self._region_codes([row.id for row in rows if row.kind == Kind.REGION and row.code is not None])
        codes |= frames_of(
            self._connection, [row.id for row in rows if row.kind == Kind.FRAME and row.code is not None]
        )
        return tuple(
            Entry(
                id=row.id,
                bank=row.bank,
                fingerprint=None
                if row.code is None
                else Fingerprint(kind=Kind(row.kind), code=codes.get(row.id, row.code), quality=row.quality),
                state=EntryState(row.state),
                provenances=claims[row.id],
            )
            for row in rows
        )

    def _region_codes(self, ids: Sequence[int]) -> dict[int, bytes]:
        """All codes of each of these entries."""
        return {
            entry_id: self._sealer.opened(entry_id, sealed)
            for some in chunks(sorted(ids))
            for entry_id, sealed in self._connection.execute(
                select(region_codes).where(region_codes.c.entry_id.in_(some))
            )
        }


_ENTRIES = select(entries, banks.c.name.label("bank")).join_from(entries, banks).order_by(entries.c.id)


def _length(sealed: ColumnElement[bytes]) -> ColumnElement[int]:
    return func.length(sealed, type_=Integer)


def _provenance(row: Row[tuple[object, ...]]) -> Provenance:
    return Provenance(
        source=Source(kind=SourceKind(row.source_kind), ref=row.source_ref, item=row.item),
        since=row.since,
        confirmed=None if row.confirmed_at is None else Confirmation(by=row.confirmed_by, at=row.confirmed_at),
        ended=None if row.ended_at is None else Ending(at=row.ended_at, reason=row.ended_reason),
    )
