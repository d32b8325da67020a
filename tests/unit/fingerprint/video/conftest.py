"""A video decoder for the tests to read videos with."""

from collections.abc import Callable, Iterator

import pytest

from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.fingerprint import fingerprint_video
from unseen.fingerprint.video.limits import VideoLimits
from unseen.fingerprint.video.records import VideoFingerprint
from unseen.fingerprint.video.sources import BytesSource

PATIENT = VideoLimits(stall_s=60, threads=2)  # for what a machine that stands still must not make fail


@pytest.fixture(scope="session")
def decoder() -> Iterator[VideoDecoder]:
    with VideoDecoder(PATIENT) as pool:
        yield pool


@pytest.fixture(scope="session")
def fingerprint(decoder: VideoDecoder) -> Callable[[bytes], VideoFingerprint]:
    return lambda data: fingerprint_video(BytesSource(data), decoder=decoder)
