"""The PDQ kernels: float32, in the reference's order of operations, so that they give the reference's bits.

Source: facebook/ThreatExchange, ``pdq/cpp/downscaling`` and ``pdq/cpp/hashing``.  ``pdq_reference`` says the same
plainly.  No fast-math and no reordering of additions anywhere: that would change bits.
"""

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32Array = NDArray[np.float32]
U8Array = NDArray[np.uint8]
LumaArray = NDArray[np.uint8 | np.float32]

SIDE: Final = 64  #: of the sampled picture
_LANES: Final = 8  # rows filtered at once: independent running sums hide the latency of each


def dct_matrix() -> F32Array:
    """Rows 1 to 16 of the 64-point cosine transform: (16, 64) float32."""
    scale = float(np.float32(math.sqrt(2.0 / SIDE)))
    step = math.pi / 2.0 / SIDE
    rows = [[scale * math.cos(step * (row + 1) * (2 * at + 1)) for at in range(SIDE)] for row in range(16)]
    return np.array(rows, dtype=np.float32)


_DCT: Final = dct_matrix()


@njit(nogil=True, cache=True)
def box_window(dim: int) -> int:
    """Width of one pass of the box filter along an axis of ``dim`` pixels: half a sampled cell, rounded up."""
    return (dim + 2 * SIDE - 1) // (2 * SIDE)


@njit(nogil=True, cache=True)
def sample_at(index: int, dim: int) -> int:
    """The pixel that stands for cell ``index`` of 64 along an axis of ``dim`` pixels: the cell's centre."""
    return int(((index + 0.5) * dim) / SIDE)


@njit(nogil=True, cache=True)
def _box_counts(dim: int, window: int) -> F32Array:
    """How many pixels the filter averages at each position: ``window``, fewer at the ends.  (dim,) float32."""
    ahead = (window + 2) // 2  # the pixel itself and those after it
    behind = window - ahead
    counts = np.empty(dim, np.float32)
    for at in range(dim):
        counts[at] = min(at + ahead, dim) - max(at - behind, 0)
    return counts


@njit(nogil=True, cache=True)
def _sum_rows(rows: F32Array, window: int, sums: F32Array) -> None:
    """Running sums of the box filter along each of the rows.  rows, sums: (_LANES, width) float32."""
    width = rows.shape[1]
    ahead = (window + 2) // 2
    behind = window - ahead
    total = np.zeros(_LANES, np.float32)
    for at in range(ahead - 1):
        for lane in range(_LANES):
            total[lane] += rows[lane, at]
    for at in range(width):
        entering, leaving = at + ahead - 1, at - behind - 1
        for lane in range(_LANES):
            running = total[lane]
            if entering < width:
                running += rows[lane, entering]
            if leaving >= 0:
                running -= rows[lane, leaving]
            total[lane] = running
            sums[lane, at] = running


@njit(nogil=True, cache=True)
def _first_rows(luma: LumaArray, top: int, window: int, counts: F32Array, ring: F32Array) -> None:
    """Filter rows ``top`` to ``top + _LANES`` along themselves, into their places in the ring."""
    height, width = luma.shape
    rows = np.zeros((_LANES, width), np.float32)
    sums = np.empty((_LANES, width), np.float32)
    lanes = min(_LANES, height - top)
    for lane in range(lanes):
        for at in range(width):
            rows[lane, at] = luma[top + lane, at]
    _sum_rows(rows, window, sums)
    for lane in range(lanes):
        place = (top + lane) % ring.shape[0]
        for at in range(width):
            ring[place, at] = sums[lane, at] / counts[at]


@njit(nogil=True, cache=True)
def _last_columns(narrow: F32Array, window: int) -> F32Array:
    """The second filter down the columns, kept at the sampled rows only.  narrow: (h, 64) -> (64, 64)."""
    height = narrow.shape[0]
    ahead = (window + 2) // 2
    behind = window - ahead
    counts = _box_counts(height, window)
    sampled = np.empty((SIDE, SIDE), np.float32)
    total = np.zeros(SIDE, np.float32)
    for at in range(ahead - 1):
        for column in range(SIDE):
            total[column] += narrow[at, column]
    cell = 0
    for at in range(height):
        entering, leaving = at + ahead - 1, at - behind - 1
        if entering < height:
            for column in range(SIDE):
                total[column] += narrow[entering, column]
        if leaving >= 0:
            for column in range(SIDE):
                total[column] -= narrow[leaving, column]
        while cell < SIDE and sample_at(cell, height) == at:
            for column in range(SIDE):
                sampled[cell, column] = total[column] / counts[at]
            cell += 1
    return sampled


