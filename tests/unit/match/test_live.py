import threading
from pathlib import Path

import numpy as np
import pytest

from unseen.base import StorageFull
from unseen.match import layout, snapshot, snapshot_file
from unseen.match.live import LiveIndex


def _codes(n: int) -> np.ndarray:
    return np.random.default_rng(4).integers(1, 256, (n, 32), np.uint8)


def _ids(*ids: int) -> np.ndarray:
    return np.array(ids, np.int64)


def _found(live: LiveIndex, codes: np.ndarray) -> list[int]:
    return live.search(codes, 0).ids.tolist()


def test_an_entry_matches_from_the_moment_it_is_added_until_it_is_retired() -> None:
    live, codes = LiveIndex(), _codes(2)
    assert _found(live, codes) == []
    live.add(_ids(7, 3), codes, seq=2)
    assert _found(live, codes) == [7, 3]
    live.retire(_ids(7), seq=3)
    assert _found(live, codes) == [3]
    live.add(_ids(7), codes[:1], seq=4)
    assert _found(live, codes) == [7, 3]
    assert (len(live), live.seq) == (2, 4)


def test_changes_may_be_replayed() -> None:
    codes = _codes(3)
    live = LiveIndex(snapshot.build(codes[:1], _ids(1), seq=1))
    for _ in range(2):
        live.add(_ids(1, 2, 3, 2), codes[[0, 1, 2, 1]], seq=5)
        live.retire(_ids(2, 2, 99), seq=6)
        assert _found(live, codes) == [1, 3]
        assert len(live) == 2
        assert live.seq == 6


def test_seq_never_goes_back() -> None:
    live = LiveIndex(snapshot.build(_codes(1), _ids(1), seq=10))
    live.retire(_ids(5), seq=4)
    assert live.seq == 10
    live.add(_ids(), _codes(0), seq=12)
    assert live.seq == 12


def test_a_wrong_call_changes_nothing() -> None:
    live, codes = LiveIndex(), _codes(2)
    with pytest.raises(ValueError, match="ids for"):
        live.add(_ids(1), codes, seq=1)
    with pytest.raises(ValueError, match="codes are"):
        live.add(_ids(1, 2), codes[:, :31], seq=1)
    with pytest.raises(ValueError, match="radius"):
        live.search(codes, 257)
    assert (len(live), live.seq, live.added_rows) == (0, 0, 0)


def test_adding_goes_beyond_the_first_capacity() -> None:
    live, codes = LiveIndex(), _codes(5000)
    for begin in range(0, 5000, 700):
        ids = np.arange(begin, min(begin + 700, 5000))
        live.add(ids, codes[ids])
    assert _found(live, codes) == list(range(5000))


def test_a_retired_code_is_gone_from_memory() -> None:
    live, codes = LiveIndex(), _codes(3)
    live.add(_ids(1, 2, 3), codes)
    held = live._view.added.words
    live.retire(_ids(2))
    now = live._view.added.words
    assert not held.any()
    assert not now[1].any()
    np.testing.assert_array_equal(now[[0, 2]], layout.to_words(codes[[0, 2]]))


def test_a_search_that_began_before_a_retirement_still_reads_whole_codes() -> None:
    live, codes = LiveIndex(), _codes(3)
    live.add(_ids(1, 2, 3), codes)
    view = live._view
    live.retire(_ids(2))
    live.add(_ids(4), codes[:1])
    assert view.find(layout.to_words(codes), 0).row.tolist() == [1, 2, 3]
    held = view.added.words
    del view
    assert not held.any()


def test_a_merge_leaves_no_retired_code_on_disk(tmp_path: Path) -> None:
    codes, path = _codes(6), tmp_path / "index.snapshot"
    live = LiveIndex(snapshot.build(codes[:3], _ids(1, 2, 3), seq=3))
    live.add(_ids(4, 5, 6), codes[3:], seq=6)
    live.merge(path)
    assert all(word.tobytes() in path.read_bytes() for word in layout.to_words(codes))
    live.retire(_ids(2, 5), seq=8)
    live.merge(path)
    on_disk = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    kept = [word.tobytes() in on_disk for word in layout.to_words(codes)]
    assert kept == [True, False, True, True, False, True]
    opened = snapshot_file.open_snapshot(path)
    assert (opened.seq, opened.ids.tolist()) == (8, [1, 3, 4, 6])


def test_a_merge_on_a_full_disk_leaves_the_index_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageFull("full")

    live, codes = LiveIndex(), _codes(2)
    live.add(_ids(1, 2), codes, seq=2)
    with monkeypatch.context() as patch:
        patch.setattr(snapshot_file, "write_blocks", full)
        with pytest.raises(StorageFull):
            live.merge(tmp_path / "index.snapshot")
    assert (_found(live, codes), live.added_rows) == ([1, 2], 2)
    live.merge(tmp_path / "index.snapshot")
    assert (_found(live, codes), live.added_rows) == ([1, 2], 0)


def test_needs_merge_once_searches_would_notice() -> None:
    live, codes = LiveIndex(merge_after_rows=3), _codes(3)
    live.add(_ids(1, 2), codes[:2])
    assert not live.needs_merge
    live.add(_ids(3), codes[2:])
    assert live.needs_merge


def test_searches_see_each_change_entirely_or_not_at_all_while_merges_run(tmp_path: Path) -> None:
    """Ids 0 to 9 always match; the pair of 100 (in the snapshot or added) and 200 comes and goes as one."""
    codes = _codes(12)
    pair, both = _ids(100, 200), codes[10:]
    live = LiveIndex(snapshot.build(codes[:10], np.arange(10), seq=0))
    stop, wrong, searches = threading.Event(), [], [0]

    def search() -> None:
        while not stop.is_set():
            found = _found(live, codes)
            searches[0] += 1
            if found[:10] != list(range(10)) or found[10:] not in ([], [100, 200]):
                wrong.append(found)

    def merge() -> None:
        while not stop.is_set():
            live.merge(tmp_path / "index.snapshot")

    threads = [threading.Thread(target=work) for work in (search, search, merge)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(400):
            live.add(pair, both)
            assert _found(live, both) == [100, 200]
            live.retire(pair)
            assert _found(live, both) == []
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert searches[0] > 0
    assert len(live) == 10
