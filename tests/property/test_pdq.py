"""The PDQ kernels against the plain reference, and the views against really turned pictures."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from unseen.fingerprint import pdq_reference
from unseen.fingerprint.grid import axis_weights, view_grids
from unseen.fingerprint.jpeg import REDUCED_SIDE
from unseen.fingerprint.pdq import pdq, pdq_views, pdq_views_reduced, turns
from unseen.fingerprint.pdq_kernels import decimate

sides = st.integers(1, 300)
seeds = st.integers(0, 2**32 - 1)


def drawn(height: int, width: int, seed: int, dtype: type[np.uint8 | np.float32] = np.uint8) -> NDArray[Any]:
    """A picture with detail at every size, as photographs have."""
    rng = np.random.default_rng(seed)
    walk = np.cumsum(np.cumsum(rng.normal(size=(height, width)), 0), 1)
    walk = (walk - walk.min()) / (np.ptp(walk) + 1e-9) * 200 + rng.random((height, width)) * 55
    return walk.astype(dtype)


def bits(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> int:
    return int(np.bitwise_count(left ^ right).sum())


@settings(max_examples=60, deadline=None)
@given(height=sides, width=sides, seed=seeds, dtype=st.sampled_from([np.uint8, np.float32]))
def test_kernel_agrees_with_reference_bit_for_bit(
    height: int, width: int, seed: int, dtype: type[np.uint8 | np.float32]
) -> None:
    luma = drawn(height, width, seed, dtype)
    code, quality = pdq(luma)
    expected_code, expected_quality = pdq_reference.pdq(luma)
    assert (code.tobytes(), quality) == (expected_code.tobytes(), expected_quality)


@settings(max_examples=40, deadline=None)
@given(
    luma=st.tuples(st.integers(5, 20), st.integers(5, 20)).flatmap(lambda shape: arrays(np.uint8, shape)),
)
def test_kernel_agrees_with_reference_on_any_small_picture(luma: NDArray[Any]) -> None:
    code, quality = pdq(luma)
    expected_code, expected_quality = pdq_reference.pdq(luma)
    assert (code.tobytes(), quality) == (expected_code.tobytes(), expected_quality)


@settings(max_examples=40, deadline=None)
@given(height=sides, width=sides, seed=seeds)
def test_every_view_is_the_hash_of_the_really_turned_picture(height: int, width: int, seed: int) -> None:
    luma = drawn(height, width, seed)
    codes, quality = pdq_views(luma)
    assert quality == pdq(luma)[1]
    assert codes[0].tobytes() == pdq(luma)[0].tobytes()
    assert max(bits(code, pdq(turned)[0]) for code, turned in zip(codes, turns(luma), strict=True)) <= 2


@settings(max_examples=30, deadline=None)
@given(height=st.integers(5, 700), width=st.integers(5, 700), seed=seeds)
def test_weights_give_what_the_filters_give(height: int, width: int, seed: int) -> None:
    luma = drawn(height, width, seed)
    grids = view_grids(luma, axis_weights(height, height, 8), axis_weights(width, width, 8))
    for grid, turned in zip(grids, turns(luma), strict=True):
        np.testing.assert_allclose(grid, decimate(turned), atol=0.01)


@settings(max_examples=60, deadline=None)
@given(dim=st.integers(5, 5000), eighths=st.sampled_from([1, 2, 4, 8]))
def test_weights_of_every_cell_sum_to_one_at_every_scale(dim: int, eighths: int) -> None:
    starts, weights = axis_weights(dim, -(-dim * eighths // 8), eighths)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-5)
    assert starts.min() >= 0
    assert (starts + weights.shape[1]).max() <= -(-dim * eighths // 8)


@settings(max_examples=10, deadline=None)
@given(over=st.tuples(st.integers(0, 99), st.integers(0, 99)), seed=seeds, eighths=st.sampled_from([1, 2, 4]))
def test_views_from_block_means_are_near_the_full_pictures(over: tuple[int, int], seed: int, eighths: int) -> None:
    block = 8 // eighths
    height, width = (block * REDUCED_SIDE + more for more in over)
    blocks = np.kron(drawn(-(-height // 16), -(-width // 16), seed), np.ones((16, 16), np.uint8))
    luma = np.ascontiguousarray(blocks[:height, :width])
    padded = np.pad(luma, ((0, -height % block), (0, -width % block)), mode="edge").astype(np.float64)
    means = padded.reshape(padded.shape[0] // block, block, padded.shape[1] // block, block).mean(axis=(1, 3))
    codes, quality = pdq_views_reduced(np.round(means).astype(np.uint8), height, width, eighths)
    for code, turned in zip(codes, turns(luma), strict=True):
        assert bits(code, pdq(turned)[0]) <= 10
    assert abs(quality - pdq(luma)[1]) <= 2


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (4, 4), (4, 900)])
def test_a_picture_too_narrow_to_hash_has_a_defined_answer(shape: tuple[int, int]) -> None:
    codes, quality = pdq_views(np.full(shape, 200, np.uint8))
    assert not codes.any()
    assert quality == 0


@pytest.mark.parametrize("luma", [np.zeros((3, 3, 3), np.uint8), np.zeros((9, 9)), np.zeros((0, 9), np.uint8)])
def test_what_is_no_luma_is_refused(luma: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="luma is"):
        pdq(luma)


def test_a_strided_view_of_a_picture_hashes_like_its_copy() -> None:
    luma = drawn(200, 300, 7)
    assert pdq(luma[::2, ::3])[0].tobytes() == pdq(luma[::2, ::3].copy())[0].tobytes()
