"""What a video leaves behind: frames with their seconds, and the digests of its file."""

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from unseen.base import BadFingerprint
from unseen.fingerprint.records import MIN_QUALITY, VIEWS, Fingerprint

#: Frames that the fingerprint of one video has at most.
MOST_FRAMES: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frames:
    """Frames of one video, as columns, in the order of time."""

    codes: NDArray[np.uint8]  #: (n, 32) uint8, C-contiguous: PDQ of each frame, set upright
    qualities: NDArray[np.uint8]  #: (n,) uint8, 0 to 100
    at_s: NDArray[np.float64]  #: (n,) float64: seconds since the video's beginning, ascending

    def __post_init__(self) -> None:
        count = len(self.at_s)
        if self.codes.shape != (count, 32) or self.codes.dtype != np.uint8:
            raise ValueError("codes is (n, 32) uint8")
        if self.qualities.shape != (count,) or self.qualities.dtype != np.uint8:
            raise ValueError("qualities is (n,) uint8")
        if self.at_s.shape != (count,) or self.at_s.dtype != np.float64:
            raise ValueError("at_s is (n,) float64")
        if count > MOST_FRAMES:
            raise BadFingerprint(f"A video's fingerprint has at most {MOST_FRAMES:,} frames.")
        if count and self.qualities.max() > 100:
            raise BadFingerprint("A frame's quality is from 0 to 100.")
        if not (np.isfinite(self.at_s).all() and (self.at_s >= 0).all() and (np.diff(self.at_s) >= 0).all()):
            raise BadFingerprint("The seconds of a video's frames begin at 0 and ascend.")

    @classmethod
    def of(cls, codes: list[bytes], qualities: list[int], at_s: list[float]) -> Self:
        """The columns of these rows.  Raises: BadFingerprint."""
        if any(not 0 <= quality <= 100 for quality in qualities):
            raise BadFingerprint("A frame's quality is from 0 to 100.")
        return cls(
            codes=np.frombuffer(b"".join(codes), np.uint8).reshape(-1, 32),
            qualities=np.array(qualities, np.uint8),
            at_s=np.array(at_s, np.float64),
        )

    def __len__(self) -> int:
        return len(self.at_s)

    def __repr__(self) -> str:  # a fingerprint in a log line would be a leak
        return f"Frames(<{len(self)} frames>)"

    def where(self, kept: NDArray[np.bool_]) -> "Frames":
        """Only the frames that are marked.  kept: (n,) bool."""
        return Frames(
            codes=np.ascontiguousarray(self.codes[kept]), qualities=self.qualities[kept], at_s=self.at_s[kept]
        )

    @property
    def to_bank(self) -> "Frames":
        """Those with enough to see in them to be compared (flat and black ones are not)."""
        return self.where(self.qualities >= MIN_QUALITY)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VideoFrame:
    """One decoded frame, set upright."""

    at_s: float  #: seconds since the video's beginning
    is_keyframe: bool
    views: NDArray[np.uint8] = field(repr=False)  #: (8, 32) uint8, C-contiguous: PDQ of every view, rows as ``VIEWS``
    quality: int  #: 0 to 100, of the upright view
    #: (h, w) uint8, C-contiguous: full-range luma, perhaps smaller than the frame (``open_video`` says how much)
    luma: NDArray[np.uint8] = field(repr=False)

    def __post_init__(self) -> None:
        if self.views.shape != (len(VIEWS), 32) or self.views.dtype != np.uint8:
            raise ValueError("views is (8, 32) uint8")

    @property
    def is_featureless(self) -> bool:
        """Whether it has too little in it for a comparison."""
        return self.quality < MIN_QUALITY


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VideoFingerprint:
    """Everything that is banked of one video file."""

    sha256: Fingerprint
    md5: Fingerprint
    duration_s: float  #: as decoded, whatever the file's header says
    width: int  #: pixels, set upright
    height: int
    media_type: str  #: what the bytes are, whatever the name says: ``video/mp4``
    frames: Frames  #: one a second and one after every change of scene, near-duplicates left out
    stages_s: dict[str, float] = field(default_factory=dict)  #: seconds of ``decode``, ``hash`` and ``digest``
