"""What the use cases need from outside.  Adapters in ``unseen.store`` satisfy these; tests hold them to one suite."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from unseen.act.records import Decision, Sighting
from unseen.bank.records import Bank, Change, Entry, EntryState, Source
from unseen.case.contact import Contact, RecoveryLink
from unseen.case.records import Case, CaseNumber, Note
from unseen.desk.tokens import Token
from unseen.fingerprint.records import Fingerprint, Kind

if TYPE_CHECKING:  # it is made of this
    from unseen.desk.jobs import Job, JobState

ERASED_AT_ONCE: Final = 10_000  #: codes; a transaction of them keeps other writers waiting for half a second
REGION_BITS: Final = 7  #: region codes have ids of their own: the entry's, shifted by so many bits, plus a number
FRAME_BITS: Final = 12  #: frames too: the entry's id, shifted by so many bits, plus the frame's place


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CodeRows:
    """Codes of entries, as columns, ids ascending.  An entry of regions or frames has a row for each of its codes."""

    #: (n,) entry ids; for regions: entry id << REGION_BITS | the code's place among its codes; for frames the same
    #: with FRAME_BITS
    ids: NDArray[np.int64]
    codes: NDArray[np.uint8]  #: (n, 32), C-contiguous; (n, 16) for md5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IndexDelta:
    """What an index must apply to go from one seq to a later one."""

    seq: int  #: the seq that the index has reached after applying this
    added: CodeRows  #: entries added in between that still match
    retired: NDArray[np.int64]  #: (m,) ids of entries retired in between
    erased: NDArray[np.int64]  #: (k,) ids of entries whose code was erased in between


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many entries of one bank are in which state."""

    bank: str
    state: EntryState
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemClaim:
    """Since when one item of a case asks for protection, and until when it did."""

    item: int
    since: datetime  #: of its first claim
    ended_at: datetime | None  #: of its last claim; None while one is live


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedMatch:
    """A hit on what one item of a case protects, which a reviewer found to be right.  Never where exactly."""

    item: int
    platform: str
    seen_at: datetime
    confirmed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent to a contact, and says nothing to whoever looks over a shoulder."""

    subject: str
    text: str = field(repr=False)


class Mail(Protocol):
    """Sends letters; the node keeps none."""

    def send(self, address: str, letter: Letter) -> None:
        """Hand a letter to the mail server.  Raises: MailNotSent, never telling the address."""
        ...


class Reader(Protocol):
    """One consistent view of the store."""

    def last_seq(self) -> int:
        """The seq of the newest change; 0 when there is none."""
        ...

    def lineage(self) -> bytes:
        """16 bytes drawn when the store was made: a snapshot of another store is refused by them."""
        ...

    def banks(self) -> tuple[Bank, ...]:
        """All banks, by name."""
        ...

    def bank(self, name: str) -> Bank:
        """One bank.  Raises: NotFound."""
        ...

    def tallies(self) -> tuple[Tally, ...]:
        """Counts by bank and state, without zeros, by bank then state."""
        ...

    def entries(self, ids: Sequence[int]) -> tuple[Entry, ...]:
        """These entries, by id ascending; an id that does not exist is left out."""
        ...

    def list_entries(
        self, bank: str, *, after_id: int, limit: int, state: EntryState | None = None
    ) -> tuple[Entry, ...]:
        """Up to ``limit`` entries of a bank with an id above ``after_id``, by id.  Raises: NotFound (the bank)."""
        ...

    def standing_regions(self, bank: str) -> int:
        """How many entries of regions of a bank match today.  Raises: NotFound (the bank)."""
        ...

    def same_code(self, fingerprints: Sequence[Fingerprint]) -> tuple[Entry, ...]:
        """Entries of any bank, not retired, whose kind and code equal one of these, by id."""
        ...

    def changes(self, *, after: int, limit: int) -> tuple[Change, ...]:
        """Up to ``limit`` changes with a seq above ``after``, by seq."""
        ...

    def code_rows(self, kind: Kind, *, rows: int) -> Iterator[CodeRows]:
        """Every entry of a kind that matches today (not retired), ids ascending throughout.

        At most ``rows`` at a time; for regions and frames, the rows of at least one entry.
        """
        ...

    def index_delta(self, kind: Kind, *, after: int, limit: int) -> IndexDelta:
        """What up to ``limit`` changes after ``after`` mean for an index of this kind."""
        ...

    def find_case(self, number: CaseNumber) -> Case | None:
        """The case, or None."""
        ...

    def case_entries(self, number: CaseNumber) -> tuple[tuple[int, Entry], ...]:
        """(item number, entry) of every live claim of this case, by item then entry id."""
        ...

    def case_claims(self, number: CaseNumber) -> tuple[ItemClaim, ...]:
        """Every item that this case ever protected, by item."""
        ...

    def case_matches(self, number: CaseNumber) -> tuple[ConfirmedMatch, ...]:
        """Hits on entries while this case claimed them, whose newest decision is ``confirmed``; by time, then hit.

        A hit from before the claim began, or after it ended, is none of the case's.  One hit is named once for an item.
        """
        ...

    def case_notes(self, number: CaseNumber) -> tuple[Note, ...]:
        """What happened to the case as a whole, by time."""
        ...

    def find_contact(self, number: CaseNumber) -> Contact | None:
        """Where a link would be sent, or None."""
        ...

    def find_link(self, number: CaseNumber) -> RecoveryLink | None:
        """The link that was asked for, whatever became of it, or None."""
        ...

    def unsent_links(self) -> tuple[RecoveryLink, ...]:
        """Links that are neither sent nor stopped, by time."""
        ...

    def find_answer(self, digest: bytes, *, kept_after: datetime) -> bytes | None:
        """The sealed answer to the request of this digest, if it was kept after then."""
        ...

    def sighting(self, hit_id: str) -> Sighting:
        """What was seen.  Raises: NotFound."""
        ...

    def decisions(self, hit_id: str) -> tuple[Decision, ...]:
        """What was decided about a hit, oldest first."""
        ...

    def token(self, digest: bytes) -> Token | None:
        """The token with this digest that is not revoked, or None."""
        ...

    def tokens(self) -> tuple[Token, ...]:
        """All tokens that are not revoked, by name."""
        ...

    def find_job(self, job_id: str) -> "Job | None":
        """The job, or None."""
        ...

    def jobs_under_way(self, owner: str, *, seen_after: datetime) -> int:
        """How many of the owner's jobs are queued or running, wanted, and were seen after then."""
        ...


