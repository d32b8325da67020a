"""What can be asked of banks and entries, in every store."""

from collections.abc import Callable

import numpy as np
import pytest

from contract.store_makers import WHY, at, case, md5, pdq, protected, sha256, with_bank
from unseen.bank.records import Bank, EntryState, Purpose, Response
from unseen.base import Conflict, NotFound
from unseen.case.records import CaseNumber
from unseen.desk.ports import Store, Tally
from unseen.fingerprint.records import Kind

NUMBER = CaseNumber("0000-0000-0001")


def test_a_new_store_is_empty_and_has_a_lineage_of_its_own(new_store: Callable[[], Store]) -> None:
    lineages = []
    for store in (new_store(), new_store()):
        with store.read() as reader:
            assert reader.last_seq() == 0
            assert reader.banks() == reader.tallies() == reader.tokens() == reader.changes(after=0, limit=9) == ()
            lineages.append(reader.lineage())
    assert {len(lineage) for lineage in lineages} == {16}
    assert lineages[0] != lineages[1]


def test_banks_come_back_as_they_were_put_by_name(store: Store) -> None:
    strict = Bank(name="strict", radius_bits=20, on_unconfirmed=Response.BLOCK, on_confirmed=Response.BLOCK)
    harmless = Bank.allowing("harmless", radius_bits=12)
    with store.write() as tx:
        tx.put_bank(strict)
        tx.put_bank(harmless)
        assert tx.banks() == (harmless, strict)
    with store.read() as reader:
        assert reader.bank("strict") == strict
        with pytest.raises(NotFound):
            reader.bank("nowhere")


def test_a_banks_settings_can_change_but_not_its_purpose(store: Store) -> None:
    with_bank(store)
    softer = Bank(name="main", radius_bits=10, on_confirmed=Response.REVIEW)
    with store.write() as tx:
        tx.put_bank(softer)
    with pytest.raises(Conflict), store.write() as tx:
        tx.put_bank(Bank.allowing("main"))
    with store.read() as reader:
        assert reader.banks() == (softer,)
        assert reader.bank("main").purpose is Purpose.PROTECT


def test_tallies_count_by_bank_and_state(store: Store) -> None:
    with_bank(store, "b", "a", "empty")
    ids = protected(store, [pdq(i) for i in range(5)], bank="b")
    protected(store, [pdq(1)], bank="a")
    with store.write() as tx:
        tx.retire(ids[:2], at=at(1), **WHY)
        tx.dispute(ids[2:3], at=at(1), **WHY)
    with store.read() as reader:
        assert reader.tallies() == (
            Tally(bank="a", state=EntryState.ACTIVE, entries=1),
            Tally(bank="b", state=EntryState.ACTIVE, entries=2),
            Tally(bank="b", state=EntryState.DISPUTED, entries=1),
            Tally(bank="b", state=EntryState.RETIRED, entries=2),
        )


def test_entries_come_by_id_and_missing_ones_are_left_out(store: Store) -> None:
    with_bank(store)
    ids = protected(store, [pdq(i) for i in range(3)])
    with store.read() as reader:
        assert [e.id for e in reader.entries([ids[2], 10**9, ids[0], ids[2], 0])] == [ids[0], ids[2]]
        assert reader.entries([]) == ()


def test_a_bank_is_listed_page_by_page(store: Store) -> None:
    with_bank(store, "main", "other")
    first = protected(store, [pdq(i) for i in range(4)])
    protected(store, [pdq(1)], bank="other")
    ids = [*first, *protected(store, [sha256(1)])]
    with store.read() as reader:
        pages = [[e.id for e in reader.list_entries("main", after_id=after, limit=2)] for after in (0, ids[1], ids[3])]
        assert pages == [ids[:2], ids[2:4], ids[4:]]
        assert reader.list_entries("main", after_id=ids[-1], limit=2) == ()
        with pytest.raises(NotFound):
            reader.list_entries("nowhere", after_id=0, limit=1)


def test_a_list_can_be_of_one_state(store: Store) -> None:
    with_bank(store)
    ids = protected(store, [pdq(i) for i in range(4)])
    with store.write() as tx:
        tx.retire(ids[1:3], at=at(1), **WHY)
    with store.read() as reader:
        retired = reader.list_entries("main", after_id=0, limit=9, state=EntryState.RETIRED)
        assert [e.id for e in retired] == ids[1:3]
        assert [e.id for e in reader.list_entries("main", after_id=0, limit=1, state=EntryState.ACTIVE)] == ids[:1]


def test_same_code_finds_equal_kind_and_code_in_any_bank_unless_retired(store: Store) -> None:
    with_bank(store, "main", "other")
    kept, retired = protected(store, [sha256(1), sha256(2)])
    (elsewhere,) = protected(store, [sha256(1)], bank="other")
    protected(store, [pdq(1)])  # the same 32 bytes as sha256(1), of another kind
    with store.write() as tx:
        tx.retire([retired], at=at(1), **WHY)
    with store.read() as reader:
        found = reader.same_code([sha256(2), sha256(1), md5(7), sha256(1)])
        assert [(e.id, e.bank) for e in found] == [(kept, "main"), (elsewhere, "other")]
        assert reader.same_code([]) == ()


@pytest.mark.parametrize("rows", [1, 3, 100])
def test_code_rows_stream_what_matches_in_ids_order(store: Store, rows: int) -> None:
    with_bank(store, "main", "other")
    ids = protected(store, [pdq(i) for i in range(7)])
    protected(store, [sha256(1), md5(1)])
    ids += protected(store, [pdq(0)], bank="other")
    with store.write() as tx:
        tx.retire(ids[3:4], at=at(1), **WHY)
        tx.dispute(ids[4:5], at=at(1), **WHY)
    with store.read() as reader:
        chunks = list(reader.code_rows(Kind.PDQ, rows=rows))
        (digest,) = reader.code_rows(Kind.MD5, rows=rows)
    assert [len(chunk.ids) for chunk in chunks[:-1]] == [rows] * (len(chunks) - 1)
    assert np.concatenate([chunk.ids for chunk in chunks]).tolist() == ids[:3] + ids[4:]
    for chunk in (*chunks, digest):
        assert chunk.ids.dtype == np.int64
        assert chunk.codes.dtype == np.uint8
        assert chunk.codes.flags.c_contiguous
    assert np.concatenate([chunk.codes for chunk in chunks])[-1].tobytes() == pdq(0).code
    assert digest.codes.shape == (1, 16)


def test_a_case_sees_its_own_live_claims_by_item(store: Store) -> None:
    with_bank(store)
    ref = str(NUMBER)
    second, first = protected(store, [pdq(2), pdq(1)], case(ref, 2))
    protected(store, [pdq(1)], case(ref, 1))
    protected(store, [pdq(3)], case(ref, 3))
    protected(store, [pdq(4)], case("1111-1111-1111", 1))
    with store.write() as tx:
        tx.end_claims(case(ref, 3), at=at(1), **WHY)
    with store.read() as reader:
        assert [(item, e.id) for item, e in reader.case_entries(NUMBER)] == [(1, first), (2, second), (2, first)]
        assert reader.case_entries(CaseNumber("2222-2222-2222")) == ()
