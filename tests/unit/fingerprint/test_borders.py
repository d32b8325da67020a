"""Whether an upload has an edge where a banked picture ends."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from support.drawings import scenery
from unseen.fingerprint.borders import border_shares

Luma = NDArray[np.uint8]
SIDE = 900  # of the upload
KNOWN = {"is_wide": True, "first": 0.02, "last": 0.7}


def laid(picture: Luma, onto: Luma, left: int, top: int) -> Luma:
    page = onto.copy()
    page[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return page


def placed_at(left: int, top: int, width: int) -> NDArray[np.float64]:
    """From the picture, ``width`` pixels wide in the upload, to an upload of ``SIDE``."""
    return np.array([[width / SIDE, 0, left / SIDE], [0, width / SIDE, top / SIDE], [0, 0, 1.0]])


@pytest.mark.parametrize("shade", [12, 240])
def test_a_picture_set_into_something_ends_with_an_edge_at_both_ends(shade: int) -> None:
    page = laid(scenery(450, 600, 1), np.full((SIDE, SIDE), shade, np.uint8), 120, 200)
    assert border_shares(page, placed_at(120, 200, 600), **KNOWN).tolist() == [1.0, 1.0]


def test_an_upright_picture_is_looked_at_above_and_below() -> None:
    page = laid(scenery(600, 450, 1), np.full((SIDE, SIDE), 12, np.uint8), 120, 200)
    known = KNOWN | {"is_wide": False}
    assert border_shares(page, placed_at(120, 200, 600), **known).tolist() == [1.0, 1.0]
    assert (border_shares(page, placed_at(120, 100, 600), **known) < 0.6).all()


def test_a_scene_that_goes_on_has_none() -> None:
    """The same place photographed from further back."""
    scene = scenery(SIDE, SIDE, 2, shapes=200)
    assert (border_shares(scene, placed_at(120, 200, 600), **KNOWN) < 0.6).all()


def test_one_edge_at_one_end_is_told_from_two() -> None:
    scene = scenery(SIDE, SIDE, 2, shapes=200)
    scene[:, :120] = 12
    left, right = border_shares(scene, placed_at(120, 200, 600), **KNOWN)
    assert left > 0.9
    assert right < 0.6


def test_what_lies_beyond_the_upload_is_unknown() -> None:
    picture = scenery(600, SIDE, 3)
    assert np.isnan(border_shares(picture, placed_at(0, 0, SIDE), **KNOWN)).all()
    assert np.isnan(border_shares(np.zeros((2, 2), np.uint8), placed_at(0, 0, SIDE), **KNOWN)).all()


def test_a_transform_that_folds_the_picture_shows_nothing() -> None:
    folded = np.array([[0.6, 0, 0.1], [0, 0.6, 0.1], [-3.0, 0, 1.0]])
    assert np.isnan(border_shares(scenery(SIDE, SIDE, 4), folded, **KNOWN)[1])


def test_an_edge_a_little_off_and_askew_is_found_and_one_elsewhere_is_not() -> None:
    page = laid(scenery(450, 600, 1), np.full((SIDE, SIDE), 12, np.uint8), 120, 200)
    askew = np.asarray(Image.fromarray(page).rotate(0.4, Image.Resampling.BICUBIC, center=(420, 425)))
    assert (border_shares(askew, placed_at(120, 200, 600), **KNOWN) > 0.9).all()
    assert (border_shares(page, placed_at(135, 200, 600), **KNOWN) < 0.5).all()
