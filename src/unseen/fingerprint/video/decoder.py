"""Videos decoded in killable processes: one that hangs or crashes costs its video, never the node."""

import contextlib
import math
import time
from collections.abc import Generator, Iterator
from struct import Struct
from typing import Any, Final, NoReturn

import numpy as np

from unseen.base import BadMedia
from unseen.base.closing import Closing
from unseen.fingerprint.jpeg import scaled
from unseen.fingerprint.processes import DecoderProcess, Died, ProcessPool, TooSlow
from unseen.fingerprint.raster import Decoded
from unseen.fingerprint.video import wire
from unseen.fingerprint.video.formats import VideoFormat, too_costly, unreadable_video
from unseen.fingerprint.video.limits import VideoLimits
from unseen.fingerprint.video.sources import Source

_TRIES: Final = 2  # a process may have died of something else than this video
_MAX_PIECE: Final = 1 << 26


class VideoDecoder(Closing):
    """Decodes videos in up to ``workers`` processes, one video in each.  Thread-safe; a context manager."""

    def __init__(self, limits: VideoLimits, *, workers: int = 1) -> None:
        """Start nothing yet."""
        self.limits = limits
        self._pool = ProcessPool(lambda: _Worker(self.limits.memory_bytes), workers=workers)

    @contextlib.contextmanager
    def opened(self, source: Source, kind: VideoFormat, *, long_side: int = 0) -> Iterator["Session"]:
        """One video, for one thread; wait for a free process first.

        Raises: BadMedia where it cannot be opened; NodeError where the pool is closed or no process can be started.
        """
        for tried in range(_TRIES):
            with self._pool.lend() as worker:
                session = Session(worker, source, kind, self.limits)
                try:
                    session.open(long_side)
                except Died:
                    worker.kill()
                    if tried + 1 < _TRIES:
                        continue
                    raise unreadable_video(f"{kind.name} data that makes the decoder fail") from None
                try:
                    yield session
                finally:
                    session.close()
                return

    def close(self) -> None:
        """Wait for the videos under way, then end every process; decoding afterwards is refused."""
        self._pool.close()


class _Worker(DecoderProcess):
    """A process that decodes videos."""

    def __init__(self, memory_bytes: int) -> None:
        arenas = {"MALLOC_ARENA_MAX": "2"}  # each reserves address space, which is limited
        super().__init__("unseen.fingerprint.video.worker", str(memory_bytes), environment=arenas)


