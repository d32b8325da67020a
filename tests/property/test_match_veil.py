"""A veil keeps every distance, hides every code, and is the same for the same key."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from unseen.match import reference
from unseen.match.veil import Veil

keys = st.binary(min_size=32, max_size=32)


def codes_of(seed: int, n: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (n, 32), np.uint8)


@given(key=keys, seed=st.integers(0, 2**32), n=st.integers(0, 20))
def test_the_kernel_agrees_with_the_reference_and_distances_stay(key: bytes, seed: int, n: int) -> None:
    veil, codes = Veil(key), codes_of(seed, n)
    veiled = veil.over(codes)
    assert_array_equal(veiled, reference.veiled(codes, veil.places, veil.mask))
    for code, under in zip(codes, veiled, strict=True):
        assert_array_equal(reference.distances(veiled, under), reference.distances(codes, code))


@given(key=keys)
def test_a_veil_is_a_permutation_and_a_mask_of_its_key(key: bytes) -> None:
    veil, same = Veil(key), Veil(key)
    assert sorted(veil.places.tolist()) == list(range(256))
    assert_array_equal(veil.places, same.places)
    assert_array_equal(veil.mask, same.mask)
    assert veil.name == same.name
    assert key.hex()[:16] != veil.name


def test_two_keys_have_two_veils() -> None:
    one, other = Veil(bytes(32)), Veil(bytes(31) + b"1")
    codes = codes_of(1, 50)
    apart = [int(np.bitwise_count(a ^ b).sum()) for a, b in zip(one.over(codes), other.over(codes), strict=True)]
    assert 110 < np.mean(apart) < 146
    assert one.name != other.name


def test_every_bit_is_as_likely_to_go_anywhere() -> None:
    places = np.stack([Veil(i.to_bytes(32, "big")).places for i in range(2000)])
    counts = np.stack([np.bincount(column, minlength=256) for column in places.T])
    chi = ((counts - 2000 / 256) ** 2 / (2000 / 256)).sum() / (255 * 255)
    assert 0.97 < chi < 1.03


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Veil(bytes(31))
