"""Nothing a stranger sends crashes, hangs or fills the node: a fingerprint, or a BadMedia that says why."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from support.videos import encoded, scene, sound
from unseen.base import BadMedia, BadRequest, NodeError, NotFound
from unseen.fingerprint.video import VideoFingerprint
from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.fingerprint import fingerprint_video
from unseen.fingerprint.video.limits import VideoLimits
from unseen.fingerprint.video.reader import open_video
from unseen.fingerprint.video.sources import BytesSource, FileSource

Fingerprint = Callable[[bytes], VideoFingerprint]

LONG = encoded(scene(1, 60), gop=3)
VIDEOS = {
    "mp4": encoded(scene(2, 12)),
    "webm": encoded(scene(2, 12), container="webm", codec="libvpx"),
    "mkv": encoded(scene(2, 12), container="matroska"),
    "avi": encoded(scene(2, 12), container="avi", codec="mpeg4"),
    "gif": encoded(scene(2, 12), container="gif", codec="gif", pix_fmt="rgb8"),
}


def workers() -> list[psutil.Process]:
    return [child for child in psutil.Process(os.getpid()).children() if is_worker(child)]


def is_worker(process: psutil.Process) -> bool:
    try:
        return "unseen.fingerprint.video.worker" in process.cmdline()
    except psutil.Error:  # it has just ended
        return False


@pytest.fixture
def others() -> set[int]:
    """Processes of other tests' decoders."""
    return {worker.pid for worker in workers()}


def only_worker(besides: set[int]) -> psutil.Process:
    (worker,) = (each for each in workers() if each.pid not in besides)
    return worker


@pytest.mark.parametrize("kind", VIDEOS)
def test_a_video_cut_short_or_damaged_is_read_or_refused(kind: str, fingerprint: Fingerprint) -> None:
    data, rng = VIDEOS[kind], np.random.default_rng(7)
    answers = {"read": 0, "refused": 0}
    for number in range(24):
        hostile = bytearray(data)
        if number % 2:
            del hostile[int(len(data) * number / 24) :]
        else:
            for at in rng.integers(0, len(data) if number % 4 else 300, 8):
                hostile[at] = rng.integers(0, 256)
        try:
            video = fingerprint(bytes(hostile))
            assert len(video.frames) >= 1
            answers["read"] += 1
        except BadMedia:
            answers["refused"] += 1
    assert answers["refused"] >= 1
    if kind != "mp4":  # whose index is at its end
        assert answers["read"] >= 5


def test_every_hostile_file_at_hand_is_read_or_refused(test_data: Path, fingerprint: Fingerprint) -> None:
    files = [path for path in (test_data / "nasty").rglob("*") if path.suffix in {".mp4", ".webm", ".gif", ".webp"}]
    assert len(files) > 20
    read = 0
    for path in files:
        try:
            read += len(fingerprint(path.read_bytes()).frames) > 0
        except BadMedia:
            continue
    assert read >= 10


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a video that Unseen reads"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(100), "without a usable header"),
        (b"\x1a\x45\xdf\xa3" + b"\xff" * 200, "without a usable header"),
        (sound(), "without a picture track"),
    ],
    ids=["empty", "header only", "no EBML", "sound only"],
)
def test_what_shows_nothing_is_refused_with_a_reason(data: bytes, says: str, fingerprint: Fingerprint) -> None:
    with pytest.raises(BadMedia, match=says):
        fingerprint(data)


def test_a_track_without_samples_is_refused(fingerprint: Fingerprint) -> None:
    moov = VIDEOS["mp4"].index(b"moov") - 4
    emptied = VIDEOS["mp4"][:moov].replace(VIDEOS["mp4"][48:moov], bytes(moov - 48)) + VIDEOS["mp4"][moov:]
    with pytest.raises(BadMedia, match="not one frame of it can be decoded"):
        fingerprint(emptied)


def test_a_header_that_lies_about_the_duration_is_not_believed(fingerprint: Fingerprint) -> None:
    data = bytearray(VIDEOS["mp4"])
    for box, at in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
        begins = data.index(box) + at
        data[begins : begins + 4] = b"\x7f\xff\xff\xff"
    video = fingerprint(bytes(data))
    assert video.duration_s == pytest.approx(1.2, abs=0.11)


@pytest.mark.parametrize(
    ("limits", "data", "says"),
    [
        ({"max_pixels": 96 * 64 - 1}, LONG, "96 x 64 pixels.*UNSEEN_VIDEO_MAX_PIXELS"),
        ({"max_frames": 10}, LONG, "more than 10 frames.*UNSEEN_VIDEO_MAX_FRAMES"),
        ({"max_duration_s": 3}, LONG, "longer than 3 s.*UNSEEN_VIDEO_MAX_DURATION_S"),
        ({"max_bytes": 1000}, LONG, "too large to read"),
        ({"max_frames": 5}, VIDEOS["gif"], "more than 5 frames"),
    ],
)
def test_every_limit_is_kept_and_named(limits: dict[str, int], data: bytes, says: str) -> None:
    with VideoDecoder(VideoLimits(**{"stall_s": 60, **limits})) as decoder, pytest.raises(BadMedia, match=says):
        fingerprint_video(BytesSource(data), decoder=decoder)


def test_a_huge_canvas_is_refused_before_it_is_decoded(fingerprint: Fingerprint) -> None:
    data = bytearray(VIDEOS["gif"])
    data[6:10] = b"\xff\xff\xff\xff"
    with pytest.raises(BadMedia, match=r"65,535 x 65,535 pixels|usable header|no pixels"):
        fingerprint(bytes(data))


