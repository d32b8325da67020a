"""``unseen screen``: for people, for programs, and its exit codes."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support import copies
from unit.cli.conftest import Unseen

Picture = Callable[..., Path]
Opened = Callable[..., tuple[str, str]]


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    folder = tmp_path / "uploads" / "deep" / "down"
    folder.mkdir(parents=True)
    return tmp_path / "uploads"


def test_nothing_found_is_0(unseen: Unseen, picture: Picture) -> None:
    said = unseen("screen", picture(1))
    assert (said.code, said.err) == (0, "")
    assert "1 looked at: 0 to block, 0 to review, 1 to allow." in said.out


def test_something_found_is_1_and_the_table_names_it(unseen: Unseen, picture: Picture, opened: Opened) -> None:
    opened(picture(1))
    copy = picture(1, "copy.png")
    said = unseen("screen", copy, picture(2))
    assert said.code == 1
    assert "review" in said.out
    assert "copy.png" in said.out
    assert "picture-2" not in said.out
    assert "2 looked at: 0 to block, 1 to review, 1 to allow." in said.out


def test_a_confirmed_entry_blocks(unseen: Unseen, picture: Picture) -> None:
    unseen("bank", "new", "known")
    assert unseen("bank", "add", "known", picture(1), "--reason", "verified", "--confirmed").code == 0
    said = unseen("screen", picture(1, "copy.png"))
    assert said.code == 1
    assert "1 to block" in said.out


def test_a_copy_of_a_plain_outline_is_for_a_person_and_the_very_file_is_blocked(unseen: Unseen, tmp_path: Path) -> None:
    down, across = np.mgrid[0:480, 0:640]
    corner = np.where((down - 480) ** 2 + (across - 640) ** 2 < 420**2, 200, 30).astype(np.uint8)
    file, copy = tmp_path / "corner.png", tmp_path / "copy.jpg"
    for path in (file, copy):
        Image.fromarray(corner).save(path)
    unseen("bank", "new", "known")
    assert unseen("bank", "add", "known", file, "--reason", "verified", "--confirmed").code == 0
    assert "1 to block" in unseen("screen", file).out
    held = unseen("screen", "--json", copy)
    assert '"review"' in held.out
    assert "its outline is so plain that other pictures have one like it" in held.out


def test_an_unreadable_file_is_2_and_the_rest_goes_on(
    unseen: Unseen, picture: Picture, opened: Opened, tmp_path: Path
) -> None:
    opened(picture(1))
    broken = tmp_path / "holiday.heic"
    broken.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    missing = tmp_path / "missing.jpg"
    said = unseen("screen", broken, missing, picture(1))
    assert said.code == 2
    lines = said.err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"unseen: {broken}: not readable as a picture (")
    assert lines[1].startswith(f"unseen: {missing}: no such file.")
    assert "1 looked at: 0 to block, 1 to review" in said.out
    assert "2 not looked at" in said.out


def test_folders_are_looked_through_and_links_are_not_followed(
    unseen: Unseen, picture: Picture, opened: Opened, uploads: Path
) -> None:
    opened(picture(1))
    picture(1).rename(uploads / "deep" / "down" / "found.jpg")
    (uploads / "round").symlink_to(uploads, target_is_directory=True)
    (uploads / "out.jpg").symlink_to(picture(2))
    said = unseen("screen", uploads, "--json")
    assert said.code == 1
    assert [json.loads(line)["file"] for line in said.out.splitlines()] == [
        str(uploads / "deep" / "down" / "found.jpg")
    ]


def test_json_has_one_line_a_file_in_their_order(
    unseen: Unseen, picture: Picture, opened: Opened, tmp_path: Path
) -> None:
    opened(picture(1))
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no")
    files = [picture(seed) for seed in (2, 3, 4)] + [bad, picture(1)]
    lines = [json.loads(line) for line in unseen("screen", "--json", *files).out.splitlines()]
    assert [line["file"] for line in lines] == [str(file) for file in files]
    assert [line.get("verdict") for line in lines] == ["allow", "allow", "allow", None, "review"]
    assert lines[3]["error"] == "bad_media"
    hits = lines[4]["hits"]
    assert {hit["bank"] for hit in hits} == {"cases"}
    assert [hit["view"] for hit in hits if hit["view"]] == ["upright"]
    assert all(len(hit["hit"]) == 26 for hit in hits)
    assert lines[4]["as_of_seq"] == 4


def test_a_file_name_cannot_steer_the_terminal(unseen: Unseen, tmp_path: Path) -> None:
    evil = tmp_path / "\x1b[2Jgone\x07.jpg"
    evil.write_bytes(b"no")
    said = unseen("screen", evil)
    assert said.code == 2
    assert "\x1b" not in said.err + said.out
    assert "\\x1b[2Jgone\\x07.jpg" in said.err


def test_a_known_harmless_picture_is_shown_and_allowed(unseen: Unseen, picture: Picture, opened: Opened) -> None:
    opened(picture(1))
    unseen("bank", "new", "memes", "--purpose", "allow")
    unseen("bank", "add", "memes", picture(1), "--reason", "a meme")
    said = unseen("screen", picture(1))
    assert said.code == 0
    assert "memes" in said.out
    assert "1 to allow" in said.out


def test_a_cut_out_part_is_held_for_review_and_its_place_is_told(
    unseen: Unseen, opened: Opened, tmp_path: Path
) -> None:
    whole, part, other = (tmp_path / name for name in ("whole.jpg", "part.jpg", "other.jpg"))
    whole.write_bytes(copies.jpeg(copies.original(1)))
    part.write_bytes(copies.jpeg(copies.crop(copies.original(1))))
    other.write_bytes(copies.jpeg(copies.crop(copies.original(2))))
    opened(whole)
    said = unseen("screen", "--json", part, other)
    assert said.code == 1
    found, nothing = (json.loads(line) for line in said.out.splitlines())
    assert (found["verdict"], nothing["verdict"]) == ("review", "allow")
    (hit,) = found["hits"]
    assert (hit["matched"], set(hit["box"])) == ("regions", {"left", "top", "width", "height"})
    assert "parts" in unseen("screen", part).out
