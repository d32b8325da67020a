"""Videos in the commands that take pictures."""

import json
from collections.abc import Callable
from pathlib import Path

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
