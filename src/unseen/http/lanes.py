"""How much the service takes on at a time: bounded threads, a bounded queue, bounded memory, one lane a kind of work.

Everything here is used from the event loop only, so that counting needs no lock.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Final, ParamSpec, TypeVar

from unseen.base import NodeBusy

_STEPS_BACK: Final = 5  # of niceness: a third of the weight

P = ParamSpec("P")
T = TypeVar("T")


def step_back() -> None:
    """Let this thread run after those that only pass things on, which it would otherwise keep waiting (Linux)."""
    if sys.platform == "linux":  # elsewhere it would be the whole process
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _STEPS_BACK)


class Lane:
    """Threads for one kind of work, and the gate before them."""

    def __init__(self, name: str, *, threads: int, waiting: int, memory_bytes: int, steps_back: bool = False) -> None:
        """``waiting``: requests beyond ``threads`` that may be inside; ``memory_bytes``: of all bodies inside.

        ``steps_back``: its threads compute for long, and let the event loop go first.
        """
        self.name = name
        self.threads = threads
        self.capacity = threads + waiting
        self.inside = 0
        self.free_bytes = memory_bytes  #: of bodies, that may still come in
        self._pool = ThreadPoolExecutor(
            threads, thread_name_prefix=f"unseen-{name}", initializer=step_back if steps_back else None
        )

    @property
    def depth(self) -> int:
        """Requests inside that no thread can be working on yet."""
        return max(0, self.inside - self.threads)

    @property
    def is_full(self) -> bool:
        """Whether the next request would be turned away."""
        return self.inside >= self.capacity

    @contextmanager
    def admit(self) -> Iterator["Slot"]:
        """Count one request in, before its body is read, and out when it is answered.

        Raises: NodeBusy when the queue is full; a caller is never told ``allow`` instead.
        """
        if self.is_full:
            raise NodeBusy("This node has as much to do as it can hold.", hint="Send it again in a moment.")
        self.inside += 1
        slot = Slot(self)
        try:
            yield slot
        finally:
            self.inside -= 1
            self.free_bytes += slot.held_bytes

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call it in one of the lane's threads."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(call, *args, **kwargs))

    def close(self) -> None:
        """Let running calls end; start none of those that wait."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def take(self, count_bytes: int) -> None:
        """Account for bytes; a slot gives them back.  Raises: NodeBusy."""
        if count_bytes > self.free_bytes:
            raise NodeBusy("This node holds as many bytes as it can.", hint="Send it again in a moment.")
        self.free_bytes -= count_bytes


class Slot:
    """One request's place in a lane."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self.held_bytes = 0

    def hold(self, count_bytes: int) -> None:
        """Account for ``count_bytes`` more of this request's body.

        Raises: NodeBusy when all bodies inside would be larger than the lane's memory.
        """
        self._lane.take(count_bytes)
        self.held_bytes += count_bytes

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call it in one of the lane's threads."""
        return await self._lane.run(call, *args, **kwargs)
