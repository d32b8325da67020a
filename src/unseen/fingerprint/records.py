"""What a picture leaves behind: fingerprints, and the eight ways a copy can be turned."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from unseen.base import BadFingerprint

#: PDQ below this quality says too little of a picture to compare it (facebook/ThreatExchange, pdq/README).
MIN_QUALITY: Final = 50


class Kind(StrEnum):
    """How a fingerprint was made, and so how it is compared."""

    SHA256 = "sha256"  #: of the file's bytes; equal or not
    MD5 = "md5"  #: of the file's bytes, for programmes that exchange it; equal or not
    PDQ = "pdq"  #: of the whole picture; compared by Hamming distance

    @property
    def code_bytes(self) -> int:
        """Length of the code of this kind."""
        return 16 if self is Kind.MD5 else 32

    @property
    def is_perceptual(self) -> bool:
        """Whether near codes mean similar pictures."""
        return self is Kind.PDQ


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """One comparable trace of a picture; never enough to show the picture."""

    kind: Kind
    code: bytes  #: 32 bytes for PDQ; the digest for sha256 and md5
    quality: int | None = None  #: 0..100, perceptual kinds only

    def __post_init__(self) -> None:
        if len(self.code) != self.kind.code_bytes:
            raise BadFingerprint(
                f"A {self.kind} fingerprint has {self.kind.code_bytes} bytes, this one has {len(self.code)}."
            )
        if self.kind.is_perceptual:
            if self.quality is None or not 0 <= self.quality <= 100:
                raise BadFingerprint(f"A {self.kind} fingerprint needs a quality from 0 to 100.")
        elif self.quality is not None:
            raise BadFingerprint(f"A {self.kind} fingerprint has no quality.")

    @classmethod
    def from_hex(cls, kind: Kind, text: str, quality: int | None = None) -> Self:
        """Read a code as other programs write it: hexadecimal, either case.

        Raises: BadFingerprint.
        """
        if len(text) != 2 * kind.code_bytes or not text.isascii() or not text.isalnum():
            raise BadFingerprint(f"A {kind} fingerprint is written with {2 * kind.code_bytes} hexadecimal digits.")
        try:
            code = bytes.fromhex(text)
        except ValueError:
            raise BadFingerprint(f"A {kind} fingerprint is written with hexadecimal digits only.") from None
        return cls(kind=kind, code=code, quality=quality)

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

    def __post_init__(self) -> None:
        if self.views.shape != (len(VIEWS), 32) or self.views.dtype != np.uint8:
            raise ValueError("views is (8, 32) uint8")

    @property
    def to_bank(self) -> tuple[Fingerprint, ...]:
        """What may be banked: a featureless picture keeps its sha256 only."""
        return (self.sha256,) if self.pdq.is_featureless else (self.sha256, self.md5, self.pdq)
