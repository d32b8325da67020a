"""What everyone has is left out: screens, text and keys do not match each other, and photographs keep their regions."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from bench.copies.interfaces import keyboard, page, sent
from bench.copies.interfaces import screens_of as screens_of_a_kind
from PIL import Image
from tools.common_regions.make import SAME_BITS, SEED, codes_of, drawing
from tools.common_regions.sheet import BUNDLED, Sheet

from support.drawings import noise, scenery
from support.screens import SCREENS, luma_of, photograph
from unseen.desk.near_regions import banked_of
from unseen.desk.sought_regions import SoughtRegions
from unseen.fingerprint.closer import regions_sought
from unseen.fingerprint.records import Fingerprint
from unseen.fingerprint.region import BANKED, SOUGHT, Plan, Regions, common
from unseen.fingerprint.region.common import COMMON_RADIUS_BITS, common_regions, near_any, without_common
from unseen.fingerprint.region.drawn import DRAWN_FLAT_PERCENT, flat_percents
from unseen.fingerprint.region.fingerprint import fingerprint_regions
from unseen.fingerprint.region.geometry import packed
from unseen.fingerprint.region.tones import TWO_TONES_PERCENT, tone_percents, without_two_tones
from unseen.match.evidence import evidence_for

EACH = 5  #: screens of a kind; 20 ordered pairs of each, 200 of all


def telling(picture: Image.Image, plan: Plan) -> Regions:
    return without_common(fingerprint_regions(luma_of(picture), plan=plan))


def asked_with(picture: Image.Image) -> Regions:
    return regions_sought(luma_of(picture))


def is_hit(asked: Regions, banked: Regions, shape: tuple[int, ...], banked_shape: tuple[int, ...]) -> bool:
    if not len(banked):
        return False
    record = Fingerprint.of_regions(banked.codes, packed(banked, max(banked_shape)))
    return evidence_for(SoughtRegions.of(asked, shape).asked, banked_of(record)).is_for_review


def screens_of(kind: str) -> list[Image.Image]:
    drawn = [SCREENS[kind](np.random.default_rng([7, number]), number) for number in range(EACH)]
    return [sent(each, np.random.default_rng(at)) if at % 2 else each for at, each in enumerate(drawn)]


@pytest.mark.parametrize("kind", SCREENS)
def test_two_screens_of_a_kind_never_hit_each_other(kind: str) -> None:
    pictures = screens_of(kind)
    asked, banked = [asked_with(each) for each in pictures], [telling(each, BANKED) for each in pictures]
    pairs = [(one, other) for one in range(EACH) for other in range(EACH) if one != other]
    shapes = [(each.height, each.width) for each in pictures]
    assert [(o, b) for o, b in pairs if is_hit(asked[o], banked[b], shapes[o], shapes[b])] == []


def test_without_leaving_anything_out_keyboards_would_hit() -> None:
    one, other = (luma_of(keyboard(np.random.default_rng([1, seed]))) for seed in _alike())
    regions = (fingerprint_regions(each, plan=plan, with_drawn=True) for each, plan in ((one, SOUGHT), (other, BANKED)))
    assert is_hit(*regions, one.shape, other.shape)


def test_keyboards_that_were_sent_on_would_hit_but_for_their_two_tones() -> None:
    drawn = screens_of_a_kind("keyboard", [photograph(1)] * 18, 1)
    one, other = drawn[3], drawn[17]  # light, and sent at half their size
    regions, shapes = (telling(one, SOUGHT), telling(other, BANKED)), (luma_of(one).shape, luma_of(other).shape)
    assert is_hit(*regions, *shapes)
    assert not is_hit(asked_with(one), regions[1], *shapes)


def _alike() -> tuple[int, int]:
    """Two seeds that draw keys of one theme under different words."""
    dark = [seed for seed in range(20) if keyboard(np.random.default_rng([1, seed])).getpixel((0, 0)) == (0, 0, 0)]
    return dark[0], dark[1]


def test_a_screenshot_keeps_the_regions_of_the_picture_in_it() -> None:
    rng = np.random.default_rng(3)
    screenshot = page(rng).resize((800, 1200))
    screenshot.paste(Image.fromarray(scenery(540, 720, 1, shapes=200)), (40, 300))
    left = telling(screenshot, SOUGHT)
    assert len(left) >= 20
    inside = (left.centres > (40, 300)).all(axis=1) & (left.centres < (760, 840)).all(axis=1)
    assert inside.mean() > 0.9
    banked = telling(Image.fromarray(scenery(540, 720, 1, shapes=200)), BANKED)
    assert is_hit(left, banked, (1200, 800), (540, 720))


def test_photographs_keep_nearly_all_regions(test_data: Path) -> None:
    paths = sorted((test_data / "photos").rglob("*.jpg"))[::12]
    before, unlisted, photographed, of_many_tones = 0, 0, 0, 0
    for path in paths:
        with Image.open(path) as picture:
            picture.draft("L", (1000, 1000))
            picture.thumbnail((1000, 1000))
            luma = luma_of(picture)
        regions = fingerprint_regions(luma, plan=BANKED, with_drawn=True)
        of_many_tones += len(without_two_tones(luma, regions))
        before += len(regions)
        unlisted += len(without_common(regions))
        photographed += len(fingerprint_regions(luma, plan=BANKED))
    assert before > 500
    assert unlisted >= 0.99 * before
    assert photographed >= 0.93 * before
    assert of_many_tones >= 0.95 * before


def test_a_region_near_a_listed_one_is_left_out_whichever_way_it_is_mirrored() -> None:
    regions = fingerprint_regions(scenery(300, 400, 1), plan=BANKED)
    assert len(without_common(regions)) == len(regions) > 4
    codes, mirrored = regions.codes.copy(), regions.mirrored_codes.copy()
    codes[0], mirrored[1] = _flipped(common_regions()[0], COMMON_RADIUS_BITS), common_regions()[-1]
    columns = {field.name: getattr(regions, field.name) for field in fields(Regions)}
    left = without_common(Regions(**columns | {"codes": codes, "mirrored_codes": mirrored}))
    for name, column in columns.items():
        np.testing.assert_array_equal(getattr(left, name), column[2:])


def test_a_region_just_beyond_the_radius_stays() -> None:
    listed = common_regions()[:1].view(np.uint64)
    for bits, expected in ((COMMON_RADIUS_BITS, True), (COMMON_RADIUS_BITS + 1, False)):
        code = _flipped(common_regions()[0], bits).reshape(1, 32).view(np.uint64)
        assert near_any(code, listed, COMMON_RADIUS_BITS).tolist() == [expected]


def _flipped(code: np.ndarray, bits: int) -> np.ndarray:
    """The code with its first ``bits`` bits turned over."""
    return code ^ np.packbits(np.arange(256) < bits)


def test_what_is_flat_is_drawn_and_what_is_noisy_is_not() -> None:
    luma = noise(100, 200, 1)
    luma[:, 100:] = 30
    centres, sides = np.array([[50, 50], [150, 50], [100, 50]], np.float32), np.full(3, 40, np.float32)
    noisy, flat, half = flat_percents(luma, centres, sides).tolist()
    assert noisy < 5 < DRAWN_FLAT_PERCENT < half < 60 < 99 < flat


def test_the_list_is_small_distinct_and_not_to_be_written_to() -> None:
    listed = common_regions()
    assert common.PATH.stat().st_size <= 200_000
    assert listed.shape == (len(listed), 32)
    assert len(listed) >= 1000
    assert not listed.flags.writeable
    assert common_regions() is listed
    apart = np.bitwise_count(listed[:300, None] ^ listed[:300]).sum(axis=2)
    assert apart[~np.eye(300, dtype=bool)].min() > SAME_BITS


@pytest.mark.parametrize("wrong", ["short", "other version"])
def test_a_damaged_or_foreign_list_is_refused(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = common.PATH.read_bytes()
    head, _, body = content.partition(b"\n")
    other = json.dumps(json.loads(head) | {"version": common.VERSION + 1}).encode() + b"\n" + body
    path = tmp_path / "common.bin"
    path.write_bytes(content[:-1] if wrong == "short" else other)
    monkeypatch.setattr(common, "PATH", path)
    common_regions.cache_clear()
    try:
        with pytest.raises(ValueError, match="install Unseen again"):
            common_regions()
    finally:
        common_regions.cache_clear()


def test_a_part_of_the_list_made_again_is_in_it() -> None:
    about = json.loads(common.PATH.read_bytes().partition(b"\n")[0])
    fonts = [BUNDLED, *about["fonts"]]
    numbers = [n for n in range(120) if Sheet.drawn(np.random.default_rng([SEED, n]), fonts).font == BUNDLED]
    again = np.concatenate([codes_of(drawing(number, fonts)) for number in numbers])
    listed = np.ascontiguousarray(common_regions())
    found = near_any(
        listed.view(np.uint64), again.view(np.uint64), 16
    )  # another FreeType draws letters a bit otherwise
    assert len(numbers) >= 4
    assert found.sum() >= 30
    np.testing.assert_array_equal(again[-20:], codes_of(drawing(numbers[-1], fonts))[-20:])


def test_ink_on_its_ground_has_two_tones_also_after_a_jpeg_and_noise_or_a_faint_patch_has_not() -> None:
    rng = np.random.default_rng(2)
    letters = luma_of(sent(page(rng), rng))
    middle, side = np.array([[letters.shape[1] / 2, letters.shape[0] / 2]], np.float32), np.array([90], np.float32)
    assert tone_percents(letters, middle, side)[0] >= TWO_TONES_PERCENT
    assert tone_percents(letters // 8, middle, side)[0] == 0
    assert tone_percents(noise(*letters.shape, 1), middle, side)[0] < 20
