"""Cases, sightings, decisions and tokens, in every store."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from contract.store_makers import T0, at, pdq, protected, with_bank
from unseen.act.records import Decision, DecisionKind, Sighting
from unseen.bank.records import Response
from unseen.base import Conflict, NotFound
from unseen.case.records import Case, CaseNumber, CaseStatus, Item
from unseen.case.statements import Acting, Age, Sharing, Statements
from unseen.desk.ports import Store
from unseen.desk.tokens import Scope, Token, digest_of
from unseen.fingerprint.records import View

CASE = Case(
    number=CaseNumber("0000-0000-0001"),
    pin_hash="$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
    opened_at=datetime(2026, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC),
    statements=Statements(acting=Acting.FOR_HER, sharing=Sharing.THREATENED, without_consent=True, age=Age.ADULT),
    items=(
        Item(number=1, day=date(2026, 3, 1), media="picture", is_perceptual=True),
        Item(number=2, day=date(2026, 2, 28), media="picture", is_perceptual=False),
    ),
)
HIT = Sighting(
    hit_id="HIT1",
    entry_id=1,
    bank="main",
    response=Response.REVIEW,
    distance=17,
    view=View.MIRRORED_90,
    place="#général",
    platform="chat",
    seen_at=at(1),
    as_of_seq=1,
)
TOKEN = Token(name="chat", digest=digest_of("unseen_a"), scopes=frozenset({Scope.SCREEN, Scope.BANK}), created_at=T0)


def test_a_case_comes_back_as_it_was_put(store: Store) -> None:
    with store.write() as tx:
        tx.put_case(CASE)
        assert tx.find_case(CASE.number) == CASE
    with store.read() as reader:
        assert reader.find_case(CASE.number) == CASE
        assert reader.find_case(CaseNumber("0000-0000-0002")) is None


def test_putting_a_case_again_replaces_it_and_its_items(store: Store) -> None:
    other = replace(CASE, number=CaseNumber("0000-0000-0002"))
    changed = replace(CASE, status=CaseStatus.WITHDRAWN, items=CASE.items[1:])
    for case in (CASE, other, changed):
        with store.write() as tx:
            tx.put_case(case)
    with store.read() as reader:
        assert reader.find_case(CASE.number) == changed
        assert reader.find_case(other.number) == other


def test_sightings_come_back_as_they_were_put(store: Store) -> None:
    with_bank(store)
    protected(store, [pdq(1)])
    exact = replace(HIT, hit_id="HIT2", distance=0, view=None, place=None)
    with store.write() as tx:
        tx.put_sightings([HIT, exact])
        tx.put_sightings([])
    with store.read() as reader:
        assert reader.sighting("HIT1") == HIT
        assert reader.sighting("HIT2") == exact
        with pytest.raises(NotFound):
            reader.sighting("HIT3")


def test_a_hit_id_is_taken_once(store: Store) -> None:
    with store.write() as tx:
        tx.put_sightings([HIT])
    with pytest.raises(Conflict), store.write() as tx:
        tx.put_sightings([replace(HIT, place="elsewhere")])
    with store.read() as reader:
        assert reader.sighting("HIT1") == HIT


def test_decisions_come_back_oldest_first(store: Store) -> None:
    later = Decision(hit_id="HIT1", kind=DecisionKind.WRONG, done="left", by="chat", at=at(9))
    earlier_clock = replace(later, kind=DecisionKind.CONFIRMED, done="removed", at=at(3))
    elsewhere = replace(later, hit_id="HIT2")
    with store.write() as tx:
        tx.put_sightings([HIT, replace(HIT, hit_id="HIT2")])
        for decision in (later, earlier_clock, elsewhere):
            tx.put_decision(decision)
    with store.read() as reader:
        assert reader.decisions("HIT1") == (later, earlier_clock)  # as they were made, whatever the clock said
        assert reader.decisions("HIT3") == ()


def test_a_decision_needs_its_hit(store: Store) -> None:
    decision = Decision(hit_id="HIT1", kind=DecisionKind.WRONG, done="left", by="chat", at=at(9))
    with pytest.raises(NotFound), store.write() as tx:
        tx.put_decision(decision)


def test_a_token_is_found_by_its_digest_alone(store: Store) -> None:
    admin = Token(name="admin", digest=digest_of("unseen_b"), scopes=frozenset({Scope.ADMIN}), created_at=at(1))
    with store.write() as tx:
        tx.put_token(TOKEN)
        tx.put_token(admin)
    with store.read() as reader:
        assert reader.token(TOKEN.digest) == TOKEN
        assert reader.token(digest_of("unseen_c")) is None
        assert reader.tokens() == (admin, TOKEN)


def test_a_revoked_token_opens_nothing_and_frees_its_name(store: Store) -> None:
    successor = replace(TOKEN, digest=digest_of("unseen_new"))
    with store.write() as tx:
        tx.put_token(TOKEN)
    with pytest.raises(Conflict), store.write() as tx:
        tx.put_token(successor)
    with store.write() as tx:
        tx.revoke_token("chat", at=at(1))
        assert tx.tokens() == ()
        tx.put_token(successor)
    with store.read() as reader:
        assert reader.token(TOKEN.digest) is None
        assert reader.tokens() == (successor,)


def test_revoking_what_is_not_in_force_is_refused(store: Store) -> None:
    with store.write() as tx:
        tx.put_token(TOKEN)
        tx.revoke_token("chat", at=at(1))
        for name in ("chat", "nobody"):
            with pytest.raises(NotFound):
                tx.revoke_token(name, at=at(2))
