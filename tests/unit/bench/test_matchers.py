"""Those who are asked, and how pairs of innocent pictures are counted."""

from pathlib import Path

import numpy as np
import pytest
from bench.copies.edits.pixels import Picture, as_picture, field
from bench.copies.innocents import same_scene, unrelated
from bench.copies.matchers import Answer, EightViews, named
from PIL import ImageOps


def drawn_picture(seed: int) -> Picture:
    rng = np.random.default_rng(seed)
    return as_picture(np.stack([128 + 60 * field(rng, (320, 240), 9) for _ in range(3)], axis=2))


class Brightness:
    """Takes pictures of nearly the same mean for copies."""

    name = "brightness"
    rule = "means within 1"
    threshold = -1.0

    def __init__(self) -> None:
        self._means: list[float] = []

    @property
    def banked_codes(self) -> int:
        return len(self._means)

    def bank(self, picture: Picture) -> int:
        self._means.append(float(np.asarray(picture).mean()))
        return len(self._means) - 1

    def matches(self, picture: Picture) -> Answer:
        closeness = -np.abs(np.array(self._means) - float(np.asarray(picture).mean()))
        distances = np.zeros(257, np.int64)
        distances[0] = len(closeness)
        matched = {int(at): "mean" for at in np.flatnonzero(closeness >= self.threshold)}
        return Answer(matched=matched, closeness=closeness, distances=distances)


def flat(path: Path, grey: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    as_picture(np.full((220, 220, 3), float(grey))).save(path)


def test_a_mirrored_copy_is_found_and_a_stranger_is_not() -> None:
    matcher = EightViews()
    first, second = (matcher.bank(drawn_picture(seed)) for seed in (1, 2))
    answer = matcher.matches(ImageOps.mirror(drawn_picture(2)))
    assert list(answer.matched) == [second]
    assert answer.closeness[second] >= matcher.threshold > answer.closeness[first]
    assert answer.distances.sum() == 2 * 8


def test_a_picture_without_features_matches_nothing() -> None:
    matcher = EightViews()
    matcher.bank(as_picture(np.full((240, 320, 3), 80.0)))
    answer = matcher.matches(as_picture(np.full((240, 320, 3), 80.0)))
    assert answer.matched == {}
    assert matcher.banked_codes == 0
    assert answer.distances.sum() == 0


def test_unrelated_pictures_are_paired_across_the_two_sides_only(tmp_path: Path) -> None:
    for side, greys in (("bank", (10, 12, 100)), ("uploads", (12, 200))):
        for grey in greys:
            flat(tmp_path / side / f"{grey}.png", grey)
    (found,) = unrelated(tmp_path, [Brightness()], [], None, 1)
    assert (found.uploads, found.pictures, found.pairs, found.code_pairs) == (2, 5, 6, 6)
    assert [(pair.banked.name, pair.uploaded.name) for pair in found.wrong] == [("12.png", "12.png")]
    assert found.per_million == pytest.approx(1e6 / 6)
    assert sorted(found.closest) == sorted([-2, 0, -88, -190, -188, -100])


def test_the_photographs_that_are_banked_already_count_too(tmp_path: Path) -> None:
    flat(tmp_path / "bank" / "a.png", 10)
    flat(tmp_path / "uploads" / "b.png", 100)
    matcher = Brightness()
    matcher.bank(as_picture(np.full((220, 220, 3), 100.0)))
    (found,) = unrelated(tmp_path, [matcher], [Path("protected.jpg")], None, 1)
    assert found.pairs == 2
    assert [pair.banked for pair in found.wrong] == [Path("protected.jpg")]


def test_pictures_of_a_scene_are_paired_within_it_once(tmp_path: Path) -> None:
    for scene, greys in (("castle", (10, 10, 90)), ("tree", (10, 50))):
        for number, grey in enumerate(greys):
            flat(tmp_path / scene / f"{number}.png", grey)
    (found,) = same_scene(tmp_path, [Brightness])
    assert found.pairs_by_scene == {"castle": 3, "tree": 1}
    assert found.pairs == 4
    assert len(found.wrong) == 1
    assert found.wrong[0].banked.parent.name == "castle"


def test_a_matcher_is_named_by_module_and_class() -> None:
    assert named("bench.copies.matchers:EightViews") is EightViews
    for wrong in ("bench.copies.matchers:Nobody", "bench.nowhere:X", ""):
        with pytest.raises(SystemExit, match="module:Class"):
            named(wrong)
