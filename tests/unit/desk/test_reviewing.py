from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from support.node import Node, flipped, picture
from unseen.act.records import DecisionKind
from unseen.bank.formats import Listed, ListFormat
from unseen.bank.records import Bank, Response, Source, SourceKind
from unseen.base import BadImport, BadRequest, NotFound
from unseen.desk.bank_fingerprints import Banked, bank_fingerprints
from unseen.desk.decide_hit import decide_hit
from unseen.desk.export_list import export_list
from unseen.desk.forget import forget
from unseen.desk.review_entries import Judgement, review_entries

LIST = Source(kind=SourceKind.PROGRAMME, ref="a hotline's list")


def bank_it(node: Node, listed: list[Listed] | Iterator[Listed], bank: str = "cases", *, trust: bool = False) -> Banked:
    return bank_fingerprints(
        bank, listed, source=LIST, trust=trust, actor="ann", reason="a list", store=node.store, clock=node.clock
    )


def test_a_reviewers_word_turns_review_into_block(node: Node) -> None:
    node.open_case(picture(1))
    pdq = picture(1)[2]
    (sighting,) = node.screen(pdq, place="room 12").sightings
    decide_hit(sighting.hit_id, DecisionKind.CONFIRMED, "removed", by=node.platform, store=node.store, clock=node.clock)
    assert node.screen(pdq).verdict.response is Response.BLOCK


def test_a_confirmation_vouches_for_the_entry_that_was_hit_and_no_other(node: Node) -> None:
    """A case's fingerprints are the opener's word: the picture seen in a sha256 hit says nothing about its PDQ."""
    sha256, _, pdq = picture(1)
    node.open_case([sha256, pdq])
    (sighting,) = node.screen(sha256).sightings
    decide_hit(sighting.hit_id, DecisionKind.CONFIRMED, "removed", by=node.platform, store=node.store, clock=node.clock)
    assert node.screen(sha256).verdict.response is Response.BLOCK
    assert node.screen(pdq).verdict.response is Response.REVIEW


def test_a_wrong_match_leaves_the_entry_as_it_is(node: Node) -> None:
    node.open_case(picture(1))
    (sighting,) = node.screen(flipped(picture(1)[2], 31)).sightings
    decide_hit(sighting.hit_id, DecisionKind.WRONG, "left", by=node.platform, store=node.store, clock=node.clock)
    with node.store.read() as reader:
        assert [d.kind for d in reader.decisions(sighting.hit_id)] == [DecisionKind.WRONG]
    assert node.screen(picture(1)[2]).verdict.response is Response.REVIEW


def test_a_disputed_entry_is_looked_at_by_a_person(node: Node) -> None:
    (entry_id,) = bank_it(node, [Listed(fingerprint=picture(1)[2], is_confirmed=True)], trust=True).ids
    assert node.screen(picture(1)[2]).verdict.response is Response.BLOCK
    review_entries(
        [entry_id], Judgement.DISPUTE, actor="ben", reason="a press photo", store=node.store, clock=node.clock
    )
    assert node.screen(picture(1)[2]).verdict.response is Response.REVIEW


def test_another_platforms_hit_cannot_be_decided_or_probed(node: Node) -> None:
    node.open_case(picture(1))
    (sighting,) = node.screen(picture(1)[2]).sightings
    stranger = replace(node.platform, name="chat")
    for hit_id, who in ((sighting.hit_id, stranger), ("0" * 26, stranger)):
        with pytest.raises(NotFound, match="no such hit"):
            decide_hit(hit_id, DecisionKind.CONFIRMED, "", by=who, store=node.store, clock=node.clock)


def test_a_sighting_remembers_where_and_when_and_nothing_of_the_picture(node: Node) -> None:
    node.open_case(picture(1))
    (sighting,) = node.screen(picture(1)[2], place="room 12").sightings
    with node.store.read() as reader:
        kept = reader.sighting(sighting.hit_id)
    assert (kept.place, kept.platform, kept.seen_at) == ("room 12", "forum", node.clock.now())
    assert not any(isinstance(getattr(kept, name), bytes) for name in type(kept).__slots__)


def test_an_upload_that_matches_nothing_is_not_remembered(node: Node) -> None:
    assert node.screen(*picture(1)).sightings == ()


def test_each_bank_has_its_own_radius(node: Node) -> None:
    with node.store.write() as tx:
        tx.put_bank(Bank(name="narrow", radius_bits=5))
    bank_it(node, [Listed(fingerprint=picture(1)[2], is_confirmed=False)], "narrow")
    bank_it(node, [Listed(fingerprint=picture(2)[2], is_confirmed=False)])
    assert node.screen(flipped(picture(1)[2], 5)).verdict.response is Response.REVIEW
    assert node.screen(flipped(picture(1)[2], 6)).verdict.response is Response.ALLOW
    assert node.screen(flipped(picture(2)[2], 6)).verdict.response is Response.REVIEW


def test_a_lists_own_word_counts_only_where_the_operator_trusts_it(node: Node) -> None:
    listed = [Listed(fingerprint=picture(1)[2], is_confirmed=True)]
    bank_it(node, listed)
    assert node.screen(picture(1)[2]).verdict.response is Response.REVIEW
    bank_it(node, listed, trust=True)
    assert node.screen(picture(1)[2]).verdict.response is Response.BLOCK


def test_a_bad_line_imports_nothing(node: Node) -> None:
    def lines() -> Iterator[Listed]:
        for seed in range(20_000):
            yield Listed(fingerprint=picture(seed)[0], is_confirmed=False)
        raise BadImport("Line 20001: not a JSON object.")

    with pytest.raises(BadImport):
        bank_it(node, lines())
    with node.store.read() as reader:
        assert reader.last_seq() == 0


def test_featureless_fingerprints_of_a_list_are_left_out_and_counted(node: Node) -> None:
    listed = [Listed(fingerprint=f, is_confirmed=False) for f in (picture(1)[2], picture(2, quality=49)[2])]
    banked = bank_it(node, listed)
    assert (len(banked.ids), banked.featureless) == (1, 1)


def test_every_change_needs_a_reason(node: Node) -> None:
    with pytest.raises(BadRequest, match="reason"):
        review_entries([1], Judgement.CONFIRM, actor="ann", reason=" ", store=node.store, clock=node.clock)


def test_an_export_holds_what_matches_today(node: Node) -> None:
    kept, gone = node.open_case(picture(1)), node.open_case(picture(2))
    node.withdraw(gone)
    text = "".join(export_list("cases", ListFormat.JSONL, store=node.store))
    assert picture(1)[2].hex in text
    assert picture(2)[2].hex not in text
    assert str(kept.case.number) not in text


def test_what_was_withdrawn_is_forgotten_after_the_set_time(node: Node) -> None:
    node.withdraw(node.open_case(picture(1)))
    node.clock.move(timedelta(days=29))
    assert forget(timedelta(days=30), store=node.store, index=node.index, clock=node.clock) == 0
    node.clock.move(timedelta(days=1, seconds=1))
    assert forget(timedelta(days=30), store=node.store, index=node.index, clock=node.clock) == 3
    with node.store.read() as reader:
        entries = reader.list_entries("cases", after_id=0, limit=10)
    assert [e.fingerprint for e in entries] == [None, None, None]
