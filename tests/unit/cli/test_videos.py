"""Videos in the commands that take pictures."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec
import pytest

from support.films import HEIGHT, WIDTH, video
from support.pictures import draw
from unit.cli.conftest import Unseen


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    def make(name: str, seconds: list[int]) -> Path:
        path = tmp_path / "films" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(video(seconds))
        return path

    return make


def test_a_clip_of_a_protected_video_is_found_until_the_case_is_withdrawn(
    unseen: Unseen, film: Callable[..., Path], opened: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    hers = film("hers.mp4", [*range(100, 112)])
    number, pin = opened(hers)
    upload = film("compilation.mp4", [*range(8), *range(104, 109), *range(20, 24)])
    film("innocent.mp4", [*range(300, 306)])
    draw(WIDTH, HEIGHT, 105).save(tmp_path / "films" / "still.png")
    hers.unlink()

    said = unseen("screen", "--json", upload.parent)
    assert said.code == 1, said.err
    answers = {Path(a["file"]).name: a for a in map(json.loads, said.out.splitlines())}
    assert {name: answer["verdict"] for name, answer in answers.items()} == {
        "compilation.mp4": "review",
        "innocent.mp4": "allow",
        "still.png": "review",
    }
    (hit,) = answers["compilation.mp4"]["hits"]
    (segment,) = hit["segments"]
    assert segment["upload_s"] == pytest.approx([8, 12.5], abs=0.6)
    assert segment["item_s"] == pytest.approx([4, 8.5], abs=0.6)

    table = unseen("screen", upload)
    assert "seconds 8 to" in " ".join(table.out.split())
    shown = unseen("case", "show", number, typed=f"{pin}\n")
    assert "video" in shown.out
    assert "clips" in shown.out
    assert unseen("case", "withdraw", number, typed=f"{pin}\n").code == 0
    assert unseen("screen", upload.parent).code == 0


def test_a_broken_video_is_named_and_the_rest_goes_on(unseen: Unseen, film: Callable[..., Path]) -> None:
    broken = film("broken.mp4", [1, 2])
    broken.write_bytes(broken.read_bytes()[:60])
    film("good.mp4", [1, 2])
    said = unseen("screen", broken.parent)
    assert said.code == 2
    assert "broken.mp4: not readable as a video" in " ".join(said.err.split())
    assert "1 looked at" in said.out


def test_an_intro_known_as_harmless_is_left_out(unseen: Unseen, film: Callable[..., Path]) -> None:
    intro, hers = [*range(50, 54)], [*range(200, 206)]
    assert unseen("bank", "new", "harmless", "--purpose", "allow").code == 0
    assert unseen("bank", "new", "hers", "--purpose", "protect").code == 0
    assert unseen("bank", "add", "hers", film("hers.mp4", [*intro, *hers]), "--reason", "reported").code == 0
    upload = film("other.mp4", [*intro, *range(400, 406)])
    assert unseen("screen", upload).code == 1
    assert unseen("bank", "add", "harmless", film("intro.mp4", intro), "--reason", "intro").code == 0
    assert unseen("screen", upload).code == 0
    assert unseen("screen", film("clip.mp4", [*intro, *hers])).code == 1


def test_a_clip_in_an_object_store_is_found_by_a_scan(
    unseen: Unseen, film: Callable[..., Path], opened: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    hers = film("hers.mp4", [*range(100, 112)])
    opened(hers)
    clip = film("clip.mp4", [*range(8), *range(104, 109)])
    fs = fsspec.filesystem("memory")
    fs.pipe({"/films/clip.mp4": clip.read_bytes() + bytes(3 << 20), "/films/cut.mp4": hers.read_bytes()[:50]})
    fs.pipe({"/films/innocent.mp4": film("x.mp4", [*range(300, 304)]).read_bytes(), "/films/notes.txt": b"text" * 9})
    out = tmp_path / "result.jsonl"
    try:
        said = unseen("scan", "memory://films", "--out", out)
    finally:
        fs.rm("/films", recursive=True)
    assert said.code == 2, said.err  # two are no media
    found = {Path(row["object"]).name: row for row in map(json.loads, out.read_text().splitlines())}
    assert found["clip.mp4"]["verdict"] == "review"
    assert "seconds 8 to" in found["clip.mp4"]["reasons"][0]
    assert found["innocent.mp4"]["verdict"] == "allow"
    assert "not readable as a video" in found["cut.mp4"]["message"]


def test_how_far_a_video_is_is_told_while_it_is_looked_at(
    film: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unseen.cli.screen import OnProgress, _look
    from unseen.compose import open_node
    from unseen.config import Config

    told: dict[str, list[float]] = {}

    @contextmanager
    def watched(path: Path) -> Iterator[OnProgress]:
        told[path.name] = []
        yield told[path.name].append

    still = tmp_path / "still.png"
    draw(WIDTH, HEIGHT, 1).save(still)
    with open_node(Config(data_folder=tmp_path / "data")) as node:
        node.index.open()
        looked = list(_look([film("long.mp4", [*range(12)]), still], node, watched))
    assert len(looked) == 2
    assert list(told) == ["long.mp4"]
    assert told["long.mp4"] == sorted(told["long.mp4"])
    assert len(set(told["long.mp4"])) >= 4
    assert told["long.mp4"][-1] == 1.0
