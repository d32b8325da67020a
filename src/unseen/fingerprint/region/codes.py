"""A patch's code, PDQ's idea on 32x32 samples and the lowest frequencies all around, and its mirrored patch's."""

import numpy as np
from numba import njit

from unseen.fingerprint.region.patches import F64Array
from unseen.fingerprint.region.records import MIN_APART_BITS
from unseen.fingerprint.region.scale_space import I32Array, U8Array
from unseen.fingerprint.region.tables import FREQUENCIES, SIDE, TRANSFORM, I64Array

_DOWN = np.array([down for down, _ in FREQUENCIES], np.int64)
_ACROSS = np.array([across for _, across in FREQUENCIES], np.int64)
_ROWS = len(TRANSFORM)


@njit(nogil=True, cache=True)
def coefficients(samples: I32Array) -> F64Array:
    """The cosine transform of a patch: (18, 18) float64, row 0 and column 0 the means.

    All values are whole numbers below 2 ** 53, so no order of additions changes them.
    """
    folded = np.empty((2, SIDE // 2, SIDE), np.float64)  # a cosine's second half is its first, or that turned over
    for down in range(SIDE // 2):
        for across in range(SIDE):
            above, below = float(samples[down, across]), float(samples[SIDE - 1 - down, across])
            folded[0, down, across] = above + below
            folded[1, down, across] = above - below
    half = np.zeros((_ROWS, SIDE), np.float64)
    for k in range(_ROWS):
        for down in range(SIDE // 2):
            factor = TRANSFORM[k, down]
            for across in range(SIDE):
                half[k, across] += factor * folded[k % 2, down, across]
    turned = np.empty((2, SIDE // 2, _ROWS), np.float64)
    for across in range(SIDE // 2):
        for k in range(_ROWS):
            turned[0, across, k] = half[k, across] + half[k, SIDE - 1 - across]
            turned[1, across, k] = half[k, across] - half[k, SIDE - 1 - across]
    found = np.zeros((_ROWS, _ROWS), np.float64)  # across first
    for j in range(_ROWS):
        for across in range(SIDE // 2):
            factor = TRANSFORM[j, across]
            for k in range(_ROWS):
                found[j, k] += factor * turned[j % 2, across, k]
    return found.T.copy()


@njit(nogil=True, cache=True)
def _smallest(values: F64Array, nth: int) -> float:
    """The value with ``nth`` others below it or equal; the values are put out of order.

    Source: C. Hoare, "Algorithm 65: find", CACM 4 (1961).
    """
    low, high = 0, len(values) - 1
    while low < high:
        pivot = values[nth]
        left, right = low, high
        while left <= right:
            while values[left] < pivot:
                left += 1
            while pivot < values[right]:
                right -= 1
            if left <= right:
                values[left], values[right] = values[right], values[left]
                left += 1
                right -= 1
        if right < nth:
            low = left
        if nth < left:
            high = right
    return float(values[nth])


@njit(nogil=True, cache=True)
def code_pair(samples: I32Array) -> U8Array:
    """The codes of a patch and of the same patch upside down, as a mirrored picture has it.

    Bit ``i``, most significant first, says whether the coefficient of ``FREQUENCIES[i]`` lies above the lower median
    of the 256.  Upside down, the coefficients of odd rows change their sign.  Returns: (2, 32) uint8.
    """
    found = coefficients(samples)
    values = np.empty(256, np.float64)
    codes = np.zeros((2, 32), np.uint8)
    for way in range(2):
        for bit in range(256):
            value = found[_DOWN[bit], _ACROSS[bit]]
            values[bit] = -value if way and _DOWN[bit] % 2 else value
        median = _smallest(values.copy(), 127)
        for bit in range(256):
            if values[bit] > median:
                codes[way, bit // 8] |= np.uint8(128 >> (bit % 8))
    return codes


@njit(nogil=True, cache=True)
def _ones_of(word: np.uint64) -> np.uint64:
    """How many bits are set.  Source: H. Warren, "Hacker's Delight", 2nd edition, 5-1."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)


@njit(nogil=True, cache=True)
def distinct(codes: U8Array, most: int) -> I64Array:
    """Rows of codes that differ from every one kept before, at most ``most``: a wall of bricks has few.

    codes: (n, 32) uint8.
    """
    words = codes.copy().view(np.uint64)
    kept = np.empty(len(codes), np.int64)
    count = 0
    for row in range(len(codes)):
        if count == most:
            break
        is_new = True
        for before in kept[:count]:
            apart = np.uint64(0)
            for at in range(words.shape[1]):
                apart += _ones_of(words[row, at] ^ words[before, at])
            if apart < MIN_APART_BITS:
                is_new = False
                break
        if is_new:
            kept[count] = row
            count += 1
    return kept[:count].copy()
