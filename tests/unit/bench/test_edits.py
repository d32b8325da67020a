"""The suite of edits: what is promised of every copy, and that none is milder than it says."""

import zlib
from itertools import pairwise

import numpy as np
import pytest
from bench.copies.edits import EDITS, THREE, Edit, Theme, camera, combined, covers
from bench.copies.edits.pixels import Picture, as_picture, field, moved_corners
from PIL import Image, ImageChops


def drawn_picture(seed: int, size: tuple[int, int]) -> Picture:
    """Clouds of colour with edges, as a photograph has them."""
    rng = np.random.default_rng(seed)
    planes = [128 + 50 * field(rng, size, 6) + 25 * np.sign(field(rng, size, 12)) for _ in range(3)]
    return as_picture(np.stack(planes, axis=2))


OTHERS = [drawn_picture(seed, (360, 270)) for seed in range(20, 30)]
BY_NAME = {edit.name: edit for edit in EDITS}


def copy_of(edit: Edit, picture: Picture, seed: int) -> Picture:
    return edit(picture, np.random.default_rng([seed, zlib.crc32(edit.name.encode())]), OTHERS)


def changed_share(before: Picture, after: Picture) -> float:
    assert before.size == after.size
    return float((np.asarray(ImageChops.difference(before, after)).max(axis=2) > 0).mean())


def test_there_are_at_least_forty_kinds_each_with_a_name_of_its_own() -> None:
    assert len(EDITS) >= 40
    assert len(BY_NAME) == len(EDITS)
    assert sum(edit.theme is Theme.SCREEN for edit in EDITS) >= 5
    assert {edit.theme for edit in EDITS} == set(Theme)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_an_edit_is_drawn_by_its_seed_alone_and_leaves_the_picture_as_it_was(edit: Edit) -> None:
    picture = drawn_picture(1, (320, 240))
    before = picture.tobytes()
    first, again, other = (copy_of(edit, picture, seed) for seed in (7, 7, 8))
    assert picture.tobytes() == before
    assert first.mode == "RGB"
    assert (first.size, first.tobytes()) == (again.size, again.tobytes())
    assert (first.size, first.tobytes()) != (picture.size, before)
    if edit.severity:
        assert (first.size, first.tobytes()) != (other.size, other.tobytes())


@pytest.mark.parametrize("size", [(230, 400), (240, 240)])
def test_copies_have_sizes_that_phones_and_apps_have(size: tuple[int, int]) -> None:
    picture = drawn_picture(3, size)
    for number, edit in enumerate(EDITS):
        if edit.theme in {Theme.TONE, Theme.COVER}:  # these keep the size
            continue
        width, height = copy_of(edit, picture, number).size
        assert min(width, height) >= 40, edit.name
        assert max(width, height) <= 2800, edit.name


def test_an_edit_beside_other_photographs_says_so_when_there_are_none() -> None:
    with pytest.raises(ValueError, match="needs other photographs"):
        BY_NAME["collage of 9"](drawn_picture(1, (320, 240)), np.random.default_rng(1))


def test_the_least_severity_is_that_of_the_bar() -> None:
    screen = BY_NAME["photo of a screen"].severity
    assert screen["corners_moved"] == (0.03, 0.12)
    assert screen["glare_area"] == (0.05, 0.2)
    assert screen["quality"] == (60, 85)
    assert screen["moire"][0] > 0
    assert screen["blur"][0] > 0
    assert BY_NAME["stickers"].severity["area_share"] == (0.15, 0.3)
    assert BY_NAME["collage of 9"].severity["width"] == (1080, 1080)
    assert BY_NAME["chat chain"].severity == {"passes": (2, 3), "quality": (70, 85)}
    crops = [edit.severity["removed"] for edit in EDITS if edit.name.startswith("crop ")]
    assert crops[0][0] == 0.02
    assert crops[-1][1] == 0.7
    assert all(before[1] == after[0] for before, after in pairwise(crops))


@pytest.mark.parametrize("name", [edit.name for edit in EDITS if edit.name.startswith("crop ")])
def test_a_crop_removes_as_much_as_it_says(name: str) -> None:
    picture, (least, most) = drawn_picture(4, (640, 480)), BY_NAME[name].severity["removed"]
    shapes = set()
    for seed in range(20):
        width, height = copy_of(BY_NAME[name], picture, seed).size
        assert least <= 1 - width * height / (640 * 480) <= most + 0.01  # whole pixels
        shapes.add(width > height * 640 / 480)
    assert shapes == {True, False}


@pytest.mark.parametrize("name", ["stickers", "small stickers", "mosaic", "face hidden", "scribbles"])
def test_what_is_laid_over_covers_as_much_as_it_says(name: str) -> None:
    picture, (least, _) = drawn_picture(5, (480, 360)), BY_NAME[name].severity["area_share"]
    for seed in range(6):
        assert changed_share(picture, copy_of(BY_NAME[name], picture, seed)) >= 0.93 * least


def test_stickers_do_not_cover_much_more_than_the_most() -> None:
    picture = drawn_picture(5, (480, 360))
    shares = [
        changed_share(picture, covers.stickers(picture, np.random.default_rng(seed), area_share=(0.3, 0.3)))
        for seed in range(6)
    ]
    assert min(shares) >= 0.28
    assert max(shares) <= 0.36


def test_corners_are_moved_between_the_least_and_the_most() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        corners = moved_corners(rng, 400, 300, (0.03, 0.12))
        for (x, y), (left, top) in zip(corners, ((0, 0), (400, 0), (400, 300), (0, 300)), strict=True):
            assert 0.03 * 300 - 1e-9 <= np.hypot(x - left, y - top) <= 0.12 * 300 + 1e-9


def test_glare_lies_on_as_much_as_it_says() -> None:
    for share in (0.05, 0.2):
        light = camera._glare(np.random.default_rng(3), (320, 240), share)
        assert (light >= 0.3 * light.max() * 0.98).mean() == pytest.approx(share, abs=0.03)
        assert light.max() > 0.6


def test_a_collage_of_nine_is_1080_pixels_across_all_cells() -> None:
    assert copy_of(BY_NAME["collage of 9"], drawn_picture(6, (640, 480)), 1).width == 1080


def test_low_light_leaves_little_light() -> None:
    picture = drawn_picture(7, (320, 240))
    dark = np.asarray(copy_of(BY_NAME["low light"], picture, 1)).mean()
    assert dark < 0.75 * np.asarray(picture).mean()


def test_screenshots_come_light_and_dark() -> None:
    picture = Image.new("RGB", (320, 240), (128, 128, 128))
    for name in ("screenshot: chat", "screenshot: web page"):
        top_left = [copy_of(BY_NAME[name], picture, seed).getpixel((4, 4)) for seed in range(8)]
        lights = [sum(pixel) / 3 for pixel in top_left if isinstance(pixel, tuple)]
        assert min(lights) < 60, name
        assert max(lights) > 190, name


def test_three_combined_are_of_three_themes_and_set_into_something_at_most_once() -> None:
    settings = {Theme.SCREEN, Theme.LAYOUT, Theme.CAMERA, Theme.FRAME}
    seen = set()
    for seed in range(200):
        three = combined.drawn(np.random.default_rng(seed))
        themes = {edit.theme for edit in three}
        assert len(themes) == 3
        assert len(themes & settings) <= 1
        seen |= themes
    assert seen == set(Theme) - {Theme.COMBINED}
    assert THREE in EDITS
