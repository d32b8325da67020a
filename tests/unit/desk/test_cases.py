from collections.abc import Iterator

import pytest

from support.node import GOOD, Node, flipped, picture
from unseen.bank.records import EntryEvent, EntryState, Response
from unseen.base import BadMedia, BadRequest, CaseRefused, CaseUnknown
from unseen.case import Acting, Age, CaseNumber, CaseStatus, Pin, Sharing, Statements
from unseen.desk.open_case import open_case
from unseen.desk.show_case import show_case
from unseen.fingerprint.records import Fingerprint, Kind


@pytest.mark.parametrize("age", [Age.UNDER_18, Age.UNKNOWN])
def test_no_file_is_read_when_someone_may_have_been_under_18(node: Node, age: Age) -> None:
    def files() -> Iterator[list[Fingerprint]]:
        raise AssertionError("a file was read")
        yield []

    statements = Statements(acting=Acting.MYSELF, sharing=Sharing.SHARED, without_consent=True, age=age)
    with pytest.raises(CaseRefused):
        open_case(statements, files(), store=node.store, pins=node.pins, clock=node.clock, random_bits=node.random_bits)


def test_a_case_protects_from_the_moment_it_is_open(node: Node) -> None:
    sha256, _, pdq = picture(1)
    assert node.screen(pdq).verdict.response is Response.ALLOW
    node.open_case(picture(1))
    assert node.screen(flipped(pdq, 31)).verdict.response is Response.REVIEW
    assert node.screen(flipped(pdq, 32)).verdict.response is Response.ALLOW
    assert node.screen(sha256).verdict.findings[0].view is None


def test_a_file_that_cannot_be_read_leaves_no_half_case(node: Node) -> None:
    def files() -> Iterator[list[Fingerprint]]:
        yield picture(1)
        raise BadMedia("not a picture")

    with pytest.raises(BadMedia):
        open_case(GOOD, files(), store=node.store, pins=node.pins, clock=node.clock, random_bits=node.random_bits)
    with node.store.read() as reader:
        assert reader.last_seq() == 0


def test_a_case_needs_a_picture(node: Node) -> None:
    with pytest.raises(BadRequest, match="at least one"):
        node.open_case()


def test_a_featureless_picture_is_found_only_as_the_same_file(node: Node) -> None:
    sha256, _, pdq = black = picture(1, quality=0)
    opened = node.open_case(black)
    assert not opened.case.items[0].is_perceptual
    assert node.screen(sha256).verdict.response is Response.REVIEW
    assert node.screen(pdq).verdict.response is Response.ALLOW
    with node.store.read() as reader:
        kinds = {e.fingerprint.kind for _, e in reader.case_entries(opened.case.number) if e.fingerprint}
    assert Kind.PDQ not in kinds


def test_choosing_the_file_again_finds_its_item(node: Node) -> None:
    opened = node.open_case(picture(1), picture(2))
    shown = show_case(
        opened.case.number, opened.pin, files=[picture(2), picture(3), picture(1)], store=node.store, pins=node.pins
    )
    assert shown.found == (2, None, 1)


def test_a_case_finds_only_its_own_items_among_everyones(node: Node) -> None:
    node.open_case(picture(1))
    other = node.open_case(picture(2))
    shown = show_case(other.case.number, other.pin, files=[picture(1)], store=node.store, pins=node.pins)
    assert shown.found == (None,)


def test_a_withdrawn_case_stops_matching_at_once(node: Node) -> None:
    opened = node.open_case(picture(1))
    node.withdraw(opened)
    screened = node.screen(*picture(1))
    assert screened.verdict.response is Response.ALLOW
    assert screened.verdict.findings == ()
    shown = show_case(opened.case.number, opened.pin, store=node.store, pins=node.pins)
    assert shown.case.status is CaseStatus.WITHDRAWN


def test_one_withdrawal_leaves_the_other_cases_protection_of_the_same_picture(node: Node) -> None:
    hers, theirs = node.open_case(picture(1)), node.open_case(picture(1))
    node.withdraw(hers)
    assert node.screen(*picture(1)).verdict.response is Response.REVIEW
    node.withdraw(theirs)
    assert node.screen(*picture(1)).verdict.response is Response.ALLOW


def test_a_receipt_is_the_same_whether_or_not_another_case_holds_the_picture(node: Node) -> None:
    alone, shared = node.open_case(picture(1)), node.open_case(picture(2))
    node.open_case(picture(2))
    receipts = [node.withdraw(alone), node.withdraw(shared)]
    assert receipts[0].withdrawn_at == receipts[1].withdrawn_at
    assert {type(r).__slots__ for r in receipts} == {("case", "withdrawn_at")}


def test_withdrawing_twice_is_harmless(node: Node) -> None:
    opened = node.open_case(picture(1))
    node.withdraw(opened)
    assert node.withdraw(opened).case == opened.case.number


def test_nobody_withdraws_without_the_pin(node: Node) -> None:
    opened = node.open_case(picture(1))
    wrong = Pin("00000000")
    with pytest.raises(CaseUnknown):
        show_case(opened.case.number, wrong, store=node.store, pins=node.pins)
    with pytest.raises(CaseUnknown):
        show_case(CaseNumber.parse("0" * 12), opened.pin, store=node.store, pins=node.pins)
    assert node.screen(*picture(1)).verdict.response is Response.REVIEW


def test_an_entry_ends_only_with_its_last_claim(node: Node) -> None:
    hers = node.open_case(picture(1))
    node.open_case(picture(1))
    node.withdraw(hers)
    with node.store.read() as reader:
        events = [c.event for c in reader.changes(after=0, limit=100)]
        entries = reader.list_entries("cases", after_id=0, limit=10)
    assert events.count(EntryEvent.LEFT) == 3
    assert EntryEvent.RETIRED not in events
    assert {e.state for e in entries} == {EntryState.ACTIVE}
    assert all(len(e.provenances) == 2 for e in entries)
