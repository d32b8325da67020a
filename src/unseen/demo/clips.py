"""Videos for the demo, drawn on the spot: nobody is in them."""

import io
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

FPS: Final = 10
SCENE_S: Final = 4  #: seconds that each scene lasts
_WIDTH, _HEIGHT = 480, 270
_CELLS: Final = (48, 24, 12)  # pixels: detail of each size
_MOVES: Final = 2  # pixels from frame to frame

Pixels = NDArray[np.uint8]  # (h, w, 3)


def scenes(seeds: Iterable[int]) -> Iterator[Pixels]:
    """Slow moves over landscapes of noise, one for each seed."""
    for seed in seeds:
        count = SCENE_S * FPS
        land = _landscape(seed, _WIDTH + _MOVES * count)
        for at in range(count):
            yield land[:, _MOVES * at : _MOVES * at + _WIDTH]


def part(frames: list[Pixels], first_s: float, last_s: float) -> list[Pixels]:
    """What is shown between two moments."""
    return frames[round(first_s * FPS) : round(last_s * FPS)]


def encoded(frames: Iterable[Pixels], *, crf: int) -> bytes:
    """The frames as an MP4, H.264.  crf: 0 to 51, how coarsely."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": str(crf), "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        stream.codec_context.gop_size = 2 * FPS
        stream.codec_context.time_base = Fraction(1, FPS)
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def _landscape(seed: int, width: int) -> Pixels:
    rng = np.random.default_rng(seed)
    land = np.full((_HEIGHT, width, 3), 128.0)
    for cell in _CELLS:
        size = (_HEIGHT // cell + 2, width // cell + 2)
        drawn = Image.fromarray(rng.normal(0, cell, size).astype(np.float32))
        land += np.asarray(drawn.resize((width, _HEIGHT), Image.Resampling.BICUBIC))[:, :, None]
    return np.clip(land + rng.integers(-40, 40, 3), 0, 255).astype(np.uint8)