class Transaction(Reader, Protocol):
    """A reader that can also write; all of it happens or nothing, and what committed is durable."""

    def put_bank(self, bank: Bank) -> None:
        """Make the bank or change its settings.  Raises: Conflict when its purpose would change."""
        ...

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
        """Give ``source`` a claim on each fingerprint; returns the entry ids in the order given.

        One entry stands for one kind and code in a bank as long as it is not retired: a fingerprint already there
        gets another provenance (change ``joined``), unless this very source and item already has a live one, which
        changes nothing but can add the confirmation.  A new one becomes an entry (change ``added``).
        ``confirmed_by`` vouches for this claim (change ``confirmed`` follows).  Raises: NotFound (the bank).
        """
        ...

    def end_claims(self, source: Source, *, actor: str, reason: str, at: datetime) -> None:
        """End every live provenance of ``source`` (of all items where ``source.item`` is None).

        Each is a change ``left``; an entry left with no live provenance is retired in the same step (change
        ``retired``).  The same statements run whether or not another claim keeps the entry.
        """
        ...

    def confirm(self, ids: Sequence[int], *, by: str, reason: str, at: datetime) -> None:
        """Vouch for all live provenances of these entries; a disputed entry becomes active.

        Whoever vouched first for a provenance stays.  Raises: NotFound, Conflict (a retired entry); then no entry
        was touched.
        """
        ...

    def dispute(self, ids: Sequence[int], *, actor: str, reason: str, at: datetime) -> None:
        """Mark these entries as disputed.  Raises: NotFound, Conflict (a retired entry); then none was touched."""
        ...

    def retire(self, ids: Sequence[int], *, actor: str, reason: str, at: datetime) -> None:
        """End every live provenance of these entries and retire them: one change each, ``retired``.

        Raises: NotFound, Conflict (already retired); then no entry was touched.
        """
        ...

    def erase(
        self, *, retired_before: datetime, actor: str, reason: str, at: datetime, most: int = ERASED_AT_ONCE
    ) -> int:
        """Erase the codes of entries retired before then, ``most`` of them, the oldest; returns how many.

        Their ids and changes stay.
        """
        ...

    def put_case(self, case: Case) -> None:
        """Make or replace a case with its items."""
        ...

    def put_note(self, number: CaseNumber, note: Note) -> None:
        """Have the case's timeline tell something."""
        ...

    def put_contact(self, number: CaseNumber, contact: Contact) -> None:
        """Keep a case's contact, in place of an earlier one.  No database has it in clear."""
        ...

    def drop_contact(self, number: CaseNumber) -> None:
        """Forget a case's contact."""
        ...

    def put_link(self, link: RecoveryLink) -> None:
        """Make or replace the link of a case."""
        ...

    def drop_link(self, number: CaseNumber) -> None:
        """Forget the link of a case."""
        ...

    def drop_links(self, *, asked_before: datetime) -> None:
        """Forget links that were asked for before then."""
        ...

    def keep_answer(self, digest: bytes, sealed: bytes, *, at: datetime) -> None:
        """Keep the answer to a request, in place of an earlier one of this digest."""
        ...

    def drop_answers(self, *, kept_before: datetime) -> None:
        """Forget answers that were kept before then."""
        ...

    def put_sightings(self, sightings: Sequence[Sighting]) -> None:
        """Keep what was seen.  Raises: Conflict (a hit id that is already there)."""
        ...

    def put_decision(self, decision: Decision) -> None:
        """Keep what was decided.  Raises: NotFound (the hit)."""
        ...

    def put_token(self, token: Token) -> None:
        """Keep a token.  Raises: Conflict when a token of this name is in force."""
        ...

    def revoke_token(self, name: str, *, at: datetime) -> None:
        """End a token.  Raises: NotFound."""
        ...

    def put_job(self, job: "Job") -> None:
        """Keep a new job."""
        ...

    def advance_job(self, job_id: str, *, state: "JobState", done: float, at: datetime) -> bool:
        """Note how far a job is; False, and nothing is noted, where it has ended, is unwanted or gone."""
        ...

    def end_job(self, job_id: str, *, state: "JobState", answer: str | None, at: datetime) -> None:
        """Note how a job ended; of no effect where it has already."""
        ...

    def unwant_job(self, job_id: str) -> None:
        """Note that nobody wants a job's answer."""
        ...

    def drop_job(self, job_id: str) -> None:
        """Forget a job."""
        ...

    def forget_jobs(self, *, before: datetime) -> None:
        """Forget jobs that were last seen before then."""
        ...


