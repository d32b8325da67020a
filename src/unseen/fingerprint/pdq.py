"""PDQ, Meta's 256-bit perceptual hash, and the hashes of all eight turned views.

Source: facebook/ThreatExchange, ``pdq/cpp`` and ``hashing/hashing.pdf``.  The picture's luma is blurred by two
passes of a box filter along both axes (a tent of two windows), sampled on a 64x64 grid, and turned into 16x16
cosine coefficients; each bit says whether one of them lies above their median.

``pdq`` keeps the reference's order of float32 operations, so that it gives the reference's bits (``pdq_reference``
says the same plainly).  The other seven views come from ``grid``, which is linear algebra instead.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.fingerprint.grid import axis_weights, view_grids
from unseen.fingerprint.pdq_kernels import LumaArray, code_of, codes_of, decimate, quality_of

MIN_SIDE: Final = 5  #: a picture narrower than this has an all-zero code and quality 0, as in the reference
UNFILTERED_SIDE: Final = 128  #: a side up to this long has a box filter one pixel wide

Codes = NDArray[np.uint8]


def pdq(luma: LumaArray) -> tuple[Codes, int]:
    """The code and quality (0 to 100) of a picture, bit for bit the reference's for the same luma.

    luma: (h, w) uint8 or float32, C-contiguous.  Returns: (32,) uint8, most significant bit first.
    Raises: ValueError for another shape or type.
    """
    checked = check_luma(luma)
    if min(checked.shape) < MIN_SIDE:
        return np.zeros(32, np.uint8), 0
    sampled = decimate(checked)
    return code_of(sampled), int(quality_of(sampled))


def pdq_views(luma: LumaArray) -> tuple[Codes, int]:
    """The codes of all eight views, and the quality of the upright one.

    luma: (h, w) uint8 or float32, C-contiguous.  Returns: (8, 32) uint8, rows as in ``records.VIEWS``.

    The upright row is ``pdq``'s, bit for bit.  The others are within two bits of ``pdq`` of the really turned luma
    wherever the picture decides the bits.  Where it does not (coefficients that are zero but for rounding), any two
    orders of addition differ: so a picture with a side that the filter leaves alone, where such coefficients are
    common, has every view computed in the reference's order, and only one without detail along an axis (a flat
    colour, plain stripes; never banked, or of no use if it were) has views that mean little.
    Raises: ValueError for another shape or type.
    """
    checked = check_luma(luma)
    height, width = checked.shape
    if min(height, width) < MIN_SIDE:
        return np.zeros((8, 32), np.uint8), 0
    if min(height, width) <= UNFILTERED_SIDE:
        views = np.stack([decimate(turned) for turned in turns(checked)])
    else:
        views = view_grids(checked, axis_weights(height, height, 8), axis_weights(width, width, 8))
        views[0] = decimate(checked)
    return codes_of(views), int(quality_of(views[0]))


def turns(luma: LumaArray) -> tuple[LumaArray, ...]:
    """The picture really turned, each way of ``records.VIEWS`` in that order; each C-contiguous."""
    return tuple(
        np.ascontiguousarray(np.rot90(side, quarters)) for side in (luma, np.fliplr(luma)) for quarters in range(4)
    )


def pdq_views_reduced(luma: NDArray[np.uint8], height: int, width: int, eighths: int) -> tuple[Codes, int]:
    """The codes of all eight views of a ``height`` x ``width`` picture, from its luma at a reduced scale.

    luma: (ceil(height * eighths / 8), ceil(width * eighths / 8)) uint8, C-contiguous; each pixel the mean of the
    block it covers, as JPEG's scaled decoding gives it.  The windows and the sampling grid are the full picture's,
    integrated over those blocks, so that a reduced scale costs little accuracy.
    Returns: (8, 32) uint8 and the upright quality.
    """
    if min(height, width) < MIN_SIDE:
        return np.zeros((8, 32), np.uint8), 0
    down = axis_weights(height, luma.shape[0], eighths)
    across = axis_weights(width, luma.shape[1], eighths)
    views = view_grids(luma, down, across)
    return codes_of(views), int(quality_of(views[0]))


def luma_of(pixels: LumaArray) -> LumaArray:
    """Luma as the ``pdqhash`` package makes it: ITU-R BT.601 weights in float64, rounded once to float32.

    pixels: (h, w) grey, taken as it is, or (h, w, 3) red, green, blue.  Raises: ValueError for another shape.
    """
    if pixels.ndim == 2:
        return np.ascontiguousarray(pixels)
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError("pixels are (h, w) or (h, w, 3)")
    red, green, blue = (pixels[:, :, colour].astype(np.float64) for colour in range(3))
    return (red * 0.299 + green * 0.587 + blue * 0.114).astype(np.float32)


def check_luma(luma: LumaArray) -> LumaArray:
    """Return ``luma`` as the kernels take it.  Raises: ValueError for another shape or type."""
    if luma.ndim != 2 or 0 in luma.shape or luma.dtype not in (np.uint8, np.float32):
        raise ValueError("luma is (h, w) uint8 or float32, not empty")
    return np.ascontiguousarray(luma)
