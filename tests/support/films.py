"""Videos drawn for the tests: every second shows another picture, so that seconds can be told apart."""

import io
from collections.abc import Iterable
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from support.pictures import draw

FPS = 4
WIDTH, HEIGHT = 192, 128


def second(seed: int) -> NDArray[np.uint8]:
    """What is shown for a second: (h, w, 3) uint8."""
    return np.asarray(draw(WIDTH, HEIGHT, seed))


def shown(seeds: Iterable[int], *, per_second: int = FPS) -> list[NDArray[np.uint8]]:
    """The frames of a video of so many seconds."""
    return [second(seed) for seed in seeds for _ in range(per_second)]


def filmed(
    frames: Iterable[NDArray[np.uint8]],
    *,
    kind: str = "mp4",
    codec: str = "mpeg4",
    keyframes: int = FPS,
    fps: int = FPS,
) -> bytes:
    """The frames as a file, with a keyframe a second unless said otherwise."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=fps)
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 1_500_000
        stream.codec_context.gop_size = keyframes
        stream.codec_context.time_base = Fraction(1, fps)
        for number, pixels in enumerate(frames):
            if number == 0:
                stream.height, stream.width = pixels.shape[:2]
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def video(seeds: Iterable[int], **more: object) -> bytes:
    """A file that shows each of these pictures for a second."""
    return filmed(shown(seeds), **more)
