"""A closer look at pixels: whatever they are, and however the file says to turn them."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from support import copies
from support.drawings import bricks, noise
from support.pictures import LIMITS
from unseen.fingerprint.closer import (
    LONG_SIDE,
    LOOKS,
    insets_of,
    regions_of_cells,
    regions_sought,
    regions_to_bank,
    shrunk,
)
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.image import fingerprint_picture
from unseen.fingerprint.jpeg import REDUCED_SIDE, reduced_eighths, scaled
from unseen.fingerprint.records import MOST_REGIONS, PictureFingerprints

Read = Callable[[bytes], PictureFingerprints]


@pytest.fixture
def closely(decoder: DecoderPool) -> Read:
    return lambda data: fingerprint_picture(data, limits=LIMITS, decoder=decoder, long_side=LONG_SIDE)


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (3, 3), (40, 2000), (100, 100)])
def test_a_picture_of_any_shape_has_some_answer(shape: tuple[int, int]) -> None:
    luma = noise(*shape, seed=1)
    small = shrunk(luma)
    assert max(small.shape) == min(max(shape), LONG_SIDE)
    for inset in insets_of(small):
        assert inset.views.shape == (8, 32)
    assert len(regions_sought(small)) >= 0


def test_a_wall_of_bricks_has_few_regions() -> None:
    assert len(regions_sought(bricks(700, 1000))) < 60


def test_the_tiles_of_a_profile_have_more_regions_when_each_is_looked_at_by_itself() -> None:
    page = np.full((1280, 640), 250, np.uint8)
    for at in range(9):
        top, left = 400 + at // 3 * 212, 2 + at % 3 * 212
        page[top : top + 206, left : left + 206] = copies.resized(copies.original(at), 0.5)[:206, 60:266]
    found = regions_of_cells(page, insets_of(page))
    left, top = found.centres.T
    assert (top > 400).all()
    in_one = (left > 214) & (left < 420) & (top > 612) & (top < 818)
    across, down = np.concatenate([look.regions(page).centres for look in LOOKS]).T
    assert in_one.sum() > 1.3 * ((across > 214) & (across < 420) & (down > 612) & (down < 818)).sum()
    assert np.array_equal(np.sort(found.strengths)[::-1], found.strengths)


def test_a_picture_without_cells_has_no_regions_of_them() -> None:
    luma = copies.original(1)
    assert len(regions_of_cells(luma, ())) == 0
    assert len(regions_of_cells(luma, insets_of(luma))) == 0


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 4000), (1300, 100), (12000, 9000), (600, 400)])
def test_enough_pixels_are_left_of_a_jpeg(size: tuple[int, int]) -> None:
    eighths = reduced_eighths(*size, LONG_SIDE)
    assert scaled(max(size), eighths) >= min(LONG_SIDE, max(size))
    assert scaled(min(size), eighths) >= min(REDUCED_SIDE, *size)
    assert eighths >= reduced_eighths(*size)


@pytest.mark.parametrize("progressive", [False, True])
def test_luma_comes_set_upright_whatever_decodes_it(closely: Read, progressive: bool) -> None:
    upright = Image.fromarray(copies.resized(copies.original(1), 2.5))
    for orientation, stored in (
        (1, upright),
        (3, upright.transpose(Image.Transpose.ROTATE_180)),
        (5, upright.transpose(Image.Transpose.TRANSPOSE)),
        (6, upright.transpose(Image.Transpose.ROTATE_90)),
    ):
        file, exif = io.BytesIO(), Image.Exif()
        exif[0x0112] = orientation
        stored.save(file, "JPEG", quality=95, exif=exif, progressive=progressive)
        luma = closely(file.getvalue()).luma
        assert luma is not None
        assert max(luma.shape) >= LONG_SIDE
        seen = np.asarray(Image.fromarray(np.ascontiguousarray(luma)).resize((80, 60)), np.int64)
        assert np.abs(seen - np.asarray(upright.resize((80, 60)), np.int64)).mean() < 6, orientation


def test_luma_is_given_only_to_who_asks(fingerprint: Read) -> None:
    picture = fingerprint(copies.jpeg(copies.original(1)))
    assert picture.luma is None
    with pytest.raises(ValueError, match="not asked for"):
        regions_to_bank(picture)


def test_what_is_banked_is_no_more_than_may_be(closely: Read) -> None:
    made = regions_to_bank(closely(copies.jpeg(copies.original(1))))
    assert made is not None
    assert 20 < len(made.region_codes) <= MOST_REGIONS
    flat = io.BytesIO()
    Image.new("L", (600, 400), 128).save(flat, "PNG")
    assert regions_to_bank(closely(flat.getvalue())) is None