@njit(nogil=True, cache=True)
def decimate(luma: LumaArray) -> F32Array:
    """Blur and sample: two passes of the box filter along both axes, then the centre of each of 64x64 cells.

    luma: (h, w) uint8 or float32, C-contiguous, both sides at least 5.  Returns: (64, 64) float32.

    The four filters run as one stream down the picture: the first column filter needs only a ring of one window of
    filtered rows, the second row filter is kept at the 64 sampled columns, the last column filter at 64 rows.
    """
    height, width = luma.shape
    if height == SIDE and width == SIDE:
        return luma.astype(np.float32)
    across, down = box_window(width), box_window(height)
    ahead = (down + 2) // 2
    behind = down - ahead
    counts, counts_down = _box_counts(width, across), _box_counts(height, down)
    ring = np.empty((down + _LANES + 1, width), np.float32)
    total = np.zeros(width, np.float32)
    rows = np.zeros((_LANES, width), np.float32)
    sums = np.empty((_LANES, width), np.float32)
    narrow = np.empty((height, SIDE), np.float32)
    ready = 0
    for at in range(height):
        first = 0 if at == 0 else at + ahead - 1
        for entering in range(first, min(at + ahead, height)):
            if entering == ready:
                _first_rows(luma, ready, across, counts, ring)
                ready += _LANES
            place = entering % ring.shape[0]
            for x in range(width):
                total[x] += ring[place, x]
        leaving = at - behind - 1
        if leaving >= 0:
            place = leaving % ring.shape[0]
            for x in range(width):
                total[x] -= ring[place, x]
        lane = at % _LANES
        count = counts_down[at]
        for x in range(width):
            rows[lane, x] = total[x] / count
        if lane == _LANES - 1 or at == height - 1:
            _sum_rows(rows, across, sums)
            for filled in range(lane + 1):
                for column in range(SIDE):
                    x = sample_at(column, width)
                    narrow[at - lane + filled, column] = sums[filled, x] / counts[x]
    return _last_columns(narrow, down)


@njit(nogil=True, cache=True)
def quality_of(sampled: F32Array) -> int:
    """How much there is to see, 0 to 100: the sum of the gradients of the sampled picture, each truncated.

    sampled: (64, 64) float32.
    """
    gradients = 0
    for row in range(SIDE):
        for column in range(SIDE):
            if row + 1 < SIDE:
                step = (sampled[row, column] - sampled[row + 1, column]) * np.float32(100) / np.float32(255)
                gradients += abs(int(step))
            if column + 1 < SIDE:
                step = (sampled[row, column] - sampled[row, column + 1]) * np.float32(100) / np.float32(255)
                gradients += abs(int(step))
    return min(gradients // 90, 100)


@njit(nogil=True, cache=True)
def _median(values: F32Array) -> np.float32:
    """The lower median, by Torben's method: narrow a range around it, counting what lies on either side."""
    half = (values.size + 1) // 2
    low: np.float32 = values.min()
    high: np.float32 = values.max()
    while True:
        guess = (low + high) / np.float32(2)
        below = above = 0
        nearest_below, nearest_above = low, high
        for value in values.flat:
            if value < guess:
                below += 1
                nearest_below = max(nearest_below, value)
            elif value > guess:
                above += 1
                nearest_above = min(nearest_above, value)
        if below <= half and above <= half:
            break
        if below > above:
            high = nearest_below
        else:
            low = nearest_above
    if below >= half:
        return nearest_below
    return guess if values.size - above >= half else nearest_above


@njit(nogil=True, cache=True)
def code_of(sampled: F32Array) -> U8Array:
    """The code of a sampled picture.  sampled: (64, 64) float32, any layout.  Returns: (32,) uint8.

    Bit ``16 * i + j`` of the hash (i down, j across) is the last but so many bits of the code: the hash is written
    from its highest bit to its lowest.
    """
    half = np.zeros((16, SIDE), np.float32)
    for row in range(16):
        for at in range(SIDE):
            factor = _DCT[row, at]
            for column in range(SIDE):
                half[row, column] += factor * sampled[at, column]
    turned = half.T.copy()
    coefficients = np.zeros((16, 16), np.float32)
    for column in range(16):
        for at in range(SIDE):
            factor = _DCT[column, at]
            for row in range(16):
                coefficients[column, row] += turned[at, row] * factor
    median = _median(coefficients)
    code = np.zeros(32, np.uint8)
    for row in range(16):
        for column in range(16):
            if coefficients[column, row] > median:
                bit = 255 - (16 * row + column)
                code[bit // 8] |= np.uint8(128 >> (bit % 8))
    return code


@njit(nogil=True, cache=True)
def codes_of(views: F32Array) -> U8Array:
    """The codes of several sampled pictures.  views: (n, 64, 64) float32.  Returns: (n, 32) uint8."""
    codes = np.empty((views.shape[0], 32), np.uint8)
    for view in range(views.shape[0]):
        codes[view] = code_of(views[view])
    return codes
