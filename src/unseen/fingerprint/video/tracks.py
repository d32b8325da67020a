"""A video's picture track, in the process that decodes it: keyframes, frames between two seconds, samples.

Times are presentation times since the track's beginning, so that a variable frame rate is what it is.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, Protocol

import av
from av.container import InputContainer
from av.stream import Discard
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from unseen.fingerprint.raster import Decoded
from unseen.fingerprint.video import luma
from unseen.fingerprint.video.formats import VideoFormat, too_costly, unreadable_video
from unseen.fingerprint.video.lanes import Lanes, Leans, Packet, Ways
from unseen.fingerprint.video.sampling import ROUNDING_S, SCENE_APART_S, Covering, Cutter, Met, Piece, Scenes

_READ_BYTES: Final = 1 << 18
_READ_ON_BYTES: Final = 1 << 20  #: of a file that is read from one end to the other: fewer hand-overs
_MANY_PIXELS: Final = 4096 * 2304  #: frames beyond this are decoded by one thread, for its memory
_FEW_PIXELS: Final = 320 * 240  #: frames below this are decoded before a second thread has begun
_SPARSE_S: Final = 0.2  #: frames so far apart need not be decoded where no other depends on them
_TOGETHER: Final = 8  #: keyframes that are sought before they are decoded
_WHOLE_INDEX: Final = frozenset({VideoFormat.MP4, VideoFormat.MOV})  #: whose index tells of every frame
#: Whose packets say when they are shown, so that nothing need be decoded to tell how far frames are out of order.
_TIMED: Final = frozenset({VideoFormat.MP4, VideoFormat.MOV, VideoFormat.MKV, VideoFormat.WEBM})
_STREAMED: Final = frozenset({VideoFormat.MPEG, VideoFormat.TS})  #: without a header: tracks show as they are read
_ANALYSED_US: Final = 1_000_000  #: of such a stream, to find its tracks; all that FFmpeg would, if it has none there
_BACK_S: Final = (0.0, 2.0, 12.0)  #: how much earlier to go where seeking does not lead to a keyframe
_AHEAD_S: Final = 3.0  #: decoding so far on is as quick as seeking


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the process itself watches over."""

    max_pixels: int
    max_frames: int
    max_duration_s: float
    threads: int
    long_side: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """One frame as it goes to the node."""

    at_s: float
    is_keyframe: bool
    decoded: Decoded


