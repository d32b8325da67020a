"""Regions that everyone has: text, keys, icons, frames, patterns.  They are neither banked nor asked with.

``common.bin`` beside this file lists them: a line of JSON that says how it was made, then the codes.  It is made by
``tools/common_regions``, from drawings alone; ``docs/region-fingerprint.md`` says how and what it does.
"""

import json
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from unseen.fingerprint.region.records import CODE_BYTES, Regions

PATH: Final = Path(__file__).with_name("common.bin")
VERSION: Final = 1  #: of the list; another list has another number
COMMON_RADIUS_BITS: Final = 56  #: a region as near to a listed one is common

U64Array = NDArray[np.uint64]


@cache
def common_regions() -> NDArray[np.uint8]:
    """The listed codes, most common first: (n, 32) uint8, C-contiguous, not to be written to.  Read once.

    Raises: ValueError for a file that is damaged or of another version.
    """
    head, _, body = PATH.read_bytes().partition(b"\n")
    about = json.loads(head)
    if about["version"] != VERSION or len(body) != about["codes"] * CODE_BYTES:
        raise ValueError(f"{PATH.name} is not the list of common regions of version {VERSION}; install Unseen again.")
    return np.frombuffer(body, np.uint8).reshape(-1, CODE_BYTES)


def without_common(regions: Regions) -> Regions:
    """All regions but those within ``COMMON_RADIUS_BITS`` of a listed one, as they are or mirrored."""
    kept = ~is_common(regions.codes, regions.mirrored_codes)
    return regions if kept.all() else regions.only(kept)


def is_common(codes: NDArray[np.uint8], mirrored_codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which regions are listed, as they are or mirrored.  codes, mirrored_codes: (n, 32) uint8.  Returns: (n,) bool."""
    listed = common_regions().view(np.uint64)
    ways = [near_any(way.view(np.uint64), listed, COMMON_RADIUS_BITS) for way in (codes, mirrored_codes)]
    return ways[0] | ways[1]


@njit(nogil=True, cache=True, inline="always")
def popcount(word: np.uint64) -> int:
    """Bits set in a uint64.  LLVM knows these steps, and uses the processor's own instruction.

    Source: H. Warren, Hacker's Delight, 5-1.
    """
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(nogil=True, cache=True)
def near_any(codes: U64Array, listed: U64Array, radius_bits: int) -> NDArray[np.bool_]:
    """Which codes are at most ``radius_bits`` from a listed one.

    codes: (n, 4) uint64, C-contiguous.  listed: (m, 4) uint64.  Returns: (n,) bool.  Every pair is looked at in full:
    without branches that is quicker than turning pairs down by half of their bits.
    """
    found = np.zeros(len(codes), np.bool_)
    for row in range(len(codes)):
        nearest = 257
        for other in range(len(listed)):
            apart = popcount(codes[row, 0] ^ listed[other, 0]) + popcount(codes[row, 1] ^ listed[other, 1])
            apart += popcount(codes[row, 2] ^ listed[other, 2]) + popcount(codes[row, 3] ^ listed[other, 3])
            nearest = min(nearest, apart)
        found[row] = nearest <= radius_bits
    return found
