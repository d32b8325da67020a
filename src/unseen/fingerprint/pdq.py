"""PDQ, Meta's 256-bit perceptual hash, and the hashes of all eight turned views.

Source: facebook/ThreatExchange, ``pdq/cpp`` and ``hashing/hashing.pdf``.  The picture's luma is blurred by two
passes of a box filter along both axes (a tent of two windows), sampled on a 64x64 grid, and turned into 16x16
cosine coefficients; each bit says whether one of them lies above their median.

``pdq`` keeps the reference's order of float32 operations, so that it gives the reference's bits (``pdq_reference``
says the same plainly).  The other seven views come from ``grid``, which is linear algebra instead.
"""

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from unseen.fingerprint import grid

SIDE: Final = 64  #: of the sampled picture
MIN_SIDE: Final = 5  #: a picture narrower than this has an all-zero code and quality 0, as in the reference
_LANES: Final = 8  # rows filtered at once: eight independent running sums hide the latency of each

Luma = NDArray[np.uint8] | NDArray[np.float32]  #: (h, w), 0 to 255, C-contiguous
Codes = NDArray[np.uint8]


def _dct_matrix() -> NDArray[np.float32]:
    """Rows 1 to 16 of the 64-point cosine transform: (16, 64) float32."""
    scale = float(np.float32(math.sqrt(2.0 / SIDE)))
    step = math.pi / 2.0 / SIDE
    return np.array(
        [[scale * math.cos(step * (row + 1) * (2 * column + 1)) for column in range(SIDE)] for row in range(16)],
        dtype=np.float32,
    )


DCT: Final = _dct_matrix()


def pdq(luma: Luma) -> tuple[Codes, int]:
    """The code and quality (0 to 100) of a picture, bit for bit the reference's for the same luma.

    luma: (h, w) uint8 or float32, C-contiguous.  Returns: (32,) uint8, most significant bit first.
    Raises: ValueError for another shape or type.
    """
    checked = check_luma(luma)
    if min(checked.shape) < MIN_SIDE:
        return np.zeros(32, np.uint8), 0
    sampled = decimate(checked)
    return code_of(sampled), int(quality_of(sampled))


def pdq_views(luma: Luma) -> tuple[Codes, int]:
    """The codes of all eight views, and the quality of the upright one.

    luma: (h, w) uint8 or float32, C-contiguous.  Returns: (8, 32) uint8, rows as in ``records.VIEWS``.

    The upright row is ``pdq``'s, bit for bit.  The others are within two bits of ``pdq`` of the really turned luma
    wherever the picture decides the bits; in one without detail along an axis (a flat colour, plain stripes) half
    the coefficients are rounding noise, which differs between any two orders of addition.
    Raises: ValueError for another shape or type.
    """
    checked = check_luma(luma)
    if min(checked.shape) < MIN_SIDE:
        return np.zeros((8, 32), np.uint8), 0
    sampled = decimate(checked)
    height, width = checked.shape
    views = grid.view_grids(checked, grid.axis_weights(height, height, 8), grid.axis_weights(width, width, 8))
    views[0] = sampled
    return codes_of(views), int(quality_of(sampled))


def pdq_views_reduced(luma: NDArray[np.uint8], height: int, width: int, eighths: int) -> tuple[Codes, int]:
    """The codes of all eight views of a ``height`` x ``width`` picture, from its luma at a reduced scale.

    luma: (ceil(height * eighths / 8), ceil(width * eighths / 8)) uint8, C-contiguous; each pixel the mean of the
    block it covers, as JPEG's scaled decoding gives it.  The windows and the sampling grid are the full picture's,
    integrated over those blocks, so that a reduced scale costs little accuracy.
    Returns: (8, 32) uint8 and the upright quality.
    """
    if min(height, width) < MIN_SIDE:
        return np.zeros((8, 32), np.uint8), 0
    down = grid.axis_weights(height, luma.shape[0], eighths)
    across = grid.axis_weights(width, luma.shape[1], eighths)
    views = grid.view_grids(luma, down, across)
    return codes_of(views), int(quality_of(views[0]))


def luma_of(pixels: NDArray[np.uint8]) -> Luma:
    """Luma as the ``pdqhash`` package makes it: ITU-R BT.601 weights in float64, rounded once to float32.

    pixels: (h, w) grey, taken as it is, or (h, w, 3) red, green, blue.  Raises: ValueError for another shape.
    """
    if pixels.ndim == 2:
        return np.ascontiguousarray(pixels)
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError("pixels are (h, w) or (h, w, 3)")
    mixed = pixels[:, :, 0] * 0.299 + pixels[:, :, 1] * 0.587 + pixels[:, :, 2] * 0.114
    return mixed.astype(np.float32)


def check_luma(luma: Luma) -> Luma:
    """Return ``luma`` as the kernels take it.  Raises: ValueError for another shape or type."""
    if luma.ndim != 2 or 0 in luma.shape or luma.dtype not in (np.uint8, np.float32):
        raise ValueError("luma is (h, w) uint8 or float32, not empty")
    return np.ascontiguousarray(luma)


@njit(nogil=True, cache=True)
def box_window(dim):  # type: ignore[no-untyped-def]
    """Width of the box filter for an axis of ``dim`` pixels: half of a sampled cell, rounded up."""
    return (dim + 2 * SIDE - 1) // (2 * SIDE)
