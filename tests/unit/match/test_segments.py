"""Which seconds of one video are which of another, and what is no such thing."""

import random

import numpy as np
import pytest

from unseen.match.records import U8Array
from unseen.match.segments import ALIKE_BITS, RUN_CENTIBANS, WIDE_BITS, Frames, Run, runs_of, segments_of


def codes(*seeds: int) -> U8Array:
    return np.frombuffer(b"".join(random.Random(seed).randbytes(32) for seed in seeds), np.uint8).reshape(-1, 32)


def video(seconds: range, *, every_s: float = 1.0) -> Frames:
    """A video whose every second looks unlike the others; two with the same seconds look alike there."""
    at_s = np.arange(len(seconds)) * every_s
    return Frames(codes=codes(*seconds), at_ms=np.rint(at_s * 1000).astype(np.int64))


def changed(frames: Frames, bits: int, seed: int = 7) -> Frames:
    """Each frame ``bits`` bits away."""
    rng = np.random.default_rng(seed)
    unpacked = np.unpackbits(frames.codes, axis=1)
    for row in unpacked:
        row[rng.choice(256, bits, replace=False)] ^= 1
    return Frames(codes=np.packbits(unpacked, axis=1), at_ms=frames.at_ms)


def joined(*parts: Frames) -> Frames:
    """One after the other, a second between."""
    at_ms, begin = [], 0
    for part in parts:
        at_ms.append(part.at_ms + begin)
        begin = int(at_ms[-1][-1]) + 1000
    return Frames(codes=np.concatenate([part.codes for part in parts]), at_ms=np.concatenate(at_ms))


def found(upload: Frames, banked: Frames, near_bits: int = 31) -> list[tuple[float, float, float, float]]:
    segments = segments_of(runs_of(upload, banked, near_bits=near_bits), upload, banked)
    return [(*segment.upload_s, *segment.item_s) for segment in segments if segment.upload_s and segment.item_s]


def test_a_clip_inside_a_long_upload_is_found_with_its_seconds() -> None:
    upload = joined(video(range(1000, 1040)), changed(video(range(3, 15)), 20), video(range(2000, 2040)))
    assert found(upload, video(range(60))) == [(40.0, 51.0, 3.0, 14.0)]


def test_frames_that_are_each_too_far_say_enough_together() -> None:
    banked = video(range(60))
    upload = joined(video(range(1000, 1010)), changed(video(range(10, 25)), 50))
    assert found(upload, banked) == [(10.0, 24.0, 10.0, 24.0)]
    for run in runs_of(upload, banked, near_bits=31):
        assert run.distances.min() > 31
        assert run.centibans >= RUN_CENTIBANS


def test_as_far_frames_in_no_order_say_nothing() -> None:
    banked = video(range(60))
    shuffled = np.random.default_rng(3).permutation(40)
    upload = changed(video(range(40)), 66)
    upload = Frames(codes=upload.codes[shuffled], at_ms=upload.at_ms)
    assert found(changed(video(range(40)), 66), banked) != []
    assert found(upload, banked) == []


def test_frames_of_one_shot_do_not_add_up() -> None:
    still = changed(Frames(codes=np.repeat(codes(5), 40, axis=0), at_ms=np.arange(40) * 1000), 8, seed=1)
    assert ALIKE_BITS > 16
    far = changed(still, 44, seed=2)
    assert found(far, still) == []
    assert found(changed(still, 12, seed=2), still) != []


def test_unrelated_videos_share_nothing() -> None:
    assert found(video(range(1000, 1300)), video(range(300))) == []


@pytest.mark.parametrize("speed", [0.75, 0.9, 1.1, 1.25])
def test_a_copy_at_another_speed_is_found(speed: float) -> None:
    banked, upload = video(range(60)), video(range(10, 50), every_s=1 / speed)
    ((begin, end, item_begin, item_end),) = found(upload, banked)
    assert (begin, end) == (0.0, round(39 / speed, 3))
    assert abs(item_begin - 10) <= 1
    assert abs(item_end - 49) <= 1


def test_a_reversed_copy_is_found_and_said_to_run_backwards() -> None:
    banked, upload = video(range(60)), video(range(10, 30))
    upload = Frames(codes=upload.codes[::-1].copy(), at_ms=upload.at_ms)
    (segment,) = segments_of(runs_of(upload, banked, near_bits=31), upload, banked)
    assert (segment.upload_s, segment.item_s, segment.speed) == ((0.0, 19.0), (10.0, 29.0), -1.0)


def test_one_frame_is_found_and_counts_as_one() -> None:
    upload = joined(video(range(1000, 1020)), changed(video(range(7, 8)), 20), video(range(2000, 2020)))
    (segment,) = segments_of(runs_of(upload, video(range(60)), near_bits=31), upload, video(range(60)))
    assert (segment.upload_s, segment.item_s, segment.frames) == ((20.0, 20.0), (7.0, 7.0), 1)
    assert found(upload, video(range(60)), near_bits=19) == []


def test_several_stretches_in_another_order_are_several_segments() -> None:
    upload = joined(video(range(40, 50)), video(range(1000, 1020)), video(range(5, 15)))
    assert found(upload, video(range(60))) == [(0.0, 9.0, 40.0, 49.0), (30.0, 39.0, 5.0, 14.0)]


def test_nothing_is_found_where_there_is_nothing() -> None:
    none = Frames(codes=np.empty((0, 32), np.uint8), at_ms=np.empty(0, np.int64))
    assert runs_of(none, video(range(3)), near_bits=31) == runs_of(video(range(3)), none, near_bits=31) == []


def test_a_pair_beyond_the_wide_radius_is_no_part_of_a_run() -> None:
    upload = changed(video(range(10)), WIDE_BITS + 1)
    upload.codes[:5] = video(range(5)).codes
    (run,) = runs_of(upload, video(range(10)), near_bits=31)
    assert isinstance(run, Run)
    assert run.rows.tolist() == [0, 1, 2, 3, 4]
