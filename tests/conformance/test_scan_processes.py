"""A scan as people run it: processes that are killed, die and are left behind."""

import json
import random
import time

import pytest

from support.scans import DEADLY, Scans, alive, descendants, install_bucket, said
from support.service import wait_until

PICTURES = 200


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Scans:
    folder = tmp_path_factory.mktemp("scans")
    made = Scans(folder, (install_bucket(folder),))
    made.fill(PICTURES)
    return made


@pytest.fixture(scope="module")
def undisturbed(scans: Scans) -> dict[str, tuple[object, ...]]:
    out = scans.folder / "undisturbed.jsonl"
    ended = scans.unseen("scan", scans.uploads, "--out", out, "--processes", 2)
    assert ended.returncode == 2, ended.stderr
    assert "20 to review" in ended.stdout
    assert "1 not looked at" in ended.stdout
    rows = said(scans.rows(out))
    assert len(rows) == PICTURES + 1
    assert "name-" not in ended.stderr + ended.stdout, "names are for the result alone"
    return rows


def test_killed_again_and_again_it_says_the_same(scans: Scans, undisturbed: dict[str, tuple[object, ...]]) -> None:
    """Killed as soon as it has got further, at a random moment; nothing of it stays behind.

    The last part of the objects is held back, so that it cannot have ended before; each time it gets further.
    """
    out, draw = scans.folder / "killed.jsonl", random.Random(7)
    asked = ("scan", f"bucket://{scans.uploads}", "--out", out, "--processes", 2)
    checkpoint = scans.folder / "killed.jsonl.scan" / "checkpoint"
    reached = 0
    for held_back in ("name-070", "name-130", "name-195"):  # of shards of 64
        with scans.holding_back(held_back):
            process = scans.start(*asked)
            wait_until(lambda so_far=reached: checkpoint.exists() and checkpoint.stat().st_size > so_far)
            time.sleep(draw.uniform(0, 0.05))
            family = descendants(process.pid)
            assert len(family) >= 2
            assert process.poll() is None
            process.kill()
            process.wait()
        wait_until(lambda family=family: not alive(family))  # no process of the scan outlives it
        reached = checkpoint.stat().st_size
    ended = scans.unseen(*asked)
    assert ended.returncode == 2, ended.stderr
    assert said(scans.rows(out)) == undisturbed


def test_an_object_that_kills_its_process_is_a_row(scans: Scans, undisturbed: dict[str, tuple[object, ...]]) -> None:
    folder, out = scans.folder / "bucket", scans.folder / "bucket.jsonl"
    folder.mkdir()
    for seed in range(0, 80, 10):
        (folder / f"name-{seed:03}").write_bytes((scans.uploads / f"name-{seed:03}").read_bytes())
    (folder / DEADLY).write_bytes(b"x")
    (folder / "denied").write_bytes(b"x")
    ended = scans.unseen("scan", f"bucket://{folder}", "--out", out, "--processes", 2)
    assert ended.returncode == 2, ended.stderr
    rows = scans.rows(out)
    assert rows.pop(DEADLY)["error"] == "crashed"
    assert rows.pop("denied")["error"] == "unreadable"
    assert len(rows) == 8
    assert all(row == undisturbed[name] for name, row in said(rows).items())
    assert json.loads(out.read_text().splitlines()[0])["object"].startswith("bucket://")


def test_files_are_private_while_it_runs(scans: Scans) -> None:
    out = scans.folder / "private.jsonl"
    state = scans.folder / "private.jsonl.scan"
    checkpoint = state / "checkpoint"
    with scans.holding_back("name-150"):  # until all was looked at
        asked = ("scan", f"bucket://{scans.uploads}", "--out", out)
        process = scans.start(*asked, "--keep-fingerprints", scans.folder / "kept")
        wait_until(lambda: checkpoint.exists() and checkpoint.stat().st_size)
        files = (state, *state.iterdir(), scans.folder / "kept.partial")
        modes = {path.name: path.stat().st_mode & 0o777 for path in files}
    process.wait(300)
    assert modes.pop(state.name) == 0o700
    assert {"rows.jsonl", "checkpoint", "worklist", "scan.json", "kept.partial"} <= set(modes)
    assert set(modes.values()) == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (out, scans.folder / "kept")} == {0o600}
