import threading
from pathlib import Path

import numpy as np
import pytest

from unseen.base import SnapshotRefused, StorageFull
from unseen.match import layout, snapshot_file
from unseen.match.files import IndexFiles
from unseen.match.live import LiveIndex


def _codes(n: int) -> np.ndarray:
    return np.random.default_rng(4).integers(1, 256, (n, 32), np.uint8)


def _ids(*ids: int) -> np.ndarray:
    return np.array(ids, np.int64)


def _found(live: LiveIndex, codes: np.ndarray) -> list[int]:
    return live.search(codes, 0).ids.tolist()


def _filled(files: IndexFiles, codes: np.ndarray, *ids: int, seq: int = 1) -> LiveIndex:
    """With these entries in a file."""
    live = LiveIndex()
    live.change(seq, ids=_ids(*ids), codes=codes)
    assert live.flush(files)
    return live


def _on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.fixture
def files(tmp_path: Path) -> IndexFiles:
    return IndexFiles(tmp_path, "index")


def test_an_entry_matches_from_the_moment_it_is_added_until_it_is_retired() -> None:
    live, codes = LiveIndex(), _codes(2)
    assert _found(live, codes) == []
    live.change(2, ids=_ids(7, 3), codes=codes)
    assert _found(live, codes) == [7, 3]
    live.change(3, retired=_ids(7))
    assert _found(live, codes) == [3]
    live.change(4, ids=_ids(7), codes=codes[:1])
    assert _found(live, codes) == [7, 3]
    assert (len(live), live.seq) == (2, 4)


def test_changes_may_be_replayed(files: IndexFiles) -> None:
    codes = _codes(3)
    live = _filled(files, codes[:1], 1)
    for _ in range(2):
        live.change(5, ids=_ids(1, 2, 3, 2), codes=codes[[0, 1, 2, 1]])
        live.change(6, retired=_ids(2, 2, 99))
        assert _found(live, codes) == [1, 3]
        assert len(live) == 2
        assert live.seq == 6


def test_seq_never_goes_back(files: IndexFiles) -> None:
    live = _filled(files, _codes(1), 1, seq=10)
    live.change(4, retired=_ids(5))
    assert live.seq == 10
    live.change(12)
    assert live.seq == 12


def test_a_wrong_call_changes_nothing() -> None:
    live, codes = LiveIndex(), _codes(2)
    with pytest.raises(ValueError, match="ids for"):
        live.change(1, ids=_ids(1), codes=codes)
    with pytest.raises(ValueError, match="codes are"):
        live.change(1, ids=_ids(1, 2), codes=codes[:, :31])
    with pytest.raises(ValueError, match="radius"):
        live.search(codes, 257)
    assert (len(live), live.seq, live.unflushed) == (0, 0, 0)


def test_adding_goes_beyond_the_first_capacity() -> None:
    live, codes = LiveIndex(), _codes(5000)
    for begin in range(0, 5000, 700):
        ids = np.arange(begin, min(begin + 700, 5000))
        live.change(begin, ids=ids, codes=codes[ids])
    assert _found(live, codes) == list(range(5000))


def test_a_retired_code_is_gone_from_memory() -> None:
    live, codes = LiveIndex(), _codes(3)
    live.change(1, ids=_ids(1, 2, 3), codes=codes)
    held = live._view.tail.words
    live.change(2, retired=_ids(2))
    assert live._view.tail.words.base is held.base
    assert not held[1].any()
    np.testing.assert_array_equal(held[[0, 2]], layout.to_words(codes[[0, 2]]))


def test_a_code_retired_before_the_memory_grew_is_gone_from_both() -> None:
    live, codes = LiveIndex(), _codes(1100)
    live.change(1, ids=np.arange(1000), codes=codes[:1000])
    view = live._view
    live.change(2, retired=_ids(2))
    live.change(3, ids=np.arange(1000, 1100), codes=codes[1000:])
    held, now = view.tail.words, live._view.tail.words
    assert now.base is not held.base
    assert not now[2].any()
    assert held[2].any()
    del view
    assert not held.any()


def test_a_search_that_began_before_a_retirement_still_reads_whole_codes() -> None:
    live, codes = LiveIndex(), _codes(4)
    live.change(1, ids=_ids(1, 2, 3, 4), codes=codes)
    first = live._view
    live.change(2, retired=_ids(2))
    second = live._view
    live.change(3, retired=_ids(3))
    assert sorted(first.find(layout.to_words(codes), 0).ids) == [1, 2, 3, 4]
    assert sorted(second.find(layout.to_words(codes), 0).ids) == [1, 3, 4]
    held = first.tail.words
    del second
    assert held[1].any()
    assert held[2].any()
    del first
    assert not held[[1, 2]].any()
    assert held[[0, 3]].all(axis=1).all()


