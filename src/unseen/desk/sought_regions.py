"""The regions of an upload, as they are looked for."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from unseen.base import BadRequest
from unseen.fingerprint.records import Box
from unseen.fingerprint.region.common import is_common
from unseen.fingerprint.region.records import Regions
from unseen.match.evidence import WIDE_RADIUS_BITS, Asked

I64Array = NDArray[np.int64]
U8Array = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SoughtRegions:
    """The regions of an upload, strongest first."""

    asked: Asked
    strengths: I64Array  #: (n,) int64, descending
    luma: U8Array | None = None  #: (h, w) uint8: the upload itself, for another look; None where only regions came

    def __len__(self) -> int:
        """The number of regions."""
        return len(self.strengths)

    @classmethod
    def of(cls, regions: Regions, shape: tuple[int, ...], luma: U8Array | None = None) -> Self:
        """Regions of a luma of this shape: (height, width); strongest first.  luma: kept for another look."""
        asked = Asked(
            codes=regions.codes,
            mirrored_codes=regions.mirrored_codes,
            centres=regions.centres,
            sides=regions.sides,
            orientations=regions.orientations,
            details=regions.details,
            frame=(shape[1], shape[0]),
        )
        return cls(asked=asked, strengths=regions.strengths.astype(np.int64), luma=luma)

    @classmethod
    def sent(
        cls,
        codes: U8Array,
        mirrored_codes: U8Array,
        *,
        places: NDArray[np.float32],
        turns: NDArray[np.uint16],
        details: U8Array,
        height: int,
        width: int,
    ) -> Self:
        """Regions that were found elsewhere, strongest first; what everyone has is left out here.

        codes, mirrored_codes: (n, 32) uint8.  places: (n, 3) float32, x and y of a centre and the side, in pixels of
        a picture of ``height`` and ``width``.  turns: (n,) uint16, directions in 512ths.  details: (n,) uint8.
        Raises: BadRequest for columns of different lengths, or places outside the picture.
        """
        if not len(codes) == len(mirrored_codes) == len(places) == len(turns) == len(details):
            raise BadRequest("An upload's regions have as many codes, mirrored codes, places, turns and details.")
        # as float32, which has no order with what is no number
        if not ((places >= 0).all() and (places <= (width, height, width + height)).all()):
            raise BadRequest("A region lies within its picture.")
        asked = Asked(
            codes=codes,
            mirrored_codes=mirrored_codes,
            centres=places[:, :2],
            sides=places[:, 2],
            orientations=turns,
            details=details,
            frame=(width, height),
        )
        ranks = np.arange(len(codes), 0, -1)  # how strong they are is not sent
        return cls(asked=asked, strengths=ranks).only(np.flatnonzero(~is_common(codes, mirrored_codes)))

    def joined(self, other: Self) -> tuple[Self, I64Array]:
        """Those of another look at the same upload too, strongest first; and where the rows of both came from.

        The latter: (n,) int64, rows of this one, and beyond its length those of the other.  Of equally strong ones
        these stand first.
        """
        strengths = np.concatenate([self.strengths, other.strengths])
        order = np.argsort(-strengths, kind="stable")
        asked = self.asked.joined(other.asked).only(order)
        return type(self)(asked=asked, strengths=strengths[order], luma=self.luma), order

    def far_from(self, codes: U8Array) -> I64Array:
        """Rows of the regions that are near none of these codes, in neither mirror.  codes: (m, 32) uint8."""
        theirs = codes.view(np.uint64)
        is_near = np.zeros(len(self), np.bool_)
        for ours in (self.asked.codes, self.asked.mirrored_codes):
            apart = np.bitwise_count(ours.view(np.uint64)[:, None] ^ theirs).sum(axis=2, dtype=np.uint16)
            is_near |= (apart <= WIDE_RADIUS_BITS).any(axis=1)
        return np.flatnonzero(~is_near)

    def only(self, rows: I64Array) -> Self:
        """Some of them.  rows: (k,) int64, ascending."""
        return type(self)(asked=self.asked.only(rows), strengths=self.strengths[rows], luma=self.luma)

    def box_of(self, rows: I64Array) -> Box:
        """The part of the picture in which these regions lie."""
        centres, halves = self.asked.centres[rows], self.asked.sides[rows, None] / 2
        left, top = (centres - halves).min(axis=0)
        right, bottom = (centres + halves).max(axis=0)
        width, height = self.asked.frame
        return Box.between(left / width, top / height, right / width, bottom / height)