class Track(Protocol):
    """Frames in the order of time; ``None`` between them says that decoding goes on."""

    width: int  #: as stored
    height: int
    duration_s: float  #: as the header has it; 0 if it does not say
    end_s: float  #: where a pass found the end; 0 before one did

    def keyframes(self, apart_s: float) -> Iterator[Shown | None]:
        """Keyframes, as few as cover the video as closely as ``apart_s``."""
        ...

    def between(self, first_s: float, last_s: float, every_s: float) -> Iterator[Shown | None]:
        """Frames of a span, both ends included, at least ``every_s`` apart."""
        ...

    def sample(self, every_s: float) -> Iterator[Shown | None]:
        """About one frame in ``every_s`` seconds, and the first after each change of scene."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class FfmpegTrack:
    """A track that FFmpeg reads."""

    def __init__(self, file: io.RawIOBase, kind: VideoFormat, bounds: Bounds) -> None:
        """Read the header.  Raises: BadMedia."""
        self._file, self._kind, self._bounds = file, kind, bounds
        self._frames_left = bounds.max_frames
        self.end_s = 0.0
        self._running: Iterator[av.VideoFrame] | None = None  # where ``between`` left off
        self._open()
        codec = self._stream.codec_context
        self.width, self.height = codec.width, codec.height
        self._require_size(self.width, self.height)
        self.duration_s = self._header_duration()

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def keyframes(self, apart_s: float) -> Iterator[Shown | None]:
        """Keyframes only, as few as cover the video as closely as ``apart_s``; nothing else is decoded."""
        self._rewind()
        self._stream.codec_context.skip_frame = "NONKEY"
        keys = self._indexed_keys(apart_s)
        if keys is None:
            yield from self._keys_met(apart_s)
        else:
            yield from self._keys_sought(keys)

    def _keys_sought(self, keys: list[int]) -> Iterator[Shown]:
        """Keyframes that the index tells of: only they are read, a few at a time, so that threads can share them."""
        sought: int | None = None
        for first in range(0, len(keys), _TOGETHER):
            packets = []
            for stamp in keys[first : first + _TOGETHER]:
                try:
                    self._container.seek(stamp, stream=self._stream, backward=True)
                except av.FFmpegError:
                    continue
                packet = next(self._packets(), None)
                if packet is not None and packet.is_keyframe and packet.dts != sought:
                    packets.append(packet)
                    sought = packet.dts
            for packet in (*packets, None):
                yield from (self._shown(frame) for frame in self._decoded(packet))

    def _keys_met(self, apart_s: float) -> Iterator[Shown | None]:
        """Keyframes as they come, in a file that is read from one end to the other."""
        covering: Covering[Packet] = Covering(apart_s)
        last_s = 0.0
        for packet in self._packets():
            at_s = self._seconds(packet.pts if packet.pts is not None else packet.dts) or last_s
            last_s = max(last_s, at_s + self._span(packet.duration))
            for chosen in covering.met(at_s, packet) if packet.is_keyframe else ():
                yield from (self._shown(frame) for frame in self._decoded(chosen))
            yield None
        for key in (*covering.last(), None):
            yield from (self._shown(frame) for frame in self._decoded(key))
        self.end_s = min(last_s, self._bounds.max_duration_s)

    def _indexed_keys(self, apart_s: float) -> list[int] | None:
        """Where the keyframes are, if the file's index tells of all of it; and where it ends."""
        entries = self._stream.index_entries
        if self._kind not in _WHOLE_INDEX or not len(entries):
            return None
        shift = (self._start or 0) - entries[0].timestamp  # the index has decoding times, seeking takes others
        end_s = (self._seconds(entries[len(entries) - 1].timestamp + shift) or 0.0) + self._span(None)
        if end_s < 0.9 * self.duration_s:  # it tells of the first fragment
            return None
        covering: Covering[int] = Covering(apart_s)
        stamps = []
        for entry in entries:
            if entry.is_keyframe:
                stamp = entry.timestamp + shift
                stamps += covering.met(self._seconds(stamp) or 0.0, stamp)
        stamps += covering.last()
        self.end_s = min(end_s, self._bounds.max_duration_s)
        return stamps

    def sample(self, every_s: float) -> Iterator[Shown | None]:
        """As ``Track`` says; groups of pictures are decoded beside each other, each as far as it is needed."""
        shown_s = -float("inf")
        try:
            for shown in self._sampled(every_s, is_cut=True):
                shown_s = shown.at_s if shown is not None else shown_s
                yield shown
        except Leans:
            for shown in self._sampled(every_s, is_cut=False):
                yield shown if shown is None or shown.at_s > shown_s else None

    def _sampled(self, every_s: float, *, is_cut: bool) -> Iterator[Shown | None]:
        """is_cut: take keyframes for what decoding can begin with.  Raises: Leans, where that is not so."""
        self._rewind()
        codec = self._stream.codec_context
        codec.skip_frame = "NONREF"
        ways = Ways(
            decode=self._decoded,
            time_of=self._time_of,
            span_of=lambda frame: self._span(frame.duration),
            long_side=self._bounds.long_side,
            is_cut=is_cut,
        )
        scenes, shown_s, turned = Scenes(), -SCENE_APART_S, 1
        count = codec.thread_count if is_cut else 1
        with Lanes(self._stream, count, ways) as lanes:
            for seen in lanes.run(self._pieces(Cutter(every_s), is_cut=is_cut)):
                if seen is None:
                    yield None
                    continue
                is_change = seen.thumb is not None and scenes.is_change(seen.thumb)
                self.end_s = max(self.end_s, seen.at_s + seen.span_s)
                if seen.decoded is None or not (seen.is_wanted or (is_change and seen.at_s - shown_s >= SCENE_APART_S)):
                    yield None
                    continue
                shown_s = max(shown_s, seen.at_s)  # a clock that jumps back stands still
                if turned == 1:  # the container's word on it is known to the first decoder only
                    turned = seen.decoded.orientation
                decoded = replace(seen.decoded, orientation=turned)
                yield Shown(at_s=shown_s, is_keyframe=seen.is_keyframe, decoded=decoded)

    def _pieces(self, cutter: Cutter[Packet], *, is_cut: bool) -> Iterator[Piece[Packet]]:
        at_s, is_first = 0.0, True
        for packet in self._packets():
            stamp = packet.pts if packet.pts is not None else packet.dts
            seconds, span_s = self._seconds(stamp), self._span(packet.duration)
            at_s = at_s + span_s if seconds is None else seconds
            self.end_s = max(self.end_s, min(at_s + span_s, self._bounds.max_duration_s))
            is_key = packet.is_keyframe if is_cut else is_first
            yield from cutter.met(Met(at_s=at_s, is_keyframe=is_key, size=packet.size, packet=packet))
            is_first = False
        yield from cutter.last()

    def between(self, first_s: float, last_s: float, every_s: float) -> Iterator[Shown | None]:
        """Frames of the span, both ends included, at least ``every_s`` apart."""
        self._stream.codec_context.skip_frame = "NONREF" if every_s >= _SPARSE_S else "DEFAULT"
        running = self._from(first_s)
        wanted_s = first_s - ROUNDING_S
        for frame in running:
            at_s = self._time_of(frame)
            self._decoded_to_s = at_s
            if at_s > last_s + ROUNDING_S:
                self._running = chain((frame,), running)
                return
            if at_s >= wanted_s:
                wanted_s = at_s + every_s - ROUNDING_S
                plane, is_limited = luma.luma_plane(frame)
                yield self._reduced(frame, plane, at_s, is_limited=is_limited)
            else:
                yield None
        self._running = None
        self.end_s = max(self.end_s, self._decoded_to_s)

    def _open(self) -> None:
        self._container, pictures = self._opened(self._quick_options())
        if self._kind in _STREAMED and not any(stream.codec_context.width for stream in pictures):
            self._container.close()
            self._container, pictures = self._opened({})
        if not pictures:
            self._container.close()
            raise unreadable_video(f"{self._kind.name} without a picture track")
        self._stream = _largest(pictures)
        for other in self._container.streams:
            if other is not self._stream:
                other.discard = Discard.all
        codec = self._stream.codec_context
        is_usual = _FEW_PIXELS <= codec.width * codec.height <= _MANY_PIXELS
        codec.thread_count = self._bounds.threads if is_usual else 1
        codec.thread_type = "AUTO"
        codec.options = {"max_pixels": str(self._bounds.max_pixels)}
        self._start: int | None = self._stream.start_time
        self._decoded_to_s, self._is_fresh = 0.0, True
        self._running = None

    def _quick_options(self) -> dict[str, str]:
        """What spares FFmpeg looking at more of the file than it takes to know its tracks."""
        if self._kind in _TIMED:
            return {"skip_frame": "all"}
        return {"analyzeduration": str(_ANALYSED_US)} if self._kind in _STREAMED else {}

    def _opened(self, options: dict[str, str]) -> tuple[InputContainer, list[VideoStream]]:
        """The file, and its picture tracks without the covers of music.  Raises: BadMedia."""
        self._file.seek(0)
        try:
            container = av.open(
                self._file,
                format=self._kind.demuxer,
                buffer_size=_READ_BYTES if self._kind in _WHOLE_INDEX else _READ_ON_BYTES,
                metadata_errors="ignore",
                options={"max_pixels": str(self._bounds.max_pixels), **options},
            )
        except (av.FFmpegError, ValueError, EOFError):
            raise unreadable_video(f"{self._kind.name} without a usable header, or cut short") from None
        except MemoryError:
            raise unreadable_video(f"{self._kind.name} that needs more memory than a video may") from None
        assert isinstance(container, InputContainer)
        return container, [s for s in container.streams.video if "attached_pic" not in str(s.disposition)]

    def _rewind(self) -> None:
        if not self._is_fresh:
            self._container.close()
            self._open()
        self._is_fresh, self._running = False, None

    def _from(self, at_s: float) -> Iterator[av.VideoFrame]:
        """Frames, the first of which is one before ``at_s``, or the first there is after it."""
        running = self._running
        if running is not None and 0 <= at_s - self._decoded_to_s <= _AHEAD_S:
            return running
        if at_s <= _AHEAD_S and (self._is_fresh or self._kind not in _WHOLE_INDEX):
            self._rewind()
            return self._run(self._frames())
        for back_s in _BACK_S:
            try:
                self._seek(max(at_s - back_s, 0.0))
            except av.FFmpegError:
                if running is not None and at_s >= self._decoded_to_s:  # a file that is only read from end to end
                    return running
                break
            frames = self._frames()
            first = next(frames, None)
            if first is not None and self._time_of(first) <= at_s + ROUNDING_S:
                return self._run(chain((first,), frames))
        self._rewind()
        return self._run(self._frames())

    def _seek(self, at_s: float) -> None:
        """Have the next frame be that of the last keyframe before.  Raises: av.FFmpegError."""
        if self._stream.time_base is None:
            return
        self._container.seek(round(at_s / self._stream.time_base) + (self._start or 0), stream=self._stream)

    def _run(self, frames: Iterator[av.VideoFrame]) -> Iterator[av.VideoFrame]:
        self._is_fresh, self._decoded_to_s, self._running = False, 0.0, frames
        return frames

    def _packets(self) -> Iterator[Packet]:
        """Of the track; a file that is damaged or cut short ends where that shows."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except MemoryError:
                raise unreadable_video("a part that needs more memory than a video may") from None
            except (av.FFmpegError, ValueError, EOFError):
                packet = None
            if packet is None or packet.size == 0:
                return
            yield packet

    def _frames(self) -> Iterator[av.VideoFrame]:
        """Decoded frames, in the order of time."""
        for packet in self._packets():
            yield from self._decoded(packet)
        yield from self._decoded(None)

    def _decoded(self, packet: "Packet | None", codec: VideoCodecContext | None = None) -> list[av.VideoFrame]:
        """What a decoder, the track's own by default, gives for a packet; nothing where it is damaged.

        Raises: BadMedia beyond the limits.
        """
        try:
            frames = (codec or self._stream.codec_context).decode(packet)
        except MemoryError:
            raise unreadable_video("frames that need more memory than a video may") from None
        except (av.FFmpegError, ValueError, EOFError):
            return []
        self._frames_left -= len(frames)
        if self._frames_left < 0:
            raise too_costly(f"more than {self._bounds.max_frames:,} frames", "UNSEEN_VIDEO_MAX_FRAMES")
        for frame in frames:
            self._require_size(frame.width, frame.height)
        return frames

    def _shown(self, frame: av.VideoFrame) -> Shown:
        plane, is_limited = luma.luma_plane(frame)
        return self._reduced(frame, plane, self._time_of(frame), is_limited=is_limited)

    def _reduced(self, frame: av.VideoFrame, plane: luma.Plane, at_s: float, *, is_limited: bool) -> Shown:
        turned = luma.orientation_of(frame)
        decoded = luma.reduced(plane, is_limited=is_limited, orientation=turned, long_side=self._bounds.long_side)
        return Shown(at_s=at_s, is_keyframe=bool(frame.key_frame), decoded=decoded)

    def _time_of(self, frame: av.VideoFrame, before_s: float | None = None) -> float:
        """When a frame is shown; where it does not say, after the one before.

        Raises: BadMedia beyond the longest duration.
        """
        at_s = self._seconds(frame.pts if frame.pts is not None else frame.dts)
        if at_s is None:
            at_s = (self._decoded_to_s if before_s is None else before_s) + self._span(frame.duration)
        if at_s > self._bounds.max_duration_s:
            raise too_costly(f"longer than {self._bounds.max_duration_s:,.0f} s", "UNSEEN_VIDEO_MAX_DURATION_S")
        return at_s

    def _seconds(self, stamp: int | None) -> float | None:
        """Since the beginning, never before it."""
        if stamp is None or self._stream.time_base is None:
            return None
        if self._start is None:
            self._start = stamp
        return max(float((stamp - self._start) * self._stream.time_base), 0.0)

    def _span(self, stamps: int | None) -> float:
        """How long a frame is shown, or would be at the average rate."""
        if stamps and stamps > 0 and self._stream.time_base is not None:
            return min(float(stamps * self._stream.time_base), 10.0)
        rate = self._stream.average_rate
        return 1 / float(rate) if rate else 0.0

    def _header_duration(self) -> float:
        if self._stream.duration and self._stream.time_base:
            stated = float(self._stream.duration * self._stream.time_base)
        else:
            stated = (self._container.duration or 0) / 1e6
        return min(max(stated, 0.0), self._bounds.max_duration_s)

    def _require_size(self, width: int, height: int) -> None:
        if width <= 0 or height <= 0:
            raise unreadable_video(f"{self._kind.name} that says it has no pixels")
        if width * height > self._bounds.max_pixels:
            raise too_costly(
                f"{width:,} x {height:,} pixels, at most {self._bounds.max_pixels:,} in all", "UNSEEN_VIDEO_MAX_PIXELS"
            )


def _largest(streams: list[VideoStream]) -> VideoStream:
    return max(streams, key=lambda stream: stream.codec_context.width * stream.codec_context.height)
