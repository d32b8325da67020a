"""What is banked of a video: one frame a second, one after every change of scene, near-duplicates left out."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.reader import open_video, require_frames
from unseen.fingerprint.video.records import MOST_FRAMES, Frames, VideoFingerprint
from unseen.fingerprint.video.sources import Source, digests_of

#: One frame is taken of each so many seconds, as ``vpdq`` does by default.
EVERY_S: Final = 1.0
#: A frame within so many bits of the last one kept says nothing new...
DUPLICATE_BITS: Final = 10
#: ...unless so much time has passed since: a scene that stands still is still placed in time.
STILL_S: Final = 5.0


def fingerprint_video(
    source: Source, *, decoder: VideoDecoder, on_progress: Callable[[float], None] | None = None
) -> VideoFingerprint:
    """Every fingerprint of a video file.

    on_progress: told how much is done, 0 to 1, after each frame; what it raises ends the work.
    Raises: BadMedia, saying why, where the bytes are no video or cost more than the limits; NodeError where the
    decoder is closed or cannot start.
    """
    started = time.perf_counter()
    with ThreadPoolExecutor(1) as beside, open_video(source, decoder=decoder) as video:
        digesting = beside.submit(digests_of, source)
        codes, qualities, at_s = [], [], []
        for frame in video.sample(EVERY_S):
            codes.append(frame.views[0].tobytes())
            qualities.append(frame.quality)
            at_s.append(frame.at_s)
            if on_progress is not None:
                on_progress(video.share_done)
        require_frames(len(codes))
        if on_progress is not None:
            on_progress(1.0)
        decoded = time.perf_counter()
        sha256, md5 = digesting.result()
        frames = Frames.of(codes[:MOST_FRAMES], qualities[:MOST_FRAMES], at_s[:MOST_FRAMES])
        return VideoFingerprint(
            sha256=sha256,
            md5=md5,
            duration_s=video.duration_s,
            width=video.width,
            height=video.height,
            media_type=video.media_type,
            frames=frames.where(worth_keeping(frames)),
            stages_s={"decode": decoded - started, "digest": time.perf_counter() - decoded},
        )


def worth_keeping(frames: Frames) -> NDArray[np.bool_]:
    """Which frames are no near-duplicates: over ``DUPLICATE_BITS`` from the last one kept, or ``STILL_S`` after it.

    Returns: (n,) bool.
    """
    kept = np.zeros(len(frames), np.bool_)
    last = -1
    for at in range(len(frames)):
        is_soon = last >= 0 and frames.at_s[at] - frames.at_s[last] < STILL_S
        if is_soon and int(np.bitwise_count(frames.codes[at] ^ frames.codes[last]).sum()) <= DUPLICATE_BITS:
            continue
        kept[at], last = True, at
    return kept
