"""``unseen fingerprint`` shows videos as it shows pictures, and writes vPDQ's lists."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.pictures import draw, saved
from support.videos import encoded, scene
from unseen.fingerprint.video.vpdq_lists import read_vpdq

Unseen = Any


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.bin"  # the bytes say what it is
    path.write_bytes(encoded(scene(1, 15) + scene(2, 15)))
    return path


def test_a_video_and_a_picture_are_told_in_one_go(unseen: Unseen, clip: Path, tmp_path: Path) -> None:
    (tmp_path / "still.gif").write_bytes(saved(draw(64, 48), "GIF"))
    said = unseen("fingerprint", clip, tmp_path / "still.gif")
    assert said.code == 0
    assert "96 x 64 pixels, video/mp4, 3.0 s" in said.out
    assert "4 frames, 0 of them featureless" in said.out
    assert "64 x 48 pixels, image/gif" in said.out


def test_frames_are_told_to_programs(unseen: Unseen, clip: Path) -> None:
    data = json.loads(unseen("fingerprint", "--format", "json", clip).out)
    assert data["media_type"] == "video/mp4"
    assert [round(frame["at_s"]) for frame in data["frames"]] == [0, 1, 2, 2]
    assert len(data["frames"][0]["pdq"]) == 64


def test_a_vpdq_list_is_of_one_video(unseen: Unseen, clip: Path, tmp_path: Path) -> None:
    said = unseen("fingerprint", "--format", "vpdq", clip)
    assert len(read_vpdq(said.out.splitlines())) == 4
    (tmp_path / "still.png").write_bytes(saved(draw(64, 48), "PNG"))
    refused = unseen("fingerprint", "--format", "vpdq", tmp_path / "still.png")
    assert refused.code == 2
    assert "not a video" in refused.err
    assert unseen("fingerprint", "--format", "vpdq", clip, clip).code == 2


def test_a_broken_video_is_named_and_the_others_are_told(unseen: Unseen, clip: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip.read_bytes()[:300])
    said = unseen("fingerprint", broken, clip)
    assert said.code == 2
    assert "broken.mp4: not readable as a video" in said.err
    assert "4 frames" in said.out
