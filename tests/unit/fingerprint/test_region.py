"""What region fingerprinting answers to pictures that have no regions, or the same one everywhere."""

import numpy as np
import pytest

from support.drawings import Luma, bricks, framed, noise, scenery
from unseen.desk.near_regions import banked_of
from unseen.desk.sought_regions import SoughtRegions
from unseen.fingerprint.records import Fingerprint
from unseen.fingerprint.region import BANKED, MOST_BANKED, SOUGHT, Plan, Regions
from unseen.fingerprint.region.fingerprint import fingerprint_regions
from unseen.fingerprint.region.geometry import packed
from unseen.fingerprint.region.records import MIN_APART_BITS, MIN_DETAIL
from unseen.match.evidence import evidence_for


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (2, 700), (58, 640), (4, 4)])
def test_a_picture_too_small_or_narrow_has_no_regions(shape: tuple[int, int]) -> None:
    assert len(fingerprint_regions(noise(*shape, seed=1), plan=BANKED)) == 0


@pytest.mark.parametrize("grey", [0, 127, 255])
def test_a_flat_picture_has_no_regions(grey: int) -> None:
    assert len(fingerprint_regions(np.full((300, 400), grey, np.uint8), plan=SOUGHT)) == 0


def test_two_pages_with_frames_are_not_taken_for_each_other() -> None:
    page, other = framed(480, 640), framed(700, 500)
    assert len(fingerprint_regions(page, plan=SOUGHT)) == 0
    asked = fingerprint_regions(page, plan=SOUGHT, with_drawn=True)
    assert len(asked) < 10
    banked = fingerprint_regions(other, plan=BANKED, with_drawn=True)
    record = Fingerprint.of_regions(banked.codes, packed(banked, 700)) if len(banked) else None
    assert (
        record is None or not evidence_for(SoughtRegions.of(asked, page.shape).asked, banked_of(record)).is_for_review
    )


def test_what_is_drawn_leaves_its_place_to_what_is_photographed() -> None:
    """Flat squares are left out before the choice: a page of detail beside a photograph takes none of its regions."""
    luma = scenery(480, 640, 3, shapes=300)
    alone = len(fingerprint_regions(luma, plan=BANKED))
    beside = np.concatenate([luma, np.kron(noise(60, 80, 4) // 128 * 200, np.ones((8, 8), np.uint8))], axis=1)
    regions = fingerprint_regions(beside, plan=BANKED)
    assert (regions.centres[:, 0] < 660).all()
    assert len(regions) >= 0.8 * alone


def photographed(luma: Luma) -> Luma:
    """With a camera's noise."""
    return luma - noise(*luma.shape, seed=1) // 64


def test_a_wall_of_bricks_is_banked_once_not_at_every_brick() -> None:
    wall = fingerprint_regions(photographed(bricks(480, 640)), plan=BANKED)
    assert 0 < len(wall) < 30
    assert _least_distance(wall) >= MIN_APART_BITS


def test_pure_noise_has_regions_that_no_other_noise_has() -> None:
    left, right = (fingerprint_regions(noise(480, 640, seed), plan=BANKED) for seed in (1, 2))
    assert len(left) > 0
    assert int(np.bitwise_count(left.codes[:, None] ^ right.codes).sum(axis=2).min()) > 31


def test_a_picture_full_of_detail_fills_its_plan_and_no_more() -> None:
    regions = fingerprint_regions(scenery(480, 640, 3, shapes=300), plan=BANKED)
    assert len(regions) == MOST_BANKED == BANKED.most
    assert len(fingerprint_regions(scenery(480, 640, 3, shapes=300), plan=Plan(**_plan(most=0)))) == 0


def test_regions_are_distinct_detailed_and_inside_the_picture() -> None:
    luma = scenery(600, 900, 4, shapes=300)
    regions = fingerprint_regions(luma, plan=SOUGHT)
    assert _least_distance(regions) >= MIN_APART_BITS
    assert regions.details.min() >= MIN_DETAIL
    assert regions.orientations.max() < 512
    reach = regions.sides[:, None] / 2 - 3
    assert (regions.centres >= reach).all()
    assert (regions.centres <= np.array([900, 600]) - reach).all()


def test_positions_are_those_of_the_picture_that_was_given_not_of_its_working_size() -> None:
    large = np.zeros((1200, 1600), np.uint8)
    large[:] = 60
    large[300:1000, 900:1500] = scenery(700, 600, 5)
    centres = fingerprint_regions(large, plan=BANKED).centres
    inside = (centres[:, 0] > 880) & (centres[:, 0] < 1520) & (centres[:, 1] > 280) & (centres[:, 1] < 1020)
    assert len(inside) > 10
    assert inside.mean() > 0.8


@pytest.mark.parametrize(
    "luma",
    [np.zeros((0, 5), np.uint8), np.zeros((5, 5, 3), np.uint8), np.zeros((80, 80), np.float32)],
    ids=["empty", "colours", "floats"],
)
def test_what_is_no_luma_is_refused(luma: Luma) -> None:
    with pytest.raises(ValueError, match="luma"):
        fingerprint_regions(luma, plan=BANKED)


def test_the_input_may_be_a_view_of_another_array() -> None:
    luma = scenery(200, 300, 6)
    wide = np.repeat(luma, 2, axis=1)
    expected = fingerprint_regions(luma, plan=BANKED).codes
    np.testing.assert_array_equal(fingerprint_regions(wide[:, ::2], plan=BANKED).codes, expected)


def test_no_code_shows_in_a_log_line() -> None:
    regions = fingerprint_regions(scenery(200, 300, 7), plan=BANKED)
    assert repr(regions) == f"Regions(<{len(regions)} regions>)"


@pytest.mark.parametrize("wrong", [{"most": -1}, {"long_side": 0}])
def test_an_impossible_plan_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="plan"):
        Plan(**_plan(**wrong))


@pytest.mark.parametrize(
    "column", ["codes", "mirrored_codes", "centres", "sides", "orientations", "strengths", "details"]
)
def test_columns_of_different_lengths_are_refused(column: str) -> None:
    regions = fingerprint_regions(scenery(200, 300, 8), plan=BANKED)
    columns = {name: getattr(regions, name) for name in Regions.__slots__}
    columns[column] = columns[column][1:]
    with pytest.raises(ValueError, match=r"codes|columns|centres"):
        Regions(**columns)


def _plan(most: int = 9, long_side: int = 640) -> dict[str, int]:
    return {"most": most, "long_side": long_side}


def _least_distance(regions: Regions) -> int:
    apart = np.bitwise_count(regions.codes[:, None] ^ regions.codes).sum(axis=2)
    return int(apart[~np.eye(len(regions), dtype=bool)].min(initial=256))
