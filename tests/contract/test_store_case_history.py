"""What a store tells of a case's claims and of what was found, in every store."""

from dataclasses import replace
from datetime import datetime

import pytest

from contract.store_makers import at, pdq, with_bank
from contract.test_store_records import HIT
from unseen.act.records import Decision, DecisionKind
from unseen.bank.records import Source, SourceKind
from unseen.case.records import CaseNumber
from unseen.desk.ports import ConfirmedMatch, ItemClaim, Store

NUMBER, OTHER = CaseNumber("0000-0000-0001"), CaseNumber("0000-0000-0002")


def claim(store: Store, number: CaseNumber, item: int, seeds: list[int], when: datetime) -> tuple[int, ...]:
    with store.write() as tx:
        return tx.protect(
            "main",
            [pdq(seed) for seed in seeds],
            source=Source(kind=SourceKind.CASE, ref=str(number), item=item),
            confirmed_by=None,
            actor="case",
            reason="r",
            at=when,
        )


def end(store: Store, number: CaseNumber, item: int | None, when: datetime) -> None:
    with store.write() as tx:
        tx.end_claims(Source(kind=SourceKind.CASE, ref=str(number), item=item), actor="case", reason="r", at=when)


def hit(store: Store, name: str, entry_id: int, when: datetime, *kinds: DecisionKind) -> None:
    with store.write() as tx:
        tx.put_sightings([replace(HIT, hit_id=name, entry_id=entry_id, seen_at=when)])
        for kind in kinds:
            tx.put_decision(Decision(hit_id=name, kind=kind, done="removed", by="chat", at=at(50)))


@pytest.fixture(autouse=True)
def _bank(store: Store) -> None:
    with_bank(store)


def test_an_item_is_claimed_until_its_last_claim_ended(store: Store) -> None:
    claim(store, NUMBER, 1, [1, 2], at(1))
    claim(store, NUMBER, 2, [3], at(2))
    claim(store, OTHER, 1, [1], at(3))
    end(store, NUMBER, 2, at(4))
    with store.read() as reader:
        assert reader.case_claims(NUMBER) == (
            ItemClaim(item=1, since=at(1), ended_at=None),
            ItemClaim(item=2, since=at(2), ended_at=at(4)),
        )
        assert reader.case_claims(CaseNumber("0000-0000-0003")) == ()
    claim(store, NUMBER, 2, [3], at(5))
    with store.read() as reader:
        assert reader.case_claims(NUMBER)[1] == ItemClaim(item=2, since=at(2), ended_at=None)


def test_a_match_is_a_hit_whose_newest_decision_is_confirmed(store: Store) -> None:
    (entry,) = claim(store, NUMBER, 1, [1], at(1))
    yes, no, disputed = DecisionKind.CONFIRMED, DecisionKind.WRONG, DecisionKind.DISPUTED
    for number, kinds in enumerate([(), (yes,), (yes, no), (no, yes), (disputed,), (yes, disputed)]):
        hit(store, f"HIT{number}", entry, at(10 + number), *kinds)
    with store.read() as reader:
        assert reader.case_matches(NUMBER) == tuple(
            ConfirmedMatch(item=1, platform="chat", seen_at=at(when), confirmed_at=at(50)) for when in (11, 13)
        )


def test_only_hits_of_the_time_of_its_own_claim_are_a_cases(store: Store) -> None:
    (entry,) = claim(store, OTHER, 7, [1], at(1))
    for when in (5, 10, 15, 20, 25):
        hit(store, f"HIT{when}", entry, at(when), DecisionKind.CONFIRMED)
    claim(store, NUMBER, 1, [1, 2], at(10))
    end(store, NUMBER, None, at(20))
    with store.read() as reader:
        assert [match.seen_at for match in reader.case_matches(NUMBER)] == [at(10), at(15)]
        assert [(m.item, m.seen_at) for m in reader.case_matches(OTHER)] == [(7, at(w)) for w in (5, 10, 15, 20, 25)]
        assert reader.case_matches(CaseNumber("0000-0000-0003")) == ()
