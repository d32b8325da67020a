"""EXIF orientation as a permutation of the views' rows."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from unseen.fingerprint.orientation import ROW_ORDER, orientation_of
from unseen.fingerprint.pdq import turns


@pytest.mark.parametrize("orientation", range(1, 9))
def test_row_order_is_what_turning_the_pixels_would_give(orientation: int) -> None:
    stored = np.arange(12, dtype=np.uint8).reshape(3, 4)
    picture = Image.fromarray(stored)
    picture.getexif()[0x0112] = orientation
    upright = np.asarray(ImageOps.exif_transpose(picture))
    by_rows = [turns(stored)[row] for row in ROW_ORDER[orientation]]
    assert [view.tolist() for view in by_rows] == [view.tolist() for view in turns(upright)]


@pytest.mark.parametrize("order", ["little", "big"])
def test_both_byte_orders_are_read(order: str) -> None:
    exif = Image.Exif()
    exif.endian = "<" if order == "little" else ">"
    exif[0x010F] = "maker"
    exif[0x0112] = 6
    assert orientation_of(exif.tobytes()) == 6


@pytest.mark.parametrize("value", [0, 9, 255])
def test_senseless_values_mean_upright(value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    assert orientation_of(exif.tobytes()) == 1


def test_any_cut_or_noise_is_an_orientation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    whole = exif.tobytes()
    rng = np.random.default_rng(1)
    assert all(orientation_of(whole[:cut]) in ROW_ORDER for cut in range(len(whole)))
    for _ in range(200):
        noise = b"II*\x00" + rng.bytes(int(rng.integers(0, 80)))
        assert orientation_of(noise) in ROW_ORDER
