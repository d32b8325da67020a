import dataclasses

import numpy as np
import pytest

from unseen.match import Hits
from unseen.match.records import in_order, require_codes, require_ids, require_radius


def test_hits_of_a_query_ascend_by_distance_then_id() -> None:
    hits = in_order(np.array([1, 0, 1, 1]), np.array([9, 4, 8, 2]), np.array([3, 5, 3, 7], np.uint16), queries=3)
    assert hits.offsets.tolist() == [0, 1, 4, 4]
    ids, distances = hits.of(1)
    assert (ids.tolist(), distances.tolist()) == ([8, 9, 2], [3, 3, 7])
    assert hits.of(2)[0].tolist() == []
    assert len(hits) == 3
    assert (hits.offsets.dtype, hits.ids.dtype, hits.distances.dtype) == (np.int64, np.int64, np.uint16)


@pytest.mark.parametrize("i", [-1, 1])
def test_hits_of_a_query_that_was_not_asked_are_an_error(i: int) -> None:
    hits = in_order(np.array([0]), np.array([4]), np.array([5], np.uint16), queries=1)
    with pytest.raises(IndexError):
        hits.of(i)


@pytest.mark.parametrize(
    ("offsets", "ids", "distances"),
    [([], [], []), ([1, 1], [4], [0]), ([0, 2], [4], [0]), ([0, 1], [4], [0, 1])],
)
def test_columns_that_disagree_are_refused(offsets: list[int], ids: list[int], distances: list[int]) -> None:
    with pytest.raises(ValueError, match="offsets"):
        Hits(
            offsets=np.array(offsets, np.int64),
            ids=np.array(ids, np.int64),
            distances=np.array(distances, np.uint16),
        )


def test_hits_cannot_be_changed() -> None:
    hits = in_order(np.array([0]), np.array([4]), np.array([5], np.uint16), queries=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        hits.ids = np.array([5])  # type: ignore[misc]  # that it cannot be assigned is what is tested


def test_arrays_of_another_shape_or_type_are_refused() -> None:
    with pytest.raises(ValueError, match="codes are"):
        require_codes(np.zeros((2, 31), np.uint8))
    with pytest.raises(ValueError, match="codes are"):
        require_codes(np.zeros((2, 32), np.int8).astype(np.float32))
    with pytest.raises(ValueError, match="ids are"):
        require_ids(np.zeros(2))
    with pytest.raises(ValueError, match="ids are"):
        require_ids(np.zeros((2, 1), np.int64))
    for radius_bits in (-1, 257):
        with pytest.raises(ValueError, match="radius"):
            require_radius(radius_bits)
