"""What can be asked of a state in memory."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import numpy as np

from unseen.act.records import Decision, DecisionKind, Sighting
from unseen.bank.records import Bank, Change, Entry, EntryEvent, EntryState, Provenance, SourceKind
from unseen.base import NotFound
from unseen.case.contact import Contact, RecoveryLink
from unseen.case.records import Case, CaseNumber, Note
from unseen.desk.jobs import UNDER_WAY, Job
from unseen.desk.ports import CodeRows, ConfirmedMatch, IndexDelta, ItemClaim, Tally
from unseen.desk.tokens import Token
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.store.columns import code_rows, frame_rows, region_rows


@dataclass(slots=True, kw_only=True)
class State:
    """Everything the store holds at one moment.  Its records never change, so a shallow copy is a whole one."""

    lineage: bytes
    banks: dict[str, Bank] = field(default_factory=dict)
    entries: dict[int, Entry] = field(default_factory=dict)
    standing: dict[tuple[str, Kind, bytes], int] = field(default_factory=dict)  #: ids of entries that are not retired
    retired_at: dict[int, datetime] = field(default_factory=dict)
    kinds: dict[int, Kind] = field(default_factory=dict)  #: outlives the fingerprint
    changes: list[Change] = field(default_factory=list)
    cases: dict[CaseNumber, Case] = field(default_factory=dict)
    sightings: dict[str, Sighting] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    notes: list[tuple[CaseNumber, Note]] = field(default_factory=list)
    contacts: dict[CaseNumber, Contact] = field(default_factory=dict)
    links: dict[CaseNumber, RecoveryLink] = field(default_factory=dict)
    answers: dict[bytes, tuple[datetime, bytes]] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)

    def copy(self) -> Self:
        """A state that can go its own way."""
        return type(self)(
            lineage=self.lineage,
            banks=self.banks.copy(),
            entries=self.entries.copy(),
            standing=self.standing.copy(),
            retired_at=self.retired_at.copy(),
            kinds=self.kinds.copy(),
            changes=self.changes.copy(),
            cases=self.cases.copy(),
            sightings=self.sightings.copy(),
            decisions=self.decisions.copy(),
            notes=self.notes.copy(),
            contacts=self.contacts.copy(),
            links=self.links.copy(),
            answers=self.answers.copy(),
            tokens=self.tokens.copy(),
            jobs=self.jobs.copy(),
        )


class MemoryReader:
    """A view of one state, which nobody changes while the view is open."""

    def __init__(self, state: State) -> None:
        self._state = state

    def last_seq(self) -> int:
        return len(self._state.changes)

    def lineage(self) -> bytes:
        return self._state.lineage

    def banks(self) -> tuple[Bank, ...]:
        return tuple(bank for _, bank in sorted(self._state.banks.items()))

    def bank(self, name: str) -> Bank:
        try:
            return self._state.banks[name]
        except KeyError:
            raise NotFound(f"There is no bank {name}.") from None

    def tallies(self) -> tuple[Tally, ...]:
        counts = Counter((entry.bank, entry.state) for entry in self._state.entries.values())
        return tuple(Tally(bank=bank, state=state, entries=n) for (bank, state), n in sorted(counts.items()))

    def entries(self, ids: Sequence[int]) -> tuple[Entry, ...]:
        return tuple(self._state.entries[i] for i in sorted(set(ids)) if i in self._state.entries)

    def list_entries(
        self, bank: str, *, after_id: int, limit: int, state: EntryState | None = None
    ) -> tuple[Entry, ...]:
        self.bank(bank)
        listed = [
            entry
            for entry in self._state.entries.values()
            if entry.bank == bank and entry.id > after_id and state in (None, entry.state)
        ]
        return tuple(listed[:limit])

    def standing_regions(self, bank: str) -> int:
        self.bank(bank)
        return sum(of_bank == bank and kind is Kind.REGION for of_bank, kind, _ in self._state.standing)

    def same_code(self, fingerprints: Sequence[Fingerprint]) -> tuple[Entry, ...]:
        keys = ((bank, f.kind, f.code) for bank in self._state.banks for f in fingerprints)
        return self.entries([self._state.standing[key] for key in keys if key in self._state.standing])

    def changes(self, *, after: int, limit: int) -> tuple[Change, ...]:
        return tuple(self._state.changes[after : after + limit])

    def code_rows(self, kind: Kind, *, rows: int) -> Iterator[CodeRows]:
        standing = sorted((i, code) for (_, of_kind, code), i in self._state.standing.items() if of_kind is kind)
        at_once = max(rows // kind.most_codes, 1)
        for start in range(0, len(standing), at_once):
            yield _rows(kind, standing[start : start + at_once])

    def index_delta(self, kind: Kind, *, after: int, limit: int) -> IndexDelta:
        happened = [c for c in self.changes(after=after, limit=limit) if self._state.kinds[c.entry_id] is kind]
        ids = {
            event: sorted(c.entry_id for c in happened if c.event is event)
            for event in (EntryEvent.ADDED, EntryEvent.RETIRED, EntryEvent.ERASED)
        }
        added = [
            (entry.id, entry.fingerprint.code)
            for entry in self.entries(ids[EntryEvent.ADDED])
            if entry.state is not EntryState.RETIRED and entry.fingerprint is not None
        ]
        return IndexDelta(
            seq=max(after, min(after + limit, self.last_seq())),
            added=_rows(kind, added),
            retired=np.array(ids[EntryEvent.RETIRED], dtype=np.int64),
            erased=np.array(ids[EntryEvent.ERASED], dtype=np.int64),
        )

    def find_case(self, number: CaseNumber) -> Case | None:
        return self._state.cases.get(number)

    def case_entries(self, number: CaseNumber) -> tuple[tuple[int, Entry], ...]:
        claimed = [
            (p.source.item, entry.id)
            for entry in self._state.entries.values()
            for p in entry.provenances
            if p.is_live and (p.source.kind, p.source.ref) == (SourceKind.CASE, str(number))
            if p.source.item is not None
        ]
        return tuple((item, self._state.entries[i]) for item, i in sorted(claimed))

    def case_claims(self, number: CaseNumber) -> tuple[ItemClaim, ...]:
        of_item: dict[int, list[Provenance]] = {}
        for item, _, claim in self._claims(number):
            of_item.setdefault(item, []).append(claim)
        return tuple(
            ItemClaim(
                item=item,
                since=min(claim.since for claim in claims),
                ended_at=None
                if any(claim.is_live for claim in claims)
                else max(claim.ended.at for claim in claims if claim.ended),
            )
            for item, claims in sorted(of_item.items())
        )

    def case_matches(self, number: CaseNumber) -> tuple[ConfirmedMatch, ...]:
        newest = {decision.hit_id: decision for decision in self._state.decisions}
        found = {
            (hit.seen_at, hit.hit_id, item): ConfirmedMatch(
                item=item, platform=hit.platform, seen_at=hit.seen_at, confirmed_at=newest[hit.hit_id].at
            )
            for item, entry_id, claim in self._claims(number)
            for hit in self._state.sightings.values()
            if hit.entry_id == entry_id
            and claim.since <= hit.seen_at
            and (claim.ended is None or hit.seen_at < claim.ended.at)
            and hit.hit_id in newest
            and newest[hit.hit_id].kind is DecisionKind.CONFIRMED
        }
        return tuple(match for _, match in sorted(found.items(), key=lambda each: each[0]))

    def _claims(self, number: CaseNumber) -> Iterator[tuple[int, int, Provenance]]:
        """(item, entry id, claim) of everything this case ever claimed."""
        for entry in self._state.entries.values():
            for claim in entry.provenances:
                source = claim.source
                if (source.kind, source.ref) == (SourceKind.CASE, str(number)) and source.item is not None:
                    yield source.item, entry.id, claim

    def case_notes(self, number: CaseNumber) -> tuple[Note, ...]:
        return tuple(sorted((note for of, note in self._state.notes if of == number), key=lambda note: note.at))

    def find_contact(self, number: CaseNumber) -> Contact | None:
        return self._state.contacts.get(number)

    def find_link(self, number: CaseNumber) -> RecoveryLink | None:
        return self._state.links.get(number)

    def unsent_links(self) -> tuple[RecoveryLink, ...]:
        unsent = [each for each in self._state.links.values() if each.sent_at is None and each.stopped_at is None]
        return tuple(sorted(unsent, key=lambda each: (each.asked_at, str(each.number))))

    def find_answer(self, digest: bytes, *, kept_after: datetime) -> bytes | None:
        kept_at, sealed = self._state.answers.get(digest, (None, None))
        return sealed if kept_at is not None and kept_at > kept_after else None

    def sighting(self, hit_id: str) -> Sighting:
        try:
            return self._state.sightings[hit_id]
        except KeyError:
            raise NotFound("There is no such hit.") from None

    def decisions(self, hit_id: str) -> tuple[Decision, ...]:
        return tuple(d for d in self._state.decisions if d.hit_id == hit_id)

    def token(self, digest: bytes) -> Token | None:
        return next((t for t in self._state.tokens.values() if t.digest == digest), None)

    def tokens(self) -> tuple[Token, ...]:
        return tuple(token for _, token in sorted(self._state.tokens.items()))

    def find_job(self, job_id: str) -> Job | None:
        return self._state.jobs.get(job_id)

    def jobs_under_way(self, owner: str, *, seen_after: datetime) -> int:
        return sum(
            job.owner == owner and job.state in UNDER_WAY and not job.is_unwanted and job.seen_at > seen_after
            for job in self._state.jobs.values()
        )


def _rows(kind: Kind, rows: Sequence[tuple[int, bytes]]) -> CodeRows:
    if kind is Kind.FRAME:
        return frame_rows(rows)
    return region_rows(rows) if kind is Kind.REGION else code_rows(kind, rows)
