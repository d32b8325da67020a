"""Several decoders over one track: groups of pictures are decoded beside each other, and given in the order of time."""

import contextlib
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeAlias

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from unseen.fingerprint.raster import Decoded
from unseen.fingerprint.video import luma
from unseen.fingerprint.video.sampling import ROUNDING_S, Piece

Packet: TypeAlias = "av.Packet[VideoStream]"

_MOST_PIECES: Final = 32  # on their way
_MOST_BYTES: Final = 1 << 24  # of packets on their way
_LOOK_S: Final = 0.1  # frames that are looked at for a change of scene are so far apart at least
_CANDIDATE_STEP: Final = 20.0  # as ``sampling`` asks of a change at least
_TICK_S: Final = 0.2  # after which a wait tells that decoding goes on
#: Codecs that need no more than their headers to be decoded by a second decoder.
_KNOWN: Final = frozenset({"av1", "h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4", "vp8", "vp9"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """A decoded frame; all but its second is left out where nobody may ask for it."""

    at_s: float
    span_s: float
    is_keyframe: bool = False
    is_wanted: bool = False
    thumb: luma.Thumb | None = None
    decoded: Decoded | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ways:
    """What a lane has of its track."""

    decode: Callable[["Packet | None", VideoCodecContext], Sequence[av.VideoFrame]]  #: Raises: BadMedia.
    time_of: Callable[[av.VideoFrame, float], float]  #: its second, given that of the frame before.  Raises: BadMedia.
    span_of: Callable[[av.VideoFrame], float]
    long_side: int
    is_cut: bool  #: whether every group is expected to be decodable on its own


class Leans(Exception):
    """A group of pictures cannot be decoded without the one before."""


class Lanes:
    """Decoders, each in a thread of its own; a context manager."""

    def __init__(self, stream: VideoStream, count: int, ways: Ways) -> None:
        """Make up to so many decoders; the stream's own is the first."""
        codecs = [stream.codec_context]
        if stream.codec_context.name in _KNOWN or stream.codec_context.codec.canonical_name in _KNOWN:
            codecs += [_another(stream.codec_context) for _ in range(count - 1)]
        self._lanes = [_Lane(codec, ways) for codec in codecs]

    def __enter__(self) -> "Lanes":
        return self

    def __exit__(self, *_: object) -> None:
        for lane in self._lanes:
            lane.close()

    def run(self, pieces: Iterator[Piece[Packet]]) -> Generator[Seen | None]:
        """Every frame that the pieces take, group after group; ``None`` while a wait shows that decoding goes on.

        Raises: BadMedia; Leans.
        """
        waiting: deque[tuple[Future[list[Seen]], int]] = deque()
        at, size = -1, 0
        for piece in pieces:
            if piece.begins:
                if at >= 0:
                    waiting.append((self._lane(at).end(), 0))
                at += 1
            waiting.append((self._lane(at).go_on(piece), piece.size))
            size += piece.size
            while len(waiting) > _MOST_PIECES or (size > _MOST_BYTES and len(waiting) > 1):
                first, freed = waiting.popleft()
                size -= freed
                yield from self._awaited(first)
        if at >= 0:
            waiting.append((self._lane(at).end(), 0))
        for each, _ in waiting:
            yield from self._awaited(each)

    def _lane(self, at: int) -> "_Lane":
        return self._lanes[at % len(self._lanes)]

    def _awaited(self, future: Future[list[Seen]]) -> Iterator[Seen | None]:
        before = self._count()
        while True:
            with contextlib.suppress(TimeoutError):
                yield from future.result(_TICK_S)
                return
            yield from [None] * (self._count() - before)
            before = self._count()

    def _count(self) -> int:
        return sum(lane.decoded for lane in self._lanes)


class _Lane:
    """One decoder and its thread."""

    def __init__(self, codec: VideoCodecContext, ways: Ways) -> None:
        self._codec, self._ways = codec, ways
        self._thread = ThreadPoolExecutor(1)
        self._wanted: list[float] = []
        self._at_s = 0.0
        self._in_group = 0
        self._looked: tuple[float, luma.Thumb] | None = None
        self.decoded = 0  #: frames so far

    def close(self) -> None:
        """Let what is being decoded come to its end, and forget the rest."""
        self._thread.shutdown(cancel_futures=True)

    def go_on(self, piece: Piece[Packet]) -> Future[list[Seen]]:
        return self._thread.submit(self._decode, piece)

    def end(self) -> Future[list[Seen]]:
        """Have the group's last frames out, and be ready for another."""
        return self._thread.submit(self._end)

    def _decode(self, piece: Piece[Packet]) -> list[Seen]:
        self._wanted += piece.wanted_s
        return [self._seen(frame) for packet in piece.packets for frame in self._frames(packet)]

    def _end(self) -> list[Seen]:
        seen = [self._seen(frame) for frame in self._frames(None)]
        self._codec.flush_buffers()
        if not self._in_group and self._ways.is_cut:
            raise Leans
        self._wanted, self._looked, self._in_group = [], None, 0
        return seen

    def _frames(self, packet: "Packet | None") -> Iterator[av.VideoFrame]:
        for frame in self._ways.decode(packet, self._codec):
            self.decoded += 1
            self._in_group += 1
            yield frame

    def _seen(self, frame: av.VideoFrame) -> Seen:
        at_s = self._at_s = self._ways.time_of(frame, self._at_s)
        span_s, is_wanted = self._ways.span_of(frame), False
        while self._wanted and at_s >= self._wanted[0] - ROUNDING_S:
            self._wanted.pop(0)
            is_wanted = True
        looked = self._looked
        if not is_wanted and looked is not None and 0 <= at_s - looked[0] < _LOOK_S:
            return Seen(at_s=at_s, span_s=span_s)
        plane, is_limited = luma.luma_plane(frame)
        thumb = luma.thumb(plane)
        self._looked = at_s, thumb
        if not is_wanted and looked is not None and float(np.abs(thumb - looked[1]).mean()) <= _CANDIDATE_STEP:
            return Seen(at_s=at_s, span_s=span_s, thumb=thumb)
        turned = luma.orientation_of(frame)
        return Seen(
            at_s=at_s,
            span_s=span_s,
            is_keyframe=bool(frame.key_frame),
            is_wanted=is_wanted,
            thumb=thumb,
            decoded=luma.reduced(plane, is_limited=is_limited, orientation=turned, long_side=self._ways.long_side),
        )


def _another(codec: VideoCodecContext) -> VideoCodecContext:
    """A decoder like this one, of one thread."""
    made = av.CodecContext.create(codec.codec, "r")
    assert isinstance(made, VideoCodecContext)
    made.extradata = codec.extradata
    made.width, made.height = codec.width, codec.height
    made.color_range = codec.color_range
    made.options = codec.options
    made.skip_frame = codec.skip_frame
    made.thread_count = 1
    return made
