"""One process that decodes videos: it asks the node for pieces of the file and answers with frames, dies when told.

Run by ``decoder`` as ``python -m unseen.fingerprint.video.worker MEMORY_BYTES``.  It opens no file itself.  It ends
when its input does, so also when the node is killed; an alarm ends it in the middle of a frame, should nobody be left
to do so.
"""

import gc
import io
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from struct import Struct
from typing import Any, BinaryIO, Final

import av
import av.logging
from PIL import Image

from unseen.base import BadMedia
from unseen.fingerprint import wire as pictures_wire
from unseen.fingerprint.confined import limit_memory
from unseen.fingerprint.video import wire
from unseen.fingerprint.video.animation import Animation
from unseen.fingerprint.video.formats import VideoFormat, unreadable_video, webp_frames_ms
from unseen.fingerprint.video.tracks import Bounds, FfmpegTrack, Shown, Track

_ALIVE_EVERY: Final = 16  #: frames that are not sent, between two signs of life

_TIDY_EVERY: Final = 32  #: frames that are sent, between two times that memory is given back


class _Stopped(Exception):
    """The node wants no more of this pass."""


class _Closed(Exception):
    """The node is done with this video."""


def main() -> None:
    """Serve videos until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the node's own end closes the input
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    warnings.simplefilter("ignore")
    node = _Node(sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)  # a library that prints must not speak into the answers
    av.logging.set_level(None)
    Image.MAX_IMAGE_PIXELS = None  # the bounds carry the limit
    limit_memory(int(sys.argv[1]))
    gc.freeze()  # what is imported is never garbage, and would be looked through after every video
    node.say_ready()
    while True:
        opening = node.opening()
        try:
            _serve(node, *opening)
        except BadMedia as refusal:
            node.refuse(refusal)
        except MemoryError:
            node.refuse(unreadable_video("it needs more memory than a video may"))
        except _Closed:
            pass
        gc.collect()  # FFmpeg's memory hangs on objects that point at each other


class _Node:
    """The other end of the pipes."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source, self._sink = source, sink
        self._credit, self._alarm_s = 0, 0
        self._is_stopped = False

    def say_ready(self) -> None:
        self._say(pictures_wire.READY)

    def opening(self) -> tuple[VideoFormat, int, Bounds]:
        """Wait for the next video."""
        self._alarm_s = 0
        while self._tag() != wire.OPEN:
            pass  # what was on its way when the last video was refused
        kind, size, max_pixels, max_frames, max_s, threads, long_side, self._alarm_s = self._fields(wire.OPENING)
        bounds = Bounds(
            max_pixels=max_pixels, max_frames=max_frames, max_duration_s=max_s, threads=threads, long_side=long_side
        )
        return wire.KINDS[kind], size, bounds

    def command(self) -> tuple[int, tuple[float, ...]]:
        """Wait for the next pass.  Raises: _Closed."""
        self._credit, self._is_stopped = wire.CREDIT, False
        passes = {
            wire.KEYFRAMES: wire.PASS_KEYFRAMES,
            wire.BETWEEN: wire.PASS_BETWEEN,
            wire.SAMPLE: wire.PASS_SAMPLE,
        }
        while (tag := self._tag()) not in passes:
            if tag == wire.CLOSE:
                raise _Closed
        return tag, self._fields(passes[tag])

    def piece(self, offset: int, size: int) -> bytes:
        """A piece of the file."""
        self._say(wire.TAG.pack(wire.WANT) + wire.WANTED.pack(offset, size))
        while (tag := self._tag()) != wire.DATA:
            self._note(tag)
        (length,) = self._fields(wire.PIECE)
        return self._read(length)

    def opened(self, track: Track) -> None:
        self._say(wire.TAG.pack(wire.OPENED) + wire.HEADER.pack(track.width, track.height, track.duration_s))

    def show(self, shown: Shown) -> None:
        """Send a frame, once there is credit for it.  Raises: _Stopped."""
        while not self._credit and not self._is_stopped:
            self._note(self._tag())
        if self._is_stopped:
            raise _Stopped
        self._credit -= 1
        decoded = shown.decoded
        height, width = decoded.luma.shape
        fields = (decoded.width, decoded.height, height, width, decoded.eighths, decoded.orientation)
        head = wire.SHOWN.pack(shown.at_s, shown.is_keyframe, *fields)
        self._say(wire.TAG.pack(wire.FRAME) + head, decoded.luma.data)

    def say_alive(self) -> None:
        """Raises: _Stopped."""
        self._say(wire.TAG.pack(wire.ALIVE))

    def done(self, end_s: float) -> None:
        self._say(wire.TAG.pack(wire.DONE) + wire.ENDED.pack(end_s))

    def refuse(self, refusal: BadMedia) -> None:
        what, hint = refusal.what.encode(), (refusal.hint or "").encode()
        self._say(wire.TAG.pack(wire.REFUSED) + wire.TEXTS.pack(len(what), len(hint)) + what + hint)

    def _note(self, tag: int) -> None:
        if tag == wire.MORE:
            self._credit += 1
        elif tag == wire.STOP:
            self._is_stopped = True

    def _tag(self) -> int:
        (tag,) = self._fields(wire.TAG)
        return int(tag)

    def _fields(self, fields: Struct) -> tuple[Any, ...]:
        return fields.unpack(self._read(fields.size))

    def _read(self, size: int) -> bytes:
        signal.alarm(0)  # the node may take its time
        data = self._source.read(size)
        if len(data) < size:
            os._exit(0)  # nobody is left; no library's clean-up may keep this process
        signal.alarm(self._alarm_s)
        return data

    def _say(self, *parts: bytes | memoryview) -> None:
        signal.alarm(0)
        try:
            for part in parts:
                self._sink.write(part)
            self._sink.flush()
        except BrokenPipeError:
            os._exit(0)
        signal.alarm(self._alarm_s)


class _RemoteFile(io.RawIOBase):
    """The video's file, which the node reads."""

    def __init__(self, node: _Node, size: int) -> None:
        self._node, self._size, self._at = node, size, 0

    @property
    def size(self) -> int:
        return self._size

    def read_at(self, offset: int, size: int) -> bytes:
        size = max(min(size, self._size - offset), 0)
        return self._node.piece(offset, size) if size else b""

    def read(self, size: int = -1) -> bytes:
        data = self.read_at(self._at, self._size if size < 0 else size)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence], 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def _serve(node: _Node, kind: VideoFormat, size: int, bounds: Bounds) -> None:
    """One video, pass after pass.  Raises: BadMedia, _Closed."""
    file = _RemoteFile(node, size)
    track: Track = (
        Animation(file, webp_frames_ms(file), bounds) if kind is VideoFormat.WEBP else FfmpegTrack(file, kind, bounds)
    )
    try:
        node.opened(track)
        while True:
            tag, arguments = node.command()
            passes: dict[int, Callable[..., Iterator[Shown | None]]] = {
                wire.KEYFRAMES: track.keyframes,
                wire.BETWEEN: track.between,
                wire.SAMPLE: track.sample,
            }
            try:
                _show_all(node, passes[tag](*arguments))
            except _Stopped:
                node.done(0.0)
            else:
                node.done(track.end_s)
    finally:
        track.close()


def _show_all(node: _Node, frames: Iterator[Shown | None]) -> None:
    silent = sent = 0
    for shown in frames:
        if shown is not None:
            node.show(shown)
            silent, sent = 0, sent + 1
            if sent % _TIDY_EVERY == 0:
                gc.collect()
        elif (silent := silent + 1) % _ALIVE_EVERY == 0:
            node.say_alive()


if __name__ == "__main__":
    main()
