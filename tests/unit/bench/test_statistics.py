"""What the benchmark says of chance, against published values."""

import numpy as np
import pytest
from bench.copies.statistics import rate_at_most, tail_estimate, wilson


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_agrees_with_newcombes_table(hits: int, trials: int, low: float, high: float) -> None:
    assert wilson(hits, trials) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_wilson_of_all_is_the_mirror_of_wilson_of_none() -> None:
    low, high = wilson(20, 20)
    assert (1 - high, 1 - low) == (pytest.approx(0), pytest.approx(0.1611, abs=5e-5))


@pytest.mark.parametrize(("hits", "trials"), [(0, 0), (-1, 3), (4, 3)])
def test_wilson_refuses_what_is_no_proportion(hits: int, trials: int) -> None:
    with pytest.raises(ValueError, match="hits"):
        wilson(hits, trials)


def test_nothing_in_n_trials_bounds_the_rate_by_three_over_n() -> None:
    assert rate_at_most(0, 5_000_000) == pytest.approx(3 / 5_000_000, rel=0.002)
    assert rate_at_most(0, 300) == pytest.approx(0.01, rel=0.002)
    assert rate_at_most(0, 1) == 1
    assert rate_at_most(1, 29) == pytest.approx(0.1718, abs=5e-5)
    with pytest.raises(ValueError, match="trial"):
        rate_at_most(0, 0)


def test_an_exponential_tail_is_read_right_far_beyond_what_was_seen() -> None:
    drawn = np.random.default_rng(1).exponential(2.0, 1_000_000)
    true = float(np.exp(-40 / 2.0))  # 2e-9; the largest seen is near 28
    estimate = tail_estimate(np.sort(drawn)[-20_000:], 40.0, trials=1_000_000, share=1e-3)
    assert estimate is not None
    assert true / 4 <= estimate.rate <= true * 4
    assert estimate.at_most > true
    assert estimate.pairs_in_tail == 1000


def test_a_tail_of_whole_numbers_is_read_as_such() -> None:
    drawn = np.random.default_rng(2).geometric(0.4, 1_000_000).astype(np.float64)
    true = 0.6**39  # of at least 40
    estimate = tail_estimate(drawn, 40.0, trials=1_000_000, share=1e-3)
    assert estimate is not None
    assert true / 5 <= estimate.rate <= true * 5


def test_a_tail_that_falls_faster_is_never_said_to_be_rarer_than_it_is() -> None:
    distances = np.random.default_rng(3).binomial(256, 0.5, 1_000_000).astype(np.float64)
    estimate = tail_estimate(-distances, -70.0, trials=1_000_000)
    assert estimate is not None
    assert estimate.rate > 1e-12  # of 256 fair bits, at most 70 differ 2e-13 of the time


def test_within_what_was_seen_the_estimate_is_the_count() -> None:
    closeness = np.concatenate([np.zeros(9000), np.linspace(1, 2, 1000)])
    estimate = tail_estimate(closeness, 1.0, trials=10_000, share=0.1)
    assert estimate is not None
    assert estimate.rate == pytest.approx(0.1)


def test_too_few_pairs_give_no_estimate() -> None:
    assert tail_estimate(np.arange(19.0), 30.0, trials=1_000_000) is None
    assert tail_estimate(np.full(500, 3.0), 30.0, trials=1_000_000) is None
