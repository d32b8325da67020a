"""What the service does between requests: open the index, keep it in step, forget what is due."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import numpy as np

from unseen.base import NotReady, UnseenError
from unseen.compose import Node
from unseen.desk.forget import forget
from unseen.fingerprint.pdq import pdq_views
from unseen.http import logs

T = TypeVar("T")

FOLLOW_EVERY_S: Final = 0.5
TIDY_EVERY_S: Final = 1.0
STALE_AFTER_S: Final = 10.0  #: without a successful look at the store, the node no longer calls itself ready
_RETRY_OPEN_S: Final = 2.0


class Keeper:
    """Background tasks, each with a thread of its own, so that a long erasure or merge does not keep the index behind.

    Two of them tidy the index's files, so that small ones are written while a big one is.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._opened = asyncio.Event()
        self._in_step_at: float | None = None  # monotonic
        self._tasks: list[asyncio.Task[None]] = []
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="unseen-keeper")
        self.forgot_at: float | None = None  #: seconds since 1970, of the last erasure that went through

    @property
    def is_open(self) -> bool:
        """Whether the index is loaded and its kernels are warm."""
        return self._opened.is_set()

    @property
    def is_in_step(self) -> bool:
        """Whether the index followed the store within the last ``STALE_AFTER_S``."""
        return self._in_step_at is not None and time.monotonic() - self._in_step_at < STALE_AFTER_S

    def require_open(self) -> None:
        """Raises: NotReady while the index loads: an upload is then never called harmless."""
        if not self.is_open:
            raise NotReady("The index is still loading.", hint="Try again in a moment.")

    def start(self) -> None:
        """Start the tasks; call it in the event loop."""
        tasks = (self._follow, self._forget, self._tidy, self._tidy)
        self._tasks = [asyncio.create_task(task()) for task in tasks]

    async def stop(self) -> None:
        """End the tasks, and wait for the step that runs."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._threads.shutdown)

    async def _follow(self) -> None:
        while not await self._done("open the index", self._open):
            await asyncio.sleep(_RETRY_OPEN_S)
        self._opened.set()
        while True:
            if await self._done("follow the store", self._node.index.catch_up):
                self._in_step_at = time.monotonic()
            await asyncio.sleep(FOLLOW_EVERY_S)

    async def _forget(self) -> None:
        await self._opened.wait()
        while True:
            if await self._done("forget", self._erase_due):
                self.forgot_at = time.time()
            await asyncio.sleep(self._node.config.forget_every_s)

    async def _tidy(self) -> None:
        await self._opened.wait()
        while True:
            await self._done("tidy the index", self._node.index.tidy)
            await asyncio.sleep(TIDY_EVERY_S)

    async def _done(self, what: str, call: Callable[[], object]) -> bool:
        """Whether it went through; a failure is logged, shows in readiness and metrics, and is tried again."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except UnseenError as error:
            logs.failed(what, error.code)
            return False
        except Exception as error:  # noqa: BLE001  (a task that dies silently would leave the node stale)
            logs.unexpected(what, error)
            return False
        return True

    def _open(self) -> None:
        """Load the index, and let the kernels compile or load, so that the first upload does not wait for it."""
        self._node.index.open()
        codes, _ = pdq_views(np.zeros((64, 64), np.uint8))
        self._node.index.search(codes, 0)
        self._in_step_at = time.monotonic()

    def _erase_due(self) -> None:
        node = self._node
        forget(node.config.erase_after, store=node.store, index=node.index, clock=node.clock)
