import random
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.base import CaseRefused, CaseUnknown, Conflict
from unseen.case import (
    Acting,
    Age,
    Case,
    CaseEvent,
    CaseNumber,
    CaseStatus,
    Pin,
    PinKeeper,
    Sharing,
    Statements,
    after,
    services_for_minors,
)

SECRET = bytes(range(32))
GOOD = Statements(acting=Acting.MYSELF, sharing=Sharing.SHARED, without_consent=True, age=Age.ADULT)


def a_case(number: CaseNumber, pin_hash: str, status: CaseStatus = CaseStatus.OPEN) -> Case:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return Case(number=number, pin_hash=pin_hash, opened_at=now, statements=GOOD, status=status)


@pytest.mark.parametrize("age", [Age.UNDER_18, Age.UNKNOWN])
def test_someone_who_may_have_been_under_18_is_sent_to_the_right_services(age: Age) -> None:
    statements = Statements(acting=Acting.MYSELF, sharing=Sharing.SHARED, without_consent=True, age=age)
    with pytest.raises(CaseRefused) as refusal:
        statements.require_eligible()
    assert "https://takeitdown.ncmec.org" in str(refusal.value)
    assert all(each.name in str(refusal.value) for each in services_for_minors() if not each.places)


def test_a_case_is_about_missing_consent() -> None:
    with pytest.raises(CaseRefused, match="consent"):
        Statements(
            acting=Acting.FOR_HER, sharing=Sharing.THREATENED, without_consent=False, age=Age.ADULT
        ).require_eligible()


@given(st.integers(0, 2**64))
def test_a_case_number_is_read_back_as_people_type_it(seed: int) -> None:
    number = CaseNumber.new(random.Random(seed).getrandbits)
    typed = str(number).lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert CaseNumber.parse(f"  {typed} ") == number


def test_a_case_number_has_at_least_50_random_bits() -> None:
    asked: list[int] = []

    def random_bits(bits: int) -> int:
        asked.append(bits)
        return 0

    CaseNumber.new(random_bits)
    assert sum(asked) >= 50


@pytest.mark.parametrize("typed", ["", "hello world", "K7PD", "K7PD-4TQ9-X2MB-AAAA-AAAA", "K7PD-4TQ9-X2M!"])
def test_a_mistyped_number_is_answered_like_an_unknown_one(typed: str) -> None:
    with pytest.raises(CaseUnknown):
        CaseNumber.parse(typed)


def test_a_pin_has_eight_digits_and_is_never_printed_by_accident() -> None:
    pin = Pin.new(random.Random(7).getrandbits)
    assert len(pin.digits) == 8
    assert pin.digits not in repr(pin)
    assert pin.digits not in f"{pin}"


@pytest.mark.parametrize(
    "typed",
    ["1234 5678", "1234-5678", "\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18", " 12345678\n", "1234\u30005678"],
)
def test_a_pin_is_understood_as_people_type_it(typed: str) -> None:
    assert Pin.parse(typed) == Pin("12345678")


@pytest.mark.parametrize("typed", ["", "1234567", "abcdefgh", "1" * 17, "\u0661234567x"])
def test_a_pin_that_is_none_is_answered_like_a_wrong_one(typed: str) -> None:
    with pytest.raises(CaseUnknown):
        Pin.parse(typed)


def test_the_pin_opens_its_case_and_no_other_pin_does() -> None:
    keeper, number = PinKeeper(SECRET), CaseNumber("K7PD-4TQ9-X2MB")
    stored = keeper.hash(number, Pin("12345678"))
    case = a_case(number, stored)
    assert keeper.opened(case, number, Pin("12345678")) is case
    with pytest.raises(CaseUnknown):
        keeper.opened(case, number, Pin("12345679"))


def test_a_stolen_database_without_the_secret_checks_no_pin() -> None:
    number = CaseNumber("K7PD-4TQ9-X2MB")
    case = a_case(number, PinKeeper(SECRET).hash(number, Pin("12345678")))
    assert case.pin_hash.startswith("$argon2id$")
    with pytest.raises(CaseUnknown):
        PinKeeper(bytes(32)).opened(case, number, Pin("12345678"))


def test_an_unknown_number_and_a_wrong_pin_give_the_same_answer_after_the_same_work() -> None:
    keeper, number = PinKeeper(SECRET), CaseNumber("K7PD-4TQ9-X2MB")
    case = a_case(number, keeper.hash(number, Pin("12345678")))

    def refused(known: Case | None) -> tuple[str, float]:
        started = time.process_time()
        with pytest.raises(CaseUnknown) as refusal:
            keeper.opened(known, number, Pin("87654321"))
        return str(refusal.value), time.process_time() - started

    unknown, wrong = refused(None), refused(case)
    assert unknown[0] == wrong[0]
    assert 1 / 5 < unknown[1] / wrong[1] < 5  # either would be a thousandfold without the stretching


def test_a_withdrawn_case_protects_nothing_more() -> None:
    case = a_case(CaseNumber("K7PD-4TQ9-X2MB"), "", CaseStatus.WITHDRAWN)
    with pytest.raises(Conflict, match="Open a new case"):
        after(case, CaseEvent.PROTECT)
    assert after(case, CaseEvent.WITHDRAW) == case
