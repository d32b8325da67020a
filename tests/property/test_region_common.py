"""The kernels that leave out what everyone has, against plain references."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from support.drawings import Luma, noise
from unseen.fingerprint.region import reference
from unseen.fingerprint.region.common import near_any
from unseen.fingerprint.region.drawn import flat_percents
from unseen.fingerprint.region.tones import tone_percents

seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=40)
@given(seed=seeds, n=st.integers(0, 12), m=st.integers(0, 12), radius_bits=st.integers(0, 256))
def test_near_codes_are_those_that_the_reference_finds(seed: int, n: int, m: int, radius_bits: int) -> None:
    rng = np.random.default_rng(seed)
    listed = rng.integers(0, 256, (m, 32), np.uint8)
    codes = rng.integers(0, 256, (n, 32), np.uint8)
    for row in range(min(n, m)):  # some of them near, in one place or all over
        codes[row] = listed[row] ^ np.packbits(rng.random(256) < rng.uniform(0, 0.4))
    found = near_any(codes.view(np.uint64), listed.view(np.uint64), radius_bits)
    assert found.tolist() == reference.near_any(codes, listed, radius_bits)


@st.composite
def few_greys(draw: st.DrawFn) -> Luma:
    shape = draw(st.integers(1, 30)), draw(st.integers(1, 30))
    return noise(*shape, seed=draw(seeds)) // np.uint8(draw(st.sampled_from([40, 100, 200])))


@settings(max_examples=60)
@given(luma=few_greys(), seed=seeds)
def test_flat_pixels_are_counted_as_the_reference_counts(luma: Luma, seed: int) -> None:
    rng = np.random.default_rng(seed)
    centres = rng.uniform(-5, 35, (6, 2)).astype(np.float32)
    sides = rng.uniform(0, 40, 6).astype(np.float32)
    squares = [(float(x), float(y), float(side)) for (x, y), side in zip(centres, sides, strict=True)]
    assert flat_percents(luma, centres, sides).tolist() == reference.flat_percents(luma, squares)


@settings(max_examples=60)
@given(luma=few_greys(), seed=seeds, spread=st.sampled_from([2, 20, 60]))
def test_two_tones_are_found_as_the_reference_finds_them(luma: Luma, seed: int, spread: int) -> None:
    rng = np.random.default_rng(seed)
    luma = (luma % 4 * np.uint8(spread) + rng.integers(0, 9, luma.shape, np.uint8)).repeat(5, axis=0).repeat(5, axis=1)
    centres = rng.uniform(-5, 150, (6, 2)).astype(np.float32)
    sides = rng.uniform(0, 200, 6).astype(np.float32)
    squares = [(float(x), float(y), float(side)) for (x, y), side in zip(centres, sides, strict=True)]
    assert tone_percents(luma, centres, sides).tolist() == reference.tone_percents(luma, squares)
