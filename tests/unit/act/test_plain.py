"""Which PDQ codes say enough for a match to be no chance."""

import hashlib

import numpy as np
import pytest
from numpy.typing import NDArray

from support.drawings import scenery
from unseen.act.plain import PLAIN, PLAIN_SAVED_ANEW, SAVED_ANEW_BITS, is_telling, plainness
from unseen.fingerprint.pdq import pdq, pdq_views


def codes_by_chance(count: int) -> list[bytes]:
    return [hashlib.sha256(bytes([at])).digest() for at in range(count)]


def shapes() -> list[NDArray[np.uint8]]:
    """A bar, a slope, and a round corner."""
    down, across = np.mgrid[0:480, 0:640]
    drawn = (abs(down - 0.4 * across - 100) < 30, down > 0.5 * across + 60, down**2 + across**2 < 300**2)
    return [np.where(shape, 200, 30).astype(np.uint8) for shape in drawn]


def plainly(code: bytes) -> float:
    """The definition, bit by bit."""
    bits = [[(code[2 * row + column // 8] >> (7 - column % 8)) & 1 for column in range(16)] for row in range(16)]
    total = 0.0
    for down in range(4):
        for right in range(-3, 4):
            if (down, right) <= (0, 0):
                continue
            same = [
                bits[row][column] == bits[row - down][column - right]
                for row in range(16)
                for column in range(16)
                if row >= down and 0 <= column - right < 16
            ]
            total += ((2 * sum(same) - len(same)) / len(same)) ** 2
    return total


def test_plainness_is_what_its_definition_says() -> None:
    for code in [*codes_by_chance(8), bytes(32), bytes(pdq(shapes()[0])[0])]:
        assert plainness(code) == pytest.approx(plainly(code), abs=1e-12)


def test_bits_that_follow_from_nothing_are_not_plain_and_bits_that_are_all_alike_are_as_plain_as_can_be() -> None:
    assert np.mean([plainness(code) for code in codes_by_chance(200)]) == pytest.approx(0.12, abs=0.03)
    assert max(plainness(code) for code in codes_by_chance(200)) < PLAIN / 2
    assert plainness(bytes(32)) == plainness(b"\xff" * 32) == 24


def test_a_scene_is_less_plain_than_a_shape_on_an_even_ground() -> None:
    assert max(plainness(bytes(pdq(scenery(480, 640, seed))[0])) for seed in range(6)) < PLAIN
    assert min(plainness(bytes(pdq(shape)[0])) for shape in shapes()) > 1.5 * PLAIN


@pytest.mark.parametrize("picture", [scenery(480, 640, 5), shapes()[0]])
def test_turning_a_picture_leaves_its_plainness_as_it_is(picture: NDArray[np.uint8]) -> None:
    views = [plainness(view.tobytes()) for view in pdq_views(picture)[0]]
    assert views == pytest.approx([views[0]] * 8, abs=0.2)


def test_a_plain_code_says_something_of_files_saved_anew_alone_and_one_of_an_outline_nothing() -> None:
    scene, outline = codes_by_chance(1)[0], bytes(32)
    between = next(code for code in _ever_plainer() if PLAIN < plainness(code) <= PLAIN_SAVED_ANEW)
    assert is_telling(scene, 31)
    assert is_telling(between, SAVED_ANEW_BITS)
    assert not is_telling(between, SAVED_ANEW_BITS + 1)
    assert not is_telling(outline, 0)


def _ever_plainer() -> list[bytes]:
    """Chance, with more and more of its rows made all alike."""
    code = codes_by_chance(1)[0]
    return [code[: 32 - 2 * rows] + bytes(2 * rows) for rows in range(17)]
