"""What one case protects, to hold an import's media against: no index, since a case has few items.

Whole files, whole pictures in all eight views, and frames of videos.  Regions are not asked: they take far
longer, and a screening of the same files asks them.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.evidence.chats.records import Copy
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.fingerprint.video.records import Frames as VideoFrames
from unseen.match.segments import Frames, runs_of

_RADIUS_BITS: Final = 31  #: the radius that banks have by default, inclusive

Codes = NDArray[np.uint8]


class CaseItems:
    """The fingerprints of a case's items."""

    def __init__(self, fingerprints: Sequence[tuple[int, Fingerprint]]) -> None:
        """fingerprints: item number and what is banked of it."""
        kinds = (Kind.SHA256, Kind.MD5)
        self._exact = {f.code: item for item, f in reversed(fingerprints) if f.kind in kinds}
        self._pictures = [(item, np.frombuffer(f.code, np.uint8)) for item, f in fingerprints if f.kind is Kind.PDQ]
        self._videos = [(item, _as_frames(f)) for item, f in fingerprints if f.kind is Kind.FRAME]

    def same_file(self, *digests: bytes) -> tuple[Copy, ...]:
        """The item that has one of these digests."""
        found = next((self._exact[digest] for digest in digests if digest in self._exact), None)
        return () if found is None else (Copy(item=found, how="the same file"),)

    def same_picture(self, views: Codes) -> tuple[Copy, ...]:
        """Items that a picture is near to in any view; views: (8, 32) uint8."""
        near = self._near(views, "the same picture")
        for item, frames in self._videos:
            bits = min(_least(views, code) for code in frames.codes)
            if bits <= _RADIUS_BITS:
                near.setdefault(item, Copy(item=item, how="a frame of the video", distance_bits=bits))
        return tuple(near[item] for item in sorted(near))

    def same_frames(self, video: VideoFrames) -> tuple[Copy, ...]:
        """Items that a video shows, upright and in parts too."""
        near = self._near(video.codes, "the picture, in the video")
        upload = Frames(codes=video.codes, at_ms=np.rint(video.at_s * 1000).astype(np.int64))
        for item, frames in self._videos:
            runs = runs_of(upload, frames, near_bits=_RADIUS_BITS)
            if runs:
                bits = min(int(run.distances.min()) for run in runs)
                count = len(np.unique(np.concatenate([run.rows for run in runs])))
                near[item] = Copy(item=item, how=f"frames of the video: {count}", distance_bits=bits)
        return tuple(near[item] for item in sorted(near))

    def _near(self, codes: Codes, how: str) -> dict[int, Copy]:
        found: dict[int, Copy] = {}
        for item, code in self._pictures:
            bits = _least(codes, code) if len(codes) else _RADIUS_BITS + 1
            if bits <= _RADIUS_BITS and (item not in found or bits < (found[item].distance_bits or 0)):
                found[item] = Copy(item=item, how=how, distance_bits=bits)
        return found


def _least(codes: Codes, code: Codes) -> int:
    """Bits between a code, (32,), and the nearest of some, (n, 32)."""
    return int(np.bitwise_count(codes ^ code).sum(axis=1, dtype=np.int64).min())


def _as_frames(fingerprint: Fingerprint) -> Frames:
    rows = fingerprint.frames
    return Frames(codes=np.ascontiguousarray(rows["code"]), at_ms=rows["at_ms"].astype(np.int64))
