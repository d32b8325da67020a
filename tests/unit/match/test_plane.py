"""Transforms of the plane: fitted to points, what they do near them, and taken back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unseen.match.plane import COSINE, SCALE, SINE, TO_X, TO_Y, F64Array, fit_affine, fit_homography, inverse, near

seeds = st.integers(0, 2**32 - 1)


def _drawn(seed: int, *, tilt: float) -> tuple[F64Array, F64Array, F64Array]:
    """A transform, points and where it takes them, by the definition."""
    rng = np.random.default_rng(seed)
    linear = np.eye(2) + rng.uniform(-0.3, 0.3, (2, 2))
    transform = np.vstack([np.column_stack([linear, rng.uniform(-1, 1, 2)]), [*rng.uniform(-tilt, tilt, 2), 1]])
    points = rng.uniform(0, 1, (12, 2))
    there = [transform @ (x, y, 1) for x, y in points]
    return transform, points, np.array([(x / z, y / z) for x, y, z in there])


def _moved(transform: F64Array, points: F64Array) -> F64Array:
    return near(transform, points)[:, TO_X : TO_Y + 1]


@settings(max_examples=50, deadline=None)
@given(seed=seeds)
def test_fits_find_the_transform_that_moved_the_points(seed: int) -> None:
    transform, points, to = _drawn(seed, tilt=0)
    fitted = np.empty((3, 3))
    assert fit_affine(points, to, np.ones(12), fitted)
    np.testing.assert_allclose(fitted, transform, atol=1e-6)
    transform, points, to = _drawn(seed, tilt=0.3)
    assert fit_homography(points, to, np.ones(12) / 12, fitted)
    assert np.abs(_moved(fitted, points) - to).max() < 0.02  # held back a little from perspective


@settings(max_examples=50, deadline=None)
@given(seed=seeds)
def test_scale_and_turn_are_those_of_small_steps(seed: int) -> None:
    transform, points, to = _drawn(seed, tilt=0.3)
    there = near(transform, points)
    np.testing.assert_allclose(there[:, TO_X : TO_Y + 1], to)
    step = 1e-6
    across = (_moved(transform, points + np.array([step, 0])) - to) / step
    down = (_moved(transform, points + np.array([0, step])) - to) / step
    for at in range(len(points)):
        left, sizes, right = np.linalg.svd(np.column_stack([across[at], down[at]]))
        assert there[at, SCALE] == pytest.approx(np.sqrt(sizes.prod()), rel=1e-3)
        turned = left @ right
        np.testing.assert_allclose(there[at, [COSINE, SINE]], turned[:, 0], atol=1e-3)


@settings(max_examples=50, deadline=None)
@given(seed=seeds)
def test_the_inverse_takes_points_back(seed: int) -> None:
    transform, points, to = _drawn(seed, tilt=0.2)
    np.testing.assert_allclose(_moved(inverse(transform), to), points, atol=1e-8)


def test_a_picture_that_would_fold_has_no_scale() -> None:
    assert near(np.diag([-1.0, 1.0, 1.0]), np.array([[0.5, 0.5]]))[0, SCALE] == 0


def test_points_in_a_line_settle_no_transform() -> None:
    line = np.linspace(0, 1, 5)[:, None] * np.ones(2)
    assert not fit_affine(line, line, np.ones(5), np.empty((3, 3)))
