"""Where in a video's frames another picture stays: between bars, or set inside."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.fingerprint.closer import shrunk
from unseen.fingerprint.insets import insets
from unseen.fingerprint.records import Box

MOST_PLACES: Final = 12  #: looked at of one video
INSETS_SIDE: Final = 512  #: of the long side: edges are looked for from one pixel to the next
_SAME_PLACE: Final = 0.93  # intersection over union of what stays in its place
_FLAT: Final = 5  # shades that a bar's pixels may be away from its own
_FLAT_SHARE: Final = 0.98  # of a line's pixels
_LEAST_BAR: Final = 0.04  # of a side; a thinner one changes little
_LEAST_KEPT: Final = 0.25  # of each side
_STEPS: Final = 64  # in which a box is told: it wavers by a pixel from frame to frame
_WHOLE: Final = (0.0, 1.0)

Luma = NDArray[np.uint8]


def between_bars(luma: Luma) -> tuple[Box, ...]:
    """The parts of a frame that flat bars at its edges leave: without all of them, and without one pair only.

    What was copied may have had bars of its own.  luma: (h, w) uint8.
    """
    rows, columns = _kept(luma), _kept(luma.T)
    inner = _kept(luma[round(rows[0] * len(luma)) : max(round(rows[1] * len(luma)), 1)].T)
    kept = dict.fromkeys(((rows, inner), (rows, _WHOLE), (_WHOLE, columns)))
    return tuple(
        Box.between(left, top, right, bottom)
        for (top, bottom), (left, right) in kept
        if (top, bottom, left, right) != (*_WHOLE, *_WHOLE) and min(bottom - top, right - left) >= _LEAST_KEPT
    )


def _kept(luma: Luma) -> tuple[float, float]:
    """Of the rows, where the first begins and the last ends that are no bar's: shares, in steps."""
    thin = luma[:, :: max(luma.shape[1] // 128, 1)]
    first, last = _bar(thin) / len(luma), 1 - _bar(thin[::-1]) / len(luma)
    first = math.ceil(first * _STEPS) / _STEPS if first >= _LEAST_BAR else 0.0
    last = math.floor(last * _STEPS) / _STEPS if last <= 1 - _LEAST_BAR else 1.0
    return first, last


def _bar(rows: Luma) -> int:
    """How many of the first rows have the one shade of the very first."""
    shade = int(np.median(rows[0]))
    if (np.abs(rows[0].astype(np.int16) - shade) <= _FLAT).mean() < _FLAT_SHARE:
        return 0  # as most frames are
    is_flat = (np.abs(rows.astype(np.int16) - shade) <= _FLAT).mean(axis=1) >= _FLAT_SHARE
    return len(rows) if is_flat.all() else int(is_flat.argmin())


def lasting_places(lumas: Sequence[Luma]) -> list[Box]:
    """Where a picture seems to be set in two of these frames at least, or in their mean; the most often found first.

    lumas: (h, w) uint8 each.  What moves blurs in a mean, and the edge between what is set inside and what is around
    it stays.
    """
    small = [shrunk(luma, INSETS_SIDE) for luma in lumas]
    found = [_boxes(luma) for luma in small]
    if len({luma.shape for luma in small}) == 1 and len(small) > 1:
        mean = np.mean(small, axis=0)
        found += [_boxes(np.rint(mean).astype(np.uint8))] * 2
    lasting: list[tuple[int, Box]] = []
    for at, boxes in enumerate(found):
        for box in boxes:
            if any(_overlap(box, other) >= _SAME_PLACE for _, other in lasting):
                continue
            count = sum(any(_overlap(box, other) >= _SAME_PLACE for other in others) for others in found[at:])
            if count >= min(2, len(found)):
                lasting.append((count, box))
    lasting.sort(key=lambda counted: -counted[0])
    return [box for _, box in lasting[:MOST_PLACES]]


def part_of(luma: Luma, box: Box) -> Luma:
    """What is in the box: (h, w) uint8, C-contiguous."""
    height, width = luma.shape
    top, left = round(box.top * height), round(box.left * width)
    bottom, right = round((box.top + box.height) * height), round((box.left + box.width) * width)
    return np.ascontiguousarray(luma[top : max(bottom, top + 1), left : max(right, left + 1)])


def _boxes(luma: Luma) -> list[Box]:
    height, width = luma.shape
    return [
        Box.between(left / width, top / height, right / width, bottom / height)
        for top, left, bottom, right in insets(luma).tolist()
    ]


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    wide = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    high = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    common = max(wide, 0.0) * max(high, 0.0)
    return common / (one.width * one.height + other.width * other.height - common)
