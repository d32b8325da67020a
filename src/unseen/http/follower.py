"""What every worker does between requests: open the index, and keep it in step with the store."""

import gc
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

import numpy as np

from unseen.base import NotReady, UnseenError
from unseen.compose import Node
from unseen.desk.recall import Recall
from unseen.fingerprint import closer, image
from unseen.http import logs

_LOOK_AGAIN_S: Final = 0.1  # where the store does not answer
_IDLE_LOOK_S: Final = 0.5  # at least so often the index is said to be in step
_RETRY_S: Final = 2.0


class Follower:
    """A thread that opens the index and then applies each change as it comes.

    A screening brings the index up to date by itself; this is for what does not screen, and shows how far it is.
    """

    def __init__(
        self, node: Node, recall: Recall | None, *, is_own_process: bool, on_step: Callable[[], object]
    ) -> None:
        """``recall`` follows too; ``on_step`` is called, in the thread, after every look at the store."""
        self._node = node
        self._recall = recall
        self._is_own_process = is_own_process
        self._on_step = on_step
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="unseen-follower", daemon=True)
        self._is_open = False
        self.in_step_at: float | None = None  #: monotonic; when the index last had everything that the store had
        self.is_store_away = False  #: whether the last look at the store failed
        self.failed_at: datetime | None = None  #: when a look at the store failed last

    @property
    def is_open(self) -> bool:
        """Whether the index is loaded and its kernels are warm."""
        return self._is_open

    def lag_s(self) -> float | None:
        """How long ago the index was in step with the store; None before it ever was."""
        return None if self.in_step_at is None else time.monotonic() - self.in_step_at

    def require_open(self) -> None:
        """Raises: NotReady while the index loads: an upload is then never called harmless."""
        if not self._is_open:
            raise NotReady("The index is still loading.", hint="Try again in a moment.")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and wait for the step that runs."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set() and not done("open the index", self._open):
            self._stopping.wait(_RETRY_S)
        while not self._stopping.is_set():
            self.is_store_away = not done("follow the store", self._follow)
            self._on_step()
            if self.is_store_away:
                self.failed_at = self._node.clock.now()
                self._stopping.wait(_LOOK_AGAIN_S)

    def _open(self) -> None:
        """Load the index, and let the kernels compile or load, so that the first upload does not wait for it."""
        began = time.monotonic()
        self._node.index.open()
        image.warm_up()
        self._node.index.pictures.search(np.zeros((1, 32), np.uint8), 0)
        if self._node.index.regions is not None:
            closer.warm_up()
        self.in_step_at = began
        if self._is_own_process:
            gc.collect()
            gc.freeze()  # what is loaded by now stays: no later collection walks through it
        self._is_open = True
        self._on_step()

    def _follow(self) -> None:
        began = time.monotonic()
        self._node.index.catch_up()
        if self._recall is not None:
            self._recall.follow()
        self.in_step_at = began
        self._node.index.refresh()
        self._node.store.wait_for_change(self._node.index.seq, _IDLE_LOOK_S)


def done(what: str, call: Callable[[], object]) -> bool:
    """Whether it went through; a failure is logged, shows in readiness and metrics, and is tried again."""
    try:
        call()
    except UnseenError as error:
        logs.failed(what, error.code)
        return False
    except Exception as error:  # noqa: BLE001  (a thread that dies silently would leave the node stale)
        logs.unexpected(what, error)
        return False
    return True
