"""She comes back to her case, follows it and takes back one item or all."""

from datetime import date, timedelta

import pytest

from support.node import Node, picture
from unseen.act.records import DecisionKind
from unseen.bank.records import Response
from unseen.base import CaseUnknown, NotFound
from unseen.case import CaseNumber, CaseStatus, Pin
from unseen.desk.decide_hit import decide_hit
from unseen.desk.enter_case import Entered, enter_case
from unseen.desk.follow_case import FollowedCase, Happening, follow_case
from unseen.desk.open_case import OpenedCase
from unseen.desk.withdraw_case import withdraw_entered, withdraw_item

DAY = timedelta(days=1)


def followed(node: Node, opened: OpenedCase) -> FollowedCase:
    return follow_case(Entered(opened.case.number, 0), store=node.store, clock=node.clock)


def told(node: Node, opened: OpenedCase) -> list[tuple[str, date, int | None, str | None]]:
    return [(line.happening, line.day, line.item, line.platform) for line in followed(node, opened).timeline]


def seen(node: Node, seed: int) -> str:
    """An upload of the picture; the hit's id."""
    return node.screen(*picture(seed), place="room 7").sightings[0].hit_id


def decided(node: Node, hit: str, kind: DecisionKind) -> None:
    decide_hit(hit, kind, "account closed", by=node.platform, store=node.store, clock=node.clock)


def test_number_and_pin_enter_and_nothing_else_does(node: Node) -> None:
    opened, other = node.open_case(picture(1)), node.open_case(picture(2))
    number = opened.case.number
    assert enter_case(number, opened.pin, store=node.store, pins=node.pins) == Entered(number, 0)
    for tried, pin in [(number, other.pin), (CaseNumber("0000-0000-0000"), opened.pin), (number, Pin("0" * 16))]:
        with pytest.raises(CaseUnknown):
            enter_case(tried, pin, store=node.store, pins=node.pins)


def test_the_timeline_begins_with_receipt_and_protection(node: Node) -> None:
    opened, today = node.open_case(picture(1), picture(2)), node.clock.now().date()
    assert told(node, opened) == [
        (Happening.OPENED, today, None, None),
        (Happening.PROTECTED, today, 1, None),
        (Happening.PROTECTED, today, 2, None),
    ]
    assert [each.is_protected for each in followed(node, opened).items] == [True, True]


def test_an_unconfirmed_case_learns_nothing(node: Node) -> None:
    opened = node.open_case(picture(1))
    before = followed(node, opened)
    for kind in (None, DecisionKind.WRONG, DecisionKind.DISPUTED):
        hit = seen(node, 1)
        if kind is not None:
            decided(node, hit, kind)
        node.clock.move(2 * DAY)
        assert followed(node, opened) == before


def test_a_confirmed_match_is_told_a_day_later_as_platform_and_day_only(node: Node) -> None:
    opened = node.open_case(picture(1))
    node.clock.move(DAY)
    day, hit = node.clock.now().date(), seen(node, 1)
    node.clock.move(DAY)
    decided(node, hit, DecisionKind.CONFIRMED)
    assert Happening.MATCHED not in [line.happening for line in followed(node, opened).timeline]
    node.clock.move(DAY)
    assert told(node, opened)[2:] == [(Happening.MATCHED, day, 1, "forum")]
    assert "room 7" not in repr(followed(node, opened))
    assert "account closed" not in repr(followed(node, opened))


def test_a_platform_and_day_are_told_once_however_many_copies_there_were(node: Node) -> None:
    opened = node.open_case(picture(1))
    for _ in range(3):
        for sighting in node.screen(*picture(1)).sightings:
            decided(node, sighting.hit_id, DecisionKind.CONFIRMED)
    node.clock.move(DAY)
    assert [line[0] for line in told(node, opened)].count(Happening.MATCHED) == 1


def test_a_reviewer_who_takes_it_back_takes_it_off_the_timeline(node: Node) -> None:
    opened = node.open_case(picture(1))
    hit = seen(node, 1)
    decided(node, hit, DecisionKind.CONFIRMED)
    decided(node, hit, DecisionKind.WRONG)
    node.clock.move(DAY)
    assert Happening.MATCHED not in [line.happening for line in followed(node, opened).timeline]


def test_what_was_found_before_a_case_or_after_its_withdrawal_is_none_of_its_business(node: Node) -> None:
    first = node.open_case(picture(1))
    decided(node, seen(node, 1), DecisionKind.CONFIRMED)
    node.clock.move(DAY)
    late = node.open_case(picture(1))
    early = node.open_case(picture(1))
    node.withdraw(early)
    node.clock.move(DAY)
    decided(node, seen(node, 1), DecisionKind.CONFIRMED)
    node.clock.move(DAY)
    count = {
        name: [line[0] for line in told(node, case)].count(Happening.MATCHED)
        for name, case in (("first", first), ("late", late), ("early", early))
    }
    assert count == {"first": 2, "late": 1, "early": 0}


def test_one_item_is_withdrawn_at_once_and_the_other_stays(node: Node) -> None:
    opened = node.open_case(picture(1), picture(2))
    withdraw_item(Entered(opened.case.number, 0), 1, store=node.store, clock=node.clock)
    assert node.screen(*picture(1)).verdict.response is Response.ALLOW
    assert node.screen(*picture(2)).verdict.response is Response.REVIEW
    shown = followed(node, opened)
    assert (shown.case.status, [each.is_protected for each in shown.items]) == (CaseStatus.PROTECTED, [False, True])
    assert shown.timeline[-1].happening is Happening.ITEM_ENDED


def test_the_last_item_withdraws_the_case(node: Node) -> None:
    opened = node.open_case(picture(1), picture(2))
    entered = Entered(opened.case.number, 0)
    for item in (1, 2, 2):
        node.clock.move(DAY)
        withdraw_item(entered, item, store=node.store, clock=node.clock)
    shown = followed(node, opened)
    assert shown.case.status is CaseStatus.WITHDRAWN
    assert [line.happening for line in shown.timeline[-2:]] == [Happening.ITEM_ENDED, Happening.ENDED]


def test_everything_is_withdrawn_in_one_line(node: Node) -> None:
    opened = node.open_case(picture(1), picture(2))
    node.clock.move(DAY)
    withdraw_entered(Entered(opened.case.number, 0), store=node.store, clock=node.clock)
    assert [line[0] for line in told(node, opened)][3:] == [Happening.ENDED]
    assert node.screen(*picture(1)).verdict.response is Response.ALLOW


def test_an_item_that_is_not_there_is_said_to_be_missing(node: Node) -> None:
    opened = node.open_case(picture(1))
    with pytest.raises(NotFound):
        withdraw_item(Entered(opened.case.number, 0), 2, store=node.store, clock=node.clock)
    assert node.screen(*picture(1)).verdict.response is Response.REVIEW
