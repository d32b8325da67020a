"""Videos in lists: vPDQ's text, and our own."""

import json
from pathlib import Path

import pytest

from support.films import HEIGHT, WIDTH, video
from support.pictures import draw, saved
from unit.cli.conftest import Unseen

WHY = ("--reason", "shared")


@pytest.fixture
def bank(unseen: Unseen) -> str:
    assert unseen("bank", "new", "hers", "--purpose", "protect").code == 0
    assert unseen("bank", "new", "theirs", "--purpose", "protect").code == 0
    return "hers"


def test_a_vpdq_list_of_a_video_protects_it_elsewhere(unseen: Unseen, bank: str, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(video(range(100, 106)))
    assert unseen("bank", "add", bank, film, *WHY).code == 0
    assert unseen("bank", "export", bank, tmp_path / "lists", "--format", "vpdq").code == 0
    (listed,) = (tmp_path / "lists").iterdir()
    lines = listed.read_text().splitlines()
    assert len(lines) == 6
    assert all(len(line.split(",")) == 4 for line in lines)
    assert (listed.stat().st_mode & 0o777, listed.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    imported = unseen("bank", "import", "theirs", listed, "--format", "vpdq", "--source", "programme", *WHY)
    assert imported.code == 0, imported.err
    said = unseen("screen", "--json", film)
    hits = json.loads(said.out)["hits"]
    assert {hit["bank"] for hit in hits} == {"hers", "theirs"}


def test_a_bad_line_of_a_vpdq_list_is_named(unseen: Unseen, bank: str, tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text(f"0,100,{'ab' * 32},0.000\n1,100,{'ab' * 31},1.000\n")
    said = unseen("bank", "import", bank, listed, "--format", "vpdq", "--source", "programme", *WHY)
    assert said.code == 2
    assert "Line 2" in said.err


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_our_own_lists_carry_videos_too(unseen: Unseen, bank: str, tmp_path: Path, ending: str) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(video(range(100, 106)))
    assert unseen("bank", "add", bank, film, "--whole-picture-only", *WHY).code == 0
    listed = tmp_path / f"list.{ending}"
    assert unseen("bank", "export", bank, listed).code == 0
    assert unseen("bank", "import", "theirs", listed, "--source", "programme", *WHY).code == 0
    film.write_bytes(video(range(101, 105)))
    (mine, theirs) = json.loads(unseen("screen", "--json", film).out)["hits"]
    assert mine["segments"] == theirs["segments"] != []


def test_a_scan_looks_at_the_videos_in_a_folder(unseen: Unseen, bank: str, tmp_path: Path) -> None:
    folder = tmp_path / "stored"
    folder.mkdir()
    (folder / "hers.mp4").write_bytes(video(range(100, 106)))
    assert unseen("bank", "add", bank, folder / "hers.mp4", *WHY).code == 0
    (folder / "hers.mp4").write_bytes(video([*range(5), *range(101, 105)]))
    (folder / "other.mp4").write_bytes(video(range(5)))
    (folder / "broken.mp4").write_bytes(video(range(5))[:80])
    (folder / "still.png").write_bytes(saved(draw(WIDTH, HEIGHT, 103), "PNG"))
    (folder / "picture.png").write_bytes(saved(draw(WIDTH, HEIGHT, 3), "PNG"))
    said = unseen("scan", folder, "--out", tmp_path / "result.jsonl", "--processes", 1)
    assert said.code == 2, said.err
    rows = {Path(r["object"]).name: r for r in map(json.loads, (tmp_path / "result.jsonl").read_text().splitlines())}
    assert rows["hers.mp4"]["verdict"] == "review"
    assert rows["other.mp4"]["verdict"] == "allow"
    assert (rows["still.png"]["verdict"], rows["picture.png"]["verdict"]) == ("review", "allow")
    assert rows["broken.mp4"]["error"] == "bad_media"
    assert "not readable as a video" in rows["broken.mp4"]["message"]


def test_a_case_that_comes_later_reaches_videos_that_a_scan_kept(unseen: Unseen, bank: str, tmp_path: Path) -> None:
    folder, kept, hers = tmp_path / "stored", tmp_path / "kept", tmp_path / "hers.mp4"
    folder.mkdir()
    (folder / "clip.mp4").write_bytes(video([*range(5), *range(101, 105)]))
    (folder / "other.mp4").write_bytes(video(range(5)))
    said = unseen("scan", folder, "--out", tmp_path / "first.jsonl", "--keep-fingerprints", kept, "--processes", 1)
    assert said.code == 0, said.err
    seq = said.err.split()[-1]
    hers.write_bytes(video(range(100, 106)))
    assert unseen("bank", "add", bank, hers, *WHY).code == 0
    later = ("scan", "--keep-fingerprints", kept, "--changes-since")
    said = unseen(*later, seq, "--out", tmp_path / "second.jsonl")
    assert said.code == 1, said.err
    (row,) = map(json.loads, (tmp_path / "second.jsonl").read_text().splitlines())
    assert (Path(row["object"]).name, row["verdict"]) == ("clip.mp4", "review")
    assert unseen("scan", "--keep-fingerprints", kept, "--forget", folder / "clip.mp4").out == "1 forgotten.\n"
    assert unseen(*later, seq, "--out", tmp_path / "third.jsonl").code == 0
