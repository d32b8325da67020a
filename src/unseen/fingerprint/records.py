"""What a picture leaves behind: fingerprints, and the eight ways a copy can be turned."""

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from unseen.base import BadFingerprint

#: PDQ below this quality says too little of a picture to compare it (facebook/ThreatExchange, pdq/README).
MIN_QUALITY: Final = 50
#: Regions that the fingerprint of one picture has at most, each with a code and with where it is.
MOST_REGIONS: Final = 96
GEOMETRY_BYTES: Final = 4
#: Frames that the fingerprint of one video has at most; of a longer one, they are farther apart.
MOST_FRAMES: Final = 4096
#: One frame of a video as a frame fingerprint holds it: PDQ, when it begins to be seen, and how much it shows.
FRAME: Final = np.dtype([("code", np.uint8, 32), ("at_ms", ">u4"), ("quality", np.uint8)])


class Kind(StrEnum):
    """How a fingerprint was made, and so how it is compared."""

    SHA256 = "sha256"  #: of the file's bytes; equal or not
    MD5 = "md5"  #: of the file's bytes, for programmes that exchange it; equal or not
    PDQ = "pdq"  #: of the whole picture; compared by Hamming distance
    REGION = "region"  #: of many parts of the picture, one code each; compared by Hamming distance, code by code
    FRAME = "frame"  #: of many frames of a video: PDQ of each, and its time

    @property
    def code_bytes(self) -> int:
        """Length of a code of this kind; of what stands for one frame, with its time and quality."""
        if self is Kind.FRAME:
            return FRAME.itemsize
        return 16 if self is Kind.MD5 else 32

    @property
    def bytes_each(self) -> int:
        """What a fingerprint of this kind takes for each of its codes."""
        return self.code_bytes + (GEOMETRY_BYTES if self is Kind.REGION else 0)

    @property
    def most_codes(self) -> int:
        """How many codes a fingerprint of this kind has at most."""
        return {Kind.REGION: MOST_REGIONS, Kind.FRAME: MOST_FRAMES}.get(self, 1)

    @property
    def is_perceptual(self) -> bool:
        """Whether near codes mean similar pictures; else equal codes mean the same file."""
        return self in {Kind.PDQ, Kind.REGION, Kind.FRAME}

    @property
    def has_quality(self) -> bool:
        """Whether it is said how much there is to see in the picture."""
        return self is Kind.PDQ


