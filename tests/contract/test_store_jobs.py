"""Jobs in every store: taken, advanced, cancelled, ended, forgotten."""

from dataclasses import replace

from contract.store_makers import at
from unseen.desk.jobs import Job, JobState
from unseen.desk.ports import Store

JOB = Job(id="A" * 26, owner="forum", state=JobState.QUEUED, begun_at=at(0), seen_at=at(0))


def held(store: Store, job_id: str = JOB.id) -> Job | None:
    with store.read() as reader:
        return reader.find_job(job_id)


def test_a_job_is_kept_as_it_was_put_and_advanced(store: Store) -> None:
    with store.write() as tx:
        tx.put_job(JOB)
    assert held(store) == JOB
    with store.write() as tx:
        assert tx.advance_job(JOB.id, state=JobState.RUNNING, done=0.25, at=at(1))
    assert held(store) == replace(JOB, state=JobState.RUNNING, done=0.25, seen_at=at(1))
    assert held(store, "B" * 26) is None


def test_an_ended_or_unwanted_job_does_not_go_on(store: Store) -> None:
    with store.write() as tx:
        tx.put_job(JOB)
        tx.put_job(replace(JOB, id="B" * 26))
        tx.end_job(JOB.id, state=JobState.DONE, answer="{}", at=at(1))
        tx.unwant_job("B" * 26)
    with store.write() as tx:
        assert not tx.advance_job(JOB.id, state=JobState.RUNNING, done=0.5, at=at(2))
        assert not tx.advance_job("B" * 26, state=JobState.RUNNING, done=0.5, at=at(2))
        assert not tx.advance_job("C" * 26, state=JobState.RUNNING, done=0.5, at=at(2))
        tx.end_job(JOB.id, state=JobState.FAILED, answer=None, at=at(3))
    assert held(store) == replace(JOB, state=JobState.DONE, answer="{}", done=1.0, seen_at=at(1))


def test_what_an_owner_has_under_way_is_counted(store: Store) -> None:
    with store.write() as tx:
        for number, (owner, state) in enumerate(
            [
                ("forum", JobState.QUEUED),
                ("forum", JobState.RUNNING),
                ("forum", JobState.DONE),
                ("chat", JobState.QUEUED),
            ]
        ):
            tx.put_job(replace(JOB, id=str(number) * 26, owner=owner, state=state))
    with store.read() as reader:
        assert reader.jobs_under_way("forum", seen_after=at(-1)) == 2
        assert reader.jobs_under_way("forum", seen_after=at(0)) == 0
    with store.write() as tx:
        tx.unwant_job("1" * 26)
        tx.drop_job("0" * 26)
        assert tx.jobs_under_way("forum", seen_after=at(-1)) == 0
        tx.forget_jobs(before=at(1))
        assert tx.find_job("3" * 26) is None
