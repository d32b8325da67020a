"""How wrong answers among innocent pictures are counted, and what is read from their tail."""

from pathlib import Path

import numpy as np
import pytest
from bench.copies import rates
from bench.copies.crowd import Asked, Crowd, Met, Touch, asked_of, banked
from bench.copies.edits.pixels import Picture, as_picture
from bench.copies.nearness import STEPS_OF_PLAIN, Nearness, nearness_of
from bench.copies.pieces import Pool, pieces_of
from bench.copies.statistics import fitted_tail
from PIL import Image

from support.drawings import scenery
from unseen.match.evidence import REVIEW_BANS, REVIEW_LIKENESS


def drawn_picture(seed: int) -> Picture:
    return Image.fromarray(scenery(360, 320, seed, shapes=150)).convert("RGB")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two collections with one picture, each beside another; a third has it too, and is said to be of the first."""
    for collection, seeds in (("a", (1, 2)), ("b", (1, 3)), ("c", (1,))):
        (tmp_path / "pool" / collection).mkdir(parents=True)
        for seed in seeds:
            drawn_picture(seed).save(tmp_path / "pool" / collection / f"{seed}.png")
    (tmp_path / "pool" / "same.tsv").write_text("a\tc\n")
    return tmp_path


def crowd_of(folder: Path) -> Crowd:
    pool = Pool.under(folder / "pool")
    return banked(pool, folder / "kept", range(len(pool.paths)))


def test_a_photograph_is_asked_for_whole_and_in_pieces_that_do_not_overlap() -> None:
    pieces = dict(pieces_of(as_picture(np.zeros((960, 720, 3)))))
    assert [len([name for name in pieces if name.startswith(start)]) for start in ("whole", "2/", "3/")] == [1, 4, 9]
    assert pieces["2/11"].size == (360, 480)
    assert pieces["3/22"].size == (240, 320)
    assert len(dict(pieces_of(as_picture(np.zeros((300, 300, 3)))))) == 5
    assert len(dict(pieces_of(as_picture(np.zeros((200, 300, 3)))))) == 1


def test_only_pictures_of_other_collections_are_pairs_and_a_copy_among_them_is_found(folder: Path) -> None:
    crowd = crowd_of(folder)
    asked = list(asked_of(crowd, folder / "kept", 1, 10))
    assert len(asked) == len(crowd.names) == 25
    for each in asked:
        collection = crowd.collection_of(each.met.picture)
        assert each.met.others == sum(crowd.collection_of(at) != collection for at in range(25))
        met = {at for at, _ in each.met.whole} | {touch.banked for touch in each.touched}
        assert all(crowd.collection_of(at) != collection for at in met)
    wholes = {collection_of(crowd, each): each for each in asked if each.met.whole}
    assert set(wholes) == {"a", "b", "c"}
    assert rates.reviews(asked).wrong > 0


def collection_of(crowd: Crowd, asked: Asked) -> str:
    """As the folder says."""
    return crowd.pool.paths[asked.met.photograph].parent.name


def test_every_pair_is_counted_by_its_distance_and_copies_are_near(folder: Path) -> None:
    crowd = crowd_of(folder)
    met = [each.met for each in asked_of(crowd, folder / "kept", 1, 10)]
    nearness = nearness_of(crowd, met, folder / "kept")
    assert nearness.pairs == sum(each.others for each in met)
    noted = sum(bits <= 31 for each in met for _, bits in each.whole)
    assert nearness.within(31, STEPS_OF_PLAIN[-1]) == rates.matches(nearness).wrong == noted > 0
    assert nearness.within(0, STEPS_OF_PLAIN[-1]) <= rates.blocks(nearness).wrong <= noted


def test_a_plain_code_counts_as_a_block_only_from_near_by() -> None:
    counts = np.zeros((len(STEPS_OF_PLAIN), 257), np.int64)
    for row, bits in ((0, 30), (1, 31), (1, 32), (2, 12), (3, 12), (3, 13), (4, 0)):
        counts[row, bits] = 10**row
    assert rates.blocks(Nearness(counts=counts)).wrong == 1 + 10 + 100 + 1000


def test_the_tail_of_distances_says_what_is_to_be_expected_beyond_it() -> None:
    distances = 2 * np.rint(40 - np.random.default_rng(2).exponential(2.0, 350)).astype(np.int64)
    counts = np.zeros((len(STEPS_OF_PLAIN), 257), np.int64)
    counts[1] = np.bincount(distances, minlength=257)
    counts[-1, -1] = 10**9
    expected = Nearness(counts=counts).expected(63, STEPS_OF_PLAIN[1])
    assert expected is not None
    assert expected[0] <= 350 * np.exp(-8.5 / 2) * 2
    assert expected[1] >= 350 * np.exp(-8.5 / 2) / 2
    assert Nearness(counts=counts).expected(63, STEPS_OF_PLAIN[0]) is None


def test_a_run_that_was_stopped_goes_on_where_it_was(folder: Path) -> None:
    crowd = crowd_of(folder)
    whole = list(asked_of(crowd, folder / "kept", 1, 10))
    (log,) = (folder / "kept").glob("met-*.jsonl")
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(lines[:7]) + lines[7][:20])  # torn in the middle of a line
    assert list(asked_of(crowd_of(folder), folder / "kept", 1, 10)) == whole


def test_another_rule_weighs_what_was_kept_and_looks_for_nothing_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(asked_of(crowd_of(folder), folder / "kept", 1, 10))
    monkeypatch.setattr("bench.copies.kept.regions_sought", None)
    monkeypatch.setattr("bench.copies.kept.banked_regions", None)
    monkeypatch.setattr("unseen.match.evidence.REVIEW_BANS", 1e6)
    monkeypatch.setattr("unseen.match.evidence.REVIEW_BANS_FROM_AFAR", 1e6)
    after = list(asked_of(crowd_of(folder), folder / "kept", 1, 10))
    assert [each.met for each in after] == [each.met for each in before]
    assert rates.reviews(before).wrong > rates.reviews(after).wrong == 0


def test_a_line_of_same_pictures_must_name_collections(folder: Path) -> None:
    (folder / "pool" / "same.tsv").write_text("a\tz\n")
    with pytest.raises(SystemExit, match="no collection 'z'"):
        Pool.under(folder / "pool")


@pytest.mark.parametrize("shape", [0.0, 0.2])
def test_a_tail_of_any_shape_is_read_right_a_little_beyond_what_was_seen(shape: float) -> None:
    uniform = np.random.default_rng(3).random(4000)
    scores = -np.log(uniform) if shape == 0 else (uniform**-shape - 1) / shape
    tail = fitted_tail(scores, 1.0)
    assert tail is not None
    assert tail.shape == pytest.approx(shape, abs=0.09)
    true = float(np.exp(-4.0)) if shape == 0 else (1 + shape * 4) ** (-1 / shape)
    assert tail.expected(4.0) == pytest.approx(4000 * true, rel=0.3)
    assert tail.expected(1.0) == tail.exceeding == (scores > 1).sum()


def test_a_tail_that_ends_is_never_said_to_be_rarer_than_it_is() -> None:
    scores = (1 - np.random.default_rng(3).random(4000) ** 0.25) / 0.25  # shape -0.25: none beyond 4
    tail = fitted_tail(scores, 1.0)
    assert tail is not None
    assert tail.shape == 0
    assert tail.expected(3.5) > (scores > 3.5).sum()


def test_too_few_scores_have_no_tail() -> None:
    assert fitted_tail(np.arange(19.0), -1.0) is None


def upload(photograph: int, bans: float, likeness: float = 1.0) -> Asked:
    is_wrong = bans >= REVIEW_BANS and likeness >= REVIEW_LIKENESS
    touch = Touch(banked=1, regions=1, bans=bans, likeness=likeness, agree=2, is_wrong=is_wrong)
    met = Met(
        picture=photograph,
        photograph=photograph,
        others=1000,
        codes=10,
        views=8,
        whole=(),
        insets=(),
        touched=((touch.banked, touch.regions),),
    )
    return Asked(met=met, touched=(touch,))


def test_a_review_takes_bans_and_likeness_and_a_rate_is_of_a_thousand_uploads_at_a_million() -> None:
    asked = [upload(1, 8.0), upload(2, 8.0, -0.1), upload(3, 7.4), upload(4, 2.0)]
    rate = rates.reviews(asked)
    assert (rate.wrong, rate.pairs) == (1, 4000)
    assert rate.counted == pytest.approx(1000 * 1e6 / 4000)
    assert rate.at_most > rate.counted
    assert rates.by_bans(asked)[-1] == (7.5, 2, 1)


def test_the_estimate_is_that_of_the_law_that_scores_follow() -> None:
    bans = 2 + np.random.default_rng(5).exponential(0.5, 3000)
    found = rates.estimate([upload(at, float(each)) for at, each in enumerate(bans)], 1)
    assert found is not None
    true = 3000 * np.exp(-5.5 / 0.5) / 3_000_000 * 1e9
    assert found.low <= true <= found.high
    assert found.rate == pytest.approx(true, rel=3)
    assert 0.2 * found.held <= found.told <= 5 * max(found.held, 1)
