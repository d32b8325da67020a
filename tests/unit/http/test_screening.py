"""What a platform is told, and what it can say back."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.service import LiveService, case_of, memory_node, pdq, running, screened, sha256, wait_until
from unseen.base import NotReady
from unseen.desk.index import BankIndex
from unseen.desk.tokens import Scope
from unseen.http.metrics import STAGES


@pytest.fixture
def hit(platform: httpx.Client, helper: httpx.Client, request: pytest.FixtureRequest) -> dict[str, Any]:
    """A hit on a case of the test's own; the fingerprint comes with it."""
    fingerprint = pdq(hash(request.node.name) & 0xFFFF)
    assert helper.post("/v1/cases", json=case_of([fingerprint])).status_code == 201
    (found,) = screened(platform, fingerprint, place="room 12")["hits"]
    return {**found, "fingerprint": fingerprint}


def test_a_picture_that_nobody_banked_is_allowed(platform: httpx.Client, photo: bytes) -> None:
    answer = screened(platform, pdq(1))
    assert (answer["verdict"], answer["hits"], answer["note"]) == ("allow", [], None)
    assert answer["reasons"] == ["Nothing in the bank is near this upload."]


def test_a_strangers_word_holds_an_upload_and_a_reviewers_blocks_it(
    platform: httpx.Client, hit: dict[str, Any]
) -> None:
    assert hit["standing"] == "unconfirmed"
    decided = platform.post(f"/v1/hits/{hit['id']}/decision", json={"decision": "confirmed", "done": "removed"})
    assert decided.status_code == 200
    assert decided.json().items() >= {"hit": hit["id"], "decision": "confirmed", "done": "removed"}.items()
    again = screened(platform, hit["fingerprint"])
    assert (again["verdict"], again["hits"][0]["standing"]) == ("block", "confirmed")
    disputed = platform.post(
        f"/v1/hits/{again['hits'][0]['id']}/decision", json={"decision": "disputed", "done": "left"}
    )
    assert disputed.status_code == 200
    third = screened(platform, hit["fingerprint"])
    assert (third["verdict"], third["hits"][0]["standing"]) == ("review", "disputed")


def test_a_plain_outline_is_held_for_a_person_and_a_plain_picture_blocks_only_as_it_was_saved_anew(
    platform: httpx.Client, helper: httpx.Client
) -> None:
    scene = hashlib.sha256(b"a scene of this test's own").digest()
    outline, plain = bytes(2) + scene[:6] + bytes(24), scene[:22] + bytes(10)
    for code in (outline, plain):
        fingerprint = pdq(1) | {"code": code.hex()}
        assert helper.post("/v1/cases", json=case_of([fingerprint])).status_code == 201
        (found,) = screened(platform, fingerprint)["hits"]
        decision = {"decision": "confirmed", "done": "removed"}
        assert platform.post(f"/v1/hits/{found['id']}/decision", json=decision).status_code == 200
    of_outline = screened(platform, pdq(1) | {"code": outline.hex()})
    assert (of_outline["verdict"], of_outline["hits"][0]["standing"]) == ("review", "confirmed")
    assert "its outline is so plain that other pictures have one like it" in of_outline["reasons"][0]
    anew, changed = (bytes(byte ^ flip for byte in plain[:2]) + plain[2:] for flip in (0b0011_1111, 0b0111_1111))
    assert screened(platform, pdq(1) | {"code": anew.hex()})["verdict"] == "block"  # 12 bits
    assert screened(platform, pdq(1) | {"code": changed.hex()})["verdict"] == "review"  # 14


def test_a_hit_says_how_near_and_how_turned(platform: httpx.Client, hit: dict[str, Any]) -> None:
    near = bytearray.fromhex(hit["fingerprint"]["code"])
    near[7] ^= 0b0000_0111
    answer = screened(platform, {**hit["fingerprint"], "code": near.hex(), "view": "mirrored, rotated 90"})
    assert [(h["entry"], h["distance"], h["view"]) for h in answer["hits"]] == [
        (hit["entry"], 3, "mirrored, rotated 90")
    ]
    assert "3 of 256 bits apart, mirrored, rotated 90" in answer["reasons"][0]


def test_a_platform_cannot_decide_anothers_hit(live: LiveService, hit: dict[str, Any]) -> None:
    other = live.client(Scope.SCREEN)
    theirs = other.post(f"/v1/hits/{hit['id']}/decision", json={"decision": "wrong", "done": ""})
    unknown = other.post(f"/v1/hits/{'0' * 26}/decision", json={"decision": "wrong", "done": ""})
    assert theirs.status_code == unknown.status_code == 404
    assert theirs.json() == unknown.json()


def test_a_platform_learns_neither_case_nor_source(
    platform: httpx.Client, helper: httpx.Client, banker: httpx.Client
) -> None:
    fingerprint = pdq(77)
    opened = helper.post("/v1/cases", json=case_of([fingerprint])).json()
    listed = {"source": "Aunt Mary's list", "reason": "told by Mary", "fingerprints": [fingerprint]}
    banker.post("/v1/banks", json={"name": "lists"})
    assert banker.post("/v1/banks/lists/entries", json=listed).status_code == 201
    answer = screened(platform, fingerprint)
    assert len(answer["hits"]) == 2
    assert set(answer["hits"][0]) == {
        *("id", "bank", "entry", "distance", "view", "standing"),
        *("matched", "regions", "box", "segments"),
    }
    told = (
        str(answer)
        + platform.post(f"/v1/hits/{answer['hits'][0]['id']}/decision", json={"decision": "wrong", "done": "left"}).text
    )
    for secret in (opened["number"], opened["number"].replace("-", ""), "Mary", "hotline", "moderator"):
        assert secret not in told


