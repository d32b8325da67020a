"""The closer look in the house: what is found without the store, and what a reviewer's word does."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from support import copies
from support.node import Node, picture
from unseen.act.records import Matched
from unseen.bank.records import Response
from unseen.desk import near_regions
from unseen.desk.look_closer import look_up_alone_closely, look_up_closely
from unseen.desk.recall import Recall
from unseen.fingerprint.closer import banked_regions, regions_sought


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """With one picture, whose regions alone are banked."""
    node = Node(tmp_path)
    regions = banked_regions(copies.original(1))
    assert regions is not None
    node.open_case([picture(1)[0], regions])
    return node


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
    assert {"insets", "region", "region_search"} <= set(looked.stages_s)
    assert len(regions_sought(copies.original(2))) > 20


def test_without_pixels_there_is_no_closer_look(node: Node) -> None:
    looked = look_up_closely([], None, store=node.store, index=node.index)
    assert {"insets", "region"}.isdisjoint(looked.stages_s)


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
    sought = near_regions.SoughtRegions.of(codes, luma.shape)
    found = near_regions.touched_by(sought, node.index.regions)
    assert found.entry_ids.tolist() == [2]
    assert found.regions[0].max() < near_regions.STRONGEST
    monkeypatch.setattr(near_regions, "MOST_CODES_WIDE", len(node.index.regions) - 1)
    assert near_regions.touched_by(sought, node.index.regions).entry_ids.tolist() == []
