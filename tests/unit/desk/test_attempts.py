"""Guessing PINs gets slow, for whoever guesses."""

import pytest

from unseen.desk.attempts import FREE_TRIES, LONGEST_S, Attempts, TooManyTries, wait_after

HERS, ELSEWHERE = "192.0.2.1", "198.51.100.7"


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def attempts(seconds: Seconds) -> Attempts:
    return Attempts(seconds)


def fail(attempts: Attempts, seconds: Seconds, times: int, *, number: str = "A", address: str = HERS) -> None:
    for _ in range(times):
        try:
            attempts.begin(number, address)
        except TooManyTries as error:
            seconds.now += error.wait_s
            attempts.begin(number, address)


def test_a_few_mistakes_cost_nothing(attempts: Attempts, seconds: Seconds) -> None:
    for _ in range(FREE_TRIES):
        attempts.begin("A", HERS)
    with pytest.raises(TooManyTries) as refused:
        attempts.begin("A", HERS)
    seconds.now += refused.value.wait_s
    attempts.begin("A", HERS)


def test_waits_grow_and_are_never_longer_than_15_minutes() -> None:
    waits = [wait_after(tries) for tries in range(200)]
    assert waits == sorted(waits)
    assert (waits[FREE_TRIES - 1], waits[FREE_TRIES], waits[-1]) == (0, 5, LONGEST_S)
    assert LONGEST_S == 15 * 60


def test_a_refused_try_makes_the_wait_no_longer(attempts: Attempts, seconds: Seconds) -> None:
    fail(attempts, seconds, FREE_TRIES + 3)
    waits = []
    for _ in range(5):
        with pytest.raises(TooManyTries) as refused:
            attempts.begin("A", HERS)
        waits.append(refused.value.wait_s)
    assert len(set(waits)) == 1


def test_whoever_guesses_elsewhere_keeps_her_from_nothing(attempts: Attempts, seconds: Seconds) -> None:
    fail(attempts, seconds, 30, address=ELSEWHERE)
    attempts.begin("A", HERS)


def test_the_right_pin_forgives_the_wrong_ones(attempts: Attempts) -> None:
    for _ in range(FREE_TRIES - 1):
        attempts.begin("A", HERS)
    attempts.succeeded(attempts.begin("A", HERS))
    for _ in range(FREE_TRIES):
        attempts.begin("A", HERS)


def test_addresses_of_one_customer_are_one(attempts: Attempts) -> None:
    for last in range(FREE_TRIES):
        attempts.begin("A", f"2001:db8:1:{last}::1")
    with pytest.raises(TooManyTries):
        attempts.begin("A", "2001:db8:1:ffff::2")
    attempts.begin("A", "2001:db8:2::1")


def test_nothing_of_a_number_or_an_address_is_kept(attempts: Attempts) -> None:
    attempts.begin("K7PD-4TQ9-X2MB", HERS)
    assert [len(key) for key in attempts._tries] == [16]
    assert "K7PD" not in repr(attempts._tries)


def test_after_a_day_it_is_forgotten(attempts: Attempts, seconds: Seconds) -> None:
    fail(attempts, seconds, 20)
    seconds.now += 24 * 3600
    for _ in range(FREE_TRIES):
        attempts.begin("A", HERS)
    assert len(attempts._tries) == 1
