"""PDQ in plain numpy, to read and to test the kernels against: slow, and nothing else uses it.

Source: facebook/ThreatExchange, ``pdq/cpp`` and ``hashing/hashing.pdf``; float32 in its order of operations.
"""

import numpy as np

from unseen.fingerprint.pdq_kernels import SIDE, F32Array, LumaArray, U8Array, box_window, dct_matrix


def pdq(luma: LumaArray) -> tuple[U8Array, int]:
    """The code and quality of a picture.  luma: (h, w) uint8 or float32.  Returns: (32,) uint8, 0 to 100."""
    if min(luma.shape) < 5:
        return np.zeros(32, np.uint8), 0
    sampled = decimate(luma.astype(np.float32))
    return code_of(sampled), quality_of(sampled)


def decimate(luma: F32Array) -> F32Array:
    """Blur and sample.  luma: (h, w) float32.  Returns: (64, 64) float32."""
    height, width = luma.shape
    if (height, width) == (SIDE, SIDE):
        return luma
    for _ in range(2):
        luma = box_filter(luma.T, box_window(width)).T
        luma = box_filter(luma, box_window(height))
    rows, columns = (((np.arange(SIDE) + 0.5) * dim / SIDE).astype(int) for dim in (height, width))
    sampled: F32Array = luma[np.ix_(rows, columns)]
    return sampled


def box_filter(values: F32Array, window: int) -> F32Array:
    """The mean of ``window`` values around each, fewer at the ends, down the columns by a running sum."""
    ahead = (window + 2) // 2
    behind = window - ahead
    filtered = np.empty_like(values)
    total = np.zeros(values.shape[1], np.float32)
    for row in values[: ahead - 1]:
        total = total + row
    for at in range(len(values)):
        first, last = max(at - behind, 0), min(at + ahead, len(values))
        if at + ahead <= len(values):
            total = total + values[at + ahead - 1]
        if at - behind > 0:
            total = total - values[at - behind - 1]
        filtered[at] = total / np.float32(last - first)
    return filtered


def quality_of(sampled: F32Array) -> int:
    """The sum of the truncated gradients, scaled and capped at 100.  sampled: (64, 64) float32."""
    steps = [np.diff(sampled, axis=axis) * np.float32(100) / np.float32(255) for axis in (0, 1)]
    return min(sum(int(np.abs(np.trunc(step)).sum()) for step in steps) // 90, 100)


def code_of(sampled: F32Array) -> U8Array:
    """The code of a sampled picture.  sampled: (64, 64) float32.  Returns: (32,) uint8."""
    matrix = dct_matrix()
    coefficients = _product(_product(matrix, sampled), matrix.T)
    median = np.sort(coefficients, axis=None)[127]  # of 256, the lower of the two in the middle
    return np.packbits((coefficients > median).ravel()[::-1])


def _product(left: F32Array, right: F32Array) -> F32Array:
    """The matrix product, each sum from its first term to its last in float32."""
    total = np.zeros((len(left), right.shape[1]), np.float32)
    for at in range(left.shape[1]):
        total = total + np.outer(left[:, at], right[at])
    return total
