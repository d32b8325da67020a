"""What the regions of an upload say together about one banked picture."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from unseen.match.evidence import REVIEW_BANS, WIDE_RADIUS_BITS, Asked, bans_of, evidence_for

Codes = NDArray[np.uint8]


def _codes(n: int, seed: int) -> Codes:
    return np.random.default_rng(seed).integers(0, 256, (n, 32), np.uint8)


def _flipped(codes: Codes, bits: int) -> Codes:
    """Each code with its first bits turned over."""
    flips = np.zeros(256, np.uint8)
    flips[:bits] = 1
    return codes ^ np.packbits(flips)


def _asked(codes: Codes, *, apart: float = 100, detail: int = 90, mirrored: Codes | None = None) -> Asked:
    n = len(codes)
    return Asked(
        codes=codes,
        mirrored_codes=_codes(n, 99) if mirrored is None else mirrored,
        centres=np.stack([np.arange(n) * apart, np.zeros(n)], axis=1).astype(np.float32),
        sides=np.full(n, 60, np.float32),
        details=np.full(n, detail, np.uint8),
    )


def test_one_region_alone_never_decides() -> None:
    codes = _codes(1, 1)
    alone = evidence_for(_asked(codes, detail=100), codes)
    assert alone.distances.tolist() == [0]
    assert 0 < alone.bans < REVIEW_BANS
    assert not alone.is_copy_like


def test_several_regions_together_do() -> None:
    codes = _codes(5, 2)
    together = evidence_for(_asked(_flipped(codes, 30)), codes)
    assert together.is_copy_like
    assert sorted(together.asked.tolist()) == sorted(together.banked.tolist()) == [0, 1, 2, 3, 4]


def test_another_photograph_of_the_same_thing_is_no_copy() -> None:
    """A few regions match, others between them do not: that is what a second look at a wall gives."""
    banked, strange = _codes(6, 10), _codes(40, 11)
    here_and_there = strange.copy()
    here_and_there[::8][:5] = _flipped(banked[:5], 30)
    other = evidence_for(_asked(here_and_there), banked)
    assert other.bans > REVIEW_BANS
    assert other.is_of_same_scene
    assert not other.is_copy_like
    everywhere = evidence_for(_asked(_flipped(banked[:5], 30)), banked)
    assert everywhere.bans == other.bans
    assert everywhere.likeness == pytest.approx(other.likeness + 2 * (1 - 5 / 33))
    assert everywhere.is_copy_like


def test_what_lies_around_the_matched_part_does_not_make_it_less_of_a_copy() -> None:
    banked, strange = _codes(5, 12), _codes(60, 13)
    inset = evidence_for(_asked(np.concatenate([banked, strange])), banked)
    assert inset.likeness == evidence_for(_asked(banked), banked).likeness


def test_regions_of_other_sizes_do_not_either() -> None:
    banked = _codes(6, 14)
    asked = _asked(np.concatenate([banked, _codes(6, 15)]))
    places = np.tile(asked.centres[:6], (2, 1))
    sides = np.repeat(np.array([60, 20], np.float32), 6)
    finer = replace(asked, centres=places, sides=sides)
    assert evidence_for(finer, banked).likeness == evidence_for(_asked(banked), banked).likeness


def test_closer_hits_and_more_of_them_are_more_like_a_copy() -> None:
    codes = _codes(9, 16)
    likeness = [
        evidence_for(_asked(_flipped(codes[:n], bits)), codes).likeness for n, bits in ((9, 0), (9, 30), (3, 30))
    ]
    assert likeness == sorted(likeness, reverse=True)
    assert len(set(likeness)) == 3


def test_regions_at_one_place_of_the_upload_count_once() -> None:
    codes = _codes(5, 3)
    crowded = evidence_for(_asked(_flipped(codes, 30), apart=1), codes)
    assert len(crowded.asked) == 1
    assert not crowded.is_copy_like


def test_a_banked_region_counts_once_however_often_the_upload_has_it() -> None:
    code = _codes(1, 4)
    wall = evidence_for(_asked(np.repeat(code, 20, axis=0)), np.concatenate([code, _codes(10, 5)]))
    assert wall.banked.tolist() == [0]


def test_mirrored_regions_count_together_but_not_with_upright_ones() -> None:
    codes = _codes(4, 6)
    other = _codes(4, 7)
    mirrored = evidence_for(_asked(other, mirrored=codes), codes)
    assert mirrored.is_mirrored
    assert mirrored.is_copy_like
    half = codes.copy(), other.copy()
    half[0][2:], half[1][2:] = other[2:], codes[2:]
    mixed = evidence_for(_asked(half[0], mirrored=half[1]), codes)
    assert len(mixed.asked) == 2
    assert mixed.bans == pytest.approx(mirrored.bans / 2)


def test_nearer_and_more_detailed_hits_are_worth_more() -> None:
    distances = np.arange(0, WIDE_RADIUS_BITS + 1, dtype=np.uint16)
    for detail in (30, 60, 100):
        assert (np.diff(bans_of(distances, np.full(len(distances), detail, np.uint8))) <= 0).all()
    details = np.arange(30, 101, dtype=np.uint8)
    assert (np.diff(bans_of(np.full(len(details), 31, np.uint16), details)) >= 0).all()
    assert bans_of(np.array([256], np.uint16), np.array([30], np.uint8)).tolist() == [0]


def test_nothing_speaks_for_a_picture_that_shares_no_region() -> None:
    nothing = evidence_for(_asked(_codes(100, 8)), _codes(96, 9))
    assert (nothing.bans, len(nothing.asked), nothing.is_copy_like) == (0, 0, False)
    assert nothing.likeness == -np.inf
    assert not nothing.is_of_same_scene
    assert evidence_for(_asked(_codes(0, 1)), _codes(0, 2)).bans == 0


def test_codes_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="codes"):
        evidence_for(_asked(_codes(2, 1)), np.zeros((2, 16), np.uint8))
