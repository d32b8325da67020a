"""Several workers behind one address: starts them, starts one again that ended, and ends them all.

1. One listening socket, made here, is inherited by every worker; the system gives each connection to one of them.
2. Every child holds one end of a pipe whose other end is here: when this process ends, however it ends, the pipe
   closes, and the child finishes what it began and ends too.
3. One more child, the keeper, does the housekeeping of the node, so that no worker that answers has to.
4. A child that ends by itself is started again, after a pause that grows while it goes on ending.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from unseen.config import Config
from unseen.http import logs
from unseen.http.board import KEEPER, Board

STOP_WITHIN_S: Final = 20.0  #: a child that takes longer to finish what it began is killed
_LOOK_EVERY_S: Final = 0.05
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 10.0
_SETTLED_AFTER_S: Final = 30.0  # a child that ran for so long starts with the first pause again
_STOPS: Final = (signal.SIGINT, signal.SIGTERM)


class Child:
    """One process of the node: a worker, or the keeper; started again whenever it ends."""

    def __init__(self, number: int, config: Config, listener: socket.socket, board: Board) -> None:
        assert board.descriptor is not None
        self.number = number
        self._orders = f"{config.in_clear()}\n".encode()
        self._passed = (listener.fileno(), board.descriptor)
        self._arguments = [str(n) for n in (number, listener.family.value, *self._passed, config.workers)]
        self._pause_s = _FIRST_PAUSE_S
        self._start_at: float | None = None
        self.is_up = False  #: whether it has said that it serves
        self.start()

    def start(self) -> None:
        """Start the process and hand it its orders.  Raises: OSError where the system has no room for one more."""
        self._started_at, self._start_at, self.is_up = time.monotonic(), None, False
        self._process = subprocess.Popen(  # noqa: S603  our own module, by our own interpreter
            [sys.executable, "-P", "-m", "unseen.http.worker", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=self._passed,
            bufsize=0,
            start_new_session=True,  # Ctrl-C in the terminal is for this process, which then ends its children
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        with suppress(BrokenPipeError):  # it has ended already: seen at the next look
            self._process.stdin.write(self._orders)

    def look(self, board: Board) -> None:
        """See whether it is up, or ended; start it again when its pause is over."""
        if self._start_at is None:
            assert self._process.stdout is not None
            self.is_up = bool(self._process.stdout.read()) or self.is_up
            if (how := self._process.poll()) is not None:
                self._close()
                board.clear_status(self.number)
                if time.monotonic() - self._started_at > _SETTLED_AFTER_S:
                    self._pause_s = _FIRST_PAUSE_S
                logs.worker_ended(self.number, how, self._pause_s)
                self._wait_before_start()
        elif time.monotonic() >= self._start_at:
            try:
                self.start()
            except OSError as error:
                logs.unexpected("start a worker", error)
                self._wait_before_start()

    def _wait_before_start(self) -> None:
        self._start_at = time.monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)

    def tell_to_stop(self) -> None:
        """Let it finish what it began, and end."""
        if self._process.poll() is None:
            self._process.terminate()

    def wait(self, until: float) -> None:
        """Wait until it has ended; kill it at ``until`` (monotonic)."""
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close()

    def _close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def supervise(config: Config, listener: socket.socket, on_listening: Callable[[], None]) -> None:
    """Run ``config.workers`` workers and a keeper on ``listener`` until SIGTERM or Ctrl-C; then let them finish.

    ``on_listening`` is called once, when the first worker serves.
    """
    with _signalled() as signals:
        board = Board.shared(config.workers)
        children = [Child(number, config, listener, board) for number in (*range(1, config.workers + 1), KEEPER)]
        try:
            is_said = False
            while not signals:
                for child in children:
                    child.look(board)
                if not is_said and any(child.is_up for child in children if child.number != KEEPER):
                    on_listening()
                    is_said = True
                time.sleep(_LOOK_EVERY_S)
        finally:
            _stop(children)


def _stop(children: Sequence[Child]) -> None:
    for child in children:
        child.tell_to_stop()
    until = time.monotonic() + STOP_WITHIN_S
    for child in children:
        child.wait(until)


@contextmanager
def _signalled() -> Iterator[list[int]]:
    """The signals to stop that came; they do nothing else meanwhile."""
    came = list[int]()
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in _STOPS}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
