"""A scan's folder: what was committed stays, what was not is done again, and no row comes twice."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from support.node import Node
from unit.batch.conftest import jpeg, task
from unseen.base import BadRequest, Conflict, NotFound, StorageFull
from unseen.batch import folder as folder_module
from unseen.batch.folder import Asked, ScanFolder
from unseen.batch.kept import KeptFile
from unseen.batch.local import InThisProcess
from unseen.batch.rows import SCHEMA, ResultFormat
from unseen.batch.sources import Source
from unseen.desk.scan import scan

Scan = Callable[..., ScanFolder]


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        folder_module.worklist,
        "shards_of",
        lambda objects, cut=folder_module.worklist.shards_of: cut(objects, 2),
    )


@pytest.fixture
def catalogue(uploads: Path, protect: Callable[..., Any]) -> Path:
    protect(jpeg(1))
    for seed in range(1, 8):
        (uploads / f"{seed}.jpg").write_bytes(jpeg(seed))
    (uploads / "text.jpg").write_bytes(b"no picture")
    return uploads


@pytest.fixture
def result(tmp_path: Path) -> Path:
    return tmp_path / "result.jsonl"


@pytest.fixture
def run(node: Node, catalogue: Path, result: Path, tmp_path: Path) -> Scan:
    """Scan, up to ``shards`` of them; ``finish`` or not."""

    def go(
        shards: int | None = None,
        *,
        keep: bool = False,
        finish: bool = True,
        source: Path = catalogue,
        out: Path = result,
        as_format: ResultFormat = ResultFormat.JSONL,
    ) -> ScanFolder:
        with node.store.read() as reader:
            lineage = reader.lineage().hex()
        asked = Asked(sources=(str(source),), lineage=lineage, keep=str(tmp_path / "kept") if keep else None)
        with ScanFolder(out, asked, as_format) as held:
            held.open([Source(str(source))], listed=lambda _: None)
            engine = InThisProcess(task(source), node.index.pictures.write_files())
            node.index.catch_up()
            committed = scan(engine=engine, log=held, store=node.store, frames=node.index.frames)
            for _ in zip(range(shards if shards is not None else 1000), committed, strict=False):
                pass
            committed.close()
            if finish and len(held.progress.shards) * 2 >= held.objects:
                held.finish()
        return held

    return go


def objects(path: Path) -> list[str]:
    return [json.loads(line)["object"] for line in path.read_text().splitlines()]


def whole(catalogue: Path) -> list[str]:
    return sorted(str(path) for path in catalogue.iterdir())


def test_every_object_has_one_row_and_the_folder_goes(run: Scan, result: Path, catalogue: Path) -> None:
    held = run()
    assert sorted(objects(result)) == whole(catalogue)
    assert held.progress.count.objects == held.objects == 8
    assert (held.progress.count.review, held.progress.count.unread) == (1, 1)
    assert stat.S_IMODE(result.stat().st_mode) == 0o600
    assert [path.name for path in result.parent.glob("result*")] == ["result.jsonl"]


def test_a_scan_goes_on_where_it_was(run: Scan, result: Path, catalogue: Path) -> None:
    assert not run(1).is_resumed
    assert not result.exists()
    before = objects(result.with_name("result.jsonl.scan") / "rows.jsonl")
    assert len(before) == 2
    (catalogue / "later.jpg").write_bytes(jpeg(9))
    held = run()
    assert held.is_resumed
    assert held.progress.count.objects == 8
    assert objects(result)[:2] == before
    assert sorted(objects(result)) == [path for path in whole(catalogue) if "later" not in path]


@pytest.mark.parametrize("at", ["rows", "kept", "record", "half a record"])
def test_a_kill_in_the_middle_of_a_commit_repeats_nothing(
    run: Scan, result: Path, catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    run(1, keep=True)
    state = result.with_name("result.jsonl.scan")
    if at == "half a record":
        run(1, keep=True)
        record = state / "checkpoint"
        os.truncate(record, record.stat().st_size - 5)
    else:
        nth = {"rows": 1, "kept": 2, "record": 3}[at]
        calls = []

        def durable(file: Any) -> None:
            file.flush()
            calls.append(file)
            if len(calls) == nth:
                raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(folder_module, "make_durable", durable)
            with pytest.raises(Killed):
                run(1, keep=True)
        assert len(objects(state / "rows.jsonl")) == 4, "the rows were written, and do not count yet"
    held = run(keep=True)
    assert sorted(objects(result)) == whole(catalogue)
    assert held.progress.count.objects == 8
    kept = [os.fsdecode(key) for rows in KeptFile(tmp_path / "kept") for key in rows.keys]
    assert sorted(kept) == [path for path in whole(catalogue) if "text" not in path]


def test_what_lies_beyond_the_last_record_is_cut_off(run: Scan, result: Path, catalogue: Path, tmp_path: Path) -> None:
    """However much more had been written than the same shards need this time."""
    run(1, keep=True)
    state = result.with_name("result.jsonl.scan")
    for file in (state / "rows.jsonl", state / "checkpoint", tmp_path / "kept.partial"):
        with file.open("ab") as beyond:
            beyond.write(b"torn" * 10_000)
    run(keep=True)
    assert sorted(objects(result)) == whole(catalogue)
    assert len([key for rows in KeptFile(tmp_path / "kept") for key in rows.keys]) == 7


def test_a_kill_after_the_result_has_its_name_is_finished_by_the_next(
    run: Scan, result: Path, catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = folder_module.rename

    def name_and_die(source: Path, target: Path) -> None:
        rename(source, target)
        if target == result:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(folder_module, "rename", name_and_die)
        with pytest.raises(Killed):
            run()
    assert run().progress.count.objects == 8
    assert sorted(objects(result)) == whole(catalogue)
    assert not list(result.parent.glob("*.scan"))


def test_a_kill_while_the_folder_goes_leaves_the_result(
    run: Scan, result: Path, catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(folder_module.shutil, "rmtree", die)
        with pytest.raises(Killed):
            run()
    with pytest.raises(Conflict, match="there already"):
        run()
    assert sorted(objects(result)) == whole(catalogue)
    assert not list(result.parent.glob("*.scan"))


def test_parquet_says_what_the_lines_say(run: Scan, result: Path, tmp_path: Path) -> None:
    run()
    run(out=tmp_path / "result.parquet", as_format=ResultFormat.PARQUET)
    table = pq.read_table(tmp_path / "result.parquet")
    assert table.schema == SCHEMA
    assert stat.S_IMODE((tmp_path / "result.parquet").stat().st_mode) == 0o600
    lines = [json.loads(line) for line in result.read_text().splitlines()]
    empty = dict.fromkeys(SCHEMA.names)
    assert table.to_pylist() == [empty | line for line in lines]
    assert any(line.get("hits") for line in lines)


def test_another_scan_may_not_go_on_with_it(run: Scan, catalogue: Path, tmp_path: Path) -> None:
    run(1)
    with pytest.raises(Conflict, match="other sources"):
        run(source=catalogue.parent)
    with pytest.raises(Conflict, match="other sources"):
        run(keep=True)


def test_two_processes_do_not_share_a_scan(run: Scan, result: Path) -> None:
    import fcntl

    run(1)
    descriptor = os.open(result.with_name("result.jsonl.scan"), os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        with pytest.raises(Conflict, match="Another process"):
            run()
    finally:
        os.close(descriptor)


def test_nothing_that_is_there_is_overwritten(run: Scan, result: Path, tmp_path: Path) -> None:
    result.write_text("mine")
    with pytest.raises(Conflict, match="there already"):
        run()
    assert result.read_text() == "mine"
    result.unlink()
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(Conflict, match="there already"):
        run(keep=True)
    assert not list(tmp_path.glob("*.scan"))


def test_a_scan_that_cannot_begin_leaves_nothing(run: Scan, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        run(source=tmp_path / "nowhere")
    assert not list(tmp_path.glob("*.scan"))


def test_a_full_disk_is_told_and_the_scan_goes_on_later(
    run: Scan, result: Path, catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(1)

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(folder_module, "make_durable", full)
        with pytest.raises(StorageFull, match="no room"):
            run()
    run()
    assert sorted(objects(result)) == whole(catalogue)


def test_kept_fingerprints_that_went_missing_are_told(run: Scan, tmp_path: Path) -> None:
    run(1, keep=True)
    (tmp_path / "kept.partial").unlink()
    with pytest.raises(BadRequest, match="are gone"):
        run(keep=True)


def test_an_empty_source_has_an_empty_result(run: Scan, tmp_path: Path, result: Path) -> None:
    (tmp_path / "empty").mkdir()
    run(source=tmp_path / "empty")
    assert result.read_bytes() == b""
