"""What asking for protection does, in every store."""

import pytest

from contract.store_makers import (
    LIST,
    T0,
    at,
    case,
    entry,
    events,
    last_seq,
    md5,
    pdq,
    protect,
    protected,
    sha256,
    with_bank,
)
from unseen.bank.records import Confirmation, EntryEvent, EntryState, Provenance, Source, SourceKind
from unseen.base import NotFound
from unseen.desk.ports import Store
from unseen.fingerprint.records import Fingerprint

ADDED, JOINED, CONFIRMED = EntryEvent.ADDED, EntryEvent.JOINED, EntryEvent.CONFIRMED


def test_a_new_fingerprint_becomes_an_entry_that_says_who_asked_and_when(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [pdq(1, quality=77)], case("A", 3), when=at(5))
    found = entry(store, entry_id)
    assert found.fingerprint == pdq(1, quality=77)
    assert (found.bank, found.state) == ("main", EntryState.ACTIVE)
    assert found.provenances == (Provenance(source=case("A", 3), since=at(5)),)
    assert events(store) == [(entry_id, ADDED)]


def test_ids_come_back_in_the_order_of_the_fingerprints(store: Store) -> None:
    with_bank(store)
    first = protected(store, [pdq(3), sha256(1), md5(1)])
    assert first == sorted(set(first))
    mixed = protected(store, [md5(1), pdq(9), pdq(3), sha256(1), pdq(9)])
    assert mixed[0] == first[2]
    assert mixed[2:4] == first[:2]
    assert mixed[1] == mixed[4]
    assert mixed[1] not in first


def test_a_fingerprint_already_there_keeps_every_provenance(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [pdq(1)], case("A"))
    assert protected(store, [pdq(1)], case("B"), when=at(1)) == [entry_id]
    assert protected(store, [pdq(1)], case("B", 2), when=at(2)) == [entry_id]
    assert [(p.source, p.since) for p in entry(store, entry_id).provenances] == [
        (case("A"), at(0)),
        (case("B"), at(1)),
        (case("B", 2), at(2)),
    ]
    assert events(store) == [(entry_id, ADDED), (entry_id, JOINED), (entry_id, JOINED)]


def test_the_same_source_and_item_asking_again_changes_nothing(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [pdq(1)], LIST, confirmed_by="eve")
    before = entry(store, entry_id)
    assert protected(store, [pdq(1), pdq(1)], LIST, confirmed_by="someone else", when=at(9)) == [entry_id] * 2
    assert entry(store, entry_id) == before
    assert events(store) == [(entry_id, ADDED), (entry_id, CONFIRMED)]


def test_the_same_source_asking_again_can_add_the_confirmation(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [pdq(1)], LIST)
    protected(store, [pdq(1)], case("A"))
    protected(store, [pdq(1)], LIST, confirmed_by="eve", when=at(2))
    by_list, by_case = entry(store, entry_id).provenances
    assert by_list == Provenance(source=LIST, since=T0, confirmed=Confirmation(by="eve", at=at(2)))
    assert by_case.confirmed is None
    assert events(store)[-1] == (entry_id, CONFIRMED)


def test_a_claim_without_an_item_and_one_with_an_item_are_two_claims(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [pdq(1)], case("A", 1))
    protected(store, [pdq(1)], case("A", None), confirmed_by="eve")
    assert [(p.source.item, p.confirmed is not None) for p in entry(store, entry_id).provenances] == [
        (1, False),
        (None, True),
    ]


def test_a_source_of_another_kind_with_the_same_name_is_another_source(store: Store) -> None:
    with_bank(store)
    protected(store, [pdq(1)], Source(kind=SourceKind.OPERATOR, ref="x"))
    (entry_id,) = protected(store, [pdq(1)], Source(kind=SourceKind.PROGRAMME, ref="x"))
    assert len(entry(store, entry_id).provenances) == 2


def test_vouching_while_adding_follows_the_addition(store: Store) -> None:
    with_bank(store)
    first, second = protected(store, [pdq(1), pdq(2)], confirmed_by="eve", when=at(1))
    assert events(store) == [(first, ADDED), (first, CONFIRMED), (second, ADDED), (second, CONFIRMED)]
    assert entry(store, second).provenances[0].confirmed == Confirmation(by="eve", at=at(1))
    assert entry(store, second).is_confirmed


def test_one_code_in_two_banks_or_of_two_kinds_is_two_entries(store: Store) -> None:
    with_bank(store, "main", "other")
    same_code = Fingerprint(kind=sha256(1).kind, code=pdq(1).code)
    ids = [*protected(store, [pdq(1), same_code]), *protected(store, [pdq(1)], bank="other")]
    assert len(set(ids)) == 3


def test_a_retired_fingerprint_that_comes_back_is_a_new_entry_with_a_new_id(store: Store) -> None:
    with_bank(store)
    (old,) = protected(store, [pdq(1)], case("A"))
    with store.write() as tx:
        tx.end_claims(case("A"), actor="case", reason="withdrawn", at=at(1))
    (new,) = protected(store, [pdq(1)], case("B"), when=at(2))
    assert new > old
    assert entry(store, old).state is EntryState.RETIRED
    assert [p.source for p in entry(store, new).provenances] == [case("B")]


def test_a_source_whose_claim_ended_can_claim_again(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [pdq(1)], LIST)
    protected(store, [pdq(1)], case("A"))
    with store.write() as tx:
        tx.end_claims(case("A"), actor="case", reason="withdrawn", at=at(1))
    assert protected(store, [pdq(1)], case("A"), when=at(2)) == [entry_id]
    assert [p.is_live for p in entry(store, entry_id).provenances] == [True, False, True]


def test_a_vouched_claim_makes_a_disputed_entry_active_and_a_plain_one_does_not(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [pdq(1)])
    with store.write() as tx:
        tx.dispute([entry_id], actor="p", reason="r", at=at(1))
    protected(store, [pdq(1)], case("A"), when=at(2))
    assert entry(store, entry_id).state is EntryState.DISPUTED
    protected(store, [pdq(1)], case("B"), confirmed_by="eve", when=at(3))
    assert entry(store, entry_id).state is EntryState.ACTIVE


def test_protecting_nothing_changes_nothing(store: Store) -> None:
    with_bank(store)
    assert protected(store, []) == []
    assert last_seq(store) == 0


def test_protecting_in_a_bank_that_is_not_there_is_refused(store: Store) -> None:
    with pytest.raises(NotFound), store.write() as tx:
        protect(tx, [pdq(1)])


def test_a_batch_larger_than_a_statement_can_carry_is_taken_whole(store: Store) -> None:
    with_bank(store)
    batch = [pdq(i) for i in range(6_000)]
    ids = protected(store, batch)
    assert ids == list(range(ids[0], ids[0] + 6_000))
    assert protected(store, batch[::-1], case("A"), confirmed_by="eve") == ids[::-1]
    with store.read() as reader:
        found = reader.entries(ids)
        assert [e.fingerprint for e in found] == batch
        assert all(len(e.provenances) == 2 for e in found)
        assert reader.last_seq() == 3 * 6_000
        assert [e.id for e in reader.same_code(batch)] == ids
