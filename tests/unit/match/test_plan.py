from itertools import pairwise

import numpy as np
import pytest

from unseen.match.plan import BAND_BITS, BANDS, FLIPS, MAX_FLIPS, plan_for


@pytest.mark.parametrize("radius_bits", range(48))
def test_thresholds_leave_no_pair_within_the_radius_unseen(radius_bits: int) -> None:
    """One bit more than its threshold in every band takes more bits than the radius; so with quarters."""
    plan = plan_for(radius_bits)
    assert plan is not None
    assert (plan.bands + 1).sum() == radius_bits + 1
    assert (plan.quarters + 1).sum() == radius_bits + 1
    for quarter, threshold in enumerate(plan.quarters):
        assert (plan.bands[4 * quarter : 4 * quarter + 4] + 1).sum() == threshold + 1


@pytest.mark.parametrize("radius_bits", range(48))
def test_a_band_is_probed_with_every_flip_up_to_its_threshold(radius_bits: int) -> None:
    plan = plan_for(radius_bits)
    assert plan is not None
    for threshold, probes in zip(plan.bands, plan.probes, strict=True):
        expected = {value for value in range(1 << BAND_BITS) if value.bit_count() <= threshold}
        assert set(FLIPS[:probes].tolist()) == expected
        assert len(expected) == probes


def test_a_radius_of_31_takes_272_probes() -> None:
    plan = plan_for(31)
    assert plan is not None
    assert plan.probes.sum() == 272
    assert plan.quarters.tolist() == [7, 7, 7, 7]


def test_the_work_never_shrinks_as_the_radius_grows() -> None:
    plans = [plan for plan in map(plan_for, range(48)) if plan is not None]
    assert len(plans) == 48
    assert all(a.probes.sum() < b.probes.sum() for a, b in pairwise(plans))


def test_a_radius_too_large_for_bands_has_no_plan() -> None:
    assert plan_for(BANDS * (MAX_FLIPS + 1)) is None
    assert plan_for(256) is None


def test_few_codes_are_scanned_and_many_looked_up() -> None:
    plan = plan_for(31)
    assert plan is not None
    assert 100 < plan.most_scanned < 1_000_000


def test_flips_are_distinct_and_fewest_first() -> None:
    bits = np.bitwise_count(FLIPS)
    assert len(set(FLIPS.tolist())) == len(FLIPS) == 137
    assert (np.diff(bits.astype(int)) >= 0).all()
