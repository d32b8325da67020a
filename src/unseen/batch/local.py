"""All cores of one machine: examiners in processes of their own, each mapping the same index files."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait as wait_for_any
from typing import Final

from unseen.base import NodeError, UnseenError
from unseen.batch.examiner import Examiner, Task, crashed, put_together
from unseen.desk.scan_ports import Examined, Readings, Shard
from unseen.match.files import IndexFiles

_AHEAD: Final = 2  # shards for each process, so that none waits for the log


class InThisProcess:
    """The engine for objects that no other process can read."""

    def __init__(self, task: Task, files: IndexFiles) -> None:
        """``files``: what to map."""
        self._task = task
        self._files = files

    def examine(self, shards: Iterable[Shard]) -> Iterator[Examined]:
        """One after the other."""
        with Examiner(self._task, self._files.open()) as examiner:
            for shard in shards:
                yield Examined(shard=shard, readings=examiner.examine(shard))


class Processes:
    """The engine for one machine.  A process that dies takes neither the scan nor its shard's other objects along.

    1. Every process maps the index files when it starts, and ends when this one does, however that ends.
    2. Shards are examined by whichever process is free.  3. Where one dies, all that were under way are examined
    again, one shard at a time; what kills a process then is examined object by object, and the object that does it
    once more is told as crashed.
    """

    def __init__(self, task: Task, files: IndexFiles, *, processes: int) -> None:
        """``files``: what every process maps."""
        if processes < 1:
            raise ValueError("a scan needs at least one process")
        self._task = task
        self._files = files
        self._processes = processes

    def examine(self, shards: Iterable[Shard]) -> Iterator[Examined]:
        """Each shard once, in the order they are done.  Raises: NodeError where processes cannot start."""
        waiting = iter(shards)
        while True:
            under_way: dict[Future[Readings], Shard] = {}
            pool = self._pool(self._processes)
            try:
                _start(pool)
                yield from self._as_done(pool, waiting, under_way)  # (2)
                return
            except BrokenProcessPool:
                suspects = list(under_way.values())
            finally:  # also where nobody reads on
                pool.shutdown(cancel_futures=True)
            for shard in suspects:
                yield Examined(shard=shard, readings=self._with_care(shard))  # (3)

    def _as_done(
        self, pool: ProcessPoolExecutor, waiting: Iterator[Shard], under_way: dict[Future[Readings], Shard]
    ) -> Iterator[Examined]:
        """``under_way`` holds what was not given back, should the pool break."""
        while True:
            for shard in islice(waiting, _AHEAD * self._processes - len(under_way)):
                under_way[_submit(pool, shard, under_way)] = shard
            if not under_way:
                return
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                readings = future.result()
                yield Examined(shard=under_way.pop(future), readings=readings)

    def _with_care(self, shard: Shard) -> Readings:
        """With one process that does nothing else: the whole shard, and if that dies, object by object."""
        (whole,) = self._one_by_one([shard])
        if whole is not None:
            return whole
        singles = [shard.only(at) for at in range(len(shard))]
        seq = self._files.open().manifest.seq
        return put_together(
            [
                crashed(single, seq) if readings is None else readings
                for single, readings in zip(singles, self._one_by_one(singles), strict=True)
            ]
        )

    def _one_by_one(self, shards: Iterable[Shard]) -> Iterator[Readings | None]:
        """None for each where the process died; the next one has another."""
        pool: ProcessPoolExecutor | None = None
        try:
            for shard in shards:
                if pool is None:
                    pool = self._pool(1)
                    _start(pool)
                try:
                    yield pool.submit(_examine, shard).result()
                except BrokenProcessPool:
                    pool.shutdown()
                    pool = None
                    yield None
        finally:
            if pool is not None:
                pool.shutdown(cancel_futures=True)

    def _pool(self, processes: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(self._task, self._files),
        )


def _start(pool: ProcessPoolExecutor) -> None:
    """See a process work before objects are blamed.  Raises: NodeError."""
    try:
        pool.submit(_ready).result()
    except BrokenProcessPool:
        raise NodeError(
            "No process for the scan can be started.", hint="Is there memory for it? Try fewer --processes."
        ) from None


def _submit(pool: ProcessPoolExecutor, shard: Shard, under_way: dict[Future[Readings], Shard]) -> Future[Readings]:
    try:
        return pool.submit(_examine, shard)
    except BrokenProcessPool:  # this shard was taken from the list already: it must not be lost
        lost: Future[Readings] = Future()
        under_way[lost] = shard
        raise


_examiner: Examiner | UnseenError | None = None  # of a scan's process


def _begin(task: Task, files: IndexFiles) -> None:
    """Run first in each process (1)."""
    global _examiner
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that reads the answers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _examiner = Examiner(task, files.open())
    except UnseenError as error:  # told with the first shard: raised here, it would look like a crash
        _examiner = error


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait_for_any([parent.sentinel])
    os._exit(1)


def _ready() -> None:
    if isinstance(_examiner, UnseenError):
        raise _examiner


def _examine(shard: Shard) -> Readings:
    _ready()
    assert isinstance(_examiner, Examiner)
    return _examiner.examine(shard)
