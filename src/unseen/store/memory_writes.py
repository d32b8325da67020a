"""What can be done to a state in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from unseen.act.records import Decision, Sighting
from unseen.bank.lifecycle import next_state
from unseen.bank.records import (
    Bank,
    Change,
    Confirmation,
    Ending,
    Entry,
    EntryEvent,
    Provenance,
    Source,
)
from unseen.base import Conflict, NotFound
from unseen.case.contact import Contact, RecoveryLink
from unseen.case.records import Case, CaseNumber, Note
from unseen.desk.jobs import UNDER_WAY, Job, JobState
from unseen.desk.ports import ERASED_AT_ONCE
from unseen.desk.tokens import Token
from unseen.fingerprint.records import Fingerprint
from unseen.store.memory_reads import MemoryReader


class MemoryTransaction(MemoryReader):
    """Works on a state that nobody else sees yet."""

    def put_bank(self, bank: Bank) -> None:
        held = self._state.banks.get(bank.name)
        if held is not None and held.purpose is not bank.purpose:
            raise Conflict(f"Bank {bank.name} is there to {held.purpose}; make another bank for another purpose.")
        self._state.banks[bank.name] = bank

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
        self.bank(bank)
        vouched = None if confirmed_by is None else Confirmation(by=confirmed_by, at=at)
        claim = Provenance(source=source, since=at)
        ids = []
        for fingerprint in fingerprints:
            entry_id = self._state.standing.get((bank, fingerprint.kind, fingerprint.code))
            if entry_id is None:
                entry_id = self._add(bank, fingerprint, claim)
                self._record(entry_id, EntryEvent.ADDED, actor, reason, at)
            entry = self._state.entries[entry_id]
            held = next((p for p in entry.provenances if p.is_live and p.source == source), None)
            if held is None:
                held = claim
                self._put(replace(entry, provenances=(*entry.provenances, claim)))
                self._happen(entry_id, EntryEvent.JOINED, actor, reason, at)
            if vouched is not None and held.confirmed is None:
                self._vouch(entry_id, vouched, only=source)
                self._happen(entry_id, EntryEvent.CONFIRMED, actor, reason, at)
            ids.append(entry_id)
        return tuple(ids)

    def end_claims(self, source: Source, *, actor: str, reason: str, at: datetime) -> None:
        for entry in list(self._state.entries.values()):
            ended = [p for p in entry.provenances if p.is_live and _covers(source, p.source)]
            self._end(entry.id, ended, reason, at)
            for _ in ended:
                self._happen(entry.id, EntryEvent.LEFT, actor, reason, at)
            if ended and not any(p.is_live for p in self._state.entries[entry.id].provenances):
                self._happen(entry.id, EntryEvent.RETIRED, actor, reason, at)

    def confirm(self, ids: Sequence[int], *, by: str, reason: str, at: datetime) -> None:
        for entry in self._able(ids, EntryEvent.CONFIRMED):
            self._vouch(entry.id, Confirmation(by=by, at=at))
            self._happen(entry.id, EntryEvent.CONFIRMED, by, reason, at)

    def dispute(self, ids: Sequence[int], *, actor: str, reason: str, at: datetime) -> None:
        for entry in self._able(ids, EntryEvent.DISPUTED):
            self._happen(entry.id, EntryEvent.DISPUTED, actor, reason, at)

    def retire(self, ids: Sequence[int], *, actor: str, reason: str, at: datetime) -> None:
        for entry in self._able(ids, EntryEvent.RETIRED):
            self._end(entry.id, entry.provenances, reason, at)
            self._happen(entry.id, EntryEvent.RETIRED, actor, reason, at)

    def erase(
        self, *, retired_before: datetime, actor: str, reason: str, at: datetime, most: int = ERASED_AT_ONCE
    ) -> int:
        due = sorted((since, i) for i, since in self._state.retired_at.items() if since < retired_before)
        oldest = sorted(i for _, i in due[:most])
        for i in oldest:
            self._put(replace(self._state.entries[i], fingerprint=None))
            self._happen(i, EntryEvent.ERASED, actor, reason, at)
            del self._state.retired_at[i]
        return len(oldest)

    def put_case(self, case: Case) -> None:
        self._state.cases[case.number] = case

    def put_note(self, number: CaseNumber, note: Note) -> None:
        self._state.notes.append((number, note))

    def put_contact(self, number: CaseNumber, contact: Contact) -> None:
        self._state.contacts[number] = contact

    def drop_contact(self, number: CaseNumber) -> None:
        self._state.contacts.pop(number, None)

    def put_link(self, link: RecoveryLink) -> None:
        self._state.links[link.number] = link

    def drop_link(self, number: CaseNumber) -> None:
        self._state.links.pop(number, None)

    def drop_links(self, *, asked_before: datetime) -> None:
        self._state.links = {n: each for n, each in self._state.links.items() if each.asked_at >= asked_before}

    def keep_answer(self, digest: bytes, sealed: bytes, *, at: datetime) -> None:
        self._state.answers[digest] = (at, sealed)

    def drop_answers(self, *, kept_before: datetime) -> None:
        self._state.answers = {d: kept for d, kept in self._state.answers.items() if kept[0] >= kept_before}

    def put_sightings(self, sightings: Sequence[Sighting]) -> None:
        for sighting in sightings:
            if sighting.hit_id in self._state.sightings:
                raise Conflict("A hit of this id was already kept.")
            self._state.sightings[sighting.hit_id] = sighting

    def put_decision(self, decision: Decision) -> None:
        self.sighting(decision.hit_id)
        self._state.decisions.append(decision)

    def put_token(self, token: Token) -> None:
        if token.name in self._state.tokens:
            raise Conflict(f"A token named {token.name} is in force.", hint="Revoke it first, or take another name.")
        self._state.tokens[token.name] = token

    def revoke_token(self, name: str, *, at: datetime) -> None:
        try:
            del self._state.tokens[name]
        except KeyError:
            raise NotFound(f"No token named {name} is in force.") from None

    def put_job(self, job: Job) -> None:
        self._state.jobs[job.id] = job

    def advance_job(self, job_id: str, *, state: JobState, done: float, at: datetime) -> bool:
        job = self._state.jobs.get(job_id)
        if job is None or job.is_unwanted or job.state not in UNDER_WAY:
            return False
        self._state.jobs[job_id] = replace(job, state=state, done=done, seen_at=at)
        return True

    def end_job(self, job_id: str, *, state: JobState, answer: str | None, at: datetime) -> None:
        job = self._state.jobs.get(job_id)
        if job is not None and job.state in UNDER_WAY:
            self._state.jobs[job_id] = replace(job, state=state, answer=answer, done=1.0, seen_at=at)

    def unwant_job(self, job_id: str) -> None:
        if job_id in self._state.jobs:
            self._state.jobs[job_id] = replace(self._state.jobs[job_id], is_unwanted=True)

    def drop_job(self, job_id: str) -> None:
        self._state.jobs.pop(job_id, None)

    def forget_jobs(self, *, before: datetime) -> None:
        for job_id in [job.id for job in self._state.jobs.values() if job.seen_at < before]:
            del self._state.jobs[job_id]

    def _add(self, bank: str, fingerprint: Fingerprint, claim: Provenance) -> int:
        entry_id = len(self._state.entries) + 1  # entries are never removed, so no id comes twice
        self._state.kinds[entry_id] = fingerprint.kind
        self._state.standing[bank, fingerprint.kind, fingerprint.code] = entry_id
        state = next_state(None, EntryEvent.ADDED)
        self._put(Entry(id=entry_id, bank=bank, fingerprint=fingerprint, state=state, provenances=(claim,)))
        return entry_id

    def _put(self, entry: Entry) -> None:
        self._state.entries[entry.id] = entry

    def _able(self, ids: Sequence[int], event: EntryEvent) -> tuple[Entry, ...]:
        """These entries, once it is sure that ``event`` may happen to each of them."""
        entries = self.entries(ids)
        if len(entries) < len(set(ids)):
            raise NotFound("There is no such entry.")
        for entry in entries:
            next_state(entry.state, event)
        return entries

    def _vouch(self, entry_id: int, vouched: Confirmation, *, only: Source | None = None) -> None:
        """The first voucher of a claim stays."""
        entry = self._state.entries[entry_id]
        provenances = tuple(
            replace(p, confirmed=vouched) if p.is_live and p.confirmed is None and only in (None, p.source) else p
            for p in entry.provenances
        )
        self._put(replace(entry, provenances=provenances))

    def _end(self, entry_id: int, claims: Iterable[Provenance], reason: str, at: datetime) -> None:
        entry = self._state.entries[entry_id]
        ending = Ending(at=at, reason=reason)
        provenances = tuple(replace(p, ended=ending) if p.is_live and p in claims else p for p in entry.provenances)
        self._put(replace(entry, provenances=provenances))

    def _record(self, entry_id: int, event: EntryEvent, actor: str, reason: str, at: datetime) -> None:
        seq = len(self._state.changes) + 1
        self._state.changes.append(Change(seq=seq, entry_id=entry_id, event=event, actor=actor, reason=reason, at=at))

    def _happen(self, entry_id: int, event: EntryEvent, actor: str, reason: str, at: datetime) -> None:
        entry = self._state.entries[entry_id]
        self._put(replace(entry, state=next_state(entry.state, event)))
        self._record(entry_id, event, actor, reason, at)
        if event is EntryEvent.RETIRED and entry.fingerprint is not None:
            del self._state.standing[entry.bank, entry.fingerprint.kind, entry.fingerprint.code]
            self._state.retired_at[entry_id] = at


def _covers(asked: Source, held: Source) -> bool:
    return (asked.kind, asked.ref) == (held.kind, held.ref) and asked.item in (None, held.item)
