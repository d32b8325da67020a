"""How copies are counted."""

from pathlib import Path

import numpy as np
from bench.copies.edits import Edit, Picture, Theme
from bench.copies.edits.pixels import as_picture
from bench.copies.matchers import Answer
from bench.copies.recall import measure, rng_for
from PIL import ImageChops


class SamePixel:
    """Takes pictures for copies whose first pixel is the same."""

    name = "same pixel"
    rule = "the first pixel is equal"
    threshold = 0.0

    def __init__(self) -> None:
        self._pixels: list[object] = []

    @property
    def banked_codes(self) -> int:
        return len(self._pixels)

    def bank(self, picture: Picture) -> int:
        self._pixels.append(picture.getpixel((0, 0)))
        return len(self._pixels) - 1

    def matches(self, picture: Picture) -> Answer:
        matched = {at: "pixel" for at, pixel in enumerate(self._pixels) if pixel == picture.getpixel((0, 0))}
        return Answer(matched=matched, closeness=np.zeros(len(self._pixels)), distances=np.zeros(257, np.int64))


def unchanged(picture: Picture, rng: np.random.Generator) -> Picture:
    del rng
    return picture


def inverted(picture: Picture, rng: np.random.Generator) -> Picture:
    del rng
    return ImageChops.invert(picture)


def test_copies_that_are_caught_missed_and_mistaken_are_counted_apart(tmp_path: Path) -> None:
    matcher, paths = SamePixel(), []
    for grey in (10, 100, 245):  # inverted, the first is the third; and the second nobody's
        paths.append(tmp_path / f"{grey}.png")
        picture = as_picture(np.full((220, 220, 3), float(grey)))
        picture.save(paths[-1])
        matcher.bank(picture)
    edits = [
        Edit(name="unchanged", theme=Theme.TONE, make=unchanged, severity={}),
        Edit(name="inverted", theme=Theme.TONE, make=inverted, severity={}),
    ]
    found = measure(paths, 2, edits, [], [matcher], 1)
    assert (found.copies, found.photographs) == (4, 2)
    assert [found.caught[edit.name, "same pixel"].caught for edit in edits] == [2, 0]
    assert found.over_suite("same pixel").recall == 0.5
    assert [found.wrong[edit.name, "same pixel"] for edit in edits] == [0, 1]
    assert [each.edit for each in found.missed] == ["inverted", "inverted"]
    assert [each.edit for each in found.mistaken] == ["inverted"]


def test_what_is_drawn_hangs_on_the_file_and_not_on_its_folder(tmp_path: Path) -> None:
    paths = [tmp_path / "a" / "one.png", tmp_path / "b" / "two.png"]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(b"the same bytes")
    edit = Edit(name="unchanged", theme=Theme.TONE, make=unchanged, severity={})
    first, second = (rng_for(1, edit, path).random() for path in paths)
    assert first == second
    assert rng_for(2, edit, paths[0]).random() != first
