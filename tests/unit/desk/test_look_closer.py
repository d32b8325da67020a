"""The closer look in the house: what is found without the store, and what a reviewer's word does."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from support import copies
from support.node import Node, picture
from unseen.act.records import Matched
from unseen.bank.records import Bank, Response, Source, SourceKind
from unseen.desk import near_regions
from unseen.desk.index import BankIndex
from unseen.desk.items import CASE_BANK
from unseen.desk.look_again import seen_again
from unseen.desk.look_closer import STAGES, look_up_alone_closely, look_up_closely
from unseen.desk.near_regions import banked_of
from unseen.desk.recall import Recall
from unseen.desk.sought_regions import SoughtRegions
from unseen.fingerprint.closer import LOOKS, banked_regions, regions_sought
from unseen.fingerprint.records import Box, Fingerprint, View
from unseen.match.evidence import CANDIDATE_RADIUS_BITS, REVIEW_BANS, Banked, Evidence, evidence_for
from unseen.match.records import Hits


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """With one picture, whose regions alone are banked."""
    node = Node(tmp_path)
    regions = banked_regions(copies.original(1))
    assert regions is not None
    node.open_case([picture(1)[0], regions])
    node.index.catch_up()
    return node


def index_of(node: Node) -> BankIndex:
    assert node.index.regions is not None
    return node.index.regions


def evidence_of(sought: SoughtRegions) -> Evidence:
    """For what is banked."""
    fingerprint = banked_regions(copies.original(1))
    assert fingerprint is not None
    return evidence_for(sought.asked, banked_of(fingerprint))


def test_parts_are_held_for_a_person_while_the_store_is_away(node: Node) -> None:
    recall = Recall(node.store, max_digests=10)
    recall.follow()
    node.index.catch_up()
    more = {"index": node.index, "recall": recall}
    found = look_up_alone_closely([], copies.crop(copies.original(1)), None, **more)
    assert found.verdict.response is Response.REVIEW
    assert found.verdict.reasons[0].startswith(
        "Part of this upload is near an entry whose standing cannot be looked up"
    )
    glimpse = found.glimpses[0]
    assert (glimpse.entry_id, glimpse.matched) == (2, Matched.REGIONS)
    assert glimpse.box is not None
    other = look_up_alone_closely([], copies.crop(copies.original(2)), None, **more)
    assert (other.verdict.response, other.glimpses) == (Response.ALLOW, ())


def test_an_upload_near_nothing_is_allowed_and_every_look_was_taken(node: Node) -> None:
    looked = look_up_closely([], copies.crop(copies.original(2)), store=node.store, index=node.index)
    assert looked.verdict.response is Response.ALLOW
    assert set(STAGES) <= set(looked.stages_s)
    assert len(regions_sought(copies.original(2))) > 20


def test_without_pixels_there_is_no_closer_look(node: Node) -> None:
    looked = look_up_closely([], None, store=node.store, index=node.index)
    assert set(STAGES).isdisjoint(looked.stages_s)


@dataclass
class Asked:
    """What an index of regions was asked."""

    queries: list[tuple[int, int]] = field(default_factory=list)  #: radius, and how many

    def count(self, radius_bits: int) -> int:
        return sum(queries for radius, queries in self.queries if radius == radius_bits)


@pytest.fixture
def asked(node: Node, monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked, search = Asked(), index_of(node).search

    def counted(codes: NDArray[np.uint8], radius_bits: int) -> Hits:
        asked.queries.append((radius_bits, len(codes)))
        return search(codes, radius_bits)

    monkeypatch.setattr(index_of(node), "search", counted)
    return asked


def test_what_the_first_look_decides_has_no_second_one(node: Node, asked: Asked) -> None:
    copy = copies.crop(copies.original(1))
    looked = look_up_closely([], copy, store=node.store, index=node.index)
    assert looked.verdict.response is Response.REVIEW
    assert {"region", "region_search"} <= set(looked.stages_s)
    assert {"second_region", "second_region_search"}.isdisjoint(looked.stages_s)
    assert asked.count(near_regions.WIDE_CANDIDATE_RADIUS_BITS) == 0


def test_the_strongest_regions_are_asked_first_and_the_rest_only_where_they_decide_nothing(
    node: Node, asked: Asked
) -> None:
    copy = copies.original(1)
    regions = len(LOOKS[0].regions(copy))
    look_up_closely([], copy, store=node.store, index=node.index)
    assert 0 < asked.count(CANDIDATE_RADIUS_BITS) < regions  # of 2 mirrors
    asked.queries.clear()
    other = copies.original(2)
    look_up_closely([], other, store=node.store, index=node.index)
    assert asked.count(CANDIDATE_RADIUS_BITS) == 2 * len(regions_sought(other))


def test_the_box_is_that_of_all_the_first_look_saw(node: Node) -> None:
    """Not only of those that were asked: the copy fills the right half."""
    other = copies.original(4)
    collage = copies.collage(other, copies.original(1))
    box = look_up_closely([], collage, store=node.store, index=node.index).verdict.findings[0].box
    sought = SoughtRegions.of(LOOKS[0].regions(collage), collage.shape)
    assert box == sought.box_of(evidence_of(sought).asked)
    assert box.left > 0.45
    assert box.width > 0.4


EDITS = (copies.crop, copies.stickered, copies.screenshot, copies.photo_of_screen)


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("seed", [1, 2])
def test_what_nothing_decides_is_answered_as_if_all_had_been_asked_at_once(
    node: Node, edit: Callable[[copies.Luma], copies.Luma], seed: int
) -> None:
    with node.store.write() as tx:
        bank = next(bank for bank in tx.banks() if bank.name == CASE_BANK)
        tx.put_bank(replace(bank, on_region=Response.ALLOW))
    luma = edit(copies.original(seed))
    looked = look_up_closely([], luma, store=node.store, index=node.index)
    assert looked.verdict.response is Response.ALLOW
    found = [(f.entry.id, f.distance, f.view, f.box, f.regions) for f in looked.verdict.findings]
    assert found == plainly(luma)
    assert bool(found) == (seed == 1)


def plainly(luma: copies.Luma) -> list[tuple[int, int, View, Box, int]]:
    """The same without steps: all regions of both looks at once, by comparing all with all."""
    sought, banked = SoughtRegions.of(regions_sought(luma), luma.shape), banked_regions(copies.original(1))
    assert banked is not None
    ways = np.stack([sought.asked.codes, sought.asked.mirrored_codes])
    apart = np.bitwise_count(ways[:, :, None] ^ banked.region_codes).sum(axis=3, dtype=np.int64)
    is_touched = (apart <= CANDIDATE_RADIUS_BITS).any()
    is_touched |= (apart[:, : near_regions.STRONGEST] <= near_regions.WIDE_CANDIDATE_RADIUS_BITS).any()
    evidence = evidence_of(sought)
    if not (is_touched and evidence.is_for_review):
        return []
    view = View.MIRRORED if evidence.is_mirrored else View.UPRIGHT
    return [(2, int(evidence.distances.min()), view, sought.box_of(evidence.asked), len(evidence.asked))]


def test_what_something_harmless_has_too_decides_nothing_though_its_first_regions_are_not_near(node: Node) -> None:
    """Of the regions asked first, none is near enough to touch it: what speaks is asked before anything is said."""
    luma = copies.original(1)
    sought = SoughtRegions.of(LOOKS[0].regions(luma), luma.shape)
    speaking = np.sort(evidence_of(sought).asked)
    later = speaking[speaking >= near_regions.FIRST_STEP]
    assert 0 < len(later) < len(speaking)
    codes = sought.asked.codes.copy()
    codes[: near_regions.FIRST_STEP] ^= np.packbits(np.arange(256) < near_regions.WIDE_CANDIDATE_RADIUS_BITS + 5)
    harmless = Bank.allowing("harmless")
    protect(node, copies.regions_with(codes[speaking]), bank=harmless)
    looked = look_up_closely([], luma, store=node.store, index=node.index)
    assert looked.verdict.response is Response.ALLOW


def protect(node: Node, fingerprint: Fingerprint, *, bank: Bank) -> None:
    with node.store.write() as tx:
        tx.put_bank(bank)
        tx.protect(
            bank.name,
            [fingerprint],
            source=Source(kind=SourceKind.OPERATOR, ref="a list"),
            confirmed_by=None,
            actor="operator",
            reason="common",
            at=node.clock.now(),
        )


def test_a_small_bank_is_searched_further_out_for_the_strongest_regions(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.index.catch_up()
    assert node.index.regions is not None
    luma = copies.original(1)
    regions = regions_sought(luma)
    assert (np.diff(regions.strengths.astype(int)) <= 0).all()
    changed = np.packbits(np.arange(256) < near_regions.WIDE_CANDIDATE_RADIUS_BITS)
    codes = replace(regions, codes=regions.codes ^ changed, mirrored_codes=regions.mirrored_codes ^ changed)
    sought = SoughtRegions.of(codes, luma.shape)
    found = touched_by(sought, node)
    assert found.entry_ids.tolist() == [2]
    assert found.regions[0].max() < near_regions.STRONGEST
    monkeypatch.setattr(near_regions, "MOST_CODES_WIDE", len(index_of(node)) - 1)
    assert touched_by(sought, node).entry_ids.tolist() == []


def touched_by(sought: SoughtRegions, node: Node) -> near_regions.Touched:
    search = near_regions.RegionSearch(index_of(node))
    search.findings(sought, node.store, is_last=True, decides=lambda _: False)
    return search.touched()


def test_what_is_near_after_two_looks_is_what_is_near_of_all_regions_at_once(node: Node) -> None:
    luma = copies.photo_of_screen(copies.original(1))
    steps, whole = near_regions.RegionSearch(index_of(node)), near_regions.RegionSearch(index_of(node))
    for look in LOOKS:
        sought = SoughtRegions.of(look.regions(luma), luma.shape)
        steps.findings(sought, node.store, is_last=look is LOOKS[-1], decides=lambda _: False)
    everything = SoughtRegions.of(regions_sought(luma), luma.shape)
    whole.findings(everything, node.store, is_last=True, decides=lambda _: False)
    (one,), (other,) = steps.touched().regions, whole.touched().regions
    assert one.tolist() == other.tolist()
    assert len(one) > 2


def in_doubt(likeness: float) -> tuple[Evidence, NDArray[np.uint8]]:
    """The evidence that a photograph of a screen gives, with another likeness; and the photograph."""
    luma = copies.photo_of_screen(copies.original(1))
    found = evidence_of(SoughtRegions.of(regions_sought(luma), luma.shape))
    return replace(found, likeness=likeness), luma


def test_a_photographed_screen_in_doubt_is_taken_for_a_copy_by_its_border() -> None:
    fingerprint = banked_regions(copies.original(1))
    assert fingerprint is not None
    banked = banked_of(fingerprint)
    doubted, luma = in_doubt(-2.0)
    assert not doubted.is_for_review
    assert seen_again(doubted, banked, luma).is_for_review
    mirrored = copies.photo_of_screen(copies.original(1)[:, ::-1])
    asked = SoughtRegions.of(regions_sought(mirrored), mirrored.shape).asked
    other_way = replace(evidence_for(asked, banked), likeness=-2.0)
    assert other_way.is_mirrored
    assert seen_again(other_way, banked, mirrored).is_for_review
    # the same evidence, where the picture goes on beyond its ends
    scene = np.pad(copies.original(1), 100, mode="symmetric")
    around = replace(evidence_for(SoughtRegions.of(regions_sought(scene), scene.shape).asked, banked), likeness=-2.0)
    assert seen_again(around, banked, scene) is around


BEYOND = 110  # pixels at either side of the photographed screen that, cut off, take its end with them


def test_a_border_at_the_end_in_sight_is_enough_where_the_other_lies_outside() -> None:
    fingerprint = banked_regions(copies.original(1))
    assert fingerprint is not None
    banked = banked_of(fingerprint)
    luma = copies.photo_of_screen(copies.original(1))[:, :-BEYOND]
    found = evidence_for(SoughtRegions.of(regions_sought(luma), luma.shape).asked, banked)
    assert seen_again(replace(found, likeness=-2.0), banked, luma).is_for_review
    neither = np.ascontiguousarray(luma[:, BEYOND:])
    found = evidence_for(SoughtRegions.of(regions_sought(neither), neither.shape).asked, banked)
    assert not seen_again(replace(found, likeness=-2.0), banked, neither).is_for_review


def test_without_evidence_no_border_makes_a_copy() -> None:
    fingerprint = banked_regions(copies.original(1))
    assert fingerprint is not None
    chance = replace(in_doubt(-2.0)[0], bans=REVIEW_BANS - 0.1)
    assert seen_again(chance, banked_of(fingerprint), in_doubt(-2.0)[1]) is chance


def test_the_search_looks_again_where_it_has_the_pixels(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Evidence] = []

    def watched(evidence: Evidence, banked: Banked, luma: NDArray[np.uint8]) -> Evidence:
        asked.append(evidence)
        return replace(evidence, likeness=-9.0)

    monkeypatch.setattr(near_regions, "seen_again", watched)
    luma = copies.photo_of_screen(copies.original(1))
    regions = regions_sought(luma)
    for pixels, is_found in ((None, True), (luma, False)):
        search = near_regions.RegionSearch(index_of(node))
        sought = SoughtRegions.of(regions, luma.shape, pixels)
        assert bool(search.findings(sought, node.store, is_last=True, decides=lambda _: False)) is is_found
    assert asked
