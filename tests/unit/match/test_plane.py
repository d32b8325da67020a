"""Transforms of the plane: fitted to points, and what they do near them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unseen.match.plane import F64Array, Near, affine, homography, similarity

seeds = st.integers(0, 2**32 - 1)


def _drawn(seed: int, *, tilt: float) -> tuple[F64Array, F64Array, F64Array]:
    """A transform, points and where it takes them, by the definition."""
    rng = np.random.default_rng(seed)
    linear = np.eye(2) + rng.uniform(-0.3, 0.3, (2, 2))
    transform = np.vstack([np.column_stack([linear, rng.uniform(-1, 1, 2)]), [*rng.uniform(-tilt, tilt, 2), 1]])
    points = rng.uniform(0, 1, (12, 2))
    there = [transform @ (x, y, 1) for x, y in points]
    return transform, points, np.array([(x / z, y / z) for x, y, z in there])


@settings(max_examples=50)
@given(seed=seeds)
def test_fits_find_the_transform_that_moved_the_points(seed: int) -> None:
    transform, points, to = _drawn(seed, tilt=0)
    np.testing.assert_allclose(affine(points, to, np.ones(12)), transform, atol=1e-6)
    transform, points, to = _drawn(seed, tilt=0.3)
    fitted = homography(points, to, np.ones(12) / 12)
    assert np.abs(Near.of(fitted, points).points - to).max() < 0.02  # held back a little from perspective


@settings(max_examples=50)
@given(seed=seeds)
def test_growth_and_turn_are_those_of_small_steps(seed: int) -> None:
    transform, points, to = _drawn(seed, tilt=0.3)
    near = Near.of(transform, points)
    np.testing.assert_allclose(near.points, to)
    step = 1e-6
    across = (Near.of(transform, points + np.array([step, 0])).points - to) / step
    down = (Near.of(transform, points + np.array([0, step])).points - to) / step
    for at in range(len(points)):
        slopes = np.column_stack([across[at], down[at]])
        left, sizes, right = np.linalg.svd(slopes)
        assert near.growth[at] == pytest.approx(np.log2(sizes.prod()) / 2, abs=1e-3)
        turned = left @ right
        off = near.turns[at] - np.arctan2(turned[1, 0], turned[0, 0])
        assert abs((off + np.pi) % (2 * np.pi) - np.pi) < 1e-3


def test_a_similarity_takes_one_point_to_the_other() -> None:
    one, other = np.array([0.2, 0.3]), np.array([0.7, 0.1])
    near = Near.of(similarity(one, other, 1.0, 0.5), one[None])
    np.testing.assert_allclose(near.points[0], other)
    assert (near.growth[0], near.turns[0]) == (pytest.approx(1.0), pytest.approx(0.5))


def test_a_picture_that_would_fold_has_no_growth() -> None:
    mirrored = np.diag([-1.0, 1.0, 1.0])
    assert Near.of(mirrored, np.array([[0.5, 0.5]])).growth[0] == -np.inf


def test_points_in_a_line_are_no_affine_transform() -> None:
    line = np.column_stack([np.arange(5.0), np.zeros(5)])
    with pytest.raises(np.linalg.LinAlgError):
        affine(line, line, np.ones(5))
