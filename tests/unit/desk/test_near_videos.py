"""Frames against the bank, where there are too many of both to look all up widely."""

import numpy as np
import pytest
from numpy.typing import NDArray

from unseen.desk import near_videos
from unseen.desk.index import BankIndex
from unseen.desk.near_videos import Layer
from unseen.match.live import Hits


class Bank:
    """An index of a few codes, looked through one by one; it remembers how much it was asked."""

    def __init__(self, codes: NDArray[np.uint8]) -> None:
        self.codes, self.asked = codes, dict[int, int]()

    def __len__(self) -> int:
        return len(self.codes)

    def search(self, queries: NDArray[np.uint8], radius_bits: int) -> Hits:
        self.asked[radius_bits] = self.asked.get(radius_bits, 0) + len(queries)
        apart = np.bitwise_count(queries[:, None] ^ self.codes[None]).sum(axis=2)
        query, ids = np.nonzero(apart <= radius_bits)
        offsets = np.searchsorted(query, np.arange(len(queries) + 1))
        return Hits(offsets=offsets, ids=ids.astype(np.int64), distances=apart[query, ids].astype(np.uint16))


def away(code: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    flips = np.packbits(np.arange(256) < bits)
    return code ^ flips


@pytest.fixture
def layer() -> Layer:
    views = np.random.default_rng(1).integers(0, 256, (1000, 8, 32), np.uint8)
    return Layer(at_s=np.arange(1000.0), views=views)


def touched(layer: Layer, bank: Bank) -> list[tuple[int, int, int, int]]:
    as_index: BankIndex = bank  # type: ignore[assignment]
    found = near_videos._touches(layer, as_index, strict_bits=31, wide_bits=47)
    columns = (found.rows, found.views, found.entry_ids, found.distances)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def test_a_little_is_looked_up_widely(layer: Layer) -> None:
    bank = Bank(np.stack([away(layer.views[700, 3], 40), away(layer.views[20, 0], 10)]))
    assert touched(layer, bank) == [(20, 0, 1, 10), (700, 3, 0, 40)]
    assert bank.asked == {47: 8000}


def test_of_very_much_what_is_strictly_near_and_its_neighbours_are_found(
    layer: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near_videos, "_WIDE_WORK", 0)
    monkeypatch.setattr(near_videos, "_LEAST_WIDE", 100)
    at = [(500, 31), (501, 40), (496, 47), (0, 45)]  # the last is at the end, which is always among the spread
    bank = Bank(np.stack([away(layer.views[row, 2], bits) for row, bits in at]))
    assert touched(layer, bank) == sorted((row, 2, number, bits) for number, (row, bits) in enumerate(at))
    assert bank.asked[31] == 8000
    assert bank.asked[47] <= 800