class Session:
    """A video that a process has open.  Passes over it are generators; one at a time."""

    def __init__(self, worker: _Worker, source: Source, kind: VideoFormat, limits: VideoLimits) -> None:
        self._worker, self._source, self._kind, self._limits = worker, source, kind, limits
        self._left_s = limits.decode_s
        self._is_open = self._is_busy = False
        self.width = self.height = 0  #: as stored
        self.duration_s = 0.0  #: as the header has it, then as the last pass found it
        self.read_to = 0  #: the byte that the present pass has read furthest

    def open(self, long_side: int) -> None:
        """Have the header read.  Raises: BadMedia, Died."""
        limits = self._limits
        opening = (
            wire.KINDS.index(self._kind),
            self._source.size,
            limits.max_pixels,
            limits.max_frames,
            limits.max_duration_s,
            limits.threads,
            long_side,
            math.ceil(limits.stall_s) + 2,  # later than the deadline: for when nobody is left to see to that
        )
        with self._killing():
            self._send(wire.TAG.pack(wire.OPEN) + wire.OPENING.pack(*opening))
            if self._answer() != wire.OPENED:
                raise Died
            self.width, self.height, self.duration_s = self._fields(wire.HEADER)
            self._is_open = True

    def close(self) -> None:
        """Be done with it: a process that waits is kept for the next video, one that works is ended."""
        if self._is_busy or not self._worker.is_alive():
            self._worker.kill()
        elif self._is_open:
            with contextlib.suppress(Died, TooSlow):
                self._send(wire.TAG.pack(wire.CLOSE))
        self._is_open = False

    def keyframes(self, apart_s: float) -> Generator[tuple[float, bool, Decoded]]:
        """Second, whether it is a keyframe, and luma of each.  Raises: BadMedia."""
        return self._pass(wire.TAG.pack(wire.KEYFRAMES) + wire.PASS_KEYFRAMES.pack(apart_s))

    def between(self, first_s: float, last_s: float, every_s: float) -> Generator[tuple[float, bool, Decoded]]:
        """Frames of a span.  Raises: BadMedia."""
        return self._pass(wire.TAG.pack(wire.BETWEEN) + wire.PASS_BETWEEN.pack(first_s, last_s, every_s))

    def sample(self, every_s: float) -> Generator[tuple[float, bool, Decoded]]:
        """One frame in every so many seconds, and one after each change of scene.  Raises: BadMedia."""
        return self._pass(wire.TAG.pack(wire.SAMPLE) + wire.PASS_SAMPLE.pack(every_s))

    def _pass(self, command: bytes) -> Generator[tuple[float, bool, Decoded]]:
        if self._is_busy or not self._is_open:
            raise ValueError("one pass at a time over an open video")
        self._is_busy, self.read_to = True, 0
        with self._killing():
            self._send(command)
            try:
                while self._answer() != wire.DONE:
                    frame = self._frame()
                    yield frame
                    self._send(wire.TAG.pack(wire.MORE))
            except GeneratorExit:
                self._stop()
                raise
            self._end()

    def _stop(self) -> None:
        """End a pass early: what is on its way is thrown away."""
        if not self._is_open:
            return
        try:
            self._send(wire.TAG.pack(wire.STOP))
            while self._answer() != wire.DONE:
                self._frame()
            self._end()
        except (Died, TooSlow, BadMedia):
            self._is_open = False
            self._worker.kill()

    def _end(self) -> None:
        (end_s,) = self._fields(wire.ENDED)
        if end_s:
            self.duration_s = end_s
        self._is_busy = False

    @contextlib.contextmanager
    def _killing(self) -> Iterator[None]:
        """Whatever goes wrong but a refusal, the process is ended: its answers would be read as others'."""
        try:
            yield
        except BadMedia:
            self._is_open = self._is_busy = False
            raise
        except GeneratorExit:
            raise
        except TooSlow:
            self._worker.kill()
            self._raise_too_slow()
        except Died:
            self._worker.kill()
            if not self._is_open:
                raise
            self._is_open = False
            raise unreadable_video(f"{self._kind.name} data that makes the decoder fail") from None
        except BaseException:
            self._worker.kill()
            raise

    def _raise_too_slow(self) -> NoReturn:
        self._is_open = False
        if self._left_s <= 0:
            raise too_costly(f"more than {self._limits.decode_s:g} s to decode", "UNSEEN_VIDEO_DECODE_S") from None
        why = f"{self._kind.name} at which the decoder hangs for {self._limits.stall_s:g} s"
        raise unreadable_video(why) from None

    def _answer(self) -> int:
        """The next answer's tag, once the process has every piece of the file that it wants.

        Raises: BadMedia where it refuses the video; Died, TooSlow.
        """
        while True:
            (tag,) = self._fields(wire.TAG)
            if tag == wire.WANT:
                offset, size = self._fields(wire.WANTED)
                if size > _MAX_PIECE:
                    raise Died
                piece = self._piece(offset, size)
                self.read_to = max(self.read_to, offset + len(piece))
                self._send(wire.TAG.pack(wire.DATA) + wire.PIECE.pack(len(piece)) + piece)
            elif tag == wire.REFUSED:
                sizes = self._fields(wire.TEXTS)
                what, hint = (bytes(self._receive(size)).decode("utf-8", "replace") for size in sizes)
                raise BadMedia(what, hint=hint or None)
            elif tag != wire.ALIVE:
                return int(tag)

    def _piece(self, offset: int, size: int) -> bytes:
        try:
            return self._source.read_at(offset, size)
        except BaseException:  # the process waits for it and would take the next video's opening for it
            self._is_open = False
            self._worker.kill()
            raise

    def _frame(self) -> tuple[float, bool, Decoded]:
        at_s, is_key, width, height, *shape, eighths, orientation = self._fields(wire.SHOWN)
        if eighths not in {1, 2, 4, 8} or shape != [scaled(height, eighths), scaled(width, eighths)]:
            raise Died
        if not 0 < width * height <= self._limits.max_pixels or not 1 <= orientation <= 8 or not at_s >= 0:
            raise Died
        luma = np.frombuffer(self._receive(shape[0] * shape[1]), np.uint8).reshape(shape)
        decoded = Decoded(luma=luma, width=width, height=height, eighths=eighths, orientation=orientation)
        return at_s, bool(is_key), decoded

    def _fields(self, fields: Struct) -> tuple[Any, ...]:
        return fields.unpack(self._receive(fields.size))

    def _receive(self, size: int) -> bytearray:
        started = time.monotonic()
        try:
            return self._worker.receive(size, started + min(self._limits.stall_s, max(self._left_s, 0.0)))
        finally:
            self._left_s -= time.monotonic() - started

    def _send(self, data: bytes) -> None:
        self._worker.send(data, time.monotonic() + self._limits.stall_s)
