"""Our PDQ against the ``pdqhash`` package, which wraps the reference implementation in C++."""

from pathlib import Path
from typing import Any

import numpy as np
import pdqhash
import pytest
from numpy.typing import NDArray
from PIL import Image

from unseen.fingerprint.pdq import luma_of, pdq, pdq_views

SMALL = [(5, 5), (5, 300), (300, 5), (8, 8), (16, 24), (63, 65), (64, 64), (64, 65), (127, 128), (128, 128)]
MEDIUM = [(129, 128), (129, 257), (255, 256), (480, 640), (333, 1001), (1080, 1920), (2000, 77)]
LARGE = [(3024, 4032), (4000, 6000)]


def reference(colours: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    vector, quality = pdqhash.compute(np.ascontiguousarray(colours))
    return np.packbits(vector.astype(np.uint8)), quality


def noise(shape: tuple[int, int], seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def turned(colours: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return [np.rot90(side, quarters) for side in (colours, np.fliplr(colours)) for quarters in range(4)]


def assert_same(luma: NDArray[Any], colours: NDArray[np.uint8]) -> None:
    code, quality = pdq(luma)
    expected_code, expected_quality = reference(colours)
    assert (code.tobytes(), quality) == (expected_code.tobytes(), expected_quality)


@pytest.mark.parametrize("shape", SMALL + MEDIUM + LARGE)
def test_noise_of_every_size_has_the_packages_bits(shape: tuple[int, int]) -> None:
    colours = noise(shape, seed=sum(shape))
    assert_same(luma_of(colours), colours)


def test_noise_of_random_sizes_has_the_packages_bits() -> None:
    rng = np.random.default_rng(1)
    for seed in range(60):
        colours = noise(tuple(rng.integers(5, 400, 2)), seed)
        assert_same(luma_of(colours), colours)


@pytest.mark.parametrize("shape", SMALL + MEDIUM)
def test_grey_noise_has_the_packages_bits(shape: tuple[int, int]) -> None:
    grey = noise(shape, seed=3)[:, :, 0]
    assert_same(grey, np.stack([grey] * 3, axis=2))


@pytest.mark.parametrize("shape", SMALL + MEDIUM)
def test_every_view_of_noise_is_within_two_bits_of_the_turned_picture(shape: tuple[int, int]) -> None:
    colours = noise(shape, seed=5)
    codes, _ = pdq_views(luma_of(colours))
    distances = [
        int(np.bitwise_count(code ^ reference(view)[0]).sum())
        for code, view in zip(codes, turned(colours), strict=True)
    ]
    assert distances[0] == 0
    assert max(distances) <= 2, distances


def photographs(folder: Path) -> list[Path]:
    """Sixteen photographs, small to large: every so many of the list by size."""
    by_size = sorted((path.stat().st_size, path) for path in (folder / "photos").rglob("*.jpg"))
    assert len(by_size) > 64, "UNSEEN_TEST_DATA has too few photographs"
    return [path for _, path in by_size[:: len(by_size) // 16]]


def test_photographs_have_the_packages_bits_and_views_within_two(test_data: Path) -> None:
    for number, path in enumerate(photographs(test_data)):
        with Image.open(path) as picture:
            colours = np.asarray(picture.convert("RGB"))
        luma = luma_of(colours)
        assert_same(luma, colours)
        codes, _ = pdq_views(luma)
        view = 1 + number % 7  # one turned view of each: the package is slow
        code, _ = reference(turned(colours)[view])
        assert int(np.bitwise_count(codes[view] ^ code).sum()) <= 2, (path.name, view)


def test_a_constant_picture_is_featureless_in_both() -> None:
    flat = np.full((300, 400, 3), 128, np.uint8)
    assert pdq(luma_of(flat))[1] == reference(flat)[1] == 0
