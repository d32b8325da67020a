"""How entries end, are judged and are forgotten, in every store."""

import pytest

from contract.store_makers import LIST, WHY, at, case, entry, events, last_seq, matching, md5, pdq, protected, with_bank
from unseen.bank.records import Confirmation, Ending, EntryEvent, EntryState
from unseen.base import Conflict, NotFound
from unseen.desk.ports import Store
from unseen.fingerprint.records import Kind

LEFT, RETIRED, CONFIRMED, DISPUTED = EntryEvent.LEFT, EntryEvent.RETIRED, EntryEvent.CONFIRMED, EntryEvent.DISPUTED


def test_when_one_of_two_cases_withdraws_the_picture_stays_protected(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [pdq(1)], case("A"))
    protected(store, [pdq(1)], case("B"))
    before = last_seq(store)
    with store.write() as tx:
        tx.end_claims(case("A", None), actor="case", reason="withdrawn", at=at(1))
    found = entry(store, entry_id)
    assert found.state is EntryState.ACTIVE
    assert [p.ended for p in found.provenances] == [Ending(at=at(1), reason="withdrawn"), None]
    assert events(store, before) == [(entry_id, LEFT)]
    with store.read() as reader:
        assert matching(reader) == {entry_id: pdq(1).code}


def test_when_the_last_claim_ends_the_entry_is_retired_in_the_same_step(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [pdq(1)], case("A"))
    protected(store, [pdq(1)], case("B"))
    before = last_seq(store)
    for ref in ("A", "B"):
        with store.write() as tx:
            tx.end_claims(case(ref, None), actor="case", reason="withdrawn", at=at(1))
    assert entry(store, entry_id).state is EntryState.RETIRED
    assert events(store, before) == [(entry_id, LEFT), (entry_id, LEFT), (entry_id, RETIRED)]
    with store.read() as reader:
        assert matching(reader) == {}
        assert reader.same_code([pdq(1)]) == ()


def test_ending_one_item_leaves_the_cases_other_items(store: Store) -> None:
    with_bank(store)
    one, both = protected(store, [pdq(1), pdq(2)], case("A", 1))
    protected(store, [pdq(2)], case("A", 2))
    with store.write() as tx:
        tx.end_claims(case("A", 1), actor="case", reason="withdrawn", at=at(1))
    assert entry(store, one).state is EntryState.RETIRED
    assert entry(store, both).state is EntryState.ACTIVE


def test_ending_all_items_ends_each_claim_once(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [pdq(1)], case("A", 1))
    protected(store, [pdq(1)], case("A", 2))
    before = last_seq(store)
    with store.write() as tx:
        tx.end_claims(case("A", None), actor="case", reason="withdrawn", at=at(1))
        tx.end_claims(case("A", None), actor="case", reason="again", at=at(2))
    assert events(store, before) == [(entry_id, LEFT), (entry_id, LEFT), (entry_id, RETIRED)]
    assert {p.ended for p in entry(store, entry_id).provenances} == {Ending(at=at(1), reason="withdrawn")}


def test_ending_the_claims_of_a_stranger_changes_nothing(store: Store) -> None:
    with_bank(store)
    protected(store, [pdq(1)], case("A"))
    before = last_seq(store)
    with store.write() as tx:
        tx.end_claims(case("B", None), actor="case", reason="withdrawn", at=at(1))
    assert last_seq(store) == before


def test_a_disputed_entry_stays_disputed_when_one_claim_ends(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [pdq(1)], case("A"))
    protected(store, [pdq(1)], case("B"))
    with store.write() as tx:
        tx.dispute([entry_id], at=at(1), **WHY)
        tx.end_claims(case("A"), at=at(2), **WHY)
    assert entry(store, entry_id).state is EntryState.DISPUTED


def test_confirming_vouches_for_all_live_claims_and_keeps_the_first_voucher(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [pdq(1)], case("gone"))
    protected(store, [pdq(1)], LIST, confirmed_by="first")
    protected(store, [pdq(1)], case("A"))
    with store.write() as tx:
        tx.end_claims(case("gone"), at=at(1), **WHY)
        tx.confirm([entry_id], by="eve", reason="seen", at=at(2))
    assert [p.confirmed for p in entry(store, entry_id).provenances] == [
        None,
        Confirmation(by="first", at=at(0)),
        Confirmation(by="eve", at=at(2)),
    ]
    with store.read() as reader:
        change = reader.changes(after=reader.last_seq() - 1, limit=5)[0]
    assert (change.event, change.actor, change.reason, change.at) == (CONFIRMED, "eve", "seen", at(2))


