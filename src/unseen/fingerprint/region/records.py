"""What region fingerprinting says of a picture: columns, one row a region; and how much of it is asked for."""

from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

CODE_BYTES: Final = 32
MOST_BANKED: Final = 96  #: regions of a picture that a bank keeps
MIN_APART_BITS: Final = 32  #: regions of a picture that are closer are one thing repeated, and kept once
MIN_DETAIL: Final = 30  #: a patch with less in it looks like too many others


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How closely a picture is looked at."""

    most: int  #: regions at most
    long_side: int  #: pixels that a larger picture is shrunk to

    def __post_init__(self) -> None:
        if self.most < 0 or self.long_side < 1:
            raise ValueError("a plan asks for 0 regions or more, of at least 1 pixel")

    @property
    def candidates(self) -> int:
        """Keypoints looked at: half as many again, since some have too little around them to tell it from others."""
        return self.most * 3 // 2


#: For what is to be found again: few regions, large enough to survive in a small copy.
BANKED: Final = Plan(most=MOST_BANKED, long_side=800)
#: For an upload, where a protected picture may be a ninth of a collage.
SOUGHT: Final = Plan(most=256, long_side=1280)
SOUGHT_SMALLER: Final = Plan(most=96, long_side=900)
#: For each of the small pictures that stand side by side in one; twice as large as they are there.
SOUGHT_IN_CELL: Final = Plan(most=48, long_side=1024)
#: Regions of an upload that are found elsewhere at most: of both looks at the whole of it.
MOST_SOUGHT: Final = SOUGHT.most + SOUGHT_SMALLER.most


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regions:
    """The regions of a picture, the most telling first: a shorter list is a prefix of the longer one's choice."""

    codes: NDArray[np.uint8]  #: (n, 32) uint8, C-contiguous
    mirrored_codes: NDArray[np.uint8]  #: (n, 32) uint8: of the same regions of the mirrored picture
    centres: NDArray[np.float32]  #: (n, 2) float32: x and y in pixels of the luma, its corner at 0, 0
    sides: NDArray[np.float32]  #: (n,) float32: side of the patch in pixels of the luma
    orientations: NDArray[np.uint16]  #: (n,) uint16: where right is in the patch, 512ths of a turn from right over down
    strengths: NDArray[np.uint16]  #: (n,) uint16: contrast of the keypoint, 1/64 grey levels
    details: NDArray[np.uint8]  #: (n,) uint8: how much of the patch has something in it, 0 to 100

    def __post_init__(self) -> None:
        n = len(self.codes)
        if self.codes.shape != (n, CODE_BYTES) or self.codes.dtype != np.uint8:
            raise ValueError(f"codes are (n, {CODE_BYTES}) uint8")
        if self.mirrored_codes.shape != (n, CODE_BYTES) or self.mirrored_codes.dtype != np.uint8:
            raise ValueError(f"mirrored codes are (n, {CODE_BYTES}) uint8, as many as codes")
        if self.centres.shape != (n, 2):
            raise ValueError("centres are (n, 2)")
        if any(column.shape != (n,) for column in (self.sides, self.orientations, self.strengths, self.details)):
            raise ValueError("columns are as long as codes")

    def __len__(self) -> int:
        """The number of regions."""
        return len(self.codes)

    def only(self, kept: NDArray[np.bool_]) -> Self:
        """Those of a mask, in the same order.  kept: (n,) bool."""
        return type(self)(**{field.name: getattr(self, field.name)[kept] for field in fields(self)})

    def __repr__(self) -> str:  # a fingerprint in a log line would be a leak
        return f"Regions(<{len(self)} regions>)"


def strongest_first(*looks: Regions) -> Regions:
    """The regions of one look or more by strength, descending; of equal ones, those of an earlier look stand first."""
    columns = {field.name: np.concatenate([getattr(look, field.name) for look in looks]) for field in fields(Regions)}
    order = np.argsort(-columns["strengths"].astype(np.int64), kind="stable")
    return Regions(**{name: column[order] for name, column in columns.items()})


#: No region at all.
NONE: Final = Regions(
    codes=np.empty((0, CODE_BYTES), np.uint8),
    mirrored_codes=np.empty((0, CODE_BYTES), np.uint8),
    centres=np.empty((0, 2), np.float32),
    sides=np.empty(0, np.float32),
    orientations=np.empty(0, np.uint16),
    strengths=np.empty(0, np.uint16),
    details=np.empty(0, np.uint8),
)
