"""Long uploads as jobs, in SQL."""

from dataclasses import fields
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from unseen.desk.jobs import UNDER_WAY, Job, JobState
from unseen.store.bank_sql import BankReads
from unseen.store.tables import jobs


class JobReads(BankReads):
    """What can be asked of jobs."""

    def find_job(self, job_id: str) -> Job | None:
        row = self._connection.execute(select(jobs).where(jobs.c.id == job_id)).one_or_none()
        if row is None:
            return None
        return Job(
            id=row.id,
            owner=row.owner,
            state=JobState(row.state),
            is_unwanted=row.is_unwanted,
            done=row.done,
            answer=row.answer,
            begun_at=row.begun_at,
            seen_at=row.seen_at,
        )

    def jobs_under_way(self, owner: str, *, seen_after: datetime) -> int:
        under_way = (jobs.c.owner == owner) & jobs.c.state.in_(UNDER_WAY) & ~jobs.c.is_unwanted
        counted = select(func.count()).select_from(jobs).where(under_way, jobs.c.seen_at > seen_after)
        return int(self._connection.execute(counted).scalar_one())


class JobWrites(JobReads):
    """What can be done to jobs."""

    def put_job(self, job: Job) -> None:
        self._connection.execute(insert(jobs).values({f.name: getattr(job, f.name) for f in fields(Job)}))

    def advance_job(self, job_id: str, *, state: JobState, done: float, at: datetime) -> bool:
        its = (jobs.c.id == job_id) & jobs.c.state.in_(UNDER_WAY) & ~jobs.c.is_unwanted
        moved = self._connection.execute(update(jobs).where(its).values(state=state, done=done, seen_at=at))
        return moved.rowcount == 1

    def end_job(self, job_id: str, *, state: JobState, answer: str | None, at: datetime) -> None:
        ended = update(jobs).where(jobs.c.id == job_id, jobs.c.state.in_(UNDER_WAY))
        self._connection.execute(ended.values(state=state, answer=answer, done=1.0, seen_at=at))

    def unwant_job(self, job_id: str) -> None:
        self._connection.execute(update(jobs).where(jobs.c.id == job_id).values(is_unwanted=True))

    def drop_job(self, job_id: str) -> None:
        self._connection.execute(delete(jobs).where(jobs.c.id == job_id))

    def forget_jobs(self, *, before: datetime) -> None:
        self._connection.execute(delete(jobs).where(jobs.c.seen_at < before))