_PARTS: Final = {Kind.REGION: "regions", Kind.FRAME: "frames"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """One comparable trace of a picture or a video; never enough to show it."""

    kind: Kind
    #: 32 bytes for PDQ; the digest for sha256 and md5; for regions 1 to 96 distinct codes, ascending, then the geometry
    #: of each in the same order (``unseen.fingerprint.region.geometry``); for frames 1 to 4,096 rows of ``FRAME``,
    #: their times ascending
    code: bytes
    quality: int | None = None  #: 0..100, PDQ only

    def __post_init__(self) -> None:
        if self.kind is Kind.REGION:
            self._require_regions()
        elif self.kind is Kind.FRAME:
            self._require_frames()
        elif len(self.code) != self.kind.code_bytes:
            raise BadFingerprint(
                f"A {self.kind} fingerprint has {self.kind.code_bytes} bytes, this one has {len(self.code)}."
            )
        if self.kind.has_quality:
            if self.quality is None or not 0 <= self.quality <= 100:
                raise BadFingerprint(f"A {self.kind} fingerprint needs a quality from 0 to 100.")
        elif self.quality is not None:
            raise BadFingerprint(f"A {self.kind} fingerprint has no quality.")

    def _require_regions(self) -> None:
        """Their order says nothing of where they are in the picture.  Raises: BadFingerprint."""
        count, rest = divmod(len(self.code), Kind.REGION.bytes_each)
        if rest or not 1 <= count <= MOST_REGIONS:
            raise BadFingerprint(
                f"A region fingerprint has 1 to {MOST_REGIONS} codes of 32 bytes, and {GEOMETRY_BYTES} more for each."
            )
        if any(one >= next_one for one, next_one in pairwise(row.tobytes() for row in self.region_codes)):
            raise BadFingerprint("The codes of a region fingerprint are distinct and ascend.")

    def _require_frames(self) -> None:
        """Raises: BadFingerprint."""
        if not self.code or len(self.code) % FRAME.itemsize or len(self.code) > MOST_FRAMES * FRAME.itemsize:
            raise BadFingerprint(f"A frame fingerprint has 1 to {MOST_FRAMES} frames of {FRAME.itemsize} bytes.")
        frames = np.frombuffer(self.code, FRAME)
        if (np.diff(frames["at_ms"].astype(np.int64)) <= 0).any():
            raise BadFingerprint("The frames of a frame fingerprint stand in the order of their times, one at a time.")
        if (frames["quality"] > 100).any():
            raise BadFingerprint("The quality of a frame is 0 to 100.")

    @classmethod
    def from_hex(cls, kind: Kind, text: str, quality: int | None = None) -> Self:
        """Read a code as other programs write it: hexadecimal, either case.

        Raises: BadFingerprint.
        """
        digits = 2 * kind.bytes_each
        is_whole = len(text) in range(digits, digits * kind.most_codes + 1, digits)
        if not is_whole or not text.isascii() or not text.isalnum():
            codes = "" if kind.most_codes == 1 else f" for each of 1 to {kind.most_codes} {_PARTS[kind]}"
            raise BadFingerprint(f"A {kind} fingerprint is written with {digits} hexadecimal digits{codes}.")
        try:
            code = bytes.fromhex(text)
        except ValueError:
            raise BadFingerprint(f"A {kind} fingerprint is written with hexadecimal digits only.") from None
        return cls(kind=kind, code=code, quality=quality)

    @classmethod
    def of_regions(cls, codes: NDArray[np.uint8], geometry: NDArray[np.uint32]) -> Self:
        """The region fingerprint of these regions, in any order; of equal codes the first stays.

        codes: (n, 32) uint8.  geometry: (n,) uint32.  Raises: BadFingerprint for none, or too many.
        """
        places = dict[bytes, bytes]()
        for code, place in zip(codes, geometry.tolist(), strict=True):
            places.setdefault(code.tobytes(), place.to_bytes(GEOMETRY_BYTES))
        return cls(kind=Kind.REGION, code=b"".join([*sorted(places), *(places[code] for code in sorted(places))]))

    @property
    def region_codes(self) -> NDArray[np.uint8]:
        """The codes of a region fingerprint: (n, 32) uint8, ascending.  Raises: ValueError for another kind."""
        return np.frombuffer(self.code, np.uint8, 32 * self._regions).reshape(-1, 32)

    @property
    def region_geometry(self) -> NDArray[np.uint32]:
        """Where they are: (n,) uint32, in the order of codes.  Raises: ValueError for another kind."""
        return np.frombuffer(self.code, ">u4", offset=32 * self._regions).astype(np.uint32)

    @property
    def _regions(self) -> int:
        if self.kind is not Kind.REGION:
            raise ValueError(f"a {self.kind} fingerprint is of no regions")
        return len(self.code) // self.kind.bytes_each

    @classmethod
    def of_frames(cls, codes: NDArray[np.uint8], at_s: NDArray[np.float64], qualities: NDArray[np.uint8]) -> Self:
        """The frame fingerprint of these frames, with those that show too little left out.

        codes: (n, 32) uint8.  at_s: (n,), ascending.  qualities: (n,) uint8.  Of frames in the same millisecond, the
        first stays; of too many, ``MOST_FRAMES`` evenly spread ones.  Raises: BadFingerprint where none is left.
        """
        clear = np.flatnonzero(qualities >= MIN_QUALITY)
        at_ms = np.rint(at_s[clear] * 1000).astype(np.int64)
        clear = clear[np.unique(at_ms, return_index=True)[1]]
        if len(clear) > MOST_FRAMES:
            clear = clear[np.linspace(0, len(clear) - 1, MOST_FRAMES).astype(np.int64)]
        frames = np.empty(len(clear), FRAME)
        frames["code"], frames["quality"] = codes[clear], qualities[clear]
        frames["at_ms"] = np.rint(at_s[clear] * 1000)
        return cls(kind=Kind.FRAME, code=frames.tobytes())

    @property
    def frames(self) -> NDArray[np.void]:
        """The frames of a frame fingerprint: (n,) ``FRAME``, times ascending.  Raises: ValueError for another kind."""
        if self.kind is not Kind.FRAME:
            raise ValueError(f"a {self.kind} fingerprint is of no frames")
        return np.frombuffer(self.code, FRAME)

    @property
    def hex(self) -> str:
        """The code in hexadecimal, lower case, as the field writes it."""
        return self.code.hex()

    @property
    def is_featureless(self) -> bool:
        """Whether the picture had too little in it for a perceptual comparison."""
        return self.quality is not None and self.quality < MIN_QUALITY

    def __repr__(self) -> str:  # a fingerprint in a log line would be a leak
        return f"Fingerprint(kind={self.kind.value!r}, code=<{len(self.code)} bytes>, quality={self.quality})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A part of a picture, set upright, as shares of it: 0 to 1."""

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        starts, sizes = (self.left, self.top), (self.width, self.height)
        if not all(0 <= start < 1 and 0 < size <= 1 for start, size in zip(starts, sizes, strict=True)):
            raise ValueError("a box lies within its picture")

    @classmethod
    def between(cls, left: float, top: float, right: float, bottom: float) -> Self:
        """The box with these sides, cut off at the picture's own."""
        left, top = (min(max(float(side), 0.0), 0.9999) for side in (left, top))
        right, bottom = (min(float(side), 1.0) for side in (right, bottom))
        return cls(left=left, top=top, width=max(right - left, 0.0001), height=max(bottom - top, 0.0001))


class View(StrEnum):
    """How a copy is turned against the banked picture (the eight symmetries of a square).

    ``ROTATED_90`` is a quarter turn counterclockwise, as ``numpy.rot90(luma)`` does it; ``MIRRORED`` is
    ``numpy.fliplr(luma)``; ``MIRRORED_90`` is the mirrored picture turned so: ``rot90(fliplr(luma))``.
    """

    UPRIGHT = "upright"
    ROTATED_90 = "rotated 90"
    ROTATED_180 = "rotated 180"
    ROTATED_270 = "rotated 270"
    MIRRORED = "mirrored"
    MIRRORED_90 = "mirrored, rotated 90"
    MIRRORED_180 = "mirrored, rotated 180"
    MIRRORED_270 = "mirrored, rotated 270"


VIEWS: Final = tuple(View)  #: the order of rows wherever codes of all views stand together


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LumaFingerprints:
    """What fingerprinting says of pixels that came without a file."""

    pdq: Fingerprint  #: of the upright view
    views: NDArray[np.uint8]  #: (8, 32) uint8, C-contiguous: PDQ of every view, rows as in ``VIEWS``


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PictureFingerprints:
    """Everything fingerprinting says of one picture file."""

    sha256: Fingerprint
    md5: Fingerprint
    pdq: Fingerprint  #: of the upright view
    views: NDArray[np.uint8]  #: (8, 32) uint8, C-contiguous: PDQ of every view, rows as in ``VIEWS``
    width: int  #: pixels, after EXIF orientation
    height: int
    media_type: str  #: what the bytes are, whatever the name says: ``image/jpeg``
    stages_s: dict[str, float] = field(default_factory=dict)  #: seconds of ``decode``, ``hash`` and ``digest``
    #: (h, w) uint8, set upright, perhaps smaller than the picture, for whoever looks closer; None unless asked for
    luma: NDArray[np.uint8] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.views.shape != (len(VIEWS), 32) or self.views.dtype != np.uint8:
            raise ValueError("views is (8, 32) uint8")

    @property
    def to_bank(self) -> tuple[Fingerprint, ...]:
        """What may be banked: a featureless picture keeps its sha256 only."""
        return (self.sha256,) if self.pdq.is_featureless else (self.sha256, self.md5, self.pdq)
