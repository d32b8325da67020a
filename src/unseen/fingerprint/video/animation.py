"""An animated WebP, in the process that decodes it: Pillow reads it from one end to the other."""

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

from unseen.fingerprint.video import luma
from unseen.fingerprint.video.formats import too_costly, unreadable_video
from unseen.fingerprint.video.sampling import Scenes
from unseen.fingerprint.video.tracks import Bounds, Shown


class Animation:
    """Its frames as a track."""

    def __init__(self, file: io.RawIOBase, frames_ms: Iterator[int], bounds: Bounds) -> None:
        """Read the header.  frames_ms: how long each frame is shown.  Raises: BadMedia."""
        self._file, self._bounds = file, bounds
        self._starts_s = [0.0]
        for shown_ms in frames_ms:
            self._starts_s.append(self._starts_s[-1] + shown_ms / 1000)
            if len(self._starts_s) > bounds.max_frames:
                raise too_costly(f"more than {bounds.max_frames:,} frames", "UNSEEN_VIDEO_MAX_FRAMES")
        if self._starts_s[-1] > bounds.max_duration_s:
            raise too_costly(f"longer than {bounds.max_duration_s:,.0f} s", "UNSEEN_VIDEO_MAX_DURATION_S")
        self.duration_s = self.end_s = self._starts_s[-1]
        with self._opened() as picture:
            self.width, self.height = picture.size

    def close(self) -> None:
        """Nothing is held."""

    def keyframes(self, apart_s: float) -> Iterator[Shown | None]:
        """The first frame: no other is said to stand alone."""
        del apart_s
        yield from (shown for shown in self._frames(last_s=0.0))

    def sample(self, every_s: float) -> Iterator[Shown | None]:
        """As ``Track`` says."""
        scenes, tick = Scenes(), -1
        for shown in self._frames():
            if scenes.is_change(luma.thumb(shown.decoded.luma)) or int(shown.at_s / every_s) > tick:
                tick = int(shown.at_s / every_s)
                yield shown
            else:
                yield None

    def between(self, first_s: float, last_s: float, every_s: float) -> Iterator[Shown | None]:
        """As ``Track`` says."""
        wanted_s = first_s
        for shown in self._frames(last_s=last_s):
            if shown.at_s >= wanted_s:
                wanted_s = shown.at_s + every_s
                yield shown
            else:
                yield None

    def _frames(self, last_s: float = float("inf")) -> Iterator[Shown]:
        try:
            with self._opened() as picture:
                for number, at_s in enumerate(self._starts_s[:-1]):
                    if at_s > last_s:
                        return
                    picture.seek(number)
                    yield self._shown(picture, at_s, is_keyframe=number == 0)
        except (EOFError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return  # cut short: what there was is what there is
        except MemoryError:
            raise unreadable_video("WEBP that needs more memory than a video may") from None

    def _shown(self, picture: Image.Image, at_s: float, *, is_keyframe: bool) -> Shown:
        plane = luma.luma_of_colours(np.asarray(picture.convert("RGBA")))
        decoded = luma.reduced(plane, is_limited=False, orientation=1, long_side=self._bounds.long_side)
        return Shown(at_s=at_s, is_keyframe=is_keyframe, decoded=decoded)

    def _opened(self) -> Image.Image:
        self._file.seek(0)
        try:
            picture = Image.open(self._file, formats=["WEBP"])  # type: ignore[arg-type]
        except (OSError, ValueError, SyntaxError):
            raise unreadable_video("WEBP without a usable header, or cut short") from None
        if picture.width * picture.height > self._bounds.max_pixels:
            raise too_costly(f"{picture.width:,} x {picture.height:,} pixels", "UNSEEN_VIDEO_MAX_PIXELS")
        return picture
