"""A video opened for looking at: keyframes first, then as densely as somebody asks, wherever they ask."""

import contextlib
from collections.abc import Generator, Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from unseen.base import BadMedia
from unseen.fingerprint.image import upright, views_of
from unseen.fingerprint.orientation import is_quarter_turn
from unseen.fingerprint.raster import Decoded
from unseen.fingerprint.video.decoder import Session, VideoDecoder
from unseen.fingerprint.video.formats import ACCEPTED, VideoFormat, sniff_video, unreadable_video
from unseen.fingerprint.video.records import VideoFrame
from unseen.fingerprint.video.sources import Source

#: Keyframes that lie closer are passed over, as long as those that are left are no further apart than this.
KEYFRAMES_APART_S: Final = 2.0
#: A span without a keyframe is one that is longer by more than what clocks and frame rates round.
GAP_S: Final = KEYFRAMES_APART_S + 0.1

Pass = Generator[tuple[float, bool, Decoded]]


class Video:
    """A video that is open.  For one thread; one iterator at a time, and one that is left early stops decoding."""

    def __init__(self, session: Session, kind: VideoFormat, size: int) -> None:
        self._session, self._kind, self._size = session, kind, size
        self._keyframes_s: list[float] = []
        self._orientation: int | None = None
        self._at_s = 0.0

    @property
    def media_type(self) -> str:
        """What the bytes are, whatever the name says."""
        return self._kind.value

    @property
    def width(self) -> int:
        """Pixels, set upright as far as the frames seen so far tell."""
        return self._session.height if self._is_turned else self._session.width

    @property
    def height(self) -> int:
        """Pixels, set upright as far as the frames seen so far tell."""
        return self._session.width if self._is_turned else self._session.height

    @property
    def duration_s(self) -> float:
        """What the header says, until an iterator came to the end and found out."""
        return self._session.duration_s

    @property
    def share_done(self) -> float:
        """How far the present iterator has come, 0 to 1: by the second of its last frame, or by what it has read."""
        if self.duration_s > 0:
            return min(self._at_s / self.duration_s, 1.0)
        return min(self._session.read_to / max(self._size, 1), 1.0)

    def keyframes(self) -> Iterator[VideoFrame]:
        """Keyframes, as few as cover the video as closely as ``KEYFRAMES_APART_S``; no other frame is decoded.

        Raises: BadMedia.
        """
        self._keyframes_s = []
        for frame in self._frames(self._session.keyframes(KEYFRAMES_APART_S)):
            self._keyframes_s.append(frame.at_s)
            yield frame

    def keyframe_gaps(self, longer_than_s: float = GAP_S) -> list[tuple[float, float]]:
        """Spans without a keyframe, after ``keyframes`` has come to its end; the beginning and the end count."""
        marks = [0.0, *self._keyframes_s, max(self.duration_s, *self._keyframes_s, 0.0)]
        return [(before, after) for before, after in pairwise(marks) if after - before > longer_than_s]

    def frames_between(self, first_s: float, last_s: float, every_s: float) -> Iterator[VideoFrame]:
        """Frames of a span, both ends included, at least ``every_s`` apart; quickest when asked for in order of time.

        Raises: BadMedia.
        """
        if not 0 <= first_s <= last_s or every_s < 0:
            raise ValueError("a span begins at 0 or later and ends no sooner than it begins")
        return self._frames(self._session.between(first_s, last_s, every_s))

    def sample(self, every_s: float) -> Iterator[VideoFrame]:
        """The first frame of each ``every_s`` seconds and the first after each change of scene.  Raises: BadMedia."""
        return self._frames(self._session.sample(every_s))

    @property
    def _is_turned(self) -> bool:
        return self._orientation is not None and is_quarter_turn(self._orientation)

    def _frames(self, shown: Pass) -> Iterator[VideoFrame]:
        with contextlib.closing(shown):
            for at_s, is_keyframe, decoded in shown:
                self._orientation, self._at_s = decoded.orientation, at_s
                codes, quality = views_of(decoded)
                yield VideoFrame(
                    at_s=at_s,
                    is_keyframe=is_keyframe,
                    views=codes,
                    quality=quality,
                    luma=np.ascontiguousarray(upright(decoded)),
                )


@contextlib.contextmanager
def open_video(source: Source, *, decoder: VideoDecoder, long_side: int = 0) -> Iterator[Video]:
    """Open a video; wait for a free decoder first.

    long_side: pixels that the long side of each frame's luma has at least, where the frame has them; its short side
    keeps 128 in any case.
    Raises: BadMedia where it is no video, cannot be read or costs more than the limits; NodeError where the decoder is
    closed or cannot start.
    """
    limits = decoder.limits
    if source.size > limits.max_bytes:
        raise BadMedia(
            f"too large to read (more than {limits.max_bytes / 1024**2:g} MiB).",
            hint="Send a smaller copy, or a part of it.",
        )
    kind = sniff_video(source)
    if kind is None:
        raise BadMedia("not a video that Unseen reads.", hint=ACCEPTED)
    with decoder.opened(source, kind, long_side=long_side) as session:
        yield Video(session, kind, source.size)


def require_frames(seen: int) -> None:
    """Raises: BadMedia where a video showed nothing."""
    if not seen:
        raise unreadable_video("not one frame of it can be decoded")
