"""The housekeeping of one node, by one process of it: tidy the index, forget what is due, send letters.

Whoever holds the lock in the data folder does it; it passes on when that process ends, however it ends.
"""

import fcntl
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from unseen.compose import Node
from unseen.desk.forget import forget
from unseen.desk.recovery_links import send_links
from unseen.http.board import KEEPER, Board, Status
from unseen.http.follower import done
from unseen.http.pages.letters import letters_of

TIDY_EVERY_S: Final = 1.0
POST_EVERY_S: Final = 20.0
_TIDYING: Final = 3  # threads, so that small index files are written while a big one of each kind is
_LOCK: Final = ".keeper.lock"
_NICENESS: Final = 10  # uploads go first
_TRY_S: Final = 1.0  # between two looks at whether the lock is free, or the index open


class Keeper:
    """A thread that keeps house while it holds the lock."""

    def __init__(self, node: Node, board: Board) -> None:
        self._node, self._board = node, board
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="unseen-keeper", daemon=True)
        self._forgot_at: float | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and wait for the step that runs."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        _give_way()
        while not self._stopping.is_set():
            done("keep house", self._take_turn)
            self._stopping.wait(_TRY_S)

    def _take_turn(self) -> None:
        with self._lock() as is_ours:
            if is_ours:
                self._keep_house()

    def _keep_house(self) -> None:
        while not self._node.index.is_open:
            if self._stopping.wait(0.05):
                return
        posting = threading.Thread(target=self._post, name="unseen-post", daemon=True)
        posting.start()
        tidying = [threading.Thread(target=self._tidy, name="unseen-tidy", daemon=True) for _ in range(_TIDYING)]
        for thread in tidying:
            thread.start()
        forget_at = time.monotonic()
        while not self._stopping.is_set():
            if time.monotonic() >= forget_at:
                if done("forget", self._erase_due):
                    self._forgot_at = time.time()
                forget_at = time.monotonic() + self._node.config.forget_every_s
            self._board.put_status(KEEPER, Status(pid=os.getpid(), forgot_at=self._forgot_at))
            self._stopping.wait(max(0.0, min(forget_at - time.monotonic(), _TRY_S)))
        for thread in (posting, *tidying):
            thread.join()

    def _post(self) -> None:
        """Send the letters that are due, in a thread of its own: a mail server may be slow."""
        node = self._node
        if node.mail is None or node.config.public_url is None:
            return
        letter = letters_of(node.config.public_url)
        send = partial(send_links, letter=letter, links=node.links, mail=node.mail, store=node.store, clock=node.clock)
        while not self._stopping.is_set():
            done("send letters", send)
            self._stopping.wait(POST_EVERY_S)

    def _tidy(self) -> None:
        _give_way()
        while not self._stopping.is_set():
            done("tidy the index", self._node.index.tidy)
            self._stopping.wait(TIDY_EVERY_S)

    def _erase_due(self) -> None:
        node = self._node
        forget(node.config.erase_after, store=node.store, index=node.index, clock=node.clock)

    @contextmanager
    def _lock(self) -> Iterator[bool]:
        """Whether the housekeeping is ours, for as long as this is held."""
        path = self._node.config.data_folder / _LOCK
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield _locked(descriptor)
        finally:
            os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _give_way() -> None:
    """Let everything else go before this thread, where the system knows the priority of a thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
