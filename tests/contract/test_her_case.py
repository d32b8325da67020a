"""What she and her helpers do with a case, over every store."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from support.letters import Letterbox, plain_letter
from support.node import GOOD, HandClock, QuickPins, picture
from unseen.bank.records import Bank
from unseen.base import BadRequest, CaseUnknown, Conflict, MailNotSent
from unseen.case import CaseNumber, CaseStatus, Contact, Keys, LinkSigner, Pin, PinKeeper, RecoveryCode
from unseen.desk.add_items import add_items, add_to_entered
from unseen.desk.enter_case import Entered, end_sessions, enter_case
from unseen.desk.follow_case import FollowedCase, follow_case
from unseen.desk.items import CASE_BANK, MAX_ITEMS
from unseen.desk.keep_contact import delete_contact, keep_contact
from unseen.desk.once import KEPT_FOR, Once
from unseen.desk.open_case import OpenedCase, open_case, opened_before
from unseen.desk.ports import Store
from unseen.desk.recover_case import Locksmith, renew_with_code, renew_with_link, renew_with_pin
from unseen.desk.recovery_links import LinkTooEarly, ask_for_link, send_links, stop_link, stop_link_by_token
from unseen.desk.withdraw_case import withdraw_entered, withdraw_item
from unseen.fingerprint.records import Fingerprint

CONTACT = Contact(address="ada@example.org", language="en")
NOBODY = CaseNumber("0000-0000-0000")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Desk:
    """The use cases over one store."""

    store: Store
    clock: HandClock = field(default_factory=HandClock)
    pins: PinKeeper = field(default_factory=QuickPins)
    links: LinkSigner = field(default_factory=lambda: LinkSigner(bytes(32)))
    mail: Letterbox = field(default_factory=Letterbox)
    random_bits: Callable[[int], int] = field(default_factory=lambda: random.Random(4).getrandbits)

    def open(self, *seeds: int, once: Once | None = None, contact: Contact | None = None) -> OpenedCase:
        return open_case(
            GOOD,
            [picture(seed) for seed in seeds],
            once=once,
            contact=contact,
            store=self.store,
            pins=self.pins,
            clock=self.clock,
            random_bits=self.random_bits,
        )

    def enter(self, number: CaseNumber, pin: Pin) -> Entered:
        return enter_case(number, pin, store=self.store, pins=self.pins)

    def follow(self, entered: Entered) -> FollowedCase:
        return follow_case(entered, store=self.store, clock=self.clock)

    def told(self, number: CaseNumber, session_round: int = 0) -> list[str]:
        return [line.happening.value for line in self.follow(Entered(number, session_round)).timeline]

    @property
    def locksmith(self) -> Locksmith:
        return Locksmith(store=self.store, pins=self.pins, clock=self.clock, random_bits=self.random_bits)

    def renew(self, number: CaseNumber, code: RecoveryCode, once: Once) -> Keys:
        return renew_with_code(number, code, once=once, by=self.locksmith)

    def use_link(self, number: CaseNumber, token: str, key: str = "z") -> Keys:
        return renew_with_link(number, token, links=self.links, once=request(key), by=self.locksmith)

    def ask(self, number: CaseNumber) -> None:
        ask_for_link(number, store=self.store, clock=self.clock)

    def post(self) -> int:
        return send_links(letter=plain_letter, links=self.links, mail=self.mail, store=self.store, clock=self.clock)

    def sent_token(self) -> str:
        self.post()
        return self.mail.letters[-1][1].text


@pytest.fixture
def desk(store: Store) -> Desk:
    with store.write() as tx:
        tx.put_bank(Bank(name=CASE_BANK))
    return Desk(store)


def request(key: str, content: bytes = b"the same") -> Once:
    return Once.of(key * 32, "test", content)


# ---- opening, and sending twice ----


def test_a_request_that_is_sent_twice_opens_one_case(desk: Desk) -> None:
    first = desk.open(1, once=request("a"))
    seq = _last_seq(desk)
    again = desk.open(1, once=request("a"))
    assert (again.case.number, again.pin, again.recovery_code) == (
        first.case.number,
        first.pin,
        first.recovery_code,
    )
    assert _last_seq(desk) == seq, "nothing was banked again"
    assert opened_before(request("a"), store=desk.store, clock=desk.clock) == again
    assert opened_before(request("b"), store=desk.store, clock=desk.clock) is None
    assert desk.open(1, once=request("b")).case.number != first.case.number


def test_two_at_a_time_are_one_all_the_same(desk: Desk) -> None:
    opened: list[OpenedCase] = []
    threads = [threading.Thread(target=lambda: opened.append(desk.open(1, once=request("a")))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({(each.case.number, each.pin, each.recovery_code) for each in opened}) == 1
    assert len(opened) == 3


def test_a_key_of_one_request_answers_no_other_and_not_for_long(desk: Desk) -> None:
    first = desk.open(1, once=request("a"))
    with pytest.raises(Conflict):
        desk.open(1, once=request("a", b"another"))
    desk.clock.move(KEPT_FOR)
    assert desk.open(1, once=request("a", b"another")).case.number != first.case.number


@pytest.mark.parametrize("key", ["", "short", "a" * 65, "a" * 21 + "é" * 5, "a b" * 10])
def test_a_key_that_can_be_guessed_is_refused(key: str) -> None:
    with pytest.raises(BadRequest):
        Once.of(key, "test", b"")


def test_no_answer_is_told_apart_where_the_picture_is_banked_already(desk: Desk) -> None:
    """The same shape, and the same number of changes to the store."""
    grown = []
    for seeds in ((1, 2), (1, 2), (3, 4)):
        before = _last_seq(desk)
        opened = desk.open(*seeds)
        added = add_items(
            opened.case.number,
            opened.pin,
            [picture(seed + 10) for seed in seeds],
            store=desk.store,
            pins=desk.pins,
            clock=desk.clock,
        )
        grown.append((opened.case.items, added, _last_seq(desk) - before))
    assert grown[0] == grown[1] == grown[2]


# ---- adding ----


def test_what_is_added_is_protected_as_what_was_there(desk: Desk) -> None:
    opened = desk.open(1)
    number, pin = opened.case.number, opened.pin

    def add(*seeds: int, once: Once | None = None) -> list[int]:
        files = [picture(seed) for seed in seeds]
        items = add_items(number, pin, files, once=once, store=desk.store, pins=desk.pins, clock=desk.clock)
        return [item.number for item in items]

    assert add(2, 3) == [2, 3]
    assert add(4, once=request("a")) == [4]
    assert add(4, once=request("a")) == [4]
    followed = desk.follow(Entered(number, 0))
    assert [each.item.number for each in followed.items if each.is_protected] == [1, 2, 3, 4]
    with desk.store.read() as reader:
        assert len(reader.case_entries(number)) == 4 * len(picture(1))
    with pytest.raises(CaseUnknown):
        add_items(number, Pin("0" * 8), [picture(5)], store=desk.store, pins=desk.pins, clock=desk.clock)


def test_numbers_of_items_never_come_back(desk: Desk) -> None:
    entered = Entered(desk.open(1, 2).case.number, 0)
    withdraw_item(entered, 2, store=desk.store, clock=desk.clock)
    (added,) = add_to_entered(entered, [picture(2)], store=desk.store, clock=desk.clock)
    assert added.number == 3


def test_a_withdrawn_case_and_a_full_one_take_no_more(desk: Desk) -> None:
    entered = Entered(desk.open(1).case.number, 0)
    digests: list[list[Fingerprint]] = [picture(seed)[:1] for seed in range(MAX_ITEMS)]
    with pytest.raises(Conflict, match="at most"):
        add_to_entered(entered, digests, store=desk.store, clock=desk.clock)
    withdraw_entered(entered, store=desk.store, clock=desk.clock)
    with pytest.raises(Conflict, match="withdrawn"):
        add_to_entered(entered, [picture(2)], store=desk.store, clock=desk.clock)
    with desk.store.read() as reader:
        assert reader.case_entries(entered.number) == ()


# ---- sessions ----


def test_signing_out_ends_every_session(desk: Desk) -> None:
    opened = desk.open(1)
    here, there = (desk.enter(opened.case.number, opened.pin) for _ in range(2))
    end_sessions(here, store=desk.store)
    for entered in (here, there):
        with pytest.raises(CaseUnknown):
            desk.follow(entered)
        with pytest.raises(CaseUnknown):
            withdraw_entered(entered, store=desk.store, clock=desk.clock)
    assert desk.follow(desk.enter(opened.case.number, opened.pin)).case.status is CaseStatus.PROTECTED


# ---- a lost PIN ----


def test_the_recovery_code_gives_new_keys_once(desk: Desk) -> None:
    opened = desk.open(1)
    number, before = opened.case.number, desk.enter(opened.case.number, opened.pin)
    keys = desk.renew(number, opened.recovery_code, request("a"))
    assert keys == desk.renew(number, opened.recovery_code, request("a")), "the browser sent it again"
    assert desk.enter(number, keys.pin) == Entered(number, 1)
    for tried in (lambda: desk.enter(number, opened.pin), lambda: desk.follow(before)):
        with pytest.raises(CaseUnknown):
            tried()
    with pytest.raises(CaseUnknown):
        desk.renew(number, opened.recovery_code, request("b"))
    desk.renew(number, keys.recovery_code, request("c"))
    assert desk.told(number, 2)[-2:] == ["keys-renewed", "keys-renewed"]


def test_a_wrong_code_and_a_wrong_number_are_one(desk: Desk) -> None:
    opened, other = desk.open(1), desk.open(2)
    for number, code in ((opened.case.number, other.recovery_code), (NOBODY, opened.recovery_code)):
        with pytest.raises(CaseUnknown):
            desk.renew(number, code, request("a"))
    with desk.store.write() as tx:
        tx.put_case(replace(opened.case, recovery_hash=None))  # opened before there were codes
    with pytest.raises(CaseUnknown):
        desk.renew(opened.case.number, opened.recovery_code, request("a"))


def test_whoever_fears_for_her_pin_changes_it_with_the_old_one(desk: Desk) -> None:
    opened = desk.open(1)
    number = opened.case.number
    entered = desk.enter(number, opened.pin)
    with pytest.raises(CaseUnknown):
        renew_with_pin(entered, Pin("0" * 8), once=request("a"), by=desk.locksmith)
    keys = renew_with_pin(entered, opened.pin, once=request("b"), by=desk.locksmith)
    assert keys == renew_with_pin(entered, opened.pin, once=request("b"), by=desk.locksmith)
    with pytest.raises(CaseUnknown):
        renew_with_pin(entered, keys.pin, once=request("c"), by=desk.locksmith)
    with pytest.raises(CaseUnknown):
        desk.renew(number, opened.recovery_code, request("d"))
    assert desk.enter(number, keys.pin).session_round == 1


# ---- a link to her contact ----


def test_a_link_works_after_72_hours_and_for_a_week(desk: Desk) -> None:
    number = desk.open(1, contact=CONTACT).case.number
    desk.ask(number)
    token = desk.sent_token()
    assert desk.mail.letters[0][0] == CONTACT.address
    assert desk.told(number)[-1] == "link-asked"
    desk.clock.move(72 * HOUR - timedelta(seconds=1))
    with pytest.raises(LinkTooEarly):
        desk.use_link(number, token)
    desk.clock.move(timedelta(seconds=1))
    keys = desk.use_link(number, token)
    assert keys == desk.use_link(number, token)
    assert desk.enter(number, keys.pin).session_round == 1
    with pytest.raises(CaseUnknown):
        desk.use_link(number, token, key="y")  # once


def test_a_link_is_over_after_its_week(desk: Desk) -> None:
    number = desk.open(1, contact=CONTACT).case.number
    desk.ask(number)
    token = desk.sent_token()
    desk.clock.move(10 * DAY)
    with pytest.raises(CaseUnknown):
        desk.use_link(number, token)


def test_a_link_that_she_stops_works_no_more_and_none_follows_for_days(desk: Desk) -> None:
    number = desk.open(1, contact=CONTACT).case.number
    desk.ask(number)
    token = desk.sent_token()
    assert desk.follow(Entered(number, 0)).link is not None
    stop_link(Entered(number, 0), store=desk.store, clock=desk.clock)
    assert desk.follow(Entered(number, 0)).link is None
    assert desk.told(number)[-2:] == ["link-asked", "link-stopped"]
    desk.clock.move(4 * DAY)
    with pytest.raises(CaseUnknown):
        desk.use_link(number, token)
    desk.ask(number)
    assert desk.post() == 0
    desk.clock.move(6 * DAY)
    desk.ask(number)
    assert desk.post() == 1


def test_whoever_got_a_link_without_asking_stops_it(desk: Desk) -> None:
    number, other = desk.open(1, contact=CONTACT).case.number, desk.open(2, contact=CONTACT).case.number
    desk.ask(number)
    token = desk.sent_token()
    for wrong_number, wrong_token in ((other, token), (NOBODY, token), (number, token[::-1])):
        with pytest.raises(CaseUnknown):
            stop_link_by_token(wrong_number, wrong_token, links=desk.links, store=desk.store, clock=desk.clock)
    stop_link_by_token(number, token, links=desk.links, store=desk.store, clock=desk.clock)
    desk.clock.move(4 * DAY)
    with pytest.raises(CaseUnknown):
        desk.use_link(number, token)


def test_asking_often_sends_one_letter_and_moves_no_date(desk: Desk) -> None:
    number = desk.open(1, contact=CONTACT).case.number
    for _ in range(5):
        desk.ask(number)
        desk.post()
        desk.clock.move(12 * HOUR)
    assert len(desk.mail.letters) == 1
    desk.clock.move(12 * HOUR)
    desk.use_link(number, desk.mail.letters[0][1].text)


def test_without_a_contact_or_a_case_nothing_is_sent(desk: Desk) -> None:
    for number in (NOBODY, desk.open(1).case.number):
        desk.ask(number)
    assert desk.post() == 0
    assert "link-asked" not in desk.told(number)


def test_a_letter_that_was_not_taken_is_sent_later(desk: Desk) -> None:
    number = desk.open(1, contact=CONTACT).case.number
    desk.ask(number)
    desk.mail.is_away = True
    with pytest.raises(MailNotSent):
        desk.post()
    desk.mail.is_away = False
    assert [desk.post(), desk.post()] == [1, 0]


# ---- contacts ----


def test_a_contact_is_kept_and_deleted_at_once(desk: Desk) -> None:
    entered = Entered(desk.open(1).case.number, 0)
    keep_contact(entered, CONTACT, store=desk.store, clock=desk.clock)
    assert desk.follow(entered).has_contact
    desk.ask(entered.number)
    token = desk.sent_token()
    for _ in range(2):
        delete_contact(entered, store=desk.store, clock=desk.clock)
    assert not desk.follow(entered).has_contact
    assert sorted(desk.told(entered.number)[-3:]) == ["contact-deleted", "contact-kept", "link-asked"]
    desk.clock.move(4 * DAY)
    with pytest.raises(CaseUnknown):
        desk.use_link(entered.number, token)


def test_another_contact_takes_the_link_of_the_first(desk: Desk) -> None:
    entered = Entered(desk.open(1, contact=CONTACT).case.number, 0)
    desk.ask(entered.number)
    token = desk.sent_token()
    keep_contact(entered, Contact(address="b@example.org", language="en"), store=desk.store, clock=desk.clock)
    desk.clock.move(4 * DAY)
    with pytest.raises(CaseUnknown):
        desk.use_link(entered.number, token)


@pytest.mark.parametrize("item", [None, 1])
def test_a_contact_is_forgotten_with_the_case(desk: Desk, item: int | None) -> None:
    entered = Entered(desk.open(1, contact=CONTACT).case.number, 0)
    desk.ask(entered.number)
    if item is None:
        withdraw_entered(entered, store=desk.store, clock=desk.clock)
    else:
        withdraw_item(entered, item, store=desk.store, clock=desk.clock)
    with desk.store.read() as reader:
        assert (reader.find_contact(entered.number), reader.find_link(entered.number)) == (None, None)
    with pytest.raises(Conflict):
        keep_contact(entered, CONTACT, store=desk.store, clock=desk.clock)


@pytest.mark.parametrize(
    "typed", ["", "ada", "ada@", "@example.org", "ada@example", "a b@example.org", "a@example.org\nBcc: x", "é@a.org"]
)
def test_what_is_no_address_is_kept_nowhere(typed: str) -> None:
    with pytest.raises(BadRequest):
        Contact.parse(typed, "en")


def _last_seq(desk: Desk) -> int:
    with desk.store.read() as reader:
        return reader.last_seq()