class Store(Protocol):
    """Where everything durable is.  Thread-safe; many readers, one writer at a time.

    ``read`` and ``write`` raise StoreUnavailable where the store does not answer, ``write`` also StorageFull.
    """

    def read(self) -> AbstractContextManager[Reader]:
        """One consistent view."""
        ...

    def write(self) -> AbstractContextManager[Transaction]:
        """One transaction: committed and durable when the block ends, undone when it raises."""
        ...

    def stamp(self) -> str:
        """Another word after every commit, whichever process made it: equal stamps of one store object, equal content.

        Far cheaper than a question; it may also change without a commit.  Raises: StoreUnavailable, sooner than
        ``read`` would.
        """
        ...

    def wait_for_change(self, after: int, timeout_s: float) -> int:
        """Wait until the newest change is another than ``after``, for ``timeout_s`` at most; returns its seq.

        Woken within a second of the commit, whichever process made it.  The seq is ``after`` when the time ran out,
        and below it when the store was restored from an older backup.  For a thread of its own: it sleeps.
        Raises: StoreUnavailable.
        """
        ...

    def scrub(self) -> None:
        """Leave no trace of erased codes in anything the store keeps on disk (logs, free pages).

        Raises: StoreUnavailable where a reader or another process stayed in the way, StorageFull; nothing is lost
        then, and the next call does all of it.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
