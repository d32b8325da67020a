"""A scan says of each object what screening it would say, and never stops at one."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from support.node import Node
from support.pictures import draw, saved
from unit.batch.conftest import jpeg, task
from unseen.act.records import Verdict
from unseen.batch import columns
from unseen.batch.examiner import crashed, put_together
from unseen.batch.local import InThisProcess
from unseen.batch.sources import Source
from unseen.batch.worklist import shards_of
from unseen.desk.judge import judge
from unseen.desk.scan_ports import Examined, Row, Shard, Trouble
from unseen.desk.screen import queries_of, screen
from unseen.fingerprint.records import PictureFingerprints
from unseen.match.live import LiveIndex

Read = Callable[[bytes], PictureFingerprints]
Protect = Callable[..., tuple[int, ...]]


def shards(folder: Path, size: int = 3) -> Iterator[Shard]:
    return shards_of(((0, each) for each in Source(str(folder)).objects()), size)


def name_of(key: bytes) -> str:
    return Path(os.fsdecode(key)).name


def examined(node: Node, folder: Path, size: int = 3) -> list[Examined]:
    node.index.catch_up()
    return list(InThisProcess(task(folder), node.index.pictures.write_files()).examine(shards(folder, size)))


def rows(node: Node, folder: Path, size: int = 3) -> dict[str, Row]:
    with node.store.read() as reader:
        said = [row for each in examined(node, folder, size) for row in judge(each.shard.keys, each.readings, reader)]
    assert len(said) == len({row.key for row in said})
    return {name_of(row.key): row for row in said}


@pytest.fixture
def catalogue(uploads: Path, protect: Protect) -> Path:
    """Two protected pictures, one turned, copies of the bytes, strangers, a featureless one, one that is none."""
    protect(jpeg(1))
    protect(jpeg(2), confirmed=True)
    for seed in range(1, 6):
        (uploads / f"{seed}.jpg").write_bytes(jpeg(seed))
    (uploads / "turned.png").write_bytes(saved(draw(160, 120, 1).rotate(90, expand=True), "PNG"))
    (uploads / "webp.webp").write_bytes(saved(draw(160, 120, 2), "WEBP"))
    (uploads / "flat.png").write_bytes(saved(draw(160, 120, 9).point(lambda _: 7), "PNG"))
    (uploads / "text.jpg").write_bytes(b"no picture")
    return uploads


def as_screened(node: Node, read: Read, path: Path) -> tuple[Verdict, bool]:
    said = screen(
        queries_of(read(path.read_bytes())),
        place=None,
        platform="forum",
        store=node.store,
        index=node.index,
        clock=node.clock,
        random_bits=node.random_bits,
    )
    return said.verdict, said.is_featureless


@pytest.mark.parametrize("size", [1, 4, 100])
def test_a_scan_says_what_screening_says(node: Node, read: Read, catalogue: Path, size: int) -> None:
    said = rows(node, catalogue, size)
    assert said.pop("text.jpg").trouble is Trouble.BAD_MEDIA
    for name, row in said.items():
        assert (row.verdict, row.is_featureless) == as_screened(node, read, catalogue / name), name
    responses = {name: row.verdict.response.value for name, row in said.items() if row.verdict}
    assert responses["1.jpg"] == responses["turned.png"] == "review"
    assert responses["2.jpg"] == responses["webp.webp"] == "block"
    assert responses["3.jpg"] == responses["flat.png"] == "allow"
    assert said["flat.png"].is_featureless
    assert {row.as_of_seq for row in said.values()} == {node.index.pictures.seq}


def test_a_retired_entry_does_not_match_though_the_snapshot_has_it(
    node: Node, catalogue: Path, protect: Protect
) -> None:
    looked = examined(node, catalogue)
    with node.store.write() as tx:
        tx.retire(range(1, 4), actor="test", reason="test", at=node.clock.now())
    with node.store.read() as reader:
        said = [row for each in looked for row in judge(each.shard.keys, each.readings, reader)]
    by_name = {name_of(row.key): row.verdict for row in said}
    assert by_name["1.jpg"] is not None
    assert by_name["1.jpg"].response.value == "allow"
    assert by_name["2.jpg"] is not None
    assert by_name["2.jpg"].response.value == "block"


def test_no_sighting_is_kept(node: Node, catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a scan writes nothing into the store")

    monkeypatch.setattr(node.store, "write", refuse)
    assert rows(node, catalogue)


def test_huge_and_vanished_objects_are_rows(node: Node, catalogue: Path) -> None:
    (big,) = shards(catalogue, 100)
    huge = replace(big, sizes=(1 << 40, *big.sizes[1:]))
    (catalogue / "3.jpg").unlink()
    (answer,) = InThisProcess(task(catalogue), node.index.pictures.write_files()).examine([huge])
    troubles = dict(zip(map(name_of, huge.keys), answer.readings.troubles, strict=True))
    assert troubles["1.jpg"] is Trouble.TOO_LARGE
    assert troubles["3.jpg"] is Trouble.VANISHED
    assert troubles["2.jpg"] is None


def test_readings_survive_the_journey_as_columns(node: Node, catalogue: Path) -> None:
    for each in examined(node, catalogue, 4):
        readings, n = each.readings, len(each.shard)
        table = columns.of_readings(readings, np.full(n, each.shard.number), np.arange(n, dtype=np.int32))
        back = columns.to_readings(table.take(list(range(n))[::-1]).sort_by("at"))
        for name in ("troubles", "messages", "as_of_seq"):
            assert getattr(back, name) == getattr(readings, name)
        for name in ("sha256", "md5", "codes", "qualities"):
            np.testing.assert_array_equal(getattr(back, name), getattr(readings, name))
        for name in ("offsets", "entries", "distances", "views"):
            np.testing.assert_array_equal(getattr(back.near, name), getattr(readings.near, name))
        assert columns.to_shard(columns.of_shard(each.shard)) == each.shard


def test_a_shard_examined_in_parts_is_the_same(node: Node, catalogue: Path) -> None:
    (whole,) = examined(node, catalogue, 100)
    ones = [each.readings for each in examined(node, catalogue, 1)]
    together = put_together(ones)
    np.testing.assert_array_equal(together.near.offsets, whole.readings.near.offsets)
    np.testing.assert_array_equal(together.near.entries, whole.readings.near.entries)
    assert together.troubles == whole.readings.troubles
    lost = put_together([ones[0], crashed(whole.shard.only(1), 5), *ones[2:]])
    with node.store.read() as reader:
        said = judge(whole.shard.keys, lost, reader)
    assert [row.trouble for row in said[:2]] == [None, Trouble.CRASHED]


def test_the_snapshot_holds_what_the_store_has(node: Node, protect: Protect) -> None:
    empty = node.index.pictures.write_files()
    assert len(LiveIndex(empty.open())) == 0
    protect(jpeg(1))
    assert len(LiveIndex(node.index.pictures.write_files().open())) == 1