def test_a_gif_of_a_hundred_thousand_frames_stays_within_limits() -> None:
    blank = b"\x2c" + bytes(4) + b"\x01\x00\x01\x00\x00" + b"\x02\x02\x44\x01\x00"
    pause = b"\x21\xf9\x04\x00\x0a\x00\x00\x00"
    head = b"GIF89a\x01\x00\x01\x00\x80\x00\x00" + b"\x00\x00\x00\xff\xff\xff"
    data = head + (pause + blank) * 100_000 + b"\x3b"
    limits = VideoLimits(stall_s=60, max_frames=5_000)
    with VideoDecoder(limits) as decoder, pytest.raises(BadMedia, match="more than 5,000 frames"):
        fingerprint_video(BytesSource(data), decoder=decoder)


def test_a_decoder_that_hangs_is_ended_and_replaced(others: set[int]) -> None:
    with VideoDecoder(VideoLimits(stall_s=0.4)) as decoder:
        with open_video(BytesSource(LONG), decoder=decoder) as video:
            worker = only_worker(others)
            worker.suspend()
            with pytest.raises(BadMedia, match=r"hangs for 0\.4 s"):
                list(video.keyframes())
        assert not worker.is_running()
        decoder.limits = VideoLimits(stall_s=60)
        assert len(fingerprint_video(BytesSource(LONG), decoder=decoder).frames) > 1


def test_a_video_that_takes_too_long_in_all_is_refused() -> None:
    limits = VideoLimits(stall_s=60, decode_s=0.001)
    with VideoDecoder(limits) as decoder, pytest.raises(BadMedia, match="UNSEEN_VIDEO_DECODE_S"):
        fingerprint_video(BytesSource(LONG), decoder=decoder)


def test_a_decoder_that_dies_under_a_video_costs_that_video_only(others: set[int]) -> None:
    with VideoDecoder(VideoLimits(stall_s=60)) as decoder:
        with open_video(BytesSource(LONG), decoder=decoder) as video:
            frames = video.frames_between(0, 6, 0.1)
            next(frames)
            only_worker(others).kill()
            with pytest.raises(BadMedia, match="makes the decoder fail"):
                list(frames)
        assert len(fingerprint_video(BytesSource(LONG), decoder=decoder).frames) > 1


def test_a_decoder_that_died_before_is_replaced_unnoticed(others: set[int]) -> None:
    with VideoDecoder(VideoLimits(stall_s=60)) as decoder:
        fingerprint_video(BytesSource(LONG), decoder=decoder)
        only_worker(others).kill()
        assert len(fingerprint_video(BytesSource(LONG), decoder=decoder).frames) > 1
    with pytest.raises(NodeError, match="closing down"):
        fingerprint_video(BytesSource(LONG), decoder=decoder)


class Slow(BytesSource):
    """A file that comes from far away."""

    def read_at(self, offset: int, size: int) -> bytes:
        time.sleep(0.05)
        return super().read_at(offset, min(size, 4096))


def test_a_slow_source_is_waited_for_and_not_taken_for_a_hang() -> None:
    with VideoDecoder(VideoLimits(stall_s=30)) as decoder:
        fast = fingerprint_video(BytesSource(LONG), decoder=decoder)
        slow = fingerprint_video(Slow(LONG), decoder=decoder)
    np.testing.assert_array_equal(fast.frames.codes, slow.frames.codes)
    assert fast.sha256 == slow.sha256


class Failing(BytesSource):
    """A file on a disk that goes away."""

    def read_at(self, offset: int, size: int) -> bytes:
        if threading.current_thread() is threading.main_thread() and size > 5000:
            raise OSError("gone")
        return super().read_at(offset, size)


def test_a_source_that_fails_says_so_itself_and_the_next_video_is_read(fingerprint: Fingerprint) -> None:
    with VideoDecoder(VideoLimits(stall_s=60)) as decoder:
        with pytest.raises(OSError, match="gone"):
            fingerprint_video(Failing(LONG), decoder=decoder)
        assert len(fingerprint_video(BytesSource(LONG), decoder=decoder).frames) > 1


def test_leaving_a_video_in_the_middle_ends_its_decoding(others: set[int]) -> None:
    with VideoDecoder(VideoLimits(stall_s=60)) as decoder:
        with open_video(BytesSource(LONG), decoder=decoder) as video:
            frames = video.frames_between(0, 6, 0.1)
            next(frames)
        assert len(fingerprint_video(BytesSource(LONG), decoder=decoder).frames) > 1


def test_a_file_is_read_where_it_is_and_no_other_thing_is(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(LONG)
    with FileSource(path, max_bytes=len(LONG)) as source:
        assert source.read_at(4, 4) == b"ftyp"
        assert source.read_at(len(LONG) - 2, 100) == LONG[-2:]
    with pytest.raises(BadMedia, match="too large"):
        FileSource(path, max_bytes=len(LONG) - 1)
    with pytest.raises(NotFound):
        FileSource(tmp_path / "none.mp4", max_bytes=10)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadRequest, match="not a file"):
        FileSource(tmp_path / "pipe", max_bytes=10)


@pytest.mark.parametrize("name", ["max_bytes", "max_duration_s", "decode_s", "threads"])
def test_limits_are_positive(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        VideoLimits(**{name: 0})
