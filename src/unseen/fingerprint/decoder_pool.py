"""Pictures decoded in killable processes: one that takes too long or crashes costs itself, never the node."""

import math
import time
from typing import Final

import numpy as np

from unseen.base import BadMedia
from unseen.base.closing import Closing
from unseen.fingerprint import wire
from unseen.fingerprint.formats import Format, unreadable
from unseen.fingerprint.jpeg import scaled
from unseen.fingerprint.limits import Limits
from unseen.fingerprint.processes import DecoderProcess, Died, ProcessPool, TooSlow
from unseen.fingerprint.raster import Decoded

_TRIES: Final = 2  # a worker may have died of something else than this picture


class DecoderPool(Closing):
    """Decodes pictures in up to ``workers`` processes of their own.  Thread-safe; a context manager.

    A process that was forked from this one gets workers of its own when it first needs one.
    """

    def __init__(self, limits: Limits, *, workers: int = 1) -> None:
        """Start nothing yet.  limits: those of time and memory are the workers'."""
        self._limits = limits
        self._pool = ProcessPool(lambda: _Worker(self._limits.decoder_memory_bytes), workers=workers)

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
            with self._pool.lend() as worker:
                started = time.monotonic()
                try:
                    return worker.decode(data, kind, max_pixels or limits.max_decoded_pixels, long_side, left_s)
                except BadMedia:
                    raise
                except Died:
                    worker.kill()
                except TooSlow:
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
        self._pool.close()


class _Worker(DecoderProcess):
    """A process that decodes pictures."""

    def __init__(self, memory_bytes: int) -> None:
        super().__init__("unseen.fingerprint.decoder_worker", str(memory_bytes))

    def decode(self, data: bytes, kind: Format, max_pixels: int, long_side: int, timeout_s: float) -> Decoded:
        """Have one picture decoded.  Raises: BadMedia, Died, TooSlow."""
        deadline = time.monotonic() + timeout_s
        alarm_s = math.ceil(timeout_s) + 1  # later than the deadline: for when nobody is left to see to that
        head = wire.REQUEST.pack(wire.KINDS.index(kind), max_pixels, long_side, alarm_s, len(data))
        self.send(head, deadline)
        self.send(data, deadline)
        (answer,) = wire.ANSWER.unpack(self.receive(wire.ANSWER.size, deadline))
        if answer == wire.IS_REFUSED:
            sizes = wire.REFUSED.unpack(self.receive(wire.REFUSED.size, deadline))
            what, hint = (self.receive(size, deadline).decode("utf-8", "replace") for size in sizes)
            raise BadMedia(what, hint=hint or None)
        if answer != wire.IS_DECODED:
            raise Died
        width, height, *shape, eighths, orientation = wire.DECODED.unpack(self.receive(wire.DECODED.size, deadline))
        if eighths not in {1, 2, 4, 8} or shape != [scaled(height, eighths), scaled(width, eighths)]:
            raise Died
        if width * height > max_pixels or not 1 <= orientation <= 8:
            raise Died
        luma = np.frombuffer(self.receive(shape[0] * shape[1], deadline), np.uint8).reshape(shape)
        return Decoded(luma=luma, width=width, height=height, eighths=eighths, orientation=orientation)
