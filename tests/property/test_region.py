"""The region kernels against the plain reference, and against pictures that were really turned or cut."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from support.drawings import Luma, bricks, framed, noise, scenery
from unseen.fingerprint.region import BANKED, SOUGHT, Plan, Regions, reference
from unseen.fingerprint.region.detector import LEAST_CONTRAST, keypoints
from unseen.fingerprint.region.fingerprint import fingerprint_regions
from unseen.fingerprint.region.geometry import packed
from unseen.fingerprint.region.patches import angle_of
from unseen.fingerprint.region.records import MIN_DETAIL
from unseen.fingerprint.region.scale_space import octaves
from unseen.fingerprint.region.selection import chosen

seeds = st.integers(0, 2**32 - 1)


@st.composite
def pictures(draw: st.DrawFn) -> Luma:
    height, width, seed = draw(st.integers(1, 150)), draw(st.integers(1, 150)), draw(seeds)
    kind = draw(st.sampled_from(["scenery", "scenery", "scenery", "noise", "bricks", "framed"]))
    if kind == "scenery":
        return scenery(height, width, seed)
    if kind == "noise":
        return noise(height, width, seed)
    drawn = bricks(height, width) if kind == "bricks" else framed(height, width)
    return drawn if draw(st.booleans()) else drawn - noise(height, width, seed) // 40  # photographed


plans = st.builds(
    Plan,
    most=st.integers(0, 60),
    long_side=st.integers(60, 200),
)


@settings(max_examples=12, deadline=None)
@given(luma=pictures(), plan=plans)
def test_kernels_agree_with_the_reference_bit_for_bit(luma: Luma, plan: Plan) -> None:
    space = octaves(luma, plan.long_side)
    expected_space = reference.octaves(luma, plan.long_side)
    assert len(space) == len(expected_space)
    for number, (octave, expected_octave) in enumerate(zip(space, expected_space, strict=True)):
        first = 0 if number else 1
        np.testing.assert_array_equal(octave[first:], np.stack(expected_octave)[first:])
    found = keypoints(space)
    expected = [
        keypoint
        for number in range(1, len(expected_space))
        for keypoint in reference.keypoints(expected_space[number], number, LEAST_CONTRAST)
    ]
    np.testing.assert_array_equal(found, np.array(expected, np.int64).reshape(-1, 5))
    height, width = space[0].shape[1:]
    kept = found[chosen(found, height, width, plan.candidates)]
    expected_kept = reference.chosen(expected, height, width, plan.candidates)
    np.testing.assert_array_equal(kept, np.array(expected_kept, np.int64).reshape(-1, 5))
    regions = fingerprint_regions(luma, plan=plan)
    described = reference.fingerprint(luma, plan, LEAST_CONTRAST, MIN_DETAIL)
    assert regions.orientations.tolist() == [turn for _, turn, _, _ in described]
    assert regions.details.tolist() == [detail for _, _, detail, _ in described]
    places = [reference.square(each[0], max(luma.shape), max(height, width)) for each in described]
    assert [(*centre, side) for centre, side in zip(regions.centres.tolist(), regions.sides.tolist(), strict=True)] == (
        places
    )
    turned = zip(places, described, strict=True)
    geometry = [reference.packed(place, turn, max(luma.shape)) for place, (_, turn, _, _) in turned]
    assert packed(regions, max(luma.shape)).tolist() == geometry
    assert regions.strengths.tolist() == [keypoint[4] for keypoint, _, _, _ in described]
    pairs = np.stack([regions.codes, regions.mirrored_codes], axis=1)
    np.testing.assert_array_equal(pairs, np.array([codes for *_, codes in described], np.uint8).reshape(-1, 2, 32))


@settings(max_examples=200, deadline=None)
@given(x=st.integers(-16320, 16320), y=st.integers(-16320, 16320))
def test_directions_are_those_of_the_circle(x: int, y: int) -> None:
    if x or y:
        expected = np.arctan2(y, x) / (2 * np.pi) * 2048
        off = (angle_of(np.int64(x), np.int64(y)) - expected + 1024) % 2048 - 1024
        assert abs(off) < 2
        assert angle_of(np.int64(x), np.int64(y)) == reference.angle_of(x, y)


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_mirrored_codes_are_those_of_the_really_mirrored_picture(seed: int) -> None:
    luma = scenery(240, 320, seed)
    upright = fingerprint_regions(luma, plan=BANKED)
    mirrored = fingerprint_regions(np.ascontiguousarray(np.fliplr(luma)), plan=BANKED)
    assert _found(mirrored.codes, upright.mirrored_codes) >= 0.25 * len(upright)


@settings(max_examples=8, deadline=None)
@given(seed=seeds, quarters=st.integers(1, 3))
def test_a_turned_picture_has_the_same_regions(seed: int, quarters: int) -> None:
    luma = scenery(240, 320, seed)
    turned = np.ascontiguousarray(np.rot90(luma, quarters))
    upright = fingerprint_regions(luma, plan=BANKED)
    assert _found(fingerprint_regions(turned, plan=BANKED).codes, upright.codes) >= 0.25 * len(upright)


@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_a_crop_keeps_some_regions(seed: int) -> None:
    luma = scenery(480, 640, seed, shapes=150)
    crop = np.ascontiguousarray(luma[60:420, 100:500])
    assert _found(fingerprint_regions(crop, plan=SOUGHT).codes, fingerprint_regions(luma, plan=BANKED).codes) >= 3


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_unrelated_pictures_share_no_region(seed: int) -> None:
    left, right = scenery(240, 320, seed), scenery(240, 320, seed + 1)
    regions: list[Regions] = [fingerprint_regions(luma, plan=BANKED) for luma in (left, right)]
    assert _found(regions[0].codes, regions[1].codes) == 0


def _found(asked: np.ndarray, banked: np.ndarray) -> int:
    """How many banked codes have one asked for within 31 bits."""
    if not len(asked) or not len(banked):
        return 0
    distances = np.bitwise_count(asked[:, None] ^ banked).sum(axis=2)
    return int((distances.min(axis=0) <= 31).sum())
