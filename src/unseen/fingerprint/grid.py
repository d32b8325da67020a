"""PDQ's sampled picture as linear algebra: one weighted sum per cell, for every way the picture can be turned.

Both passes of the box filter and the sampling are linear and separable, so the sampled picture is ``R @ luma @ C.T``
with banded R (64 x h) and C (64 x w).  Turning a picture over an axis and sampling it is not the same as sampling it
and turning that over, since even windows and the sampled centres are not symmetric; but it only takes the axis's
reversed weights.  So the four products of (R, reversed R) with (C, reversed C), and their transposes, are all eight
views.  From a picture decoded at a reduced scale the same weights serve, integrated over the block of full pixels
that each reduced pixel stands for.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from unseen.fingerprint.pdq_kernels import SIDE, F32Array, LumaArray, box_window, sample_at

I64Array = NDArray[np.int64]


@njit(nogil=True, cache=True)
def axis_weights(dim: int, reduced_dim: int, eighths: int) -> tuple[I64Array, F32Array]:
    """How much each pixel of an axis weighs in each of the 64 cells, then in the 64 cells of the reversed axis.

    dim: pixels of the full picture; reduced_dim: ``ceil(dim * eighths / 8)``, those that there are; eighths: 1, 2,
    4 or 8.  Returns: starts (128,) int64, the first pixel of each band; weights (128, band) float32.
    """
    block = 8 // eighths
    window = box_window(dim)
    ahead = (window + 2) // 2
    behind = window - ahead
    band = min((2 * window) // block + 4, reduced_dim)
    starts = np.empty(2 * SIDE, np.int64)
    weights = np.zeros((2 * SIDE, band), np.float32)
    for cell in range(SIDE):
        at = sample_at(cell, dim)
        first, last = max(at - behind, 0), min(at + ahead, dim)
        low, high = max(first - behind, 0), min(last - 1 + ahead, dim)
        starts[cell] = max(min(low // block - 1, reduced_dim - band), 0)
        starts[cell + SIDE] = max(min((dim - high) // block - 1, reduced_dim - band), 0)
        steps = np.zeros(high - low + 1, np.float64)  # of the weight, from each pixel to the next
        for inner in range(first, last):
            inner_low, inner_high = max(inner - behind, 0), min(inner + ahead, dim)
            share = 1.0 / ((last - first) * (inner_high - inner_low))
            steps[inner_low - low] += share
            steps[inner_high - low] -= share
        weight = 0.0
        for pixel in range(low, high):
            weight += steps[pixel - low]
            _share_out(weight, pixel, block, reduced_dim, starts[cell], weights[cell])
            _share_out(weight, dim - 1 - pixel, block, reduced_dim, starts[cell + SIDE], weights[cell + SIDE])
    return starts, weights


@njit(nogil=True, cache=True)
def _share_out(weight: float, pixel: int, block: int, reduced_dim: int, start: int, band: F32Array) -> None:
    """Give a full pixel's weight to the reduced pixels that tell its value.

    That is the parabola whose means over this block and its two neighbours are the three reduced pixels.  A
    block of one pixel is its own value.
    """
    middle = pixel // block
    off = (pixel - middle * block + 0.5) / block - 0.5
    bend = (off * off - (1.0 - 1.0 / (block * block)) / 12.0) / 2.0
    before, after = max(middle - 1, 0), min(middle + 1, reduced_dim - 1)
    band[middle - start] += weight * (1.0 - 2.0 * bend)
    if block > 1:
        band[before - start] += weight * (bend - off / 2.0)
        band[after - start] += weight * (bend + off / 2.0)


@njit(nogil=True, cache=True)
def view_grids(luma: LumaArray, rows: tuple[I64Array, F32Array], columns: tuple[I64Array, F32Array]) -> F32Array:
    """The sampled picture of every view.  luma: (h, w), C-contiguous; rows, columns: from ``axis_weights``.

    Returns: (8, 64, 64) float32, in the order of ``records.VIEWS``.
    """
    row_starts, row_weights = rows
    column_starts, column_weights = columns
    width = luma.shape[1]
    lines = np.zeros((2 * SIDE, width), np.float32)
    for cell in range(2 * SIDE):
        start = row_starts[cell]
        for offset in range(min(row_weights.shape[1], luma.shape[0] - start)):
            weight = row_weights[cell, offset]
            if weight != 0:
                for x in range(width):
                    lines[cell, x] += weight * luma[start + offset, x]
    turned = lines.T.copy()
    cells = np.zeros((2 * SIDE, 2 * SIDE), np.float32)  # columns of the sampled picture first
    for column in range(2 * SIDE):
        start = column_starts[column]
        for offset in range(min(column_weights.shape[1], width - start)):
            weight = column_weights[column, offset]
            for row in range(2 * SIDE):
                cells[column, row] += weight * turned[start + offset, row]
    return _arranged(cells)


@njit(nogil=True, cache=True)
def _arranged(cells: F32Array) -> F32Array:
    """The eight views from the four products.  cells: (128, 128), column cells first.  Returns: (8, 64, 64)."""
    as_is, over = slice(0, SIDE), slice(SIDE, 2 * SIDE)
    views = np.empty((8, SIDE, SIDE), np.float32)
    views[0] = cells[as_is, as_is].T  # upright
    views[1] = cells[over, as_is]  # rotated 90: the mirrored picture, transposed
    views[2] = cells[over, over].T  # rotated 180
    views[3] = cells[as_is, over]  # rotated 270: the picture upside down, transposed
    views[4] = cells[over, as_is].T  # mirrored
    views[5] = cells[as_is, as_is]  # mirrored, rotated 90: transposed
    views[6] = cells[as_is, over].T  # mirrored, rotated 180: upside down
    views[7] = cells[over, over]  # mirrored, rotated 270: rotated 180, transposed
    return views
