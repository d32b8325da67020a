"""The scale space: a picture at a working size, blurred ever more, each octave at half the size of the last.

Source: D. Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 60 (2004), section 3.  Everything
is whole numbers: pixels are 1/64 of a grey level, kernels sum to 2 ** 14, every pass rounds halves up.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from unseen.fingerprint.region.tables import BLURS, LEVELS

MIN_OCTAVE_SIDE: Final = 30  #: pixels: in a smaller octave no patch fits

U8Array = NDArray[np.uint8]
I16Array = NDArray[np.int16]
I32Array = NDArray[np.int32]


def working_size(height: int, width: int, long_side: int) -> tuple[int, int]:
    """The size that a picture is brought to.

    One whose longer side exceeds ``long_side`` is shrunk to it, the other side in proportion, halves rounded up; one
    that fits twice is doubled.
    """
    longest = max(height, width)
    if 2 * longest <= long_side:
        return 2 * height, 2 * width
    if longest <= long_side:
        return height, width
    shrunk = [max((2 * side * long_side + longest) // (2 * longest), 1) for side in (height, width)]
    return shrunk[0], shrunk[1]


def octaves(luma: U8Array, long_side: int) -> list[I16Array]:
    """The scale space of a picture.

    luma: (h, w) uint8.  Returns octaves from fine to coarse, int16 in 1/64 grey levels.  The first is (4, h', w'),
    of which levels 1 to 3 are filled: patches of the next octave are sampled in it.  The others, each of half the
    size rounded up, are (6, h, w): levels 0 to 5 with sigma 1.6 * 2 ** (level / 3) pixels of their own.
    """
    height, width = working_size(luma.shape[0], luma.shape[1], long_side)
    finest = np.empty((LEVELS + 1, height, width), np.int16)
    if height > luma.shape[0]:
        blur(double(luma), BLURS[0], finest[1])
    else:
        blur(shrink(luma, height, width), BLURS[0], finest[1])
    for level in range(1, LEVELS):
        blur(finest[level], BLURS[1 + level], finest[level + 1])
    found = [finest]
    while min(found[-1].shape[1:]) > 2 * (MIN_OCTAVE_SIDE - 1):
        half = found[-1][LEVELS, ::2, ::2]
        octave = np.empty((LEVELS + 3, *half.shape), np.int16)
        octave[0] = half
        for level in range(LEVELS + 2):
            blur(octave[level], BLURS[1 + level], octave[level + 1])
        found.append(octave)
    return found


@njit(nogil=True, cache=True)
def shrink(luma: U8Array, height: int, width: int) -> I16Array:
    """Each pixel the mean of the area it covers, in 1/64 grey levels, halves rounded up.

    luma: (h, w) uint8, C-contiguous, at least as large.  Returns: (height, width) int16.
    """
    down, across = luma.shape
    shrunk = np.empty((height, width), np.int16)
    if (height, width) == (down, across):
        for y in range(height):
            for x in range(width):
                shrunk[y, x] = 64 * np.int16(luma[y, x])
        return shrunk
    line = np.empty(across, np.int32)
    area = down * across
    for y in range(height):
        line[:] = 0
        top, bottom = y * down, (y + 1) * down  # in 1/height of a pixel
        for row in range(top // height, (bottom + height - 1) // height):
            weight = np.int32(min((row + 1) * height, bottom) - max(row * height, top))
            for x in range(across):
                line[x] += weight * np.int32(luma[row, x])
        for x in range(width):
            left, right = x * across, (x + 1) * across
            total = np.int64(0)
            for column in range(left // width, (right + width - 1) // width):
                total += (min((column + 1) * width, right) - max(column * width, left)) * np.int64(line[column])
            shrunk[y, x] = (128 * total + area) // (2 * area)
    return shrunk


@njit(nogil=True, cache=True)
def double(luma: U8Array) -> I16Array:
    """Each pixel as four, each a quarter of the way to its neighbours, in 1/64 grey levels; edges are repeated.

    luma: (h, w) uint8.  Returns: (2 h, 2 w) int16.
    """
    down, across = luma.shape
    doubled = np.empty((2 * down, 2 * across), np.int16)
    for y in range(2 * down):
        near = luma[y // 2]
        far = luma[min(max(y // 2 - 1 + y % 2 * 2, 0), down - 1)]
        for x in range(2 * across):
            beside = min(max(x // 2 - 1 + x % 2 * 2, 0), across - 1)
            close, off = x // 2, beside
            mixed = 9 * np.int32(near[close]) + 3 * (np.int32(near[off]) + np.int32(far[close])) + np.int32(far[off])
            doubled[y, x] = 4 * mixed
    return doubled


@njit(nogil=True, cache=True)
def blur(source: I16Array, kernel: I32Array, blurred: I16Array) -> None:
    """Convolve with a symmetric kernel, down the columns and then along the rows; edges are repeated outwards.

    source: (h, w) int16.  kernel: (radius + 1,) int32, middle first.  blurred: (h, w) int16, filled.
    """
    height, width = source.shape
    radius = kernel.size - 1
    sums = np.empty(width, np.int32)
    line = np.empty(width + 2 * radius, np.int32)
    middle = line[radius : radius + width]
    for y in range(height):
        weight = kernel[0]
        row = source[y]
        for x in range(width):
            sums[x] = np.int32(8192) + weight * np.int32(row[x])
        for off in range(1, radius + 1):
            weight = kernel[off]
            above, below = source[max(y - off, 0)], source[min(y + off, height - 1)]
            for x in range(width):
                sums[x] += weight * (np.int32(above[x]) + np.int32(below[x]))
        for x in range(width):
            middle[x] = sums[x] >> 14
        line[:radius] = middle[0]
        line[radius + width :] = middle[width - 1]
        weight = kernel[0]
        for x in range(width):
            sums[x] = np.int32(8192) + weight * middle[x]
        for off in range(1, radius + 1):
            weight = kernel[off]
            before, after = line[radius - off : radius - off + width], line[radius + off : radius + off + width]
            for x in range(width):
                sums[x] += weight * (before[x] + after[x])
        row = blurred[y]
        for x in range(width):
            row[x] = sums[x] >> 14
