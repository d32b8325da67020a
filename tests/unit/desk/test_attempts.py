"""Guessing PINs gets slow, for whoever guesses."""

import pytest

from support.counting import fresh_counts
from unseen.desk.attempts import FREE_TRIES, LONGEST_S, Attempts, Openings, TooManyCases, TooManyTries, wait_after
from unseen.desk.counts import Count, Counts

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
def attempts(counts: Counts) -> Attempts:
    return Attempts(counts)


@pytest.fixture
def counts(seconds: Seconds) -> Counts:
    return fresh_counts(seconds)


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


def test_nothing_of_a_number_or_an_address_is_kept(attempts: Attempts, counts: Counts) -> None:
    attempts.begin("K7PD-4TQ9-X2MB", HERS)
    held = bytes(counts._memory)
    assert b"K7PD" not in held
    assert HERS.encode() not in held
    assert len(held.replace(b"\0", b"")) <= 32 + 16 + 1, "a key, a digest, and how many"


def test_after_a_day_it_is_forgotten(attempts: Attempts, seconds: Seconds) -> None:
    fail(attempts, seconds, 20)
    seconds.now += 24 * 3600
    for _ in range(FREE_TRIES):
        attempts.begin("A", HERS)


def test_a_crowd_of_guessers_elsewhere_makes_no_guesser_forgotten_soon(attempts: Attempts, seconds: Seconds) -> None:
    fail(attempts, seconds, 12)
    for number in range(5_000):
        attempts.begin(str(number), ELSEWHERE)
    with pytest.raises(TooManyTries):
        attempts.begin("A", HERS)


def test_a_full_memory_lets_go_of_what_was_quiet_for_longest(counts: Counts, seconds: Seconds) -> None:
    seconds.now = 1000.0
    for number in range(80_000):  # more than there are slots
        seconds.now += 0.001
        counts.change(str(number), lambda held, now: Count((held.number if held else 0) + 1, now))
    held = list[bool]()
    for number in (*range(10), *range(79_990, 80_000)):
        counts.change(str(number), lambda count, now: (held.append(count is not None), count or Count(1, now))[1])
    assert held[10:] == [True] * 10
    assert not all(held[:10])


def test_a_few_cases_may_be_opened_at_once_and_then_one_after_the_other(counts: Counts, seconds: Seconds) -> None:
    openings = Openings(counts, an_hour=4)
    for _ in range(4):
        openings.admit(HERS)
    with pytest.raises(TooManyCases) as refused:
        openings.admit(HERS)
    assert refused.value.wait_s == pytest.approx(900)
    openings.admit(ELSEWHERE)
    seconds.now += refused.value.wait_s
    openings.admit(HERS)
    with pytest.raises(TooManyCases):
        openings.admit(HERS)
    seconds.now += 3600
    for _ in range(4):
        openings.admit(HERS)


def test_an_operator_may_let_anybody_open_as_many_as_they_like(counts: Counts) -> None:
    openings = Openings(counts, an_hour=0)
    for _ in range(100):
        openings.admit(HERS)