def test_a_dispute_is_lifted_by_a_confirmation(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [pdq(1)])
    with store.write() as tx:
        tx.dispute([entry_id], actor="p", reason="r", at=at(1))
    assert entry(store, entry_id).state is EntryState.DISPUTED
    with store.read() as reader:
        assert matching(reader) == {entry_id: pdq(1).code}  # it still matches; policy makes it a review
    with store.write() as tx:
        tx.confirm([entry_id], by="eve", reason="r", at=at(2))
    assert entry(store, entry_id).state is EntryState.ACTIVE
    assert [e for _, e in events(store)][1:] == [DISPUTED, CONFIRMED]


def test_the_operator_can_retire_an_entry_whoever_claims_it(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [pdq(1)], case("A"))
    protected(store, [pdq(1)], case("B"))
    before = last_seq(store)
    with store.write() as tx:
        tx.retire([entry_id], actor="ada", reason="not hers", at=at(1))
    assert entry(store, entry_id).state is EntryState.RETIRED
    assert {p.ended for p in entry(store, entry_id).provenances} == {Ending(at=at(1), reason="not hers")}
    assert events(store, before) == [(entry_id, RETIRED)]


@pytest.mark.parametrize("judge", ["confirm", "dispute", "retire"])
@pytest.mark.parametrize(("others", "refusal"), [("missing", NotFound), ("retired", Conflict)])
def test_a_judgement_that_one_entry_cannot_take_touches_none(
    store: Store, judge: str, others: str, refusal: type[Exception]
) -> None:
    with_bank(store)
    good, retired = protected(store, [pdq(1), pdq(2)])
    with store.write() as tx:
        tx.retire([retired], at=at(1), **WHY)
    before, seq = entry(store, good), last_seq(store)
    who = {"by": "ada"} if judge == "confirm" else {"actor": "ada"}
    with store.write() as tx, pytest.raises(refusal):
        getattr(tx, judge)([good, 999 if others == "missing" else retired], reason="r", at=at(2), **who)
    assert entry(store, good) == before
    assert last_seq(store) == seq


def test_an_entry_named_twice_is_judged_once(store: Store) -> None:
    with_bank(store)
    first, second = protected(store, [pdq(1), pdq(2)])
    before = last_seq(store)
    with store.write() as tx:
        tx.dispute([second, first, second], at=at(1), **WHY)
    assert events(store, before) == [(first, DISPUTED), (second, DISPUTED)]


def test_erasing_forgets_the_code_and_keeps_the_tombstone(store: Store) -> None:
    with_bank(store)
    old, young, standing = protected(store, [pdq(1), md5(2), pdq(3)])
    with store.write() as tx:
        tx.retire([old], at=at(1), **WHY)
        tx.retire([young], at=at(2), **WHY)
    before = last_seq(store)
    with store.write() as tx:
        assert tx.erase(retired_before=at(2), actor="node", reason="time to forget", at=at(10)) == 1
    assert entry(store, old).fingerprint is None
    assert entry(store, old).state is EntryState.RETIRED
    assert len(entry(store, old).provenances) == 1
    assert entry(store, young).fingerprint == md5(2)
    assert entry(store, standing).fingerprint == pdq(3)
    assert events(store, before) == [(old, EntryEvent.ERASED)]
    assert [e for i, e in events(store) if i == old] == [EntryEvent.ADDED, RETIRED, EntryEvent.ERASED]


def test_erasing_again_erases_only_what_became_due(store: Store) -> None:
    with_bank(store)
    first, second = protected(store, [pdq(1), pdq(2)])
    for entry_id, minute in ((first, 1), (second, 5)):
        with store.write() as tx:
            tx.retire([entry_id], at=at(minute), **WHY)
    erased = []
    for minute in (3, 3, 6, 6):
        with store.write() as tx:
            erased.append(tx.erase(retired_before=at(minute), at=at(9), **WHY))
    assert erased == [1, 0, 1, 0]


def test_scrubbing_is_harmless_whether_or_not_there_is_something_to_scrub(store: Store) -> None:
    with_bank(store)
    store.scrub()
    gone, kept = protected(store, [pdq(1), pdq(2)])
    with store.write() as tx:
        tx.retire([gone], at=at(1), **WHY)
        tx.erase(retired_before=at(2), at=at(3), **WHY)
    store.scrub()
    store.scrub()
    with store.read() as reader:
        assert matching(reader, Kind.PDQ) == {kept: pdq(2).code}
    assert protected(store, [pdq(5)])[0] > kept
