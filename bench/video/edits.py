"""Edits of whole videos, each as people make them, drawn from a seed; what a picture can undergo, every frame does."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from bench.copies.edits import camera, covers, frames, geometry
from bench.copies.edits.pixels import contained

Pixels = NDArray[np.uint8]  # (h, w, 3)
OfFrame = Callable[[Image.Image, np.random.Generator], Image.Image]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """Frames at an even rate."""

    frames: Sequence[Pixels]
    fps: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.frames) / self.fps

    def part(self, first_s: float, last_s: float) -> "Clip":
        """The frames between two moments."""
        return Clip(frames=self.frames[round(first_s * self.fps) : max(round(last_s * self.fps), 1)], fps=self.fps)

    def at(self, fps: float) -> "Clip":
        """The same at another frame rate."""
        count = max(int(self.seconds * fps), 1)
        picked = [self.frames[min(int(i * self.fps / fps), len(self.frames) - 1)] for i in range(count)]
        return Clip(frames=picked, fps=fps)

    def sized(self, width: int, height: int) -> "Clip":
        """Every frame fitted into so many pixels, on black."""
        return Clip(frames=[_on_black(frame, width, height) for frame in self.frames], fps=self.fps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How a clip becomes a file."""

    codec: str = "libx264"
    kind: str = "mp4"
    options: tuple[tuple[str, str], ...] = (("crf", "26"), ("preset", "ultrafast"), ("threads", "1"))
    keyframe_s: float = 2.0

    def __call__(self, clip: Clip) -> bytes:
        """The clip as a file."""
        file = io.BytesIO()
        height, width = (side - side % 2 for side in clip.frames[0].shape[:2])
        with av.open(file, "w", format=self.kind) as container:
            rate = Fraction(clip.fps).limit_denominator(1000)
            stream = container.add_stream(self.codec, rate=rate, options=dict(self.options))
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.codec_context.gop_size = max(round(self.keyframe_s * clip.fps), 1)
            for number, pixels in enumerate(clip.frames):
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels[:height, :width]), format="rgb24")
                frame.pts = number
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return file.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One kind of edit of a video."""

    name: str
    make: Callable[[Clip, np.random.Generator, Sequence[Clip]], Clip]  #: of the clip; fillers are other people's
    encoding: Encoding = Encoding()


def _crf(number: int) -> Encoding:
    return Encoding(options=(("crf", str(number)), ("preset", "ultrafast"), ("threads", "1")))


VP9: Final = Encoding(
    codec="libvpx-vp9",
    kind="webm",
    options=(("deadline", "realtime"), ("cpu-used", "8"), ("crf", "40"), ("b", "0"), ("threads", "1")),
)


def _same(clip: Clip, rng: np.random.Generator, fillers: Sequence[Clip]) -> Clip:
    return clip


def _each(change: OfFrame, *, most_s: float = 1e9, fps: float = 1e9) -> Callable[..., Clip]:
    """Every frame in the same way: the generator begins anew for each."""

    def make(clip: Clip, rng: np.random.Generator, fillers: Sequence[Clip]) -> Clip:
        seed = int(rng.integers(1 << 31))
        shown = clip.part(0, most_s).at(min(fps, clip.fps))
        changed = [change(Image.fromarray(frame), np.random.default_rng(seed)) for frame in shown.frames]
        size = changed[0].size
        return Clip(frames=[np.asarray(frame.resize(size).convert("RGB")) for frame in changed], fps=shown.fps)

    return make


def _small(clip: Clip, rng: np.random.Generator, fillers: Sequence[Clip]) -> Clip:
    height, width, _ = clip.frames[0].shape
    return clip.sized(round(240 * width / height), 240)


def _paced(speed: float) -> Callable[..., Clip]:
    def make(clip: Clip, rng: np.random.Generator, fillers: Sequence[Clip]) -> Clip:
        return Clip(frames=clip.frames, fps=clip.fps * speed)

    return make


def _rate(clip: Clip, rng: np.random.Generator, fillers: Sequence[Clip]) -> Clip:
    return clip.at(clip.fps * 0.6)


def _reversed(clip: Clip, rng: np.random.Generator, fillers: Sequence[Clip]) -> Clip:
    return Clip(frames=clip.frames[::-1], fps=clip.fps)


def _clip_within(share: float) -> Callable[..., Clip]:
    """A clip of the video, 3 s at least, is this share of what is uploaded."""

    def make(clip: Clip, rng: np.random.Generator, fillers: Sequence[Clip]) -> Clip:
        length_s = min(max(3.0, 10 * share), clip.seconds)
        first_s = float(rng.uniform(0, clip.seconds - length_s))
        known = clip.part(first_s, first_s + length_s)
        return _between_others(known, length_s * (1 / share - 1), rng, fillers)

    return make


def _compilation(clip: Clip, rng: np.random.Generator, fillers: Sequence[Clip]) -> Clip:
    length_s = min(4.0, clip.seconds)
    first_s = float(rng.uniform(0, clip.seconds - length_s))
    return _between_others(clip.part(first_s, first_s + length_s), 7 * length_s, rng, fillers)


def _between_others(known: Clip, others_s: float, rng: np.random.Generator, fillers: Sequence[Clip]) -> Clip:
    fps = min(known.fps, 8.0)
    before = int(others_s * rng.uniform(0.1, 0.9) * fps)
    filling = [frame for i in rng.permutation(len(fillers)) for frame in fillers[i].at(fps).sized(426, 240).frames]
    while len(filling) < others_s * fps:
        filling += filling
    inside = known.at(fps).sized(426, 240).frames
    return Clip(frames=[*filling[:before], *inside, *filling[before : int(others_s * fps)]], fps=fps)


def _picture_in_picture(clip: Clip, rng: np.random.Generator, fillers: Sequence[Clip]) -> Clip:
    """The video, half as wide, over the corner of another."""
    shown, host = clip.at(min(clip.fps, 8.0)), fillers[int(rng.integers(len(fillers)))].at(min(clip.fps, 8.0))
    made = []
    for number, frame in enumerate(shown.frames):
        canvas = Image.fromarray(_on_black(host.frames[number % len(host.frames)], 640, 360))
        guest = contained(Image.fromarray(frame), 320, 200)
        canvas.paste(guest, (640 - guest.width - 16, 360 - guest.height - 16))
        made.append(np.asarray(canvas))
    return Clip(frames=made, fps=shown.fps)


def _letterbox(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return ImageOps.expand(picture, (0, picture.height // 5), 0)


def _pillarbox(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return ImageOps.expand(picture, (picture.width // 4, 0), 0)


def _brighter(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return picture.point(lambda value: min(255, int(20 + 1.25 * value)))


def _turned(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return picture.transpose(Image.Transpose.ROTATE_90)


def _grey(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return picture.convert("L").convert("RGB")


def _screened(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return contained(
        camera.photo_of_screen(
            picture,
            rng,
            corners_moved=(0.01, 0.05),
            moire=(0.02, 0.08),
            glare_area=(0.03, 0.1),
            blur=(0.7, 1.5),
            quality=(60, 85),
        ),
        640,
        640,
    )


def _combined(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return covers.corner_mark(_letterbox(ImageOps.mirror(picture), rng), rng, width_share=(0.15, 0.25))


def _on_black(frame: Pixels, width: int, height: int) -> Pixels:
    picture = contained(Image.fromarray(frame), width, height)
    canvas = Image.new("RGB", (width, height))
    canvas.paste(picture, ((width - picture.width) // 2, (height - picture.height) // 2))
    return np.asarray(canvas)


EDITS: Final = (
    Edit(name="re-encoded, H.264 crf 23", make=_same, encoding=_crf(23)),
    Edit(name="re-encoded, H.264 crf 35", make=_same, encoding=_crf(35)),
    Edit(name="re-encoded, H.264 crf 45", make=_same, encoding=_crf(45)),
    Edit(name="re-encoded, VP9", make=_same, encoding=VP9),
    Edit(name="240p", make=_small),
    Edit(name="a keyframe in 10 s", make=_same, encoding=Encoding(keyframe_s=10.0)),
    Edit(name="cropped by 5 %", make=_each(partial(geometry.cropped, removed=(0.05, 0.05)))),
    Edit(name="mirrored", make=_each(geometry.mirrored)),
    Edit(name="turned by 90", make=_each(_turned)),
    Edit(name="letterbox", make=_each(_letterbox)),
    Edit(name="pillarbox", make=_each(_pillarbox)),
    Edit(name="blurred bars", make=_each(partial(frames.blurred_bars, area_share=(0.3, 0.4)), fps=8.0)),
    Edit(name="logo", make=_each(partial(covers.corner_mark, width_share=(0.15, 0.25)))),
    Edit(name="caption", make=_each(partial(covers.caption, height_share=(0.06, 0.12)))),
    Edit(name="brighter", make=_each(_brighter)),
    Edit(name="grey", make=_each(_grey)),
    Edit(name="faster by 25 %", make=_paced(1.25)),
    Edit(name="slower by 20 %", make=_paced(0.8)),
    Edit(name="frame rate changed", make=_rate),
    Edit(name="reversed", make=_reversed),
    Edit(name="clip is 3 % of the upload", make=_clip_within(0.03)),
    Edit(name="clip is 10 % of the upload", make=_clip_within(0.1)),
    Edit(name="clip is 30 % of the upload", make=_clip_within(0.3)),
    Edit(name="compilation of 8", make=_compilation),
    Edit(name="picture in picture", make=_picture_in_picture),
    Edit(name="filmed from a screen", make=_each(_screened, most_s=8.0, fps=4.0)),
    Edit(name="mirrored, letterbox, logo", make=_each(_combined), encoding=_crf(35)),
)
