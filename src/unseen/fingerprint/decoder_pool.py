"""Killable decoder processes: C decoders cannot be stopped in a thread, so they run where they can be killed.

Each process serves one picture at a time.  One that takes too long is killed and replaced, one that crashes is
replaced; neither takes the node with it.  They are started when first needed and end with the node, however it ends.
"""

import contextlib
import math
import os
import queue
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

import numpy as np

from unseen.base import BadMedia, NodeError
from unseen.fingerprint import wire
from unseen.fingerprint.formats import Format, unreadable
from unseen.fingerprint.jpeg import scaled
from unseen.fingerprint.limits import Limits
from unseen.fingerprint.raster import Decoded

_CHUNK_BYTES: Final = 1 << 20
_START_S: Final = 60.0  # to import Pillow on a busy machine
_TRIES: Final = 2  # a worker may have died of something else than this picture
#: All that a worker sees of the node's environment, which may hold secrets.
_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")
_ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1"}


class _Died(Exception):
    """The worker is gone."""


class _TooSlow(Exception):
    """The worker did not answer in time."""


class DecoderPool:
    """Decodes pictures in up to ``workers`` processes of their own.  Thread-safe; a context manager.

    A process that was forked from this one gets workers of its own when it first needs one.
    """

    def __init__(self, limits: Limits, *, workers: int = 1) -> None:
        """Start nothing yet.  limits: those of time and memory are the workers'."""
        if workers < 1:
            raise ValueError("a pool needs at least one worker")
        self._limits = limits
        self._workers = workers
        self._lock = threading.Lock()
        self._begin()

    def decode(self, data: bytes, kind: Format, *, max_pixels: int | None = None, long_side: int = 0) -> Decoded:
        """Decode one picture; wait for a free worker first.

        max_pixels: for a picture known to need little memory; else ``Limits.max_decoded_pixels``.
        long_side: pixels that a JPEG's long side keeps at least, if it has so many.
        Raises: BadMedia, also where the decoder crashes or takes longer than the limit; NodeError where the pool is
        closed or no worker can be started.
        """
        limits = self._limits
        left_s = limits.timeout_s
        for _ in range(_TRIES):
            with self._worker() as worker:
                started = time.monotonic()
                try:
                    return worker.decode(data, kind, max_pixels or limits.max_decoded_pixels, long_side, left_s)
                except BadMedia:
                    raise
                except _Died:
                    worker.kill()
                except _TooSlow:
                    worker.kill()
                    why = f"{kind.name} that takes longer than {limits.timeout_s:g} s to decode"
                    raise unreadable(kind, why) from None
                except BaseException:  # interrupted in mid-answer: the next picture would read the rest of it
                    worker.kill()
                    raise
                left_s = max(left_s - (time.monotonic() - started), 0.0)
        raise unreadable(kind, f"{kind.name} data that makes the decoder fail")

    def close(self) -> None:
        """Wait for the pictures under way, then end every worker; decoding afterwards is refused."""
        with self._lock:
            if os.getpid() != self._owner:
                return
            self._closed = True
            for _ in range(self._workers):
                worker = self._idle.get()
                if worker is not None:
                    self._end(worker)
            for _ in range(self._workers):
                self._idle.put(None)  # whoever still waits is told that the pool is closed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self) -> None:
        self._owner = os.getpid()
        self._closed = False
        self._living: set[_Worker] = set()
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(self._workers):
            self._idle.put(None)

    @contextlib.contextmanager
    def _worker(self) -> Iterator["_Worker"]:
        """Lend a living worker out."""
        with self._lock:
            if os.getpid() != self._owner:  # forked: the workers are the parent's
                self._inherited = tuple(self._living)
                for inherited in self._inherited:
                    inherited.close_pipes()
                self._begin()
        worker = self._idle.get()
        try:
            if self._closed:
                raise NodeError("This node is closing down and decodes no more pictures.")
            if worker is not None and not worker.is_alive():
                self._end(worker)
                worker = None
            if worker is None:
                worker = _Worker(self._limits.decoder_memory_bytes)
                self._living.add(worker)
            yield worker
        finally:
            if worker is not None and not worker.is_alive():
                self._end(worker)
                worker = None
            self._idle.put(worker)

    def _end(self, worker: "_Worker") -> None:
        worker.kill()
        self._living.discard(worker)


