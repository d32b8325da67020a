"""Long uploads of this worker: taken in, worked on one after the other, told of in the store."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from unseen.base import NodeError, StorageFull, StoreUnavailable, UnseenError
from unseen.compose import Node
from unseen.desk.jobs import BEAT_S, Job, JobState, beat, begin_job, end_job
from unseen.desk.look_at_video import look_up_video
from unseen.desk.screen import Screened, record
from unseen.fingerprint.video.sources import Source
from unseen.http.errors import shape
from unseen.http.lanes import Lane
from unseen.http.screen_shapes import ScreenedOut

_END_TRIES: Final = 30  # once a second: an answer is worth waiting for a store that is away


class _Unwanted(Exception):
    """Its owner cancelled it."""


class _Stopping(Exception):
    """This worker is ending."""


@dataclass(slots=True, eq=False)
class _Task:
    job: Job
    done: float = 0.0
    is_running: bool = False
    is_unwanted: bool = False


class Jobs:
    """The jobs of one worker.  ``take`` is called in the event loop; the work is done in the lane's threads."""

    def __init__(self, node: Node, lane: Lane, asking: Executor, on_answer: Callable[[Screened], None]) -> None:
        """``asking``: threads that may wait for the store.  ``on_answer``: told of every verdict."""
        self._node, self._lane, self._asking, self._on_answer = node, lane, asking, on_answer
        self._tasks: dict[str, _Task] = {}
        self._working: set[asyncio.Task[None]] = set()
        self._is_stopping = False

    async def take(self, upload: Source, held: ExitStack, *, place: str | None, platform: str) -> Job:
        """Make an upload that is all here a job, and begin with it when its turn comes.

        held: lets go of the upload and of its place in the lane, once it is done with.
        Raises: TooManyJobs, StoreUnavailable, StorageFull; then nothing was let go of.
        """
        node, loop = self._node, asyncio.get_running_loop()
        begin = partial(
            begin_job,
            platform,
            most=node.config.video_jobs_a_client,
            store=node.store,
            clock=node.clock,
            random_bits=node.random_bits,
        )
        task = _Task(await loop.run_in_executor(self._asking, begin))
        self._tasks[task.job.id] = task
        if len(self._tasks) == 1:
            self._keep(self._beat())
        self._keep(self._work(task, upload, held.pop_all(), place))
        return task.job

    def has(self, job_id: str) -> bool:
        """Whether this worker is at it, whatever the store could be told of that."""
        return job_id in self._tasks

    def stop(self) -> None:
        """Have what runs end soon, and be told as interrupted."""
        self._is_stopping = True

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        """Run it beside; the loop itself holds tasks weakly."""
        kept = asyncio.ensure_future(work)
        self._working.add(kept)
        kept.add_done_callback(self._working.discard)

    async def _beat(self) -> None:
        """Say that the jobs are being worked on, as long as there are any."""
        node, loop = self._node, asyncio.get_running_loop()
        while self._tasks:
            await asyncio.sleep(BEAT_S)
            done = {job_id: task.done for job_id, task in self._tasks.items()}
            running = {job_id for job_id, task in self._tasks.items() if task.is_running}
            with suppress(UnseenError):
                beating = partial(beat, done, running, store=node.store, clock=node.clock)
                for job_id in await loop.run_in_executor(self._asking, beating):
                    if job_id in self._tasks:
                        self._tasks[job_id].is_unwanted = True

    async def _work(self, task: _Task, upload: Source, held: ExitStack, place: str | None) -> None:
        with held:
            try:
                await self._lane.run(self._run, task, upload, place)
            finally:
                del self._tasks[task.job.id]

    def _run(self, task: _Task, upload: Source, place: str | None) -> None:
        """In a lane's thread: to the job's end, whatever it is."""
        task.is_running = True
        try:
            state, answer = JobState.DONE, self._answer(task, upload, place)
        except _Unwanted:
            state, answer = JobState.CANCELLED, None
        except _Stopping:
            state, answer = JobState.INTERRUPTED, None
        except UnseenError as error:
            state, answer = JobState.FAILED, json.dumps(shape(error.code, error.what, error.hint))
        except Exception:
            self._end(
                task, JobState.FAILED, json.dumps(shape("internal", "The node met an error that it does not know."))
            )
            raise
        self._end(task, state, answer)

    def _answer(self, task: _Task, upload: Source, place: str | None) -> str:
        node = self._node

        def on_progress(done: float) -> None:
            if self._is_stopping:
                raise _Stopping
            if task.is_unwanted:
                raise _Unwanted
            task.done = done

        on_progress(0.0)
        looked = look_up_video(upload, decoder=node.videos, store=node.store, index=node.index, on_progress=on_progress)
        screened = record(
            looked,
            place=place,
            platform=task.job.owner,
            store=node.store,
            clock=node.clock,
            random_bits=node.random_bits,
        )
        self._on_answer(screened)
        return ScreenedOut.of(screened, None).model_dump_json()

    def _end(self, task: _Task, state: JobState, answer: str | None) -> None:
        """Tell how it ended; where the store stays away, the job will read as interrupted."""
        for _ in range(_END_TRIES):
            try:
                end_job(task.job.id, state, answer, store=self._node.store, clock=self._node.clock)
            except (StoreUnavailable, StorageFull, NodeError):
                if self._is_stopping:
                    return
                time.sleep(1.0)
            else:
                return
