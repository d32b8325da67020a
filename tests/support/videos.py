"""Videos drawn for the tests, small and short, encoded by PyAV."""

import io
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def scene(seed: int, count: int, width: int = 96, height: int = 64) -> list[Pixels]:
    """So many frames of one scene that moves a little: (height, width, 3) uint8 each."""
    wide = np.asarray(detailed(width + count, height, seed))
    return [np.ascontiguousarray(wide[:, at : at + width]) for at in range(count)]


def detailed(width: int, height: int, seed: int) -> Image.Image:
    """A picture with detail at every scale that PDQ looks at."""
    rng = np.random.default_rng(seed)
    luma = sum(
        np.asarray(
            Image.fromarray(rng.normal(0, 3 * cell, (height // cell + 1, width // cell + 1)).astype(np.float32)).resize(
                (width, height), Image.Resampling.BICUBIC
            )
        )
        for cell in (4, 8, 16)
    )
    pixels = np.clip(128 + np.asarray(luma)[:, :, None] + np.array([20, 0, -20]), 0, 255)
    return Image.fromarray(pixels.astype(np.uint8))


def encoded(
    frames: Sequence[Pixels],
    *,
    container: str = "mp4",
    codec: str = "libx264",
    rate: int = 10,
    gop: int = 10,
    at_ms: Sequence[int] | None = None,
    pix_fmt: str = "yuv420p",
    turned_by: int = 0,
    is_full_range: bool = False,
    options: dict[str, str] | None = None,
) -> bytes:
    """A video file of these frames.

    at_ms: when each is shown, for a variable rate; turned_by: degrees that a player turns it by.
    """
    buffer = io.BytesIO()
    height, width = frames[0].shape[:2]
    with av.open(buffer, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.gop_size = gop
        if is_full_range:
            stream.codec_context.color_range = 2
        if at_ms is not None:
            stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        if turned_by:
            stream.set_display_rotation(turned_by)
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            if is_full_range:
                frame = frame.reformat(format=pix_fmt, dst_color_range="JPEG")
            if at_ms is not None:
                frame.pts, frame.time_base = at_ms[number], Fraction(1, 1000)
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return buffer.getvalue()


def sound(seconds: float = 0.3) -> bytes:
    """An MP4 of silence, without pictures."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        stream = file.add_stream("aac", rate=16_000)
        for number in range(int(seconds * 16_000 / 1024) + 1):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16_000, number * 1024
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return buffer.getvalue()
