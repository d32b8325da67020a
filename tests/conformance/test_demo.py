"""``unseen demo``: what it promises to show, and that it says so when a promise does not hold."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from unseen.base import Misconfigured
from unseen.demo import photographs
from unseen.demo.edits import SAME_FILE, copies_of
from unseen.demo.node import Commands
from unseen.demo.story import _STRANGER, _Story
from unseen.demo.uploads import Answer

pytestmark = pytest.mark.skipif(
    find_spec("skimage") is None or find_spec("sklearn") is None, reason="the demo needs the extra unseen[demo]"
)

CERTAIN = ("the same file", "re-encoded", "resized", "mirrored", "turned by 90, 180, 270°", "darkened", "in grey")
EDITS = 13


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """The demo, run as a person runs it, but with fewer uploads; proxies and settings must not reach it."""
    scratch = tmp_path_factory.mktemp("scratch")
    environment = {
        **os.environ,
        "TMPDIR": str(scratch),
        "COLUMNS": "80",
        "UNSEEN_PORT": "1",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "UNSEEN_DATA_FOLDER": str(scratch / "other"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "unseen.cli", "demo", "--quick"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert list(scratch.iterdir()) == []  # nothing is kept
    return done


def rows(text: str) -> dict[str, tuple[int, int]]:
    """Sent and caught, by kind of edit."""
    found = re.findall(r"^(\S.*?) {2,}(\d+) +(\d+) ", text, re.MULTILINE)
    return {kind: (int(sent), int(caught)) for kind, sent, caught in found}


def test_the_demo_ends_well(told: subprocess.CompletedProcess[str]) -> None:
    assert (told.returncode, told.stderr) == (0, "")
    assert "the demo's data is removed" in told.stdout


def test_every_copy_that_whole_picture_pdq_can_find_is_caught(told: subprocess.CompletedProcess[str]) -> None:
    table = rows(told.stdout)
    assert len(table) == EDITS + 1
    for kind in CERTAIN:
        sent, caught = table[kind]
        assert caught == sent > 0, kind


def test_copies_that_were_cut_or_covered_are_caught_and_what_is_missed_is_said(
    told: subprocess.CompletedProcess[str],
) -> None:
    table = rows(told.stdout)
    missed = {kind for kind, (sent, caught) in table.items() if caught < sent and kind != _STRANGER}
    assert missed.isdisjoint({"phone screenshot", "cropped by 20 % each way", "with a large sticker"})
    starred = set(re.findall(r"^(\S.*?) {2,}.* \d+ \*", told.stdout, re.MULTILINE))
    assert starred == missed
    assert ("* Missed." in told.stdout) is bool(missed)


def test_the_part_that_matched_is_told(told: subprocess.CompletedProcess[str]) -> None:
    text = " ".join(told.stdout.split())
    assert re.search(r"A copy \(phone screenshot\) got: review\. Part of this upload is near", text)
    assert re.search(r"begins \d+ % from the left and \d+ % from the top", text)


def test_no_stranger_is_caught(told: subprocess.CompletedProcess[str]) -> None:
    sent, caught = rows(told.stdout)[_STRANGER]
    assert caught == 0
    assert sent >= 20


def test_a_reviewer_turns_review_into_block(told: subprocess.CompletedProcess[str]) -> None:
    assert re.search(r"got: review\..*gets: block\.", told.stdout, re.DOTALL)


def test_a_part_of_a_video_is_told_with_its_seconds(told: subprocess.CompletedProcess[str]) -> None:
    text = " ".join(told.stdout.split())
    assert "gets: review. Part of this upload is near" in text
    assert re.search(r"seconds [56] to 1[12] of the upload are seconds [45] to 1[01] of the item", text)
    assert "The same without them gets: allow." in text


def test_the_same_uploads_pass_after_the_withdrawal(told: subprocess.CompletedProcess[str]) -> None:
    uploads = sum(sent for sent, _ in rows(told.stdout).values())
    assert f"Of {uploads} uploads, {uploads} pass and 0 are caught." in told.stdout


def test_no_line_is_wider_than_a_terminal(told: subprocess.CompletedProcess[str]) -> None:
    told_lines = [line for line in told.stdout.splitlines() if not line.startswith("  $ ")]
    assert max(map(len, told_lines)) <= 80


def test_what_to_try_next_works(told: subprocess.CompletedProcess[str], tmp_path: Path) -> None:
    commands = re.findall(r"^  \$ (.*)", told.stdout.split("8. What to try next")[1], re.MULTILINE)
    assert len(commands) == 7
    assert commands[-2].endswith("unseen serve")  # started in other tests
    del commands[-2]
    script = "\n".join(["set -e", 'screen() { "$@" || test $? = 1; }', *commands])
    script = re.sub(r"^(\S+unseen screen)", r"screen \1", script, flags=re.MULTILINE)
    done = subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, "UNSEEN_DATA_FOLDER": str(tmp_path / "data")},
        input="1\n1\n1\n1\n",
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    assert "Your case is open." in done.stdout
    assert "1 to review" in done.stdout
    assert "Healthy." in done.stdout


def answer(kind: str, verdict: str) -> Answer:
    return Answer(kind=kind, verdict=verdict, reasons=(), hit_ids=(), service_ms=1.0, round_trip_ms=1.0)


@pytest.mark.parametrize(
    ("original", "stranger", "broken"),
    [("review", "allow", 0), ("allow", "allow", 1), ("review", "review", 1), ("allow", "block", 2)],
)
def test_a_promise_that_does_not_hold_is_said(original: str, stranger: str, broken: int, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as out:
        story = _Story(
            out=Console(file=out),
            commands=Commands(folder=tmp_path),
            cast=photographs.Cast(protected=(), strangers=(), whole_strangers=0),
        )
        assert len(story._report([answer(SAME_FILE, original), answer(_STRANGER, stranger)])) == broken


def test_a_broken_promise_ends_with_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from unseen.cli.app import run

    monkeypatch.setattr(_Story, "tell", lambda self: ["an example."])
    assert run(["demo", "--quick"]) == 1
    assert "A promise did not hold: an example." in capsys.readouterr().out


def test_without_its_photographs_the_demo_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographs, "find_spec", lambda _: None)
    with pytest.raises(Misconfigured, match=r"unseen\[demo\]"):
        photographs.cast(quick=True)


def test_areas_of_strangers_do_not_overlap() -> None:
    places = np.arange(90 * 61, dtype=np.int32).reshape(61, 90)  # every pixel says where it is
    areas = [set(np.asarray(area).flat) for area in photographs._areas(Image.fromarray(places), 3)]
    assert len(areas) == 9
    assert len(set().union(*areas)) == sum(map(len, areas)) == 90 * 60


def test_copies_are_files_that_differ() -> None:
    copies = copies_of(photographs.cast(quick=True).protected[0])
    assert len({copy.kind for copy in copies}) == EDITS
    assert len({copy.content for copy in copies}) == len(copies)
