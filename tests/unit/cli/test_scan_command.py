"""``unseen scan``: results, exit codes, going on, and new entries against what was kept.

The objects are in fsspec's memory, so that the scan stays in this process; processes of their own are in
``conformance/test_scan_processes.py``.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow.parquet as pq
import pytest

from unit.cli.conftest import Unseen

Picture = Callable[..., Path]
Opened = Callable[..., tuple[str, str]]
URL = "memory://bucket"


@pytest.fixture
def bucket(picture: Picture) -> Iterator[Any]:
    fs = fsspec.filesystem("memory")
    fs.pipe({f"/bucket/{seed}.jpg": picture(seed).read_bytes() for seed in range(1, 5)})
    yield fs
    fs.rm("/bucket", recursive=True)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "result.jsonl"


def rows(path: Path) -> dict[str, Any]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {line["object"].removeprefix("memory:///bucket/"): line for line in lines}


def test_nothing_found_is_0(unseen: Unseen, bucket: Any, out: Path) -> None:
    said = unseen("scan", URL, "--out", out)
    assert (said.code, said.out) == (0, "4 looked at: 0 to block, 0 to review, 4 to allow.\n")
    assert str(out) in said.err
    assert out.stat().st_mode & 0o777 == 0o600
    assert rows(out)["1.jpg"] == {
        "object": "memory:///bucket/1.jpg",
        "verdict": "allow",
        "reasons": ["Nothing in the bank is near this upload."],
        "hits": [],
        "featureless": False,
        "as_of_seq": 0,
    }


def test_something_found_is_1_as_a_row_like_those_of_screen(
    unseen: Unseen, bucket: Any, out: Path, picture: Picture, opened: Opened
) -> None:
    opened(picture(1))
    said = unseen("scan", URL, "--out", out)
    assert said.code == 1
    assert "1 to review, 3 to allow" in said.out
    screened = json.loads(unseen("screen", "--json", picture(1)).out)
    row = rows(out)["1.jpg"]
    hits = [{name: hit[name] for name in ("bank", "entry", "distance", "view")} for hit in screened["hits"]]
    assert row["hits"] == hits
    assert [row[name] for name in ("verdict", "reasons")] == [screened[name] for name in ("verdict", "reasons")]


def test_an_unreadable_object_is_2_and_the_rest_goes_on(unseen: Unseen, bucket: Any, out: Path) -> None:
    bucket.pipe("/bucket/text.jpg", b"no picture")
    said = unseen("scan", URL, "--out", out)
    assert said.code == 2
    assert "4 looked at" in said.out
    assert "1 not looked at" in said.out
    assert rows(out)["text.jpg"]["error"] == "bad_media"
    assert "text.jpg" not in said.err + said.out


def test_parquet_by_the_ending(unseen: Unseen, bucket: Any, tmp_path: Path) -> None:
    out = tmp_path / "result.parquet"
    assert unseen("scan", URL, "--out", out).code == 0
    assert min(pq.read_table(out).column("object").to_pylist()) == "memory:///bucket/1.jpg"


def test_a_scan_that_was_cut_short_goes_on(
    unseen: Unseen, bucket: Any, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unseen.batch import worklist
    from unseen.batch.folder import ScanFolder

    monkeypatch.setattr(worklist, "shards_of", lambda objects, cut=worklist.shards_of: cut(objects, 1))
    commit, committed = ScanFolder.commit, []

    def stop_after_two(self: ScanFolder, *said: Any) -> None:
        if len(committed) == 2:
            raise KeyboardInterrupt
        committed.append(said)
        commit(self, *said)

    with monkeypatch.context() as patch:
        patch.setattr(ScanFolder, "commit", stop_after_two)
        assert unseen("scan", URL, "--out", out).code == 130
    assert not out.exists()
    said = unseen("scan", URL, "--out", out)
    assert said.code == 0
    assert "2 of 4 objects are done" in said.err
    assert len(rows(out)) == len(out.read_text().splitlines()) == 4
    assert "4 looked at" in said.out


def test_a_new_case_reaches_what_was_kept(
    unseen: Unseen, bucket: Any, out: Path, tmp_path: Path, picture: Picture, opened: Opened
) -> None:
    kept, later = tmp_path / "kept", tmp_path / "later.jsonl"
    opened(picture(1))
    said = unseen("scan", URL, "--out", out, "--keep-fingerprints", kept)
    assert "--changes-since 4" in said.err
    assert kept.stat().st_mode & 0o777 == 0o600
    opened(picture(2))
    bucket.rm("/bucket/2.jpg")
    said = unseen("scan", "--changes-since", 3, "--keep-fingerprints", kept, "--out", later)
    assert (said.code, said.out) == (1, "1 looked at: 0 to block, 1 to review, 0 to allow.\n")
    assert set(rows(later)) == {"2.jpg"}
    assert rows(later)["2.jpg"]["as_of_seq"] == 8


def test_what_was_kept_is_forgotten_on_demand(
    unseen: Unseen, bucket: Any, out: Path, tmp_path: Path, picture: Picture, opened: Opened
) -> None:
    kept = tmp_path / "kept"
    unseen("scan", URL, "--out", out, "--keep-fingerprints", kept)
    assert b"bucket/2.jpg" in kept.read_bytes()
    said = unseen(
        "scan",
        *("--forget", "memory:///bucket/1.jpg", "--forget", "-", "--keep-fingerprints", kept),
        typed="memory:///bucket/2.jpg\nmemory:///bucket/nothing.jpg\n",
    )
    assert (said.code, said.out) == (0, "2 forgotten.\n")
    assert b"bucket/2.jpg" not in kept.read_bytes()
    opened(picture(2), picture(3))
    said = unseen("scan", "--changes-since", 0, "--keep-fingerprints", kept, "--out", tmp_path / "later.jsonl")
    assert said.code == 1
    assert set(rows(tmp_path / "later.jsonl")) == {"3.jpg"}


def test_another_stores_changes_are_refused(
    unseen: Unseen, bucket: Any, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unseen("scan", URL, "--out", out, "--keep-fingerprints", tmp_path / "kept")
    monkeypatch.setenv("UNSEEN_DATA_FOLDER", str(tmp_path / "other"))
    said = unseen("scan", "--changes-since", 0, "--keep-fingerprints", tmp_path / "kept", "--out", tmp_path / "x.jsonl")
    assert said.code == 2
    assert "another store" in said.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--out", "x.jsonl"], "Nothing was named to scan"),
        ([URL], "--out"),
        ([URL, "--out", "x.txt"], "--format"),
        (["--changes-since", "0", "--out", "x.jsonl"], "--keep-fingerprints"),
        ([URL, "--changes-since", "0", "--keep-fingerprints", "k", "--out", "x.jsonl"], "alone"),
        (["--forget", "a"], "--keep-fingerprints"),
        (["--forget", "a", "--keep-fingerprints", "nowhere"], "no such file"),
        (["/nowhere", "--out", "x.jsonl"], "not there"),
        (["odd://x", "--out", "x.jsonl"], "not understood"),
    ],
)
def test_what_is_asked_wrongly_is_2_and_leaves_nothing(
    unseen: Unseen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = unseen("scan", *arguments)
    assert said.code == 2
    assert says in said.err
    assert {path.name for path in tmp_path.iterdir()} <= {"data", "data.key"}


def test_progress_has_rate_and_time_left(
    unseen: Unseen, bucket: Any, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unseen.cli import scan

    monkeypatch.setattr(scan, "_TELL_EVERY_S", 0.0)
    said = unseen("scan", URL, "--out", out)
    told = [line for line in said.err.splitlines() if "minutes left" in line]
    assert told[-1].startswith("4 of 4 objects, ")
    assert "/s, 0 minutes left." in told[-1]


def test_a_ray_cluster_that_is_not_there_is_3(unseen: Unseen, bucket: Any, out: Path) -> None:
    pytest.importorskip("ray", reason="the extra scan is not installed") if os.environ.get("CI") != "true" else None
    said = unseen("scan", URL, "--out", out, "--ray", "127.0.0.1:1")
    assert said.code == 3
    assert "no Ray cluster" in said.err
