"""What the regions of an upload say together about one banked picture."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from unseen.match.agreement import PARTNER_RADIUS_BITS, Places
from unseen.match.evidence import (
    NEAR_BITS,
    REVIEW_BANS,
    REVIEW_BANS_FROM_AFAR,
    Asked,
    Banked,
    are_one_place,
    chances_of,
    evidence_for,
    places_apart,
)

Codes = NDArray[np.uint8]
LONGER = 1000


def _codes(n: int, seed: int) -> Codes:
    return np.random.default_rng(seed).integers(0, 256, (n, 32), np.uint8)


def _changed(codes: Codes, bits: int) -> Codes:
    """Each code with its first bits turned over."""
    flips = np.zeros(256, np.uint8)
    flips[:bits] = 1
    return codes ^ np.packbits(flips)


def _picture(n: int, seed: int) -> Banked:
    rng = np.random.default_rng(seed)
    points = rng.uniform(0.1, 0.9, (n, 2)) * (1, 0.75)
    sides, turns = np.exp2(rng.uniform(-4, -2, n)), rng.uniform(0, 6.2, n)
    places = Places(points=points, sides=sides, turns=np.column_stack([np.cos(turns), np.sin(turns)]))
    return Banked(codes=_codes(n, seed + 100), places=places)


def _upload(
    of: Banked,
    *,
    bits: int = 20,
    off: float = 0.0,
    scale: float = 1.0,
    turn: float = 0.0,
    detail: int = 90,
    mirrored: bool = False,
) -> Asked:
    """A copy: scaled and turned about its middle, its codes changed, its regions off by so many pixels."""
    n = len(of.codes)
    rng = np.random.default_rng(9)
    about = (of.places.points - (0.5, 0.375)) * scale
    sine, cosine = np.sin(turn), np.cos(turn)
    centres = np.array([0.5, 0.5]) + about @ np.array([[cosine, sine], [-sine, cosine]])
    turns = np.arctan2(of.places.turns[:, 1], of.places.turns[:, 0]) + turn
    if mirrored:
        centres, turns = np.array([1, 0]) + centres * (-1, 1), np.pi - turns
    ours, others = _changed(of.codes, bits), _codes(n, 77)
    return Asked(
        codes=others if mirrored else ours,
        mirrored_codes=ours if mirrored else others,
        centres=(centres * LONGER + rng.normal(0, off, (n, 2))).astype(np.float32),
        sides=(of.places.sides * scale * LONGER).astype(np.float32),
        orientations=(np.round(turns / (2 * np.pi) * 512) % 512).astype(np.uint16),
        details=np.full(n, detail, np.uint8),
        frame=(LONGER, LONGER),
    )


def test_one_region_alone_never_decides() -> None:
    banked = _picture(1, 1)
    alone = evidence_for(_upload(banked, bits=0, detail=100), banked)
    assert alone.distances.tolist() == [0]
    assert 0 < alone.bans < REVIEW_BANS
    assert not alone.is_for_review


def test_regions_that_all_overlap_are_one_witness_a_letter_that_strangers_have_too() -> None:
    banked = _picture(6, 1)
    sides = np.full(6, 0.1)
    along = np.linspace(0, 1, 6)[:, None] * (1, 0)

    def bans_across(width: float) -> float:
        places = replace(banked.places, points=(0.4, 0.3) + width * along, sides=sides)
        picture = replace(banked, places=places)
        return evidence_for(_upload(picture, bits=10), picture).bans

    assert bans_across(0.095) < REVIEW_BANS
    assert bans_across(0.105) > 2 * REVIEW_BANS


def test_regions_are_one_place_when_each_two_overlap() -> None:
    along = np.array([[0.0, 0.0], [0.9, 0.0], [1.8, 0.0]])
    assert are_one_place(along[:2], np.array([1.0, 1.0]))
    assert not are_one_place(along[:2], np.array([1.0, 0.8]))
    assert not are_one_place(along, np.ones(3))
    assert are_one_place(along[:1], np.ones(1))


@pytest.mark.parametrize("turn", [0.0, 0.3, 3.0])
@pytest.mark.parametrize("scale", [0.6, 1.0, 1.3])
def test_a_copy_is_known_however_turned_and_scaled(turn: float, scale: float) -> None:
    banked = _picture(30, 2)
    found = evidence_for(_upload(banked, turn=turn, scale=scale, off=0.5), banked)
    assert found.is_for_review
    assert sorted(found.asked.tolist()) == list(range(30))
    assert found.asked.tolist() == found.banked.tolist()


def test_a_mirrored_copy_is_known_as_mirrored() -> None:
    banked = _picture(30, 3)
    found = evidence_for(_upload(banked, mirrored=True, turn=0.2), banked)
    assert found.is_for_review
    assert found.is_mirrored
    assert sorted(found.asked.tolist()) == list(range(30))


def test_regions_that_look_alike_but_lie_anywhere_say_little() -> None:
    """As many near codes as a copy has, in no order: keys of a keyboard, bricks of a wall."""
    banked = _picture(30, 4)
    order = np.random.default_rng(5).permutation(30)
    elsewhere = Banked(codes=banked.codes[order], places=banked.places)
    upload = _upload(banked, bits=40)
    copy, jumble = evidence_for(upload, banked), evidence_for(upload, elsewhere)
    assert copy.bans > 10 * jumble.bans
    assert len(jumble.asked) < 8
    assert not jumble.is_for_review


def test_another_photograph_of_the_same_thing_is_no_copy() -> None:
    """From two steps aside: regions as near in code and nearly in their places, but not on one homography."""
    banked = _picture(60, 6)
    copy, other = (evidence_for(_upload(banked, bits=60, off=off), banked) for off in (0.7, 6.0))
    assert copy.is_for_review
    assert other.bans > REVIEW_BANS
    assert not other.is_for_review


def test_what_overlaps_by_half_is_a_second_look_not_a_cut() -> None:
    banked = _picture(60, 7)
    whole = _upload(banked, bits=10)
    half = np.flatnonzero(whole.centres[:, 0] < 500)
    strangers = Asked(
        codes=_codes(60, 8),
        mirrored_codes=_codes(60, 9),
        centres=whole.centres,
        sides=whole.sides,
        orientations=whole.orientations,
        details=whole.details,
        frame=whole.frame,
    )
    beside = {
        name: np.concatenate([getattr(whole.only(half), name) + shift, getattr(strangers, name)])
        for name, shift in (
            ("codes", np.uint8(0)),
            ("mirrored_codes", np.uint8(0)),
            ("centres", np.array([500, 0], np.float32)),
            ("sides", np.float32(0)),
            ("orientations", np.uint16(0)),
            ("details", np.uint8(0)),
        )
    }
    overlapping = evidence_for(Asked(**beside, frame=whole.frame), banked)
    assert overlapping.bans > REVIEW_BANS
    assert overlapping.likeness < evidence_for(whole, banked).likeness - 3


def test_more_change_and_more_misfit_are_less_like_a_copy() -> None:
    banked = _picture(60, 10)
    # what is changed more is found less exactly
    changed = (_upload(banked, bits=bits, off=1.5 + bits / 67) for bits in (0, 30, 60))
    by_change = [evidence_for(each, banked).likeness for each in changed]
    assert by_change == sorted(by_change, reverse=True)
    by_misfit = [evidence_for(_upload(banked, bits=40, off=off), banked).likeness for off in (0.3, 2.0, 5.0)]
    assert by_misfit == sorted(by_misfit, reverse=True)
    assert len({*by_change, *by_misfit}) == 6


def test_a_banked_region_counts_once_however_often_the_upload_has_it() -> None:
    banked = _picture(1, 11)
    wall = _upload(banked, bits=0).only(np.zeros(20, np.int64))
    assert evidence_for(wall, banked).banked.tolist() == [0]


def test_one_keypoint_kept_in_two_directions_is_one_witness() -> None:
    banked = _picture(40, 1)
    for apart, is_same in ((0.0, True), (0.2, True), (0.3, False)):
        points, sides = banked.places.points.copy(), banked.places.sides
        points[1] = points[0] + (apart * min(sides[:2]), 0)
        rows = places_apart(points, sides, np.array([1, 0, 2]))
        assert rows.tolist() == ([1, 2] if is_same else [1, 0, 2])


def test_nearer_and_more_detailed_pairs_are_rarer() -> None:
    distances = np.arange(PARTNER_RADIUS_BITS + 1, dtype=np.uint16)
    for detail in (30, 60, 100):
        assert (np.diff(chances_of(distances, np.full(len(distances), detail, np.uint8))) > 0).all()
    details = np.arange(30, 101, dtype=np.uint8)
    assert (np.diff(chances_of(np.full(len(details), 31, np.uint16), details)) < 0).all()
    assert chances_of(np.array([256], np.uint16), np.array([30], np.uint8)).tolist() == [0]


def test_nothing_speaks_for_a_picture_that_shares_no_region() -> None:
    nothing = evidence_for(_upload(_picture(100, 12)), _picture(96, 13))
    assert nothing.bans < 3
    assert not nothing.is_for_review
    empty = evidence_for(_upload(_picture(5, 14)).only(np.empty(0, np.int64)), _picture(3, 15))
    assert (empty.bans, len(empty.asked)) == (0, 0)
    assert empty.likeness == -np.inf


def test_codes_of_another_shape_are_refused() -> None:
    banked = _picture(2, 16)
    with pytest.raises(ValueError, match="codes"):
        evidence_for(_upload(banked), Banked(codes=np.zeros((2, 16), np.uint8), places=banked.places))


def test_what_no_region_is_near_needs_more_evidence() -> None:
    banked = _picture(96, 20)
    near = replace(evidence_for(_upload(banked), banked), bans=REVIEW_BANS)
    assert near.is_for_review
    far = replace(near, distances=np.full(len(near.distances), NEAR_BITS + 1, np.uint16))
    assert not far.is_for_review
    assert replace(far, bans=REVIEW_BANS_FROM_AFAR).is_for_review
