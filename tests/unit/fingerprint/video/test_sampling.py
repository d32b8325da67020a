"""Which packets are decoded for a sample a second: not all, and enough."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.videos import encoded, scene
from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.fingerprint import fingerprint_video
from unseen.fingerprint.video.limits import VideoLimits
from unseen.fingerprint.video.sampling import Cutter, Met, Piece
from unseen.fingerprint.video.sources import BytesSource

FPS = 10


def packets(keys: Iterable[int], count: int, sizes: dict[int, int] | None = None) -> list[Met[int]]:
    """Frames in order; each is its own number."""
    keyframes = set(keys)
    return [
        Met(
            at_s=at / FPS,
            is_keyframe=at in keyframes,
            size=(sizes or {}).get(at, 100 if at in keyframes else 9),
            packet=at,
        )
        for at in range(count)
    ]


def cut(met: Iterable[Met[int]]) -> list[Piece[int]]:
    cutter: Cutter[int] = Cutter(1.0)
    return [piece for each in met for piece in cutter.met(each)] + list(cutter.last())


def decoded(pieces: Iterable[Piece[int]]) -> list[int]:
    return [packet for piece in pieces for packet in piece.packets]


def samples_s(pieces: Iterable[Piece[int]]) -> list[float]:
    """When the samples are: the first frame decoded at or after each that is wanted."""
    return [min(at for at in piece.packets if at / FPS >= s - 0.01) / FPS for piece in pieces for s in piece.wanted_s]


def test_what_follows_a_group_s_last_sample_is_not_decoded() -> None:
    pieces = cut(packets(range(0, 80, 20), 80))
    assert samples_s(pieces) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert decoded(pieces) == [at for at in range(80) if at % 20 <= 10]


def test_a_keyframe_just_after_a_second_saves_the_frames_before_it() -> None:
    pieces = cut(packets((0, 12, 22), 25))
    assert samples_s(pieces) == [0, 1.2, 2.2]
    assert decoded(pieces) == [0, 12, 22]


def test_every_keyframe_is_decoded_but_those_that_crowd() -> None:
    crowd = decoded(cut(packets(range(30), 30)))
    assert {0, 3, 10, 20} <= set(crowd)
    assert len(crowd) <= 14


def test_a_frame_as_large_as_a_keyframe_is_decoded_with_all_that_it_needs() -> None:
    pieces = cut(packets((0, 20), 21, {17: 80}))
    assert decoded(pieces) == [*range(18), 20]


def test_frames_shown_before_their_keyframe_are_left_out() -> None:
    met = packets((0, 10), 12)
    leading = Met(at_s=0.9, is_keyframe=False, size=9, packet=99)
    assert 99 not in decoded(cut([*met[:11], leading, met[11]]))


@given(st.sets(st.integers(1, 119)), st.integers(1, 120))
def test_every_second_has_a_sample_in_time(keys: set[int], count: int) -> None:
    pieces = cut(packets({0, *keys}, count))
    seen = np.array(samples_s(pieces))
    for second in range((count - 1) // FPS + 1):
        assert ((seen >= second - 0.06) & (seen <= second + 0.26)).any(), second
    order = decoded(pieces)
    assert order == sorted(set(order))
    begun = [piece.packets[0] for piece in pieces if piece.begins]
    assert set(begun) <= {0, *keys}
    for group, until in zip(begun, [*begun[1:], count], strict=True):
        inside = [at for at in order if group <= at < until]
        assert inside == list(range(group, group + len(inside))), "a frame without those that it leans on"


@pytest.mark.parametrize("threads", [1, 3])
def test_several_decoders_say_what_one_says(threads: int) -> None:
    data = encoded(scene(1, 25) + scene(2, 31) + scene(3, 24), gop=7)
    with VideoDecoder(VideoLimits(threads=threads)) as decoder:
        video = fingerprint_video(BytesSource(data), decoder=decoder)
    with VideoDecoder(VideoLimits(threads=2)) as decoder:
        other = fingerprint_video(BytesSource(data), decoder=decoder)
    np.testing.assert_array_equal(video.frames.codes, other.frames.codes)
    np.testing.assert_array_equal(video.frames.at_s, other.frames.at_s)
    assert (np.abs(video.frames.at_s[:, None] - [0, 2.5, 5.6]).min(axis=0) < 0.5).all()


def test_groups_that_lean_on_each_other_are_decoded_in_one_go() -> None:
    refreshed = {"x264-params": "intra-refresh=1:keyint=20:bframes=0", "preset": "veryfast"}
    data = encoded(scene(4, 60), container="mpegts", gop=20, options=refreshed)
    with VideoDecoder(VideoLimits(threads=2)) as decoder:
        video = fingerprint_video(BytesSource(data), decoder=decoder)
    assert {1, 2, 3, 4, 5} <= set(np.floor(video.frames.at_s + 0.1).astype(int))
