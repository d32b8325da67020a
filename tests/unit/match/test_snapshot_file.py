import errno
import os
import resource
import shutil
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from unseen.base import SnapshotRefused, StorageFull
from unseen.match import layout, snapshot, snapshot_file
from unseen.match.snapshot import Snapshot

N = 700


def _codes(n: int = N) -> np.ndarray:
    return np.random.default_rng(8).integers(0, 256, (n, 32), np.uint8)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("snapshot") / "index.snapshot"
    snapshot_file.write(path, snapshot.build(_codes(), np.arange(N) * 5, seq=42))
    return path


@pytest.fixture
def copy(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(written, tmp_path / "copy.snapshot"))


def write_blocks(path: Path, blocks: snapshot_file.Blocks, n: int, seq: int) -> None:
    with snapshot_file.written(path, blocks, n, seq):
        pass


def _assert_same(a: Snapshot, b: Snapshot) -> None:
    assert a.seq == b.seq
    for name in ("ids", "gone", "words", "starts", "neighbours", "rows"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


@pytest.mark.parametrize("n", [0, 1, N])
def test_what_was_written_is_what_is_opened(n: int, tmp_path: Path) -> None:
    built = snapshot.build(_codes(n), np.arange(n) * 5, seq=42)
    snapshot_file.write(tmp_path / "s", built)
    opened = snapshot_file.open_snapshot(tmp_path / "s")
    _assert_same(opened, built)
    assert not opened.words.flags.writeable
    assert not opened.rows.flags.owndata


def test_a_snapshot_written_in_blocks_is_the_same_file(written: Path, tmp_path: Path) -> None:
    words, ids = layout.to_words(_codes()), np.arange(N) * 5
    blocks = [(ids[a:b], words[a:b]) for a, b in ((0, 0), (0, 300), (300, 301), (301, N))]
    write_blocks(tmp_path / "s", blocks, N, 42)
    assert (tmp_path / "s").read_bytes() == written.read_bytes()


def test_only_its_owner_may_read_it_and_nothing_else_is_left(written: Path) -> None:
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert sorted(path.name for path in written.parent.iterdir()) == [f".{written.name}.verified", written.name]


def test_a_flipped_bit_anywhere_is_refused(copy: Path) -> None:
    rng = np.random.default_rng(1)
    size = copy.stat().st_size
    pages = range(snapshot_file.PAGE, size, 20 * snapshot_file.PAGE)
    chunks = range(snapshot_file.PAGE + snapshot_file.CHUNK, size, snapshot_file.CHUNK)
    edges = [edge + shift for edge in (*pages, *chunks) for shift in (-1, 0)]
    sampled = rng.integers(0, size, 100).tolist()
    with copy.open("r+b") as file:
        for at in [*range(300), *edges, *sampled, size - 1]:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 1 << int(rng.integers(8))]))
            file.flush()
            with pytest.raises(SnapshotRefused):
                snapshot_file.open_snapshot(copy)
            file.seek(at)
            file.write(bytes([byte]))
            file.flush()
    snapshot_file.open_snapshot(copy)


