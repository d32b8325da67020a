"""Agreement of places: the compiled steps against the plain ones, to the last bit."""

from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unseen.match import agreement_kernels as kernels
from unseen.match import agreement_reference as reference
from unseen.match.agreement import directions
from unseen.match.agreement_reference import Pair
from unseen.match.plane import F64Array, fit_affine, fit_homography, near, solve

_REGIONS: Final = 30
seeds = st.integers(0, 2**32 - 1)


def drawn(seed: int) -> list[Pair]:
    """Some regions moved by one transform, a little off, some not; a few in many pairs, some in one place."""
    rng = np.random.default_rng(seed)
    turn, scale = rng.uniform(0, 6.3), rng.uniform(0.3, 2)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    tilt = rng.uniform(-0.3, 0.3, 2) * rng.integers(2)
    noise = rng.choice([0, 1e-4, 1e-3])
    pairs = []
    for _ in range(int(rng.integers(0, 60))):
        x, y = np.round(rng.uniform(0, 1, 2) * rng.choice([4, 1024])) / 1024
        depth = 1 + tilt @ (x, y)
        u, v = linear @ (x, y) / depth + 0.2 + rng.normal(0, noise, 2)
        cosine, sine = np.cos(turn), np.sin(turn)
        ratio = scale * rng.uniform(0.9, 1.1)
        if rng.random() < 0.4:
            u, v, ratio = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.2, 3)
            cosine, sine = directions()[rng.integers(512)]
        numbers = (float(rng.integers(0, 101)), x, y, u, v, rng.uniform(0.03, 0.4), ratio, cosine, sine)
        pairs.append(Pair(*map(float, numbers), int(rng.integers(_REGIONS)), int(rng.integers(_REGIONS))))
    return pairs


def columns(pairs: list[Pair]) -> tuple[F64Array, np.ndarray, np.ndarray]:
    table = np.array([pair[: kernels.COLUMNS] for pair in pairs], np.float64).reshape(-1, kernels.COLUMNS)
    return table, *(np.array([pair[at] for pair in pairs], np.int64) for at in (-2, -1))


@settings(max_examples=150, deadline=None)
@given(seed=seeds)
def test_what_agrees_is_what_the_plain_steps_find(seed: int) -> None:
    pairs = drawn(seed)
    table, asked, banked = columns(pairs)
    voters = np.argsort(table[:, kernels.BITS], kind="stable")
    telling = 101 - table[voters, kernels.BITS]
    weights, transforms, rows, counts = kernels.propose(table, asked, banked, voters, telling, _REGIONS)
    assert len(weights) == min(len(pairs), kernels.MOST_PROPOSALS)
    for at in range(len(weights)):
        weight, transform, agreeing = reference.proposal(pairs, voters.tolist(), telling.tolist(), pairs[voters[at]])
        assert (weights[at], rows[at, : counts[at]].tolist()) == (weight, agreeing)
        assert transforms[at].tolist() == transform
        if at % 4:
            continue
        found = kernels.refine(table, asked, banked, transforms[at], rows[at, : counts[at]], _REGIONS)
        fitted, partners, misfits = reference.refined(pairs, transform, agreeing)
        assert found[0].tolist() == fitted
        assert found[1].tolist() == partners
        assert found[2].tolist() == misfits


@settings(max_examples=100, deadline=None)
@given(seed=seeds, flat=st.booleans())
def test_fits_are_those_of_the_plain_elimination(seed: int, flat: bool) -> None:
    rng = np.random.default_rng(seed)
    points, to = rng.uniform(0, 1, (2, 12, 2))
    if rng.random() < 0.2:
        points[:] = points[:, :1]  # in a line
    weights, fitted = rng.uniform(0, 1, 12), np.zeros((3, 3))
    plain = (reference.affine if flat else reference.homography)(points.tolist(), to.tolist(), weights.tolist())
    is_fitted = (fit_affine if flat else fit_homography)(points, to, weights, fitted)
    assert is_fitted == (plain is not None)
    if plain is not None:
        assert fitted.tolist() == plain
        assert near(fitted, points).tolist() == [list(reference.near(plain, x, y)) for x, y in points.tolist()]


@settings(max_examples=60, deadline=None)
@given(seed=seeds, n=st.integers(1, 8))
def test_elimination_solves(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(-4, 5, (n, n + 2)).astype(np.float64)
    before, plain = rows.copy(), reference.solved(rows.tolist(), 2)
    assert solve(rows, n) == (plain is not None)
    if plain is None or np.linalg.cond(before[:, :n]) > 1e6:
        return
    assert rows[:, n:].T.tolist() == plain
    np.testing.assert_allclose(before[:, :n] @ rows[:, n:], before[:, n:], atol=1e-6)


def test_directions_are_cosines_and_sines() -> None:
    turns = np.arange(512) * 2 * np.pi / 512
    np.testing.assert_allclose(directions(), np.column_stack([np.cos(turns), np.sin(turns)]), atol=1e-15)
    assert directions()[[0, 128, 256, 384]].tolist() == [[1, 0], [0, 1], [-1, 0], [0, -1]]


@pytest.mark.parametrize("pairs", [0, 1, 2, 3])
def test_few_pairs_are_no_trouble(pairs: int) -> None:
    table, asked, banked = columns(drawn(1)[:pairs])
    found = kernels.refine(table, asked, banked, np.eye(3), np.arange(pairs), _REGIONS)
    assert len(found[1]) <= pairs
