import numpy as np
import pytest
from numba import njit

from unseen.match import layout
from unseen.match.kernels import band_of, neighbour_of
from unseen.match.machine import LANES, block_within, lowest_bit, popcount


@njit
def _within(words: np.ndarray, at: int, query: int, limit: int) -> int:
    return block_within(words, at, np.uint32(query), np.uint32(limit))


@njit
def _count_and_lowest(word: int) -> tuple[int, int]:
    return popcount(np.uint64(word)), lowest_bit(np.uint64(word))


@pytest.mark.parametrize("word", [1, 2**63, 2**64 - 1, 0x00F0_0000_0000_1000])
def test_bits_are_counted_and_found(word: int) -> None:
    assert _count_and_lowest(np.uint64(word)) == (word.bit_count(), (word & -word).bit_length() - 1)


@pytest.mark.parametrize("limit", [0, 7, 12, 32])
def test_a_block_says_which_of_its_words_are_near(limit: int) -> None:
    rng = np.random.default_rng(limit)
    words = rng.integers(0, 2**32, 40, np.uint32)
    words[9] = 77
    mask = _within(words, 5, 77, limit)
    expected = [int(word ^ np.uint32(77)).bit_count() <= limit for word in words[5 : 5 + LANES]]
    assert [bool(mask >> lane & 1) for lane in range(LANES)] == expected
    assert mask >> LANES == 0


def test_spreading_moves_each_bit_to_a_place_of_its_own() -> None:
    """So distances stay what they were; and a band takes every fourth bit of every fourth row."""
    single = np.packbits(np.eye(256, dtype=np.uint8), axis=1, bitorder="little")
    places = np.unpackbits(layout.to_words(single).view(np.uint8), axis=1, bitorder="little").nonzero()[1]
    assert sorted(places.tolist()) == list(range(256))
    for source, place in enumerate(places.tolist()):
        row, column = divmod(source, 16)
        assert place // 16 == 4 * (row % 4) + column % 4


def test_a_neighbour_is_the_two_bands_that_follow() -> None:
    word = np.uint64(0x4444_3333_2222_1111)
    assert [int(band_of(word, at)) for at in range(4)] == [0x1111, 0x2222, 0x3333, 0x4444]
    neighbours = [int(neighbour_of(word, at)) for at in range(4)]
    assert neighbours == [0x3333_2222, 0x4444_3333, 0x1111_4444, 0x2222_1111]


def test_postings_are_sorted_into_their_buckets() -> None:
    rng = np.random.default_rng(5)
    words = layout.to_words(rng.integers(0, 256, (500, 32), np.uint8))
    starts = layout.bucket_starts(words)
    neighbours, rows = np.empty(500 + layout.PADDING, np.uint32), np.empty(500, np.uint32)
    for band in range(16):
        layout.fill_band(words, band, starts[band], neighbours, rows)
        values = words[:, band // 4] >> np.uint64(16 * (band % 4)) & np.uint64(0xFFFF)
        assert rows.tolist() == np.argsort(values, kind="stable").tolist()
        assert starts[band].tolist() == np.searchsorted(np.sort(values), np.arange(layout.BUCKETS + 1)).tolist()
        assert neighbours[:500].tolist() == [int(neighbour_of(words[row, band // 4], band % 4)) for row in rows]
