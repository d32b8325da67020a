"""Kept fingerprints: what is in the file, and that it forgets."""

import os
import stat
from pathlib import Path

import numpy as np
import pytest

from unseen.base import BadRequest, NotFound
from unseen.batch import kept
from unseen.batch.kept import KeptFile
from unseen.desk.scan_ports import NO_TIME, Examined, KeptRows, Near, Readings, Shard, Trouble

LINEAGE = bytes(range(16))


def examined(number: int, names: list[str], *, bad: int | None = None) -> Examined:
    n, draw = len(names), np.random.default_rng(number)
    troubles = tuple(Trouble.BAD_MEDIA if at == bad else None for at in range(n))
    nothing = Near(
        offsets=np.zeros(n + 1, np.int64),
        entries=np.zeros(0, np.int64),
        distances=np.zeros(0, np.uint16),
        views=np.zeros(0, np.uint8),
    )
    shard = Shard(
        number=number,
        keys=tuple(name.encode() for name in names),
        sources=(0,) * n,
        sizes=(1,) * n,
        troubles=(None,) * n,
    )
    readings = Readings(
        troubles=troubles,
        messages=("",) * n,
        sha256=draw.integers(0, 256, (n, 32), np.uint8),
        md5=draw.integers(0, 256, (n, 16), np.uint8),
        codes=draw.integers(0, 256, (n, 8, 32), np.uint8),
        qualities=draw.integers(50, 101, n).astype(np.uint8),
        near=nothing,
        as_of_seq=1,
    )
    return Examined(shard=shard, readings=readings)


def film(name: str, count: int) -> KeptRows:
    draw = np.random.default_rng(count)
    sha256, md5 = draw.integers(0, 256, 32, np.uint8), draw.integers(0, 256, 16, np.uint8)
    return KeptRows(
        keys=(name.encode(),) * count,
        sha256=np.tile(sha256, (count, 1)),
        md5=np.tile(md5, (count, 1)),
        codes=draw.integers(0, 256, (count, 8, 32), np.uint8),
        qualities=np.full(count, 100, np.uint8),
        at_ms=np.arange(count, dtype=np.int32) * 1000,
    )


SHARDS = [examined(1, ["a.jpg", "bb.jpg", "ccc.jpg"], bad=1), examined(2, ["dd.jpg"]), examined(3, ["e"], bad=0)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "kept"
    path.touch(mode=0o600)
    path.write_bytes(kept.head(LINEAGE) + b"".join(kept.part(shard, [], LINEAGE) for shard in SHARDS))
    return path


def all_rows(path: Path) -> KeptRows:
    (rows,) = KeptFile(path)
    return rows


def test_what_could_be_looked_at_is_kept_with_all_its_views(file: Path) -> None:
    rows = all_rows(file)
    assert rows.keys == (b"a.jpg", b"ccc.jpg", b"dd.jpg")
    assert KeptFile(file).lineage == LINEAGE
    first, second = SHARDS[0].readings, SHARDS[1].readings
    for name in ("sha256", "md5", "codes", "qualities"):
        wanted = np.concatenate([getattr(first, name)[[0, 2]], getattr(second, name)])
        np.testing.assert_array_equal(getattr(rows, name), wanted)


def test_of_a_video_every_frame_is_kept_with_its_time_and_all_are_forgotten(tmp_path: Path) -> None:
    path, hers = tmp_path / "kept", film("her film.mp4", 3)
    path.write_bytes(kept.head(LINEAGE) + kept.part(SHARDS[0], [hers, film("b.mp4", 2)], LINEAGE))
    rows = all_rows(path)
    assert rows.keys == (b"a.jpg", b"ccc.jpg", *hers.keys, b"b.mp4", b"b.mp4")
    assert rows.at_ms.tolist() == [NO_TIME, NO_TIME, 0, 1000, 2000, 0, 1000]
    np.testing.assert_array_equal(rows.codes[2:5], hers.codes)
    assert KeptFile(path).forget([b"her film.mp4"]) == 1
    content = path.read_bytes()
    assert not any(code.tobytes() in content for code in hers.codes.reshape(-1, 32))
    assert b"her film" not in content
    assert hers.md5[0].tobytes() not in content
    assert all_rows(path).at_ms.tolist() == [NO_TIME, NO_TIME, 0, 1000]


def test_rows_come_in_batches_that_bound_memory(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_ROWS", 2)
    assert [rows.keys for rows in KeptFile(file)] == [(b"a.jpg", b"ccc.jpg"), (b"dd.jpg",)]


def test_what_is_forgotten_is_not_in_the_file_any_more(file: Path) -> None:
    gone = SHARDS[0].readings
    traces = [b"ccc.jpg", gone.sha256[2].tobytes(), gone.md5[2].tobytes(), gone.codes[2].tobytes()]
    assert all(trace in file.read_bytes() for trace in traces)
    size, mode = file.stat().st_size, stat.S_IMODE(file.stat().st_mode)
    assert KeptFile(file).forget([b"ccc.jpg", b"never there"]) == 1
    content = file.read_bytes()
    assert not any(trace in content for trace in traces)
    assert not any(view.tobytes() in content for view in gone.codes[2])
    assert (len(content), mode) == (size, 0o600)
    rows = all_rows(file)
    assert rows.keys == (b"a.jpg", b"dd.jpg")
    np.testing.assert_array_equal(rows.codes[0], gone.codes[0])
    assert KeptFile(file).forget([b"ccc.jpg"]) == 0


def test_another_file_is_refused(tmp_path: Path, file: Path) -> None:
    with pytest.raises(NotFound):
        KeptFile(tmp_path / "nowhere")
    for content in (b"", b"\0" * 400, b"text, and a good deal of it"):
        (tmp_path / "odd").write_bytes(content)
        with pytest.raises(BadRequest):
            KeptFile(tmp_path / "odd")


def test_a_torn_file_is_told(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 100)
    with pytest.raises(BadRequest, match="damaged"):
        list(KeptFile(file))
