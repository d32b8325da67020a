"""Long uploads as jobs: taken, worked on by the worker that took them, asked about through any worker.

The upload itself is in that worker's hands alone, so that a job ends with its worker: who has not said for
``SILENT_S`` that it is at it, is gone, and its jobs are to be sent again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from unseen.base import CallerError, Clock, NotFound, require_utc
from unseen.base.ids import RandomBits, random_crockford
from unseen.desk.ports import Store

BEAT_S: Final = 2.0  #: how often a worker says that it is at its jobs
SILENT_S: Final = 15.0  #: after so long without a word, a job's worker is taken for gone
KEPT: Final = timedelta(hours=1)  #: for so long an ended job can be asked about
_ID_SYMBOLS: Final = 26  # 130 random bits


class TooManyJobs(CallerError):
    """One client has as many long uploads under way as it may."""

    code = "too_many_jobs"


class JobState(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  #: the upload cannot be read, or the node could not do it
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  #: its worker is gone, and the upload with it: send it again


UNDER_WAY: Final = (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One long upload."""

    id: str  #: random; nobody guesses another's
    owner: str  #: the token's name: nobody else is told of it
    state: JobState
    is_unwanted: bool = False  #: its owner cancelled it
    done: float = 0.0  #: 0 to 1
    answer: str | None = None  #: as JSON, once it ended
    begun_at: datetime
    seen_at: datetime  #: when its worker last said that it is at it

    def __post_init__(self) -> None:
        require_utc(self.begun_at)
        require_utc(self.seen_at)

    def state_at(self, now: datetime, *, deaf_until: datetime | None = None) -> JobState:
        """Where it is, as far as can be told now.

        deaf_until: no worker could be heard before, the store being away.
        """
        if self.state not in UNDER_WAY:
            return self.state
        if self.is_unwanted:
            return JobState.CANCELLED
        silent_since = self.seen_at if deaf_until is None else max(self.seen_at, deaf_until)
        return JobState.INTERRUPTED if now - silent_since > timedelta(seconds=SILENT_S) else self.state


def begin_job(owner: str, *, most: int, store: Store, clock: Clock, random_bits: RandomBits) -> Job:
    """Take a job on.

    most: that the owner may have under way.  Raises: TooManyJobs, StoreUnavailable, StorageFull.
    """
    now = clock.now()
    job = Job(
        id=random_crockford(_ID_SYMBOLS, random_bits), owner=owner, state=JobState.QUEUED, begun_at=now, seen_at=now
    )
    with store.write() as tx:
        tx.forget_jobs(before=now - KEPT)
        if tx.jobs_under_way(owner, seen_after=now - timedelta(seconds=SILENT_S)) >= most:
            raise TooManyJobs(
                f"You have {most} long uploads under way, as many as this node takes of one client.",
                hint="Wait until one has ended, or cancel one.",
            )
        tx.put_job(job)
    return job


def find_job(job_id: str, owner: str, *, store: Store) -> Job:
    """The job.  Raises: NotFound, also for somebody else's; StoreUnavailable."""
    with store.read() as reader:
        job = reader.find_job(job_id)
    if job is None or job.owner != owner:
        raise NotFound("There is no such job.", hint="It may have ended more than an hour ago.")
    return job


def cancel_job(job_id: str, owner: str, *, store: Store, clock: Clock) -> None:
    """Have a job ended; of one that ended, the answer is forgotten.  Raises: NotFound, StoreUnavailable."""
    job = find_job(job_id, owner, store=store)
    with store.write() as tx:
        if job.state_at(clock.now()) in UNDER_WAY:
            tx.unwant_job(job_id)
        else:
            tx.drop_job(job_id)


def beat(done: Mapping[str, float], running: set[str], *, store: Store, clock: Clock) -> set[str]:
    """Say that these jobs (how far each is) are being worked on; returns those that nobody wants any more.

    Raises: StoreUnavailable, StorageFull.
    """
    now = clock.now()
    with store.write() as tx:
        return {
            job_id
            for job_id, share in done.items()
            if not tx.advance_job(
                job_id, state=JobState.RUNNING if job_id in running else JobState.QUEUED, done=share, at=now
            )
        }


def end_job(job_id: str, state: JobState, answer: str | None, *, store: Store, clock: Clock) -> None:
    """Keep how it ended.  Raises: StoreUnavailable, StorageFull."""
    with store.write() as tx:
        tx.end_job(job_id, state=state, answer=answer, at=clock.now())
