"""What of a video may be banked, in one place."""

from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.fingerprint.closer import LONG_SIDE, banked_regions
from unseen.fingerprint.records import Fingerprint
from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.reader import open_video
from unseen.fingerprint.video.records import Frames, VideoFingerprint
from unseen.fingerprint.video.sources import Source

MOST_REGION_FRAMES: Final = 12  #: frames of one video whose regions are banked
_UNLIKE_BITS: Final = 48  # frames nearer than this to each other have much the same regions
_WITHIN_S: Final = 1.0  # of its time a frame is looked for again


def to_bank(video: VideoFingerprint) -> tuple[Fingerprint, ...]:
    """Its digests, and its frames; without those that show too little, and none where all do."""
    frames = video.frames.to_bank
    if not len(frames):
        return (video.sha256, video.md5)
    return (video.sha256, video.md5, Fingerprint.of_frames(frames.codes, frames.at_s, frames.qualities))


def video_regions_to_bank(source: Source, video: VideoFingerprint, *, decoder: VideoDecoder) -> tuple[Fingerprint, ...]:
    """The regions of the frames that are least alike, ``MOST_REGION_FRAMES`` at most; one fingerprint a frame.

    Raises: BadMedia, NodeError.
    """
    found: dict[bytes, Fingerprint] = {}
    with open_video(source, decoder=decoder, long_side=LONG_SIDE) as opened:
        for at_s in _unlike(video.frames.to_bank).tolist():
            for frame in islice(opened.frames_between(at_s, at_s + _WITHIN_S, 0.0), 1):
                regions = banked_regions(frame.luma)
                if regions is not None:
                    found[regions.code] = regions
    return tuple(found.values())


def _unlike(frames: Frames) -> NDArray[np.float64]:
    """When frames are seen that are far from each other, evenly spread where they are too many: ascending."""
    chosen: list[int] = []
    for at, code in enumerate(frames.codes):
        apart = np.bitwise_count(frames.codes[chosen] ^ code).sum(axis=1)
        if (apart > _UNLIKE_BITS).all():
            chosen.append(at)
    if len(chosen) > MOST_REGION_FRAMES:
        chosen = [chosen[i] for i in np.linspace(0, len(chosen) - 1, MOST_REGION_FRAMES).astype(int)]
    return np.asarray(frames.at_s[chosen], np.float64)