def test_a_truncated_or_longer_file_is_refused(copy: Path) -> None:
    whole = copy.read_bytes()
    for size in (0, 1, 100, snapshot_file.PAGE - 1, snapshot_file.PAGE, len(whole) // 2, len(whole) - 1):
        copy.write_bytes(whole[:size])
        with pytest.raises(SnapshotRefused):
            snapshot_file.open_snapshot(copy)
    copy.write_bytes(whole + b"\0")
    with pytest.raises(SnapshotRefused, match="length"):
        snapshot_file.open_snapshot(copy)


def _patched(path: Path, at: int, value: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(value)


def test_a_refusal_says_why_and_names_no_file(copy: Path, tmp_path: Path) -> None:
    reasons = {
        "another version": (12, struct.pack("=I", 99), "format version 99"),
        "another byte order": (8, b"\1\2\3\4" if struct.pack("=I", 1)[0] else b"\4\3\2\1", "byte order"),
        "foreign": (0, b"SQLite f", "not a snapshot"),
        "a damaged chunk": (snapshot_file.PAGE + 9, b"\xff\xfe", "chunk 0"),
    }
    whole = copy.read_bytes()
    for at, value, why in reasons.values():
        copy.write_bytes(whole)
        _patched(copy, at, value)
        with pytest.raises(SnapshotRefused, match=why) as refused:
            snapshot_file.open_snapshot(copy)
        assert "copy" not in str(refused.value)
    with pytest.raises(SnapshotRefused, match="cannot be read"):
        snapshot_file.open_snapshot(tmp_path / "missing")


def test_an_open_snapshot_outlives_the_file_that_replaces_it(copy: Path) -> None:
    opened = snapshot_file.open_snapshot(copy)
    snapshot_file.write(copy, snapshot.build(_codes(3), np.arange(3), seq=43))
    _assert_same(opened, snapshot.build(_codes(), np.arange(N) * 5, seq=42))
    assert snapshot_file.open_snapshot(copy).seq == 43


@contextmanager
def _no_room_for_files() -> Iterator[None]:
    """The system refuses files of more than a megabyte, as a full disk or a quota would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _assert_old_snapshot_stands(path: Path, size: int) -> None:
    assert [left.name for left in path.parent.iterdir()] == [path.name]
    assert path.stat().st_size == size
    assert snapshot_file.open_snapshot(path).seq == 42


def test_a_file_that_may_not_grow_leaves_the_old_snapshot(copy: Path) -> None:
    size = copy.stat().st_size
    with _no_room_for_files(), pytest.raises(StorageFull, match="no room"):
        snapshot_file.write(copy, snapshot.build(_codes(), np.arange(N), seq=43))
    _assert_old_snapshot_stands(copy, size)


def test_a_full_disk_leaves_the_old_snapshot(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    size = copy.stat().st_size
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageFull):
            snapshot_file.write(copy, snapshot.build(_codes(), np.arange(N), seq=43))
    _assert_old_snapshot_stands(copy, size)


def test_a_write_that_fails_otherwise_leaves_the_old_snapshot(copy: Path) -> None:
    size = copy.stat().st_size
    ids, words = np.arange(N), layout.to_words(_codes())
    for wrong in ([(ids, words), (ids, words)], [(ids[:5], words[:5])], [(ids[::-1], words)]):
        with pytest.raises(ValueError, match=r"ascend|rows"):
            write_blocks(copy, wrong, N, 43)
    _assert_old_snapshot_stands(copy, size)


def test_what_a_killed_writer_left_is_removed_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    left, written = tmp_path / "left.snapshot", tmp_path / "written.snapshot"
    snapshot_file.write(left, snapshot.build(_codes(), np.arange(N), seq=43))
    with snapshot_file.written(written, [(np.arange(3), layout.to_words(_codes(3)))], 3, 43):
        for path in (left, written):
            snapshot_file.remove_orphan(path)
        assert not left.exists()
        assert written.exists()
    snapshot_file.remove_orphan(written)
    assert list(tmp_path.iterdir()) == []


def _checks(path: Path, monkeypatch: pytest.MonkeyPatch, *, noting: bool = True) -> bool:
    """Whether opening it compared its bytes."""
    seen = []
    compare = snapshot_file._compare
    with monkeypatch.context() as patch:
        patch.setattr(snapshot_file, "_compare", lambda *arguments: (seen.append(1), compare(*arguments)))
        snapshot_file.open_snapshot(path, noting=noting)
    return bool(seen)


def test_a_file_is_checked_once_on_a_node(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _checks(copy, monkeypatch)
    assert not _checks(copy, monkeypatch)
    assert _checks(copy, monkeypatch, noting=False)
    os.utime(copy, ns=(1, 1))
    assert _checks(copy, monkeypatch)
    shutil.copy(copy, copy.with_name("other"))
    copy.with_name("other").replace(copy)
    assert _checks(copy, monkeypatch)
    assert not _checks(copy, monkeypatch)
    boot = copy.with_name("boot")
    boot.write_text("another run of the machine")
    monkeypatch.setattr(snapshot_file, "_BOOT_ID", boot)
    assert _checks(copy, monkeypatch)
    monkeypatch.setattr(snapshot_file, "_BOOT_ID", copy.with_name("none"))
    assert _checks(copy, monkeypatch)
    assert _checks(copy, monkeypatch)


def test_an_altered_file_is_refused_though_it_was_checked_before(copy: Path) -> None:
    snapshot_file.open_snapshot(copy, noting=True)
    with copy.open("r+b") as file:
        file.seek(snapshot_file.PAGE + 5)
        file.write(b"\xff")
    os.utime(copy)
    with pytest.raises(SnapshotRefused):
        snapshot_file.open_snapshot(copy, noting=True)


def test_ids_must_ascend_and_match_the_codes() -> None:
    for ids in (np.array([1, 1]), np.array([2, 1]), np.array([1])):
        with pytest.raises(ValueError, match=r"ascend|ids for"):
            snapshot.build(_codes(2), ids, seq=0)