def test_any_number_of_retirements_during_one_search_is_erased_after_it() -> None:
    live, codes = LiveIndex(), _codes(6000)
    live.change(1, ids=np.arange(len(codes)), codes=codes)
    view = live._view
    for entry in range(len(codes)):
        live.change(2 + entry, retired=_ids(entry))
    held = view.tail.words
    assert held.any(axis=1).all()
    del view
    assert not held.any()


def test_a_flush_and_a_merge_leave_no_retired_code_on_disk(files: IndexFiles, tmp_path: Path) -> None:
    codes = _codes(6)
    live = _filled(files, codes[:3], 1, 2, 3, seq=3)
    live.change(6, ids=_ids(4, 5, 6), codes=codes[3:])
    live.change(7, retired=_ids(2, 5))
    assert live.flush(files)
    assert live.unflushed == 0
    kept = [word.tobytes() in _on_disk(tmp_path) for word in layout.to_words(codes)]
    assert kept == [True, True, True, True, False, True]
    assert live.merge(files)
    kept = [word.tobytes() in _on_disk(tmp_path) for word in layout.to_words(codes)]
    assert kept == [True, False, True, True, False, True]
    (opened,) = files.open().snapshots
    assert (opened.seq, opened.ids.tolist(), opened.gone.tolist()) == (7, [1, 3, 4, 6], [])


def test_an_erasure_is_owed_until_a_merge_and_across_a_restart(files: IndexFiles) -> None:
    codes = _codes(2)
    live = _filled(files, codes, 1, 2)
    live.change(2, retired=_ids(1))
    assert live.is_clean
    live.change(3, is_erasure=True)
    assert not live.is_clean
    assert live.flush(files)
    assert not live.is_clean
    again = LiveIndex(files.open())
    assert not again.is_clean
    assert again.merge(files)
    live.follow(files)
    assert again.is_clean
    assert live.is_clean


def test_who_lags_behind_an_erasure_may_not_write_what_was_erased(files: IndexFiles, tmp_path: Path) -> None:
    codes = _codes(2)
    ahead, behind = _filled(files, codes[:1], 1), LiveIndex(files.open())
    behind.change(2, ids=_ids(2), codes=codes[1:])
    ahead.change(4, retired=_ids(2), is_erasure=True)
    ahead.merge(files)
    assert not behind.flush(files)
    assert layout.to_words(codes[1:]).tobytes() not in _on_disk(tmp_path)


