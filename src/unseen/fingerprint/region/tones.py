"""Regions of an upload that are of two tones: ink on its ground, letters, keys, bubbles, also where they are not flat.

A screen that was sent on as a small JPEG is no longer flat around its letters, so ``drawn`` keeps regions of it, and
the same keyboard under other words would be taken for a copy.  But nearly all of its pixels are still near one of two
greys, and of a photograph's they are not.  Only an upload's regions are looked at: what one side leaves out cannot
agree, and what is banked stays as it is.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from unseen.fingerprint.region.drawn import F32Array, U8Array, between
from unseen.fingerprint.region.records import Regions

TWO_TONES_PERCENT: Final = 70  #: of a square's pixels; in photographs one region of 100 has as many

_LEAST_CONTRAST: Final = 48  # greys; a faint patch has few tones, whatever it shows
_PARTS: Final = 32  # of the contrast: how far a pixel may be from a tone
_SAMPLES: Final = 64  # along a side, or a little more


def without_two_tones(luma: U8Array, regions: Regions) -> Regions:
    """All regions but those of two tones.  luma: (h, w) uint8, the one that they are of."""
    kept = tone_percents(np.ascontiguousarray(luma), regions.centres, regions.sides) < TWO_TONES_PERCENT
    return regions if kept.all() else regions.only(kept)


@njit(nogil=True, cache=True)
def tone_percents(luma: U8Array, centres: F32Array, sides: F32Array) -> NDArray[np.int64]:
    """How many of 100 pixels of each square are near one of its two commonest greys, rounded down; 0 where it is faint.

    luma: (h, w) uint8, C-contiguous; centres: (n, 2) float32; sides: (n,) float32, in its pixels.  Squares as in
    ``drawn.flat_percents``; of a large one every so many-th pixel and row.  Its contrast goes from the grey that a
    hundredth of the pixels do not exceed to that which all but a hundredth do not.  A tone is as wide as a 32nd of it
    either way, at least one grey; the commonest is found first, then the commonest of the rest; the darkest of equals.
    Returns: (n,) int64.
    """
    height, width = luma.shape
    found = np.zeros(len(sides), np.int64)
    counts = np.empty(256, np.int64)
    for each in range(len(sides)):
        across, down, half = float(centres[each, 0]), float(centres[each, 1]), float(sides[each]) / 2
        left, right = between(across - half, width), between(across + half, width) + 1
        top, bottom = between(down - half, height), between(down + half, height) + 1
        step = 1 + max(right - left, bottom - top) // _SAMPLES
        counts[:] = 0
        for y in range(top, bottom, step):
            for x in range(left, right, step):
                counts[luma[y, x]] += 1
        total = counts.sum()
        darkest = _grey_below(counts, total, 1)
        contrast = _grey_below(counts, total, 99) - darkest
        if contrast >= _LEAST_CONTRAST:
            near = max(1, contrast // _PARTS)
            found[each] = 100 * (_take_tone(counts, near) + _take_tone(counts, near)) // total
    return found


@njit(nogil=True, cache=True)
def _grey_below(counts: NDArray[np.int64], total: int, percent: int) -> int:
    """The least grey that at least so many of 100 pixels do not exceed."""
    so_far, grey = 0, 0
    while 100 * (so_far + counts[grey]) < percent * total:
        so_far += counts[grey]
        grey += 1
    return grey


@njit(nogil=True, cache=True)
def _take_tone(counts: NDArray[np.int64], near: int) -> int:
    """Take the commonest tone's pixels away; returns how many they are."""
    most, middle = -1, 0
    for grey in range(256):
        here = counts[max(grey - near, 0) : grey + near + 1].sum()
        if here > most:
            most, middle = here, grey
    counts[max(middle - near, 0) : middle + near + 1] = 0
    return most
