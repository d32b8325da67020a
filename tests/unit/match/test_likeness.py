"""What tells a copy from another photograph of the same scene."""

import numpy as np
import pytest
from numpy.typing import NDArray

from unseen.match.agreement import Agreement, Places
from unseen.match.likeness import Traits, traits_of
from unseen.match.plane import TO_X, TO_Y, near

FRAME = (1.0, 0.75)
AT_AN_ANGLE = np.array([[0.8, 0.05, 0.08], [0.03, 0.85, 0.05], [0.15, 0.1, 1.0]])
F64Array = NDArray[np.float64]


def moved(scale: float = 0.7, turn: float = 0.0, stretched: float = 1.0) -> F64Array:
    """Scaled and turned about the middle of the upload's frame."""
    sine, cosine = scale * np.sin(turn), scale * np.cos(turn)
    turned = np.array([[cosine * stretched, -sine], [sine * stretched, cosine]])
    off = np.array([0.5, 0.375]) - turned @ np.array([0.5, 0.375])
    return np.array([[*turned[0], off[0]], [*turned[1], off[1]], [0, 0, 1.0]])


def traits(transform: F64Array, *, regions: int = 30, reach: float = 1.0) -> Traits:
    """Of regions that meet exactly.  reach: of the banked picture's width, the middle part that has regions."""
    rng = np.random.default_rng(1)
    points = 0.5 + (rng.uniform(0.02, 0.98, (regions, 2)) - 0.5) * reach
    points = points * (1, 0.75)
    sides, turns = np.full(regions, 0.08), np.tile([1.0, 0.0], (regions, 1))
    there = near(transform, points)[:, TO_X : TO_Y + 1]
    found = Agreement(
        transform=transform, asked=np.arange(regions), banked=np.arange(regions), misfits=np.full(regions, 0.5)
    )
    asked, banked = (Places(points=at, sides=sides, turns=turns) for at in (there, points))
    return traits_of(found, np.full(regions, 30, np.uint16), asked, FRAME, banked)


@pytest.mark.parametrize("turn", [0.0, np.pi / 2, np.pi, -np.pi / 2])
def test_what_is_only_moved_and_scaled_is_a_copy_whichever_way_up(turn: float) -> None:
    here = traits(moved(0.6, turn))
    assert here.moved_misfit < 0.5
    assert here.likeness() == pytest.approx(traits(moved(0.6)).likeness())
    assert here.likeness() > traits(moved(0.6, turn + 0.1)).likeness() + 8


def test_what_is_turned_is_no_other_standpoint() -> None:
    turned, angled = traits(moved(0.8, 0.3)), traits(AT_AN_ANGLE)
    assert turned.moved_misfit > 2
    assert turned.turned_misfit < 0.5
    assert min(angled.moved_misfit, angled.turned_misfit) > 2.4
    assert turned.likeness() - angled.likeness() == pytest.approx(
        5 * (1 + min(turned.grown, 0.3) - min(angled.grown, 0.3))
    )


def test_what_is_stretched_is_not_only_moved() -> None:
    assert traits(moved(0.7, stretched=1.2)).moved_misfit > 2


def test_few_that_meet_say_little_of_how_they_were_moved() -> None:
    assert traits(moved(0.6), regions=2).moved_misfit > 0.8
    assert traits(moved(0.6), regions=1).moved_misfit > 1.2


def test_a_banked_photo_of_a_screen_has_a_margin_around_its_original() -> None:
    """The upload fills the frame, and all that the banked picture has regions of is in it."""
    fills = np.linalg.inv(np.array([[0.85, 0.05, 0.06], [0.03, 0.9, 0.04], [0.03, 0.05, 1.0]]))
    framed, scene = traits(fills, reach=0.7), traits(fills, reach=1.0)
    assert framed.is_framed
    assert not scene.is_framed
    assert min(framed.moved_misfit, framed.turned_misfit) > 2.4
