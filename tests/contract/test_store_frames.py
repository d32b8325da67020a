"""Frame fingerprints in every store: all frames of a video are one entry, forgotten as a whole."""

from contract.store_makers import LIST, WHY, at, case, entry, events, frames, pdq, protected, sha256, with_bank
from unseen.bank.records import EntryEvent, EntryState
from unseen.desk.ports import FRAME_BITS, Store
from unseen.fingerprint.records import Fingerprint, Kind


def held(store: Store, rows: int = 1_000) -> dict[int, bytes]:
    """All that an index of frames is filled with."""
    with store.read() as reader:
        pages = list(reader.code_rows(Kind.FRAME, rows=rows))
    ids = [int(i) for page in pages for i in page.ids]
    assert ids == sorted(ids)
    return dict(zip(ids, (row.tobytes() for page in pages for row in page.codes), strict=True))


def expected(*entries: tuple[int, Fingerprint]) -> dict[int, bytes]:
    return {
        entry_id << FRAME_BITS | number: row.tobytes()
        for entry_id, fingerprint in entries
        for number, row in enumerate(fingerprint.frames["code"])
    }


def test_all_frames_of_a_video_are_one_entry(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [frames(1, 400)], case("A", 3))
    assert entry(store, entry_id).fingerprint == frames(1, 400)
    assert events(store) == [(entry_id, EntryEvent.ADDED)]
    with store.read() as reader:
        assert [e.id for e in reader.same_code([frames(1, 400), pdq(1)])] == [entry_id]
        assert reader.list_entries("main", after_id=0, limit=9)[0].fingerprint == frames(1, 400)


def test_the_same_frames_again_join_the_entry_and_others_do_not(store: Store) -> None:
    with_bank(store)
    (first,) = protected(store, [frames(1)], case("A"))
    assert protected(store, [frames(1), frames(2), frames(1, 4)], case("B"))[0] == first
    assert len({first, *protected(store, [frames(2), frames(1, 4)])}) == 3
    assert len(entry(store, first).provenances) == 2


def test_an_index_is_filled_with_every_code_however_few_are_read_at_a_time(store: Store) -> None:
    with_bank(store)
    fingerprints = [frames(n, codes) for n, codes in enumerate((1, 400, 5, 2))]
    ids = protected(store, [sha256(1), *fingerprints, pdq(1)])[1:-1]
    whole = expected(*zip(ids, fingerprints, strict=True))
    assert held(store) == held(store, rows=1) == held(store, rows=5_000) == whole
    with store.read() as reader:
        assert all(len(page.ids) <= 5_000 for page in reader.code_rows(Kind.FRAME, rows=5_000))


def test_an_index_is_told_what_changed_of_its_own_kind(store: Store) -> None:
    with_bank(store)
    kept, gone = protected(store, [frames(1), frames(2)], case("A"))
    protected(store, [pdq(1), sha256(2)], case("A"))
    with store.read() as reader:
        delta = reader.index_delta(Kind.FRAME, after=0, limit=100)
        assert dict(zip(delta.added.ids.tolist(), map(bytes, delta.added.codes), strict=True)) == expected(
            (kept, frames(1)), (gone, frames(2))
        )
        assert reader.index_delta(Kind.PDQ, after=0, limit=100).added.ids.shape == (1,)
        seq = delta.seq
    with store.write() as tx:
        tx.retire([gone], at=at(1), **WHY)
    with store.read() as reader:
        delta = reader.index_delta(Kind.FRAME, after=seq, limit=100)
        assert (delta.retired.tolist(), delta.erased.tolist(), len(delta.added.ids)) == ([gone], [], 0)
        assert set(reader.index_delta(Kind.FRAME, after=0, limit=100).added.ids >> FRAME_BITS) == {kept}


def test_frames_end_are_judged_and_are_erased_as_a_whole(store: Store) -> None:
    with_bank(store)
    (hers,) = protected(store, [frames(1)], case("A"))
    (shared,) = protected(store, [frames(2)], case("A"))
    protected(store, [frames(2)], LIST)
    with store.write() as tx:
        tx.end_claims(case("A", None), actor="case", reason="withdrawn", at=at(1))
    assert entry(store, hers).state is EntryState.RETIRED
    assert held(store) == expected((shared, frames(2)))
    with store.write() as tx:
        assert tx.erase(retired_before=at(2), actor="node", reason="forget", at=at(2)) == 1
    assert entry(store, hers).fingerprint is None
    assert entry(store, shared).fingerprint == frames(2)
    (anew,) = protected(store, [frames(1)], case("B"))
    assert entry(store, anew).fingerprint == frames(1)
    assert anew != hers
