"""Region fingerprints in every store: many codes, one entry, forgotten as a whole."""

import pytest

from contract.store_makers import LIST, WHY, at, case, entry, events, pdq, protected, region, sha256, with_bank
from unseen.bank.records import Bank, EntryEvent, EntryState, Response
from unseen.base import NotFound
from unseen.desk.ports import REGION_BITS, Store
from unseen.fingerprint.records import Fingerprint, Kind


def held(store: Store, rows: int = 1_000) -> dict[int, bytes]:
    """All that an index of regions is filled with."""
    with store.read() as reader:
        pages = list(reader.code_rows(Kind.REGION, rows=rows))
    ids = [int(i) for page in pages for i in page.ids]
    assert ids == sorted(ids)
    return dict(zip(ids, (row.tobytes() for page in pages for row in page.codes), strict=True))


def expected(*entries: tuple[int, Fingerprint]) -> dict[int, bytes]:
    return {
        entry_id << REGION_BITS | number: row.tobytes()
        for entry_id, fingerprint in entries
        for number, row in enumerate(fingerprint.region_codes)
    }


def test_all_regions_of_a_picture_are_one_entry(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [region(1, 96)], case("A", 3))
    assert entry(store, entry_id).fingerprint == region(1, 96)
    assert events(store) == [(entry_id, EntryEvent.ADDED)]
    with store.read() as reader:
        assert [e.id for e in reader.same_code([region(1, 96), pdq(1)])] == [entry_id]
        assert reader.list_entries("main", after_id=0, limit=9)[0].fingerprint == region(1, 96)


def test_regions_that_match_today_are_counted_by_bank(store: Store) -> None:
    with_bank(store, "main", "other")
    ids = protected(store, [region(1), region(2), pdq(1)], case("A"))
    protected(store, [region(1)], bank="other")
    with store.write() as tx:
        tx.retire(ids[:1], at=at(1), **WHY)
    with store.read() as reader:
        assert (reader.standing_regions("main"), reader.standing_regions("other")) == (1, 1)
        with pytest.raises(NotFound):
            reader.standing_regions("nowhere")


def test_the_same_regions_again_join_the_entry_and_others_do_not(store: Store) -> None:
    with_bank(store)
    (first,) = protected(store, [region(1)], case("A"))
    assert protected(store, [region(1), region(2), region(1, 4)], case("B"))[0] == first
    assert len({first, *protected(store, [region(2), region(1, 4)])}) == 3
    assert len(entry(store, first).provenances) == 2


def test_an_index_is_filled_with_every_code_however_few_are_read_at_a_time(store: Store) -> None:
    with_bank(store)
    fingerprints = [region(n, codes) for n, codes in enumerate((1, 96, 5, 2))]
    ids = protected(store, [sha256(1), *fingerprints, pdq(1)])[1:-1]
    whole = expected(*zip(ids, fingerprints, strict=True))
    assert held(store) == held(store, rows=1) == held(store, rows=200) == whole
    with store.read() as reader:
        assert all(len(page.ids) <= 200 for page in reader.code_rows(Kind.REGION, rows=200))


def test_an_index_is_told_what_changed_of_its_own_kind(store: Store) -> None:
    with_bank(store)
    kept, gone = protected(store, [region(1), region(2)], case("A"))
    protected(store, [pdq(1), sha256(2)], case("A"))
    with store.read() as reader:
        delta = reader.index_delta(Kind.REGION, after=0, limit=100)
        assert dict(zip(delta.added.ids.tolist(), map(bytes, delta.added.codes), strict=True)) == expected(
            (kept, region(1)), (gone, region(2))
        )
        assert reader.index_delta(Kind.PDQ, after=0, limit=100).added.ids.shape == (1,)
        seq = delta.seq
    with store.write() as tx:
        tx.retire([gone], at=at(1), **WHY)
    with store.read() as reader:
        delta = reader.index_delta(Kind.REGION, after=seq, limit=100)
        assert (delta.retired.tolist(), delta.erased.tolist(), len(delta.added.ids)) == ([gone], [], 0)
        assert set(reader.index_delta(Kind.REGION, after=0, limit=100).added.ids >> REGION_BITS) == {kept}


def test_regions_end_are_judged_and_are_erased_as_a_whole(store: Store) -> None:
    with_bank(store)
    (hers,) = protected(store, [region(1)], case("A"))
    (shared,) = protected(store, [region(2)], case("A"))
    protected(store, [region(2)], LIST)
    with store.write() as tx:
        tx.end_claims(case("A", None), actor="case", reason="withdrawn", at=at(1))
    assert entry(store, hers).state is EntryState.RETIRED
    assert held(store) == expected((shared, region(2)))
    with store.write() as tx:
        assert tx.erase(retired_before=at(2), actor="node", reason="forget", at=at(2)) == 1
    assert entry(store, hers).fingerprint is None
    assert entry(store, shared).fingerprint == region(2)
    (anew,) = protected(store, [region(1)], case("B"))
    assert entry(store, anew).fingerprint == region(1)
    assert anew != hers


@pytest.mark.parametrize("response", list(Response))
def test_what_a_bank_says_of_regions_is_kept(store: Store, response: Response) -> None:
    with store.write() as tx:
        tx.put_bank(Bank(name="main", on_region=response))
        tx.put_bank(Bank.allowing("harmless"))
    with store.read() as reader:
        assert reader.bank("main").on_region is response
        assert reader.bank("harmless").on_region is Response.ALLOW
