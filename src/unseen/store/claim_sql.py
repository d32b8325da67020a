"""Claims and what they do to entries, in SQL: protect, end, confirm, dispute, retire, erase."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Table, bindparam, delete, insert, select, update

from unseen.bank.lifecycle import next_state
from unseen.bank.records import EntryEvent, EntryState, Source
from unseen.base import NotFound
from unseen.desk.ports import ERASED_AT_ONCE
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.store.bank_sql import BankWrites
from unseen.store.chunks import chunks
from unseen.store.entry_sql import EntryReads, live, of_source, standing
from unseen.store.tables import changes, entries, frame_codes, ledger, provenances, region_codes

_Key = tuple[Kind, bytes]  # a fingerprint's kind and identity
_Step = tuple[int, EntryEvent]
_Standing = tuple[int, EntryState]  # an entry's bank and state


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """What every change of one call shares."""

    actor: str
    reason: str
    at: datetime


class ClaimWrites(BankWrites, EntryReads):
    """What can be done to entries.

    Each method works out its steps, asks ``next_state`` where they lead, and then writes all of it in bulk.
    """

    def protect(
        self,
        bank: str,
        fingerprints: Sequence[Fingerprint],
        *,
        source: Source,
        confirmed_by: str | None,
        actor: str,
        reason: str,
        at: datetime,
    ) -> tuple[int, ...]:
        bank_id = int(self._bank_row(bank).id)
        asked: dict[_Key, Fingerprint] = {}
        for fingerprint in fingerprints:
            asked.setdefault(self._key(fingerprint), fingerprint)
        ids, states = self._standing(bank_id, fingerprints)
        held = self._held(source, list(states))
        new = [key for key in asked if key not in ids]
        ids |= zip(new, self._next(ledger.c.last_entry_id, len(new)), strict=True)

        steps: list[_Step] = []
        for entry_id in map(ids.__getitem__, asked):
            if entry_id not in held:
                steps.append((entry_id, EntryEvent.JOINED if entry_id in states else EntryEvent.ADDED))
            if confirmed_by is not None and not held.get(entry_id, False):
                steps.append((entry_id, EntryEvent.CONFIRMED))
        moved = _moved(states, steps)

        self._insert_entries(bank_id, [(ids[key], asked[key], moved[ids[key]]) for key in new])
        self._recount(Counter((bank_id, moved[ids[key]]) for key in new))
        self._insert_claims([i for i in moved if i not in held], source, at)
        if confirmed_by is not None:
            self._vouch(list(moved), by=confirmed_by, at=at, only=source)
        self._move({i: (bank_id, state) for i, state in states.items()}, moved, at)
        self._record(steps, Because(actor=actor, reason=reason, at=at))
        return tuple(ids[self._key(f)] for f in fingerprints)

    def end_claims(self, source: Source, *, actor: str, reason: str, at: datetime) -> None:
        rows = self._connection.execute(
            select(entries.c.id, entries.c.bank_id, entries.c.state)
            .join_from(provenances, entries)
            .where(of_source(source))
            .order_by(entries.c.id)
        ).all()
        stood = {row.id: (row.bank_id, EntryState(row.state)) for row in rows}
        self._connection.execute(update(provenances).where(of_source(source)).values(ended_at=at, ended_reason=reason))
        claimed = self._claimed(list(stood))
        steps: list[_Step] = []
        for entry_id, count in Counter(row.id for row in rows).items():
            steps += [(entry_id, EntryEvent.LEFT)] * count
            if entry_id not in claimed:
                steps.append((entry_id, EntryEvent.RETIRED))
        self._move(stood, _moved(_states(stood), steps), at)
        self._record(steps, Because(actor=actor, reason=reason, at=at))

    def confirm(self, ids: Sequence[int], *, by: str, reason: str, at: datetime) -> None:
        steps = self._judge(ids, EntryEvent.CONFIRMED, at)
        self._vouch([i for i, _ in steps], by=by, at=at)
        self._record(steps, Because(actor=by, reason=reason, at=at))

    def dispute(self, ids: Sequence[int], *, actor: str, reason: str, at: datetime) -> None:
        steps = self._judge(ids, EntryEvent.DISPUTED, at)
        self._record(steps, Because(actor=actor, reason=reason, at=at))

    def retire(self, ids: Sequence[int], *, actor: str, reason: str, at: datetime) -> None:
        steps = self._judge(ids, EntryEvent.RETIRED, at)
        for some in chunks([i for i, _ in steps]):
            self._connection.execute(
                update(provenances)
                .where(live, provenances.c.entry_id.in_(some))
                .values(ended_at=at, ended_reason=reason)
            )
        self._record(steps, Because(actor=actor, reason=reason, at=at))

    def erase(
        self, *, retired_before: datetime, actor: str, reason: str, at: datetime, most: int = ERASED_AT_ONCE
    ) -> int:
        due = (entries.c.retired_at < retired_before) & entries.c.code.is_not(None)
        oldest = select(entries.c.id, entries.c.state).where(due).order_by(entries.c.retired_at, entries.c.id)
        rows = self._connection.execute(oldest.limit(most)).all()
        states = {row.id: EntryState(row.state) for row in sorted(rows, key=lambda row: row.id)}
        self._erase(states, Because(actor=actor, reason=reason, at=at))
        return len(states)

    def give_up_regions(self, because: Because) -> int:
        """Retire and erase every region entry: nobody can open them any more; returns how many matched until now."""
        of_regions = select(entries.c.id, entries.c.state).where(entries.c.kind == Kind.REGION)
        standing_ids = self._connection.scalars(of_regions.where(standing).order_by(entries.c.id)).all()
        self.retire(standing_ids, actor=because.actor, reason=because.reason, at=because.at)
        held = self._connection.execute(of_regions.where(entries.c.code.is_not(None)).order_by(entries.c.id)).all()
        self._erase({row.id: EntryState(row.state) for row in held}, because)
        return len(standing_ids)

    def _erase(self, states: Mapping[int, EntryState], because: Because) -> None:
        """Erase the codes of these entries, by id with their states.  Raises: Conflict (one is not retired)."""
        steps = [(i, EntryEvent.ERASED) for i in states]
        _moved(states, steps)
        for some in chunks(list(states)):
            self._connection.execute(update(entries).where(entries.c.id.in_(some)).values(code=None, quality=None))
            self._connection.execute(delete(region_codes).where(region_codes.c.entry_id.in_(some)))
            self._connection.execute(delete(frame_codes).where(frame_codes.c.entry_id.in_(some)))
        self._record(steps, because)
        if steps:
            self._connection.execute(update(ledger).values(erased_seq=ledger.c.last_seq))

    def _key(self, fingerprint: Fingerprint) -> _Key:
        return fingerprint.kind, self._sealer.identity_of(fingerprint)

    def _standing(
        self, bank_id: int, fingerprints: Sequence[Fingerprint]
    ) -> tuple[dict[_Key, int], dict[int, EntryState]]:
        """Which of these the bank already has: their ids, and the state of each id."""
        ids: dict[_Key, int] = {}
        states: dict[int, EntryState] = {}
        for kind, codes in self._by_kind(fingerprints):
            for some in chunks(codes):
                held = self._standing_with(kind, some)
                found = select(held.c.id, held.c.code, held.c.state).where(held.c.bank_id == bank_id)
                for entry_id, code, state in self._connection.execute(found):
                    ids[kind, code] = entry_id
                    states[entry_id] = EntryState(state)
        return ids, states

    def _stand(self, ids: Sequence[int]) -> dict[int, _Standing]:
        """Where each of these entries stands.  Raises: NotFound."""
        wanted = sorted(set(ids))
        columns = select(entries.c.id, entries.c.bank_id, entries.c.state)
        stood = {
            entry_id: (bank_id, EntryState(state))
            for some in chunks(wanted)
            for entry_id, bank_id, state in self._connection.execute(columns.where(entries.c.id.in_(some)))
        }
        if len(stood) < len(wanted):
            raise NotFound("There is no such entry.")
        return {i: stood[i] for i in wanted}

    def _held(self, source: Source, ids: Sequence[int]) -> dict[int, bool]:
        """Which entries this very source and item already claims, and whether that claim is vouched for."""
        claims = select(provenances.c.entry_id, provenances.c.confirmed_at).where(_exactly(source))
        return {
            entry_id: confirmed_at is not None
            for some in chunks(ids)
            for entry_id, confirmed_at in self._connection.execute(claims.where(provenances.c.entry_id.in_(some)))
        }

    def _claimed(self, ids: Sequence[int]) -> set[int]:
        """Which entries anyone claims."""
        return {
            entry_id
            for some in chunks(ids)
            for entry_id in self._connection.scalars(
                select(provenances.c.entry_id).where(live, provenances.c.entry_id.in_(some))
            )
        }

    def _insert_entries(self, bank_id: int, rows: Iterable[tuple[int, Fingerprint, EntryState]]) -> None:
        fresh = list(rows)
        codes = (self._sealer.identity_of(f) for _, f, _ in fresh)
        new = [
            {"id": i, "bank_id": bank_id, "kind": f.kind, "code": code, "quality": f.quality, "state": state}
            for (i, f, state), code in zip(fresh, codes, strict=True)
        ]
        self._insert(entries, new)
        regions = [(i, f.code) for i, f, _ in fresh if f.kind is Kind.REGION]
        self._insert(region_codes, [{"entry_id": i, "codes": self._sealer.sealed(i, code)} for i, code in regions])
        self._insert(frame_codes, [{"entry_id": i, "frames": f.code} for i, f, _ in fresh if f.kind is Kind.FRAME])

    def _insert_claims(self, ids: Iterable[int], source: Source, at: datetime) -> None:
        new = [
            {"entry_id": i, "source_kind": source.kind, "source_ref": source.ref, "item": source.item, "since": at}
            for i in ids
        ]
        self._insert(provenances, new)

    def _insert(self, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
        if rows:
            self._connection.execute(insert(table), rows)

    def _vouch(self, ids: Sequence[int], *, by: str, at: datetime, only: Source | None = None) -> None:
        """Confirm live claims on these entries; the first voucher of a claim stays."""
        open_claims = (live if only is None else _exactly(only)) & provenances.c.confirmed_at.is_(None)
        for some in chunks(ids):
            self._connection.execute(
                update(provenances)
                .where(open_claims, provenances.c.entry_id.in_(some))
                .values(confirmed_by=by, confirmed_at=at)
            )

    def _judge(self, ids: Sequence[int], event: EntryEvent, at: datetime) -> list[_Step]:
        """Let ``event`` happen to each of these entries, or to none.  Raises: NotFound, Conflict."""
        stood = self._stand(ids)
        steps = [(i, event) for i in stood]
        self._move(stood, _moved(_states(stood), steps), at)
        return steps

    def _move(self, stood: Mapping[int, _Standing], moved: Mapping[int, EntryState], at: datetime) -> None:
        """Bring the entries that ``stood`` somewhere to where they ``moved``, and count them there."""
        self._update_states({i: moved[i] for i in stood if i in moved}, at)
        changed: Counter[_Standing] = Counter()
        for i, (bank_id, state) in stood.items():
            changed[bank_id, EntryState.RETIRED] += 0  # the same rows are written whether or not one is retired
            changed[bank_id, state] -= 1
            changed[bank_id, moved.get(i, state)] += 1
        self._recount(changed)

    def _update_states(self, moved: Mapping[int, EntryState], at: datetime) -> None:
        """Write where entries came to; one that stays where it is costs the same as one that is retired."""
        rows = [
            {"entry": i, "to": state, "since": at if state is EntryState.RETIRED else None}
            for i, state in moved.items()
        ]
        if rows:
            self._connection.execute(
                update(entries)
                .where(entries.c.id == bindparam("entry"))
                .values(state=bindparam("to"), retired_at=bindparam("since")),
                rows,
            )

    def _record(self, steps: Sequence[_Step], because: Because) -> None:
        numbers = self._next(ledger.c.last_seq, len(steps))
        rows = [
            {
                "seq": seq,
                "entry_id": entry_id,
                "event": event,
                "actor": because.actor,
                "reason": because.reason,
                "at": because.at,
            }
            for seq, (entry_id, event) in zip(numbers, steps, strict=True)
        ]
        self._insert(changes, rows)


def _exactly(source: Source) -> ColumnElement[bool]:
    """Live provenances of this very source and item."""
    return of_source(source) & provenances.c.item.is_not_distinct_from(source.item)


def _states(stood: Mapping[int, _Standing]) -> dict[int, EntryState]:
    return {i: state for i, (_, state) in stood.items()}


def _moved(states: Mapping[int, EntryState], steps: Iterable[_Step]) -> dict[int, EntryState]:
    """Where each entry comes to after its steps.  Raises: Conflict."""
    moved: dict[int, EntryState] = {}
    for entry_id, event in steps:
        moved[entry_id] = next_state(moved.get(entry_id, states.get(entry_id)), event)
    return moved
