"""A decoded frame to luma: the Y plane where there is one, block means of it, full range.

Limited range (16 to 235, ITU-R BT.601 and 709 alike) is stretched to 0 to 255, as a conversion to red, green and blue
would.  PDQ's bits do not depend on that, being invariant to gain and offset; its quality does, and so does whoever
compares a frame with a picture.
"""

from typing import Final, cast

import av
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter
from numpy.typing import NDArray

from unseen.fingerprint.jpeg import reduced_eighths, scaled
from unseen.fingerprint.orientation import UPRIGHT_VIEW
from unseen.fingerprint.raster import Decoded

Plane = NDArray[np.uint8]
Thumb = NDArray[np.int16]  #: (<= 32, <= 32)

_BLACK, _SPAN = 16, 219  # of limited range
_STRETCHED: Final = np.clip(np.round((np.arange(256) - _BLACK) * (255 / _SPAN)), 0, 255).astype(np.uint8)
_THUMB_SIDE: Final = 32
#: The short side of a frame is kept at least so long: half of what pictures keep, for a quarter of a bit.
_REDUCED_SIDE: Final = 128
_REFORMATTER: Final = VideoReformatter()  #: one for all: each has buffers and threads of its own
#: EXIF's value for what a display matrix (ISO/IEC 14496-12, 8.3.2) does, by the signs of a, b, c, d.
_ORIENTATIONS: Final = {
    (1, 0, 0, 1): 1,
    (-1, 0, 0, 1): 2,
    (-1, 0, 0, -1): 3,
    (1, 0, 0, -1): 4,
    (0, 1, 1, 0): 5,
    (0, 1, -1, 0): 6,
    (0, -1, -1, 0): 7,
    (0, -1, 1, 0): 8,
}
assert set(_ORIENTATIONS.values()) == set(UPRIGHT_VIEW)


def luma_plane(frame: av.VideoFrame) -> tuple[Plane, bool]:
    """The luma of a frame, (h, w) uint8, perhaps a view of its memory; and whether its range is limited."""
    kind = frame.format
    first = kind.components[0]
    is_plane = first.is_luma and (kind.is_planar or kind.name.startswith("gray"))
    if is_plane and not kind.is_big_endian and first.bits >= 8:
        is_full = frame.color_range == ColorRange.JPEG or kind.name.startswith(("yuvj", "gray"))
        return _stored(frame, first.bits), not is_full
    has_alpha = any(part.is_alpha for part in kind.components) or kind.has_palette
    packed = _REFORMATTER.reformat(frame, format="rgba" if has_alpha else "rgb24", threads=1)
    return luma_of_colours(packed.to_ndarray().astype(np.uint8, copy=False)), False


def luma_of_colours(colours: NDArray[np.uint8]) -> Plane:
    """Luma, ITU-R BT.601, of (h, w, 3) red, green, blue, or of (h, w, 4) with alpha, over white."""
    red, green, blue = (colours[:, :, at].astype(np.uint16) for at in range(3))
    luma = ((red * 77 + green * 150 + blue * 29 + 128) >> 8).astype(np.uint8)
    if colours.shape[2] == 4 and (alpha := colours[:, :, 3]).min() < 255:
        share = alpha.astype(np.uint16)
        luma = ((luma * share + 255 * (255 - share) + 127) // 255).astype(np.uint8)
    return luma


def reduced(plane: Plane, *, is_limited: bool, orientation: int, long_side: int) -> Decoded:
    """Block means of a plane, so that its short side stays long enough for PDQ and its long side for ``long_side``.

    plane: (h, w) uint8.
    """
    height, width = plane.shape
    eighths = reduced_eighths(width, height, long_side, short_side=_REDUCED_SIDE)
    if eighths == 8:
        luma = _STRETCHED[plane] if is_limited else plane.copy()
    else:
        means = _block_means(plane, 8 // eighths)
        if is_limited:
            means = (means - _BLACK) * np.float32(255 / _SPAN)
        luma = np.clip(means + np.float32(0.5), 0, 255).astype(np.uint8)
    assert luma.shape == (scaled(height, eighths), scaled(width, eighths))
    return Decoded(luma=luma, width=width, height=height, eighths=eighths, orientation=orientation)


def thumb(plane: Plane) -> Thumb:
    """A few pixels spread over a plane, enough to see a scene change."""
    height, width = plane.shape
    down, across = (max(dim // _THUMB_SIDE, 1) for dim in (height, width))
    return plane[down // 2 :: down, across // 2 :: across][:_THUMB_SIDE, :_THUMB_SIDE].astype(np.int16)


def orientation_of(frame: av.VideoFrame) -> int:
    """How the frame is meant to be turned, as EXIF says it (1 to 8); 1 for a matrix that does anything else."""
    matrix = cast("bytes | None", frame.side_data.get("DISPLAYMATRIX"))  # a buffer
    if matrix is None or len(fixed := np.frombuffer(matrix, np.int32)) != 9:
        return 1
    across, down = np.sign(fixed[[0, 1]]), np.sign(fixed[[3, 4]])
    return _ORIENTATIONS.get((int(across[0]), int(across[1]), int(down[0]), int(down[1])), 1)


def _stored(frame: av.VideoFrame, bits: int) -> Plane:
    """The first plane without its padding, its highest eight bits where it has more."""
    plane = frame.planes[0]
    memory = cast("bytes", plane)  # a buffer
    if bits == 8:
        stored = np.frombuffer(memory, np.uint8).reshape(-1, plane.line_size)
    else:
        deep = np.frombuffer(memory, np.uint16).reshape(-1, plane.line_size // 2)
        shift = 8 if frame.format.name.startswith(("p0", "p2", "p4")) else bits - 8  # those keep them at the top
        stored = (deep >> shift).astype(np.uint8)
    return stored[: frame.height, : frame.width]


def _block_means(plane: Plane, block: int) -> NDArray[np.float32]:
    """The mean of each block of ``block`` x ``block`` pixels; what is missing at the ends is as the last ones."""
    height, width = plane.shape
    if height % block or width % block:
        plane = np.pad(plane, ((0, -height % block), (0, -width % block)), mode="edge")
    lines = plane[0::block].astype(np.uint16)
    for row in range(1, block):
        lines += plane[row::block]
    sums = lines[:, 0::block].copy()
    for column in range(1, block):
        sums += lines[:, column::block]
    return sums * np.float32(1 / block**2)
