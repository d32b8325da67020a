"""Copies that whole-picture comparison misses: held for a person, with the part that matched, as long as she likes."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from support import copies
from support.service import STATEMENTS, LiveService, memory_node, running
from unseen.desk.tokens import Scope
from unseen.fingerprint.closer import LONG_SIDE, regions_sought, regions_to_bank, shrunk
from unseen.fingerprint.image import fingerprint_picture
from unseen.fingerprint.region.records import MOST_SOUGHT


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    with memory_node(tmp_path_factory.mktemp("regions")) as node, running(node) as service:
        yield service


@pytest.fixture(scope="module")
def client(live: LiveService) -> httpx.Client:
    return live.client(Scope.ADMIN, name="operator")


def item(live: LiveService, file: bytes, *, with_regions: bool = True) -> dict[str, Any]:
    """What a person's device sends of a picture."""
    node = live.node
    picture = fingerprint_picture(file, limits=node.limits, decoder=node.decoder, long_side=LONG_SIDE)
    regions = regions_to_bank(picture) if with_regions else None
    made = [f for f in (*picture.to_bank, regions) if f is not None]
    shown = [{"kind": f.kind, "code": f.hex} | ({"quality": f.quality} if f.quality else {}) for f in made]
    return {"fingerprints": shown}


def opened(client: httpx.Client, *items: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("/v1/cases", json={"statements": STATEMENTS, "items": items})
    assert answer.status_code == 201, answer.text
    return answer.json()


def withdraw(client: httpx.Client, case: dict[str, Any]) -> None:
    path = f"/v1/cases/{case['number']}/withdrawal"
    assert client.post(path, json={"pin": case["pin"]}).status_code == 200


def upload(client: httpx.Client, luma: copies.Luma) -> dict[str, Any]:
    headers = {"Content-Type": "image/jpeg"}
    answer = client.post("/v1/screen?timing=true", content=copies.jpeg(luma), headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


EDITS = (copies.crop, copies.screenshot, copies.stickered, copies.photo_of_screen)


@pytest.mark.parametrize("edit", EDITS)
def test_a_copy_that_was_cut_or_covered_is_held_for_a_person_until_she_withdraws(
    live: LiveService, client: httpx.Client, edit: Callable[[copies.Luma], copies.Luma]
) -> None:
    picture = copies.original(1)
    case = opened(client, item(live, copies.jpeg(picture)))
    assert case["items"][0]["regions"] is True
    answer = upload(client, edit(picture))
    assert answer["verdict"] == "review", answer
    hit = answer["hits"][0]
    assert hit["matched"] in {"inset", "regions"}
    assert answer["reasons"][0].startswith("Part of this upload is near an entry of bank cases")
    box = hit["box"]
    assert 0 <= box["left"] < box["left"] + box["width"] <= 1.0001
    assert 0 <= box["top"] < box["top"] + box["height"] <= 1.0001
    assert upload(client, edit(copies.original(2)))["verdict"] == "allow"
    withdraw(client, case)
    answer = upload(client, edit(picture))
    assert (answer["verdict"], answer["hits"]) == ("allow", [])


def test_the_box_is_where_the_picture_is(live: LiveService, client: httpx.Client) -> None:
    picture = copies.original(3)
    case = opened(client, item(live, copies.jpeg(picture)))
    hit = upload(client, copies.collage(copies.original(4), copies.crop(picture).repeat(2, axis=0)[:600]))["hits"]
    turned = Image.fromarray(copies.collage(copies.original(4), picture)).transpose(Image.Transpose.ROTATE_90)
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise: the picture is then on the right again
    turned.save(file, "JPEG", quality=90, exif=exif)
    answer = client.post("/v1/screen", content=file.getvalue(), headers={"Content-Type": "image/jpeg"}).json()
    assert answer["verdict"] == "review"
    assert hit is not None
    box = answer["hits"][0]["box"]
    assert box["left"] > 0.4
    assert box["left"] + box["width"] > 0.8
    withdraw(client, case)


def test_cheap_looks_come_first_and_the_dear_ones_only_where_nothing_is_decided(
    live: LiveService, client: httpx.Client
) -> None:
    picture = copies.original(5)
    case = opened(client, item(live, copies.jpeg(picture)))
    dear = {"insets", "region", "region_search"}
    whole, part, other = (upload(client, luma) for luma in (picture, copies.crop(picture), copies.original(6)))
    assert whole["hits"][0]["matched"] == "file"
    assert dear.isdisjoint(whole["timing_ms"])
    assert part["hits"][0]["matched"] == "regions"
    assert part["hits"][0]["regions"] >= 2
    assert dear <= set(part["timing_ms"])
    assert dear <= set(other["timing_ms"])
    withdraw(client, case)


def test_whole_picture_only_is_the_persons_choice(live: LiveService, client: httpx.Client) -> None:
    picture = copies.original(7)
    case = opened(client, item(live, copies.jpeg(picture), with_regions=False))
    assert case["items"][0]["regions"] is False
    assert upload(client, copies.crop(picture))["verdict"] == "allow"
    assert upload(client, copies.resized(picture, 0.5))["verdict"] == "review"
    shown = client.post(f"/v1/cases/{case['number']}/show", json={"pin": case["pin"]}).json()
    assert shown["items"][0]["regions"] is False
    withdraw(client, case)


def test_what_two_cases_protect_stays_protected_when_one_withdraws(live: LiveService, client: httpx.Client) -> None:
    picture = copies.original(8)
    first, second = (opened(client, item(live, copies.jpeg(picture))) for _ in range(2))
    withdraw(client, first)
    assert upload(client, copies.crop(picture))["verdict"] == "review"
    withdraw(client, second)
    assert upload(client, copies.crop(picture))["verdict"] == "allow"


@pytest.mark.parametrize("copied", [copies.screenshot, copies.photo_of_screen])
def test_a_case_opened_from_a_screenshot_or_a_photo_of_a_screen_finds_the_original(
    live: LiveService, client: httpx.Client, copied: Callable[[copies.Luma], copies.Luma]
) -> None:
    picture = copies.original(9)
    case = opened(client, item(live, copies.jpeg(copied(picture))))
    for luma in (picture, copies.resized(picture, 0.6), copies.stickered(picture)):
        assert upload(client, luma)["verdict"] == "review"
    withdraw(client, case)


def test_regions_that_a_harmless_picture_has_too_say_nothing(live: LiveService, client: httpx.Client) -> None:
    picture = copies.original(10)
    assert client.post("/v1/banks", json={"name": "harmless", "purpose": "allow"}).status_code == 200
    case = opened(client, item(live, copies.jpeg(picture)))
    assert upload(client, copies.crop(picture))["verdict"] == "review"
    listed = {"source": "ours", "reason": "a poster", **item(live, copies.jpeg(picture))}
    listed["fingerprints"] = [f for f in listed["fingerprints"] if f["kind"] == "region"]
    ids = client.post("/v1/banks/harmless/entries", json=listed).json()["entries"]
    assert upload(client, copies.crop(picture))["verdict"] == "allow"
    client.post(f"/v1/entries/{ids[0]}/retirement", json={"reason": "not so harmless"})
    assert upload(client, copies.crop(picture))["verdict"] == "review"
    withdraw(client, case)


def test_a_confirmed_entry_does_not_block_by_its_parts_unless_its_bank_says_so(
    live: LiveService, client: httpx.Client
) -> None:
    picture = copies.original(11)
    listed = {"source": "s", "reason": "r", "trust": True, **item(live, copies.jpeg(picture))}
    listed["fingerprints"] = [f | {"confirmed": True} for f in listed["fingerprints"]]
    bank: dict[str, Any] = {"name": "strict"}
    for on_region, verdict in ((None, "review"), ("block", "block"), ("allow", "allow")):
        assert client.post("/v1/banks", json=bank | {"on_region": on_region}).json()["on_region"] == (
            on_region or "review"
        )
        client.post("/v1/banks/strict/entries", json=listed)
        assert upload(client, copies.crop(picture))["verdict"] == verdict
    assert upload(client, picture)["verdict"] == "block"


def test_an_export_says_how_many_regions_it_left_out(live: LiveService, client: httpx.Client) -> None:
    client.post("/v1/banks", json={"name": "exported"})
    for seed in (12, 13):
        listed = {"source": "s", "reason": "r", **item(live, copies.jpeg(copies.original(seed)))}
        ids = client.post("/v1/banks/exported/entries", json=listed).json()["entries"]
    client.post(f"/v1/entries/{ids[-1]}/retirement", json={"reason": "r"})
    export = client.get("/v1/banks/exported/export", params={"format": "jsonl"})
    regions = [f["kind"] for f in listed["fingerprints"]].count("region")
    assert (regions, listed["fingerprints"][-1]["kind"]) == (1, "region")
    assert export.headers["Unseen-Left-Out"] == "1"
    assert "region" not in export.text


def test_regions_found_elsewhere_are_looked_up_as_those_of_an_upload(live: LiveService, client: httpx.Client) -> None:
    picture = copies.original(12)
    case = opened(client, item(live, copies.jpeg(picture)))
    luma = shrunk(copies.crop(picture)[:, ::-1])
    found = regions_sought(luma)
    body = {
        "fingerprints": [{"kind": "sha256", "code": "00" * 32}],
        "regions": {
            "codes": found.codes.tobytes().hex(),
            "mirrored_codes": found.mirrored_codes.tobytes().hex(),
            "places": np.column_stack((found.centres, found.sides)).tolist(),
            "turns": found.orientations.tolist(),
            "details": found.details.tolist(),
            "height": luma.shape[0],
            "width": luma.shape[1],
        },
    }
    answer = client.post("/v1/screen", json=body).json()
    assert answer["verdict"] == "review"
    assert answer["hits"][0]["view"] == "mirrored"
    for wrong in (
        {"codes": "00" * 32},
        {"codes": "00"},
        {"codes": "00" * 32 * (MOST_SOUGHT + 1)},
        {"turns": [512] * len(found)},
        {"turns": [0]},
        {"places": [[1, 1, float(luma.shape[1] * 9)]] * len(found)},
        {"details": [300] * len(found)},
        {"width": 1},
    ):
        answer = client.post("/v1/screen", json=body | {"regions": body["regions"] | wrong})
        assert answer.status_code == 422 or answer.status_code == 400, answer.text
    as_banked = item(live, copies.jpeg(picture))["fingerprints"][-1]
    assert client.post("/v1/screen", json={"fingerprints": [as_banked]}).status_code == 400
    withdraw(client, case)


def test_the_operator_can_do_without_regions(tmp_path: Path) -> None:
    picture = copies.original(13)
    with memory_node(tmp_path, regions=False) as node, running(node) as live:
        client = live.client(Scope.ADMIN)
        case = opened(client, item(live, copies.jpeg(picture)))
        assert case["items"][0]["regions"] is True  # they stay banked, for when the switch is turned
        answer = upload(client, copies.crop(picture))
        assert answer["verdict"] == "allow"
        assert "region" not in answer["timing_ms"]
        assert upload(client, picture)["verdict"] == "review"
        assert list(tmp_path.glob("*region-*")) == []
