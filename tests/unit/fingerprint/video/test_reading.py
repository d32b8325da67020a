"""A video gives its frames with their seconds, in every container, turned upright, keyframes first."""

import hashlib
import io
from collections.abc import Callable

import av
import numpy as np
import pytest
from PIL import Image

from support.pictures import saved
from support.videos import detailed, encoded, scene
from unseen.fingerprint.image import fingerprint_luma
from unseen.fingerprint.pdq import luma_of
from unseen.fingerprint.video import VideoFingerprint
from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.fingerprint import fingerprint_video
from unseen.fingerprint.video.formats import VideoFormat, sniff_video
from unseen.fingerprint.video.reader import open_video
from unseen.fingerprint.video.sources import BytesSource

Fingerprint = Callable[[bytes], VideoFingerprint]

SAME = 31  # bits, as for pictures; other scenes are beyond 90
TWO_SCENES = scene(1, 15) + scene(2, 15)  # 1.5 s each
CONTAINERS = {
    VideoFormat.MP4: encoded(TWO_SCENES),
    VideoFormat.MOV: encoded(TWO_SCENES, container="mov"),
    VideoFormat.WEBM: encoded(TWO_SCENES, container="webm", codec="libvpx"),
    VideoFormat.MKV: encoded(TWO_SCENES, container="matroska"),
    VideoFormat.AVI: encoded(TWO_SCENES, container="avi", codec="mpeg4", options={"b": "4000000"}),
    VideoFormat.GIF: encoded(TWO_SCENES, container="gif", codec="gif", pix_fmt="rgb8"),
    VideoFormat.TS: encoded(TWO_SCENES, container="mpegts"),
}


def bits(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.bitwise_count(one ^ other).sum())


def code_of(pixels: np.ndarray) -> np.ndarray:
    return fingerprint_luma(pixels).views[0]


def animated_webp(count: int = 6) -> bytes:
    pictures = [detailed(96, 64, seed) for seed in range(count)]
    return saved(pictures[0], "WEBP", save_all=True, append_images=pictures[1:], duration=400)


@pytest.mark.parametrize("kind", CONTAINERS)
def test_every_container_gives_a_frame_a_second_and_one_after_the_cut(
    kind: VideoFormat, fingerprint: Fingerprint
) -> None:
    data = CONTAINERS[kind]
    assert sniff_video(BytesSource(data)) is kind
    video = fingerprint(data)
    assert video.media_type == kind.value
    assert video.duration_s == pytest.approx(3.0, abs=0.11)
    np.testing.assert_allclose(video.frames.at_s, [0, 1, 1.5, 2], atol=0.11)
    assert (video.frames.qualities == 100).all()
    assert video.sha256.code == hashlib.sha256(data).digest()
    assert video.md5.code == hashlib.md5(data).digest()
    for code, at_s in zip(video.frames.codes, video.frames.at_s, strict=True):
        expected = code_of(TWO_SCENES[round(at_s * 10)])
        assert bits(code, expected) <= SAME


