"""A closer look at a picture's luma: pictures set inside it, and its regions.

What is banked of regions and what is sought of them is made here, in one place each.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.fingerprint.insets import cells, insets
from unseen.fingerprint.pdq import pdq_views
from unseen.fingerprint.records import MIN_QUALITY, Box, Fingerprint, PictureFingerprints
from unseen.fingerprint.region.common import without_common
from unseen.fingerprint.region.fingerprint import fingerprint_regions
from unseen.fingerprint.region.geometry import packed
from unseen.fingerprint.region.records import (
    BANKED,
    NONE,
    SOUGHT,
    SOUGHT_IN_CELL,
    SOUGHT_SMALLER,
    Plan,
    Regions,
    strongest_first,
)
from unseen.fingerprint.region.scale_space import shrink, working_size
from unseen.fingerprint.region.tones import without_two_tones

#: Of the decoded picture, for both: its long side has at least so many pixels where the file has them.
LONG_SIDE: Final = SOUGHT.long_side
_INSETS_SIDE: Final = 512  # edges are looked for from one pixel to the next

Luma = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inset:
    """A picture that may be set inside an upload."""

    box: Box
    views: NDArray[np.uint8]  #: (8, 32) uint8: PDQ of it in every view, rows as in ``VIEWS``
    quality: int


def shrunk(luma: Luma, long_side: int = LONG_SIDE) -> Luma:
    """The same, or a copy whose long side has ``long_side`` pixels, each the mean of the area it covers.

    luma: (h, w) uint8.
    """
    if max(luma.shape) <= long_side:
        return luma
    height, width = working_size(luma.shape[0], luma.shape[1], long_side)
    return ((shrink(np.ascontiguousarray(luma), height, width) + 32) >> 6).astype(np.uint8)


def warm_up() -> None:
    """Have the kernels compiled or loaded, so that the first upload does not wait for them."""
    down, across = np.mgrid[0:256, 0:256]
    regions_sought(shrunk(np.asarray((down * across // 16) % 256, np.uint8), 250))


def insets_of(luma: Luma) -> tuple[Inset, ...]:
    """The pictures that may be set inside an upload, likeliest first; those with too little in them are left out.

    luma: (h, w) uint8, not empty.
    """
    small = shrunk(luma, _INSETS_SIDE)
    scale = np.array(luma.shape * 2) / np.array(small.shape * 2)
    found = []
    for box in insets(small):
        top, left, bottom, right = np.rint(box * scale).astype(int).tolist()
        views, quality = pdq_views(np.ascontiguousarray(luma[top:bottom, left:right]))
        if quality >= MIN_QUALITY:
            height, width = luma.shape
            shares = Box.between(left / width, top / height, right / width, bottom / height)
            found.append(Inset(box=shares, views=views, quality=quality))
    return tuple(found)


def regions_to_bank(picture: PictureFingerprints) -> Fingerprint | None:
    """What may be banked of a picture's regions; None where it has none, or is featureless.

    picture: with its luma.
    """
    if picture.luma is None:
        raise ValueError("the luma was not asked for")
    if picture.pdq.is_featureless:
        return None
    return banked_regions(picture.luma)


def banked_regions(luma: Luma) -> Fingerprint | None:
    """A picture's regions as a bank keeps them; None where it has none.  luma: (h, w) uint8, not empty."""
    regions = _regions(luma, BANKED)
    return Fingerprint.of_regions(regions.codes, packed(regions, max(luma.shape))) if len(regions) else None


def _regions(luma: Luma, plan: Plan) -> Regions:
    """Everything banked or sought comes by here: what everyone has is left out in this place."""
    return without_common(fingerprint_regions(luma, plan=plan))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look for an upload's regions."""

    name: str  #: of its stage
    plan: Plan

    def regions(self, luma: Luma) -> Regions:
        """What it finds, strongest first.  luma: (h, w) uint8, not empty."""
        return without_two_tones(luma, strongest_first(_regions(luma, self.plan)))


#: One after the other, until one decides: what is found of a photographed screen varies by size.
LOOKS: Final = (Look(name="region", plan=SOUGHT), Look(name="second_region", plan=SOUGHT_SMALLER))


#: The name of a look's stage that follows these, at pictures that stand side by side.
CELLS: Final = "cell_region"


def regions_of_cells(luma: Luma, found: Sequence[Inset]) -> Regions:
    """The regions of small pictures that stand side by side, strongest first; each is looked at by itself, enlarged.

    A tile of a profile has few pixels, and its regions are few among those of a whole screen.  luma: (h, w) uint8;
    found: its insets.
    """
    height, width = luma.shape
    sides = [(each.box.top, each.box.left, each.box.height, each.box.width) for each in found]
    top, left, tall, wide = np.array(sides).reshape(-1, 4).T
    edges = np.stack([top * height, left * width, (top + tall) * height, (left + wide) * width], axis=1)
    boxes = np.rint(edges).astype(np.int64)
    looks = list[Regions]()
    for one in boxes[cells(boxes, max(luma.shape))].tolist():
        regions = _regions(np.ascontiguousarray(luma[one[0] : one[2], one[1] : one[3]]), SOUGHT_IN_CELL)
        looks.append(replace(regions, centres=regions.centres + np.array([one[1], one[0]], np.float32)))
    return without_two_tones(luma, strongest_first(*looks)) if looks else NONE


def regions_sought(luma: Luma) -> Regions:
    """The regions of an upload that nothing decides before its last look, strongest first.

    luma: (h, w) uint8, not empty.
    """
    return strongest_first(*(look.regions(luma) for look in LOOKS), regions_of_cells(luma, insets_of(luma)))