def test_a_harmless_pictures_hit_says_so(platform: httpx.Client, banker: httpx.Client) -> None:
    made = banker.post("/v1/banks", json={"name": "memes", "purpose": "allow"})
    assert (made.json()["on_unconfirmed"], made.json()["on_confirmed"]) == ("allow", "allow")
    listed = {"source": "memes", "reason": "seen everywhere", "fingerprints": [pdq(90)]}
    assert banker.post("/v1/banks/memes/entries", json=listed).status_code == 201
    answer = screened(platform, pdq(90))
    assert (answer["verdict"], answer["hits"][0]["standing"]) == ("allow", "harmless")


def test_a_featureless_upload_is_said_to_be_one(platform: httpx.Client, blank: bytes) -> None:
    answer = platform.post("/v1/screen", content=blank, headers={"Content-Type": "image/png"}).json()
    assert answer["verdict"] == "allow"
    assert answer["note"].startswith("Too little in the picture")


def test_the_time_of_each_stage_is_told_on_request(platform: httpx.Client, photo: bytes) -> None:
    headers = {"Content-Type": "image/jpeg"}
    timed = platform.post("/v1/screen", content=photo, headers=headers, params={"timing": "true"}).json()
    assert set(timed["timing_ms"]) == set(STAGES)
    assert all(ms >= 0 for ms in timed["timing_ms"].values())
    assert timed["timing_ms"]["fingerprint"] > 0
    assert platform.post("/v1/screen", content=photo, headers=headers).json()["timing_ms"] is None


def test_the_answer_is_as_of_the_newest_change(live: LiveService, platform: httpx.Client, banker: httpx.Client) -> None:
    listed = {"source": "s", "reason": "r", "fingerprints": [sha256(4)]}
    assert banker.post("/v1/banks/cases/entries", json=listed).status_code == 201
    last_seq = banker.get("/v1/changes").json()["last_seq"]
    assert screened(platform, sha256(4))["as_of_seq"] == last_seq


@pytest.mark.parametrize(
    "fingerprint",
    [
        {"kind": "pdq", "code": "00" * 32},  # no quality
        {"kind": "sha256", "code": "00" * 16},  # too short for its kind
        {"kind": "sha256", "code": "00" * 32, "quality": 50},  # sha256 has none
        {"kind": "sha1", "code": "00" * 20},
        {"kind": "pdq", "code": "zz" * 32, "quality": 50},
        {"kind": "pdq", "code": "00" * 32, "quality": 101},
        {"kind": "pdq", "code": "00" * 32, "quality": 50, "view": "upside down"},
        {"kind": "pdq", "code": "00" * 32, "quality": 50, "name": "x"},
    ],
)
def test_a_bad_fingerprint_is_refused_and_not_repeated(platform: httpx.Client, fingerprint: dict[str, Any]) -> None:
    answer = platform.post("/v1/screen", json={"fingerprints": [fingerprint]})
    assert answer.status_code == 422
    assert fingerprint["code"] not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"fingerprints": []}', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_upload_is_refused(platform: httpx.Client, body: bytes) -> None:
    answer = platform.post("/v1/screen", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid"


def test_while_the_index_loads_uploads_are_held_and_never_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unready(_: BankIndex) -> None:
        raise NotReady("not yet")

    with memory_node(tmp_path) as node, monkeypatch.context() as patch:
        patch.setattr(BankIndex, "open", unready)
        with running(node, ready=False) as live:
            answer = live.client(Scope.SCREEN).post("/v1/screen", json={"fingerprints": [pdq(1)]})
            stranger = live.client()
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json()["error"]["code"] == "not_ready"
            assert stranger.get("/healthz").status_code == 200
            ready = stranger.get("/readyz")
            assert (ready.status_code, ready.json()["ready"], ready.json()["index"]) == (503, False, "loading")
            assert int(ready.headers["retry-after"]) > 0


def test_a_token_that_is_revoked_gets_no_verdict_from_that_moment_on(live: LiveService) -> None:
    for number in range(20):  # at every point between two looks at the store
        client = live.client(Scope.SCREEN, name=f"leaver-{number}")
        wait_until(lambda name=f"leaver-{number}": name in known_tokens(live))
        assert screened(client, pdq(1))["verdict"] == "allow"
        with live.node.store.write() as tx:
            tx.revoke_token(f"leaver-{number}", at=live.node.clock.now())
        refused = client.post("/v1/screen", json={"fingerprints": [pdq(1)]})
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthenticated")
        time.sleep(0.001 * number)


def test_a_token_that_is_revoked_while_the_body_comes_in_gets_no_verdict(live: LiveService, photo: bytes) -> None:
    client = live.client(Scope.SCREEN, name="slow-leaver")
    wait_until(lambda: "slow-leaver" in known_tokens(live))

    def body() -> Iterator[bytes]:
        yield photo[:100]
        wait_until(lambda: live.app.state.service.screening.inside > 0)
        with live.node.store.write() as tx:
            tx.revoke_token("slow-leaver", at=live.node.clock.now())
        yield photo[100:]

    assert client.post("/v1/screen", content=body(), headers={"Content-Type": "image/jpeg"}).status_code == 401


def test_a_token_is_good_at_once_and_an_entry_matches_at_once(live: LiveService, helper: httpx.Client) -> None:
    for number in range(20):
        assert helper.post("/v1/cases", json=case_of([pdq(40_000 + number)])).status_code == 201
        assert len(screened(live.client(Scope.SCREEN), pdq(40_000 + number))["hits"]) == 1


def known_tokens(live: LiveService) -> set[str]:
    """Names of the tokens that the service has in memory."""
    return {token.name for token in live.app.state.service.recall._tokens.values()}
