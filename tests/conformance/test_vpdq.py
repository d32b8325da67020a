"""Our frames against those of ``vpdq``, Meta's own package, where it is installed."""

import os
from pathlib import Path

import numpy as np
import pytest

from support.videos import encoded, scene
from unseen.fingerprint.pdq import luma_of, pdq
from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.limits import VideoLimits
from unseen.fingerprint.video.reader import open_video
from unseen.fingerprint.video.sources import BytesSource
from unseen.fingerprint.video.vpdq_lists import read_vpdq

if os.environ.get("CI") == "true":
    import vpdq
else:
    vpdq = pytest.importorskip("vpdq", reason="vpdq is not installed; `make vpdq` builds it, with FFmpeg's headers")

FRAMES = scene(21, 6, width=320, height=240) + scene(22, 6, width=320, height=240)


def bits(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.bitwise_count(one ^ other).sum())


def test_the_same_luma_gives_the_same_bits(tmp_path: Path) -> None:
    path = tmp_path / "lossless.avi"
    path.write_bytes(encoded(FRAMES, container="avi", codec="ffv1", pix_fmt="bgr0"))
    theirs = vpdq.computeHash(str(path), seconds_per_hash=0)
    assert len(theirs) == len(FRAMES)
    for pixels, feature in zip(FRAMES, theirs, strict=True):
        code, quality = pdq(luma_of(pixels))
        assert code.tobytes().hex() == feature.hex
        assert quality == feature.quality


def test_the_y_plane_gives_nearly_the_same(tmp_path: Path) -> None:
    data = encoded(FRAMES)
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    theirs = vpdq.computeHash(str(path), seconds_per_hash=0)
    with (
        VideoDecoder(VideoLimits(stall_s=60)) as decoder,
        open_video(BytesSource(data), decoder=decoder) as video,
    ):
        ours = list(video.frames_between(0, 10, 0))
    assert len(ours) == len(theirs)
    for frame, feature in zip(ours, theirs, strict=True):
        assert bits(frame.views[0], np.frombuffer(bytes.fromhex(feature.hex), np.uint8)) <= 10
        assert abs(frame.quality - feature.quality) <= 2


def test_its_lists_are_read(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(encoded(FRAMES))
    theirs = vpdq.computeHash(str(path), seconds_per_hash=0)
    frames = read_vpdq(f"{each.frame_number},{each.quality},{each.hex},{each.timestamp:.3f}" for each in theirs)
    assert [code.tobytes().hex() for code in frames.codes] == [each.hex for each in theirs]
