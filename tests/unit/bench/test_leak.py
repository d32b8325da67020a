"""That codes are inverted as the audit says: a weak attack would make a bank look safer than it is."""

import numpy as np
import pytest
from bench.copies.edits.pixels import field
from bench.leak import codes
from bench.leak.canvas import composite, view_of
from bench.leak.decoders import fit_linear, fit_spectrum, refined
from bench.leak.jigsaw import best_fits, is_right
from bench.leak.keyed import columns_told_apart
from bench.leak.likeness import correlation, fitted, ssim
from bench.leak.places import Placed, placed
from bench.leak.samples import of_crops, of_regions, standard

from unseen.fingerprint.region.common import without_common
from unseen.fingerprint.region.fingerprint import fingerprint_regions


def drawn(seed: int) -> codes.U8Array:
    rng = np.random.default_rng(seed)
    grey = 128 + 45 * field(rng, (220, 180), 30) + 30 * field(rng, (220, 180), 9) + 15 * field(rng, (220, 180), 3)
    return np.clip(grey, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def pictures() -> list[codes.U8Array]:
    return [drawn(seed) for seed in range(8)]


def test_the_places_known_to_the_audit_are_those_of_the_banked_codes(pictures: list[codes.U8Array]) -> None:
    found, banked = placed(pictures[0]), fingerprint_regions(pictures[0])
    assert len(banked) > 10
    np.testing.assert_array_equal(found.codes[:, 0], banked.codes)
    np.testing.assert_array_equal(found.codes[:, 1], banked.mirrored_codes)
    np.testing.assert_allclose(found.centres, banked.centres, atol=0.01)
    np.testing.assert_allclose(found.sides, banked.sides, rtol=0.001)


def test_the_audit_attacks_only_what_is_banked_and_nothing_that_was_drawn(pictures: list[codes.U8Array]) -> None:
    half = pictures[0].copy()
    down, across = np.indices(half[:, 90:].shape) // 20
    half[:, 90:] = 20 + 200 * ((down + across) % 2)
    found, banked = placed(half), without_common(fingerprint_regions(half))
    assert len(banked) > 10
    assert not np.array_equal(banked.codes, fingerprint_regions(half, with_drawn=True).codes)
    np.testing.assert_array_equal(found.codes[:, 0], banked.codes)


@pytest.mark.parametrize("kind", ["whole", "region"])
def test_what_a_code_is_decoded_to_has_that_code(kind: str, pictures: list[codes.U8Array]) -> None:
    rng = np.random.default_rng(1)
    if kind == "whole":
        transform = codes.whole_picture()
        (signs, samples), (asked, true) = (of_crops(part, transform, 6, rng) for part in (pictures[2:], pictures[:2]))
    else:
        transform = codes.region()
        (signs, samples), (asked, true) = (of_regions(part, transform) for part in (pictures[2:], pictures[:2]))
        asked, true = asked[:40], true[:40]
    assert transform.agreement(true, asked).mean() > 0.998
    guess = fit_spectrum(transform, samples).decode(asked)
    closer = refined(transform, asked, fit_linear(signs, samples).decode(asked), steps=60)
    assert transform.agreement(guess, asked).mean() > 0.99
    assert transform.agreement(closer, asked).mean() > 0.97
    likeness = [correlation(mine, theirs) for mine, theirs in zip(guess, true, strict=True)]
    assert np.mean(likeness) > (0.2 if kind == "whole" else 0.4)
    swapped = [correlation(mine, theirs) for mine, theirs in zip(guess, true[::-1], strict=True)]
    assert abs(np.mean(swapped)) < 0.5 * np.mean(likeness)


def test_the_same_seed_gives_the_same_likeness(pictures: list[codes.U8Array]) -> None:
    transform = codes.whole_picture()
    likenesses = []
    for _ in range(2):
        signs, samples = of_crops(pictures[:2], transform, 3, np.random.default_rng(5))
        likenesses.append(refined(transform, signs[:2], fit_linear(signs, samples).decode(signs[:2]), steps=5))
    np.testing.assert_array_equal(likenesses[0], likenesses[1])


def test_whoever_knows_the_places_puts_the_picture_together(pictures: list[codes.U8Array]) -> None:
    luma, found = pictures[0], placed(pictures[0])
    height, width = (side // 2 for side in luma.shape)
    canvas = composite(view_of(found, height, width, 0.5), standard(found.samples))
    small = luma.reshape(height, 2, width, 2).mean(axis=(1, 3))
    inner = (slice(20, -20), slice(20, -20))
    assert correlation(canvas[inner], small[inner]) > 0.7
    moved = Placed(
        codes=found.codes, samples=found.samples, centres=found.centres[::-1].copy(), matrices=found.matrices
    )
    wrong = composite(view_of(moved, height, width, 0.5), standard(found.samples))
    assert correlation(wrong[inner], small[inner]) < 0.4


def test_a_patch_that_is_cut_from_another_is_laid_where_it_was() -> None:
    rng = np.random.default_rng(3)
    large = field(rng, (128, 128), 6)
    outer, inner = large.reshape(32, 4, 32, 4).mean(axis=(1, 3)), large[40:104, 30:94].reshape(32, 2, 32, 2)
    stranger = field(rng, (32, 32), 3)
    patches = np.stack([inner.mean(axis=(1, 3)), outer, stranger]).reshape(3, -1)
    places = Placed(
        codes=np.zeros((3, 2, 32), np.uint8),
        samples=patches,
        centres=np.array([[62.0, 72.0], [64.0, 64.0], [900.0, 900.0]]),
        matrices=np.stack([32 * np.eye(2), 64 * np.eye(2), 32 * np.eye(2)]),
    )
    fit = best_fits(patches)[0]
    assert (fit.outer, is_right(fit, places)) == (1, True)
    assert not is_right(fit, places.chosen(np.array([2, 1, 0])))


def test_brightness_and_contrast_do_not_count() -> None:
    rng = np.random.default_rng(4)
    image = 128 + 30 * field(rng, (64, 64), 5)
    assert correlation(image * 0.1 - 7, image) == pytest.approx(1)
    assert ssim(image * 0.1 - 7, image) == pytest.approx(1)
    assert ssim(field(rng, (64, 64), 5), image) < 0.7
    assert np.ptp(fitted(-image, image)) == 0  # a negative is no likeness


def test_a_secret_order_is_told_from_few_codes() -> None:
    known = np.random.default_rng(6).integers(0, 256, (40, 32), np.uint8)
    assert columns_told_apart(known[:2]) == 0
    assert columns_told_apart(known) > 0.99
