"""Where in an upload another picture may be set."""

import numpy as np
import pytest
from numpy.typing import NDArray

from unseen.fingerprint.insets import MAX_ASPECT, MAX_CELL, MIN_SHARE, MOST_INSETS, cells, insets

Luma = NDArray[np.uint8]


def photo(height: int, width: int, seed: int) -> Luma:
    """Soft shapes of many sizes, as a photograph has them."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width))
    for count in (3, 6, 12, 24, 48):
        coarse = rng.normal(size=(count, count))
        rows, columns = np.linspace(0, count - 1, height), np.linspace(0, count - 1, width)
        by_row = np.stack([np.interp(columns, np.arange(count), line) for line in coarse])
        total += np.stack([np.interp(rows, np.arange(count), line) for line in by_row.T], axis=1) * 40 / count**0.5
    return np.clip(128 + total, 0, 255).astype(np.uint8)


def set_in(page: Luma, picture: Luma, top: int, left: int) -> tuple[int, int, int, int]:
    height, width = picture.shape
    page[top : top + height, left : left + width] = picture
    return top, left, top + height, left + width


def finds(page: Luma, box: tuple[int, int, int, int]) -> bool:
    """Whether one of the insets is this box, to 2 pixels."""
    return bool((np.abs(insets(page) - np.array(box)).max(axis=1) <= 2).any())


@pytest.mark.parametrize("shade", [0, 255, 30])
def test_bars_are_trimmed(shade: int) -> None:
    page = np.full((512, 288), shade, np.uint8)
    assert finds(page, set_in(page, photo(216, 288, 1), 148, 0))


@pytest.mark.parametrize(("page_shade", "text_shade"), [(250, 20), (18, 230)])
def test_a_picture_in_a_chat_is_found(page_shade: int, text_shade: int) -> None:
    page = np.full((512, 250), page_shade, np.uint8)
    rng = np.random.default_rng(2)
    for line in (20, 60, 80, 430, 470):  # words: short dark strokes
        page[line : line + 8, 15 : 15 + 2 * rng.integers(20, 100) : 2] = text_shade
    assert finds(page, set_in(page, photo(200, 170, 3), 150, 60))


@pytest.mark.parametrize("gutter", [0, 6])
def test_every_cell_of_a_collage_is_found(gutter: int) -> None:
    side = 250
    page = np.full((2 * side + gutter, 2 * side + gutter), 255, np.uint8)
    tiles = [
        set_in(page, photo(side, side, 10 + number), row * (side + gutter), column * (side + gutter))
        for number, (row, column) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)])
    ]
    assert [finds(page, tile) for tile in tiles] == [True] * 4


def test_a_picture_in_a_picture_is_found() -> None:
    page = photo(400, 512, 5)
    assert finds(page, set_in(page, photo(150, 200, 6) // 2 + 127, 230, 280))


def test_what_is_found_is_apt() -> None:
    for seed, (height, width) in enumerate([(512, 300), (200, 512), (512, 512)]):
        found = insets(photo(height, width, seed))
        tall, wide = found[:, 2] - found[:, 0], found[:, 3] - found[:, 1]
        assert len(found) <= MOST_INSETS
        assert (found >= 0).all()
        assert (found[:, 2:] <= [height, width]).all()
        assert (np.minimum(tall, wide) >= round(MIN_SHARE * max(height, width))).all()
        assert (np.maximum(tall, wide) <= MAX_ASPECT * np.minimum(tall, wide)).all()
        assert not ((tall == height) & (wide == width)).any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 512), (512, 1), (7, 512), (2, 3), (12, 12)])
def test_slivers_have_none_or_apt_ones(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    for luma in (np.zeros(shape, np.uint8), rng.integers(0, 256, shape, np.uint8)):
        assert insets(luma).shape[1] == 4


def test_a_flat_picture_has_none() -> None:
    assert len(insets(np.full((300, 400), 77, np.uint8))) == 0


def test_cells_are_small_and_have_another_of_their_size() -> None:
    large = round(MAX_CELL * 500) + 10
    boxes = [(0, 0, 100, 80), (0, 90, 101, 171), (200, 0, 280, 100), (0, 0, large, 90), (90, 0, 90 + large, 90)]
    assert cells(np.array(boxes), 500).tolist() == [True, True, False, False, False]
    assert cells(np.empty((0, 4), np.int64), 500).tolist() == []
    assert cells(np.array(boxes[:1]), 500).tolist() == [False]