def test_a_stream_whose_pictures_begin_late_is_read(decoder: VideoDecoder) -> None:
    buffer, pixels = io.BytesIO(), scene(5, 20)
    with av.open(buffer, "w", format="mpegts") as file:
        hum, film = file.add_stream("mp2", rate=48_000), file.add_stream("mpeg2video", rate=10)
        film.width, film.height, film.pix_fmt = 96, 64, "yuv420p"
        for number in range(48_000 * 4 // 1152):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1152), np.int16), format="s16", layout="mono")
            frame.sample_rate, frame.pts = 48_000, number * 1152
            file.mux(hum.encode(frame))
        for number, each in enumerate(pixels):
            shown = av.VideoFrame.from_ndarray(each, format="rgb24")
            shown.pts = 40 + number
            file.mux(film.encode(shown))
        file.mux(film.encode())
    with open_video(BytesSource(buffer.getvalue()), decoder=decoder) as video:
        assert (video.width, video.height) == (96, 64)
        assert len(list(video.frames_between(0, 100, 0))) == len(pixels)


def test_an_animated_webp_is_a_video(fingerprint: Fingerprint) -> None:
    data = animated_webp()
    assert sniff_video(BytesSource(data)) is VideoFormat.WEBP
    video = fingerprint(data)
    assert video.duration_s == pytest.approx(2.4)
    assert {0.0, 0.4, 1.2, 2.0} <= set(np.round(video.frames.at_s, 1))
    assert (
        bits(
            video.frames.codes[list(np.round(video.frames.at_s, 1)).index(1.2)],
            code_of(np.asarray(detailed(96, 64, 3))),
        )
        <= SAME
    )


def test_a_gif_or_webp_of_one_picture_is_none() -> None:
    for kind in ("GIF", "WEBP", "PNG", "JPEG", "HEIF", "AVIF"):
        assert sniff_video(BytesSource(saved(detailed(64, 48, 1), kind))) is None
    assert sniff_video(BytesSource(b"")) is None
    assert sniff_video(BytesSource(b"GIF89a")) is None


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_a_turned_video_is_set_upright(degrees: int, decoder: VideoDecoder, fingerprint: Fingerprint) -> None:
    frames = scene(3, 4)
    data = encoded(frames, turned_by=degrees)
    video = fingerprint(data)
    upright = [np.ascontiguousarray(np.rot90(frame, degrees // 90)) for frame in frames]
    assert (video.height, video.width) == upright[0].shape[:2]
    assert bits(video.frames.codes[0], code_of(upright[0])) <= SAME
    assert bits(video.frames.codes[0], code_of(frames[0])) > 64
    with open_video(BytesSource(data), decoder=decoder) as opened:
        (first, *_) = opened.keyframes()
        assert first.luma.shape == upright[0].shape[:2]


@pytest.mark.parametrize(
    "how",
    [{"is_full_range": True}, {"pix_fmt": "yuv420p10le"}, {"pix_fmt": "yuv444p"}],
    ids=["full range", "ten bits", "4:4:4"],
)
def test_luma_is_full_range_whatever_the_file_has(how: dict[str, object], decoder: VideoDecoder) -> None:
    frames = scene(4, 3)
    expected = luma_of(frames[0]).astype(np.float64)
    for options in ({}, how):
        data = encoded(frames, options={"crf": "2"}, **options)
        with open_video(BytesSource(data), decoder=decoder) as video:
            luma = next(iter(video.keyframes())).luma.astype(np.float64)
        assert abs(luma - expected).mean() < 2.5
        assert abs(luma.mean() - expected.mean()) < 1


def test_a_variable_rate_is_sampled_by_time(fingerprint: Fingerprint) -> None:
    frames = scene(5, 12)  # ten in the first second, then one after four seconds, and one after four more
    video = fingerprint(encoded(frames, at_ms=[*range(0, 1000, 100), 5000, 9000]))
    np.testing.assert_allclose(video.frames.at_s, [0, 5, 9], atol=0.01)


def test_keyframes_come_without_the_rest_and_gaps_are_told(decoder: VideoDecoder) -> None:
    data = encoded(scene(6, 60), gop=30, options={"sc_threshold": "0"})
    with open_video(BytesSource(data), decoder=decoder) as video:
        frames = list(video.keyframes())
        assert [frame.at_s for frame in frames] == [0.0, 3.0]
        assert all(frame.is_keyframe for frame in frames)
        ((first, last), (later, end)) = video.keyframe_gaps()
        assert (first, last, later) == (0.0, 3.0, 3.0)
        assert end == pytest.approx(6.0, abs=0.11)
        assert video.keyframe_gaps(3.5) == []


@pytest.mark.parametrize("kind", CONTAINERS)
def test_any_span_is_decoded_as_densely_as_asked(kind: VideoFormat, decoder: VideoDecoder) -> None:
    with open_video(BytesSource(CONTAINERS[kind]), decoder=decoder) as video:
        list(video.keyframes())
        spans = [(1.0, 1.4, 0.1), (1.5, 2.0, 0.1), (0.3, 0.6, 0.3), (2.5, 9.0, 0.2)]
        found = [list(video.frames_between(*span)) for span in spans]
    assert [round(frame.at_s, 1) for frame in found[0]] == [1.0, 1.1, 1.2, 1.3, 1.4]
    assert [round(frame.at_s, 1) for frame in found[1]] == [1.5, 1.6, 1.7, 1.8, 1.9, 2.0]
    assert 1 <= len(found[2]) <= 2  # so far apart, frames that no other needs are passed over
    assert all(0.3 <= frame.at_s <= 0.61 for frame in found[2])
    assert 2 <= len(found[3]) <= 3
    for frame in found[0] + found[1]:
        assert bits(frame.views[0], code_of(TWO_SCENES[round(frame.at_s * 10)])) <= SAME


def test_a_reader_that_leaves_early_keeps_its_process(decoder: VideoDecoder) -> None:
    data = encoded(scene(7, 80), gop=2)
    with open_video(BytesSource(data), decoder=decoder) as video:
        for frame in video.frames_between(0.0, 8.0, 0.1):
            if frame.at_s > 0.5:
                break
        again = [frame.at_s for frame in video.frames_between(6.0, 6.2, 0.1)]
    np.testing.assert_allclose(again, [6.0, 6.1, 6.2])


def test_near_duplicates_are_left_out_but_a_still_keeps_its_place_in_time(fingerprint: Fingerprint) -> None:
    still = scene(8, 1)[0]
    video = fingerprint(encoded([still] * 65, rate=5, gop=10))
    assert video.frames.at_s[0] == 0
    assert len(video.frames) == 3
    assert all(5 <= apart <= 6.2 for apart in np.diff(video.frames.at_s))


def test_flat_frames_are_told_and_not_banked(fingerprint: Fingerprint) -> None:
    black = np.zeros((64, 96, 3), np.uint8)
    video = fingerprint(encoded([black] * 10 + scene(9, 10)))
    assert video.frames.qualities[0] == 0
    np.testing.assert_allclose(video.frames.to_bank.at_s, [1.0])


def test_a_larger_frame_is_hashed_from_its_block_means(fingerprint: Fingerprint, decoder: VideoDecoder) -> None:
    large = np.asarray(detailed(1280, 722, 10))
    data = encoded([large] * 2, options={"crf": "10", "preset": "ultrafast"})
    with open_video(BytesSource(data), decoder=decoder) as video:
        (frame,) = video.keyframes()
        assert frame.luma.shape == (181, 320)
    with open_video(BytesSource(data), decoder=decoder, long_side=1000) as video:
        assert next(iter(video.keyframes())).luma.shape == (722, 1280)
    assert bits(fingerprint(data).frames.codes[0], code_of(large)) <= 10


def test_progress_is_told_and_its_error_ends_the_work(decoder: VideoDecoder) -> None:
    told: list[float] = []
    data = encoded(scene(11, 40), gop=5)
    fingerprint_video(BytesSource(data), decoder=decoder, on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0

    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fingerprint_video(BytesSource(data), decoder=decoder, on_progress=stop)
    again = fingerprint_video(BytesSource(data), decoder=decoder)
    assert set(again.frames.at_s.astype(int)) == {0, 1, 2, 3}


def test_transparency_is_over_white(fingerprint: Fingerprint) -> None:
    clear = Image.new("RGBA", (96, 64), (0, 0, 0, 0))
    clear.paste(detailed(48, 64, 12), (0, 0))
    pictures = [clear, detailed(96, 64, 13).convert("RGBA")]
    video = fingerprint(
        saved(pictures[0], "WEBP", save_all=True, append_images=pictures[1:], duration=500, lossless=True)
    )
    white = Image.new("RGBA", (96, 64), "white")
    over = np.asarray(Image.alpha_composite(white, clear).convert("RGB"))
    assert bits(video.frames.codes[0], code_of(over)) <= SAME
