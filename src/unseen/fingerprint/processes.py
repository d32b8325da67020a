"""Processes that can be killed, the pipes to them, and a pool that lends them out.

C decoders cannot be stopped in a thread, so they run where they can be.  A process serves one borrower at a time.
One that dies or is killed is replaced; neither takes the node with it.  They are started when first needed and end
with the node, however it ends.
"""

import contextlib
import fcntl
import os
import queue
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar

from unseen.base import NodeError
from unseen.fingerprint import wire

_CHUNK_BYTES: Final = 1 << 20
_START_S: Final = 60.0  # to import the decoders on a busy machine
#: All that a process sees of the node's environment, which may hold secrets.
_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")
_ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1"}


class Died(Exception):
    """The process is gone."""


class TooSlow(Exception):
    """The process did not answer in time."""


class DecoderProcess:
    """One process and the pipes to it."""

    def __init__(self, module: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
        """Start ``python -m module arguments`` and wait until it can decode.  Raises: NodeError."""
        inherited = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        try:
            self._process = subprocess.Popen(  # noqa: S603  our own module, by our own interpreter
                [sys.executable, "-P", "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=_ONE_THREAD | inherited | (environment or {}),
                start_new_session=True,  # Ctrl-C in the terminal is for the node, which then ends its processes
            )
        except OSError as error:
            raise NodeError(f"No decoder process can be started ({error.strerror}).") from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        _widen(self._stdin.fileno(), self._stdout.fileno())
        os.set_blocking(self._stdin.fileno(), False)
        os.set_blocking(self._stdout.fileno(), False)
        try:
            self.receive(len(wire.READY), time.monotonic() + _START_S)
        except (Died, TooSlow):
            self.kill()
            raise NodeError(
                "A decoder process does not start.", hint="Run `unseen doctor` to see what is missing."
            ) from None

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process now, whatever it does, and take note of its end."""
        self._process.kill()
        self._process.wait()
        self.close_pipes()

    def close_pipes(self) -> None:
        """Close this process's ends of the pipes."""
        self._stdin.close()
        self._stdout.close()

    def send(self, data: bytes, deadline: float) -> None:
        """Send all of it before ``deadline`` (monotonic seconds).  Raises: Died, TooSlow."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._stdin.fileno(), rest[:_CHUNK_BYTES]) :]
            except BlockingIOError:
                _await(self._stdin.fileno(), selectors.EVENT_WRITE, deadline)
            except BrokenPipeError:
                raise Died from None

    def receive(self, size: int, deadline: float) -> bytearray:
        """Receive so many bytes before ``deadline`` (monotonic seconds).  Raises: Died, TooSlow."""
        received = bytearray()
        while len(received) < size:
            try:
                chunk = os.read(self._stdout.fileno(), min(size - len(received), _CHUNK_BYTES))
            except BlockingIOError:
                _await(self._stdout.fileno(), selectors.EVENT_READ, deadline)
                continue
            if not chunk:
                raise Died
            received += chunk
        return received


P = TypeVar("P", bound=DecoderProcess)


class ProcessPool(Generic[P]):
    """Lends out up to ``workers`` processes.  Thread-safe.

    A process that was forked from this one gets processes of its own when it first needs one.
    """

    def __init__(self, start: Callable[[], P], *, workers: int) -> None:
        """Start nothing yet.  start: makes a process that is ready."""
        if workers < 1:
            raise ValueError("a pool needs at least one worker")
        self._start = start
        self._workers = workers
        self._lock = threading.Lock()
        self._begin()

    @contextlib.contextmanager
    def lend(self) -> Iterator[P]:
        """Lend a living process out; wait for a free one first.

        Raises: NodeError where the pool is closed or no process can be started.
        """
        with self._lock:
            if os.getpid() != self._owner:  # forked: the processes are the parent's
                self._inherited = tuple(self._living)
                for inherited in self._inherited:
                    inherited.close_pipes()
                self._begin()
        process = self._idle.get()
        try:
            if self._closed:
                raise NodeError("This node is closing down and decodes no more pictures.")
            if process is not None and not process.is_alive():
                self._end(process)
                process = None
            if process is None:
                process = self._start()
                self._living.add(process)
            yield process
        finally:
            if process is not None and not process.is_alive():
                self._end(process)
                process = None
            self._idle.put(process)

    def close(self) -> None:
        """Wait for what is under way, then end every process; lending afterwards is refused."""
        with self._lock:
            if os.getpid() != self._owner:
                return
            self._closed = True
            for _ in range(self._workers):
                process = self._idle.get()
                if process is not None:
                    self._end(process)
            for _ in range(self._workers):
                self._idle.put(None)  # whoever still waits is told that the pool is closed

    def _begin(self) -> None:
        self._owner = os.getpid()
        self._closed = False
        self._living: set[P] = set()
        self._idle: queue.LifoQueue[P | None] = queue.LifoQueue()
        for _ in range(self._workers):
            self._idle.put(None)

    def _end(self, process: P) -> None:
        process.kill()
        self._living.discard(process)


def _widen(*pipes: int) -> None:
    """Have pipes hold more at a time, where the system can and lets us: each filling costs two changes of process."""
    for pipe in pipes if hasattr(fcntl, "F_SETPIPE_SZ") else ():
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _CHUNK_BYTES)


def _await(pipe: int, event: int, deadline: float) -> None:
    """Wait until a pipe is ready.  Raises: TooSlow."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, event)
        if not selector.select(max(deadline - time.monotonic(), 0)):
            raise TooSlow