class _Worker:
    """One process and the pipes to it."""

    def __init__(self, memory_bytes: int) -> None:
        """Start it and wait until it can decode.  Raises: NodeError."""
        try:
            self._process = subprocess.Popen(  # noqa: S603  our own module, by our own interpreter
                [sys.executable, "-P", "-m", "unseen.fingerprint.decoder_worker", str(memory_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=_ONE_THREAD | {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                start_new_session=True,  # Ctrl-C in the terminal is for the node, which then ends its workers
            )
        except OSError as error:
            raise NodeError(f"No decoder process can be started ({error.strerror}).") from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        os.set_blocking(self._stdin.fileno(), False)
        os.set_blocking(self._stdout.fileno(), False)
        try:
            self._receive(len(wire.READY), time.monotonic() + _START_S)
        except (_Died, _TooSlow):
            self.kill()
            raise NodeError(
                "A decoder process does not start.", hint="Run `unseen doctor` to see what is missing."
            ) from None

    def decode(self, data: bytes, kind: Format, max_pixels: int, long_side: int, timeout_s: float) -> Decoded:
        """Have one picture decoded.  Raises: BadMedia, _Died, _TooSlow."""
        deadline = time.monotonic() + timeout_s
        alarm_s = math.ceil(timeout_s) + 1  # later than the deadline: for when nobody is left to see to that
        head = wire.REQUEST.pack(wire.KINDS.index(kind), max_pixels, long_side, alarm_s, len(data))
        self._send(head, deadline)
        self._send(data, deadline)
        (answer,) = wire.ANSWER.unpack(self._receive(wire.ANSWER.size, deadline))
        if answer == wire.IS_REFUSED:
            sizes = wire.REFUSED.unpack(self._receive(wire.REFUSED.size, deadline))
            what, hint = (self._receive(size, deadline).decode("utf-8", "replace") for size in sizes)
            raise BadMedia(what, hint=hint or None)
        if answer != wire.IS_DECODED:
            raise _Died
        width, height, *shape, eighths, orientation = wire.DECODED.unpack(self._receive(wire.DECODED.size, deadline))
        if eighths not in {1, 2, 4, 8} or shape != [scaled(height, eighths), scaled(width, eighths)]:
            raise _Died
        if width * height > max_pixels or not 1 <= orientation <= 8:
            raise _Died
        luma = np.frombuffer(self._receive(shape[0] * shape[1], deadline), np.uint8).reshape(shape)
        return Decoded(luma=luma, width=width, height=height, eighths=eighths, orientation=orientation)

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

    def _send(self, data: bytes, deadline: float) -> None:
        rest = memoryview(data)
        while rest:
            _await(self._stdin.fileno(), selectors.EVENT_WRITE, deadline)
            try:
                rest = rest[os.write(self._stdin.fileno(), rest[:_CHUNK_BYTES]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise _Died from None

    def _receive(self, size: int, deadline: float) -> bytearray:
        received = bytearray()
        while len(received) < size:
            _await(self._stdout.fileno(), selectors.EVENT_READ, deadline)
            chunk = os.read(self._stdout.fileno(), min(size - len(received), _CHUNK_BYTES))
            if not chunk:
                raise _Died
            received += chunk
        return received


def _await(pipe: int, event: int, deadline: float) -> None:
    """Wait until a pipe is ready.  Raises: _TooSlow."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, event)
        if not selector.select(max(deadline - time.monotonic(), 0)):
            raise _TooSlow