def test_a_merge_is_no_cleaning_where_a_laggard_wrote_meanwhile(
    files: IndexFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = _codes(2)
    ahead, behind = _filled(files, codes[:1], 1), LiveIndex(files.open())
    behind.change(2, ids=_ids(2), codes=codes[1:])
    ahead.change(4, retired=_ids(2), is_erasure=True)
    written = IndexFiles.written

    def after_the_laggard(*arguments: object) -> object:
        monkeypatch.setattr(IndexFiles, "written", written)
        assert behind.flush(files)
        return written(*arguments)

    monkeypatch.setattr(IndexFiles, "written", after_the_laggard)
    assert ahead.merge(files)
    assert not ahead.is_clean
    assert ahead.merge(files)
    assert ahead.is_clean


def test_on_a_full_disk_the_index_stays_as_it_was(files: IndexFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageFull("full")

    codes = _codes(2)
    live = _filled(files, codes[:1], 1)
    live.change(2, ids=_ids(2), codes=codes[1:])
    with monkeypatch.context() as patch:
        patch.setattr(snapshot_file, "_fill", full)
        for write in (live.flush, live.merge):
            with pytest.raises(StorageFull):
                write(files)
    assert (_found(live, codes), live.unflushed) == ([1, 2], 1)
    assert live.flush(files)
    assert (_found(live, codes), live.unflushed) == ([1, 2], 0)


def test_needs_a_flush_once_searches_would_notice() -> None:
    live, codes = LiveIndex(flush_after=3), _codes(3)
    live.change(1, ids=_ids(1, 2), codes=codes[:2])
    assert not live.needs_flush
    live.change(2, retired=_ids(2))
    assert live.needs_flush


def test_another_worker_goes_on_from_a_flush_without_losing_what_it_knows_already(files: IndexFiles) -> None:
    codes = _codes(4)
    writer, other = _filled(files, codes[:2], 1, 2), LiveIndex(files.open())
    for live in (writer, other):
        live.change(2, ids=_ids(3), codes=codes[2:3])
    other.change(3, ids=_ids(4), codes=codes[3:], retired=_ids(3))
    other.change(4, retired=_ids(1))
    assert writer.flush(files)
    other.follow(files)
    assert (other.seq, other.unflushed) == (4, 3)
    assert _found(other, codes) == [2, 4]
    assert _found(writer, codes) == [1, 2, 3]
    assert other.flush(files)
    writer.follow(files)
    assert (writer.seq, _found(writer, codes)) == (4, [2, 4])


def test_a_file_of_which_everything_was_withdrawn_stays_so_when_newer_files_come(files: IndexFiles) -> None:
    codes = _codes(6)
    live = _filled(files, codes[:2], 1, 2)
    live.change(2, ids=_ids(3, 4), codes=codes[2:4])
    assert live.flush(files)
    for seq, retired in ((3, _ids(3, 4)), (4, _ids())):
        live.change(seq, ids=_ids(seq + 2), codes=codes[seq + 1 : seq + 2], retired=retired)
        assert live.flush(files)
        for each in (live, LiveIndex(files.open())):
            assert _found(each, codes) == [i for i in range(1, seq + 3) if i not in (3, 4)]
            assert len(each) == seq


def test_a_file_that_ends_in_the_midst_of_what_was_followed_at_once_repeats_nothing(files: IndexFiles) -> None:
    codes = _codes(9)
    late = LiveIndex()
    prompt = _filled(files, codes[:4], 1, 2, 3, 4, seq=4)
    late.change(9, ids=_ids(*range(1, 10)), codes=codes)  # nine changes as one
    late.change(11, retired=_ids(2, 7))
    late.follow(files)
    assert _found(late, codes) == [1, 3, 4, 5, 6, 8, 9]
    assert len(late) == 7
    assert late.flush(files)
    assert late.merge(files)
    prompt.follow(files)
    for live in (prompt, late, LiveIndex(files.open())):
        assert _found(live, codes) == [1, 3, 4, 5, 6, 8, 9]
        assert len(live) == 7
    late.change(12, retired=_ids(3))
    assert _found(late, codes) == [1, 4, 5, 6, 8, 9]


def test_files_grow_geometrically(files: IndexFiles) -> None:
    live, codes = LiveIndex(flush_after=100), _codes(6400)
    most = 0
    for seq in range(64):
        ids = np.arange(100 * seq, 100 * seq + 100)
        live.change(seq + 1, ids=ids, codes=codes[ids])
        assert live.flush(files)
        while live.merge_small(files):
            pass
        if live.needs_big_merge():
            live.merge(files)
        most = max(most, len(live.mapped_files))
    assert _found(live, codes) == list(range(6400))
    assert 3 <= most <= 6


def test_a_small_merge_leaves_alone_what_a_big_one_reads(files: IndexFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = _codes(50)
    live = LiveIndex()

    def flushed(ids: np.ndarray) -> None:
        live.change(int(ids[-1]) + 1, ids=ids, codes=codes[ids])
        assert live.flush(files)

    for begin in (0, 10, 20):
        flushed(np.arange(begin, begin + 10))
    written = IndexFiles.written
    seen = []

    def while_it_is_written(*arguments: object) -> object:
        monkeypatch.setattr(IndexFiles, "written", written)
        assert not live.merge_small(files)
        flushed(np.arange(30, 40))
        assert not live.merge_small(files)
        flushed(np.arange(40, 50))
        assert live.merge_small(files)
        seen.extend(live.mapped_files)
        return written(*arguments)

    monkeypatch.setattr(IndexFiles, "written", while_it_is_written)
    assert live.merge(files)
    assert len(seen) == 4
    assert len(live.mapped_files) == 2
    assert _found(live, codes) == list(range(50))


def test_files_that_vanished_are_written_anew_from_what_is_mapped(files: IndexFiles, tmp_path: Path) -> None:
    codes = _codes(3)
    live = _filled(files, codes[:2], 1, 2)
    live.change(2, ids=_ids(3), codes=codes[2:])
    for path in tmp_path.glob("index*"):
        path.unlink()
    with pytest.raises(SnapshotRefused):
        live.follow(files)
    assert _found(live, codes) == [1, 2, 3]
    assert live.flush(files)
    assert _found(LiveIndex(files.open()), codes) == [1, 2, 3]


def test_searches_see_each_change_entirely_or_not_at_all_while_files_are_written(files: IndexFiles) -> None:
    """Ids 0 to 9 always match; the pair of 100 and 200 comes and goes as one, be it in memory or in a file."""
    codes = _codes(12)
    pair, both = _ids(100, 200), codes[10:]
    live = _filled(files, codes[:10], *range(10))
    stop, searched, wrong = threading.Event(), threading.Event(), []

    def search() -> None:
        while not stop.is_set():
            found = _found(live, codes)
            searched.set()
            if found[:10] != list(range(10)) or found[10:] not in ([], [100, 200]):
                wrong.append(found)

    def write() -> None:
        while not stop.is_set():
            live.flush(files)
            live.merge_small(files)
            live.merge(files)

    threads = [threading.Thread(target=work) for work in (search, search, write)]
    for thread in threads:
        thread.start()
    try:
        assert searched.wait(60)
        for turn in range(400):
            live.change(2 * turn + 2, ids=pair, codes=both)
            assert _found(live, both) == [100, 200]
            live.change(2 * turn + 3, retired=pair)
            assert _found(live, both) == []
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert len(live) == 10
