"""Banks, their entries, lists in and out, and the feed of changes."""

import csv
import io
import json
import secrets
from typing import Any

import httpx
import pytest

from support.service import LiveService, case_of, pdq, screened, sha256


@pytest.fixture
def bank(banker: httpx.Client) -> str:
    """A fresh bank."""
    name = f"bank-{secrets.token_hex(8)}"
    assert banker.post("/v1/banks", json={"name": name}).status_code == 200
    return name


def add(banker: httpx.Client, bank: str, *fingerprints: dict[str, Any], **more: Any) -> list[int]:
    listed = {"source": "field list", "reason": "reported", "fingerprints": list(fingerprints), **more}
    answer = banker.post(f"/v1/banks/{bank}/entries", json=listed)
    assert answer.status_code == 201, answer.text
    entries: list[int] = answer.json()["entries"]
    return entries


def add_list(banker: httpx.Client, bank: str, text: str | bytes, media: str, **query: Any) -> httpx.Response:
    params = {"source": "field list", "reason": "reported", **query}
    return banker.post(f"/v1/banks/{bank}/entries", params=params, content=text, headers={"Content-Type": media})


def test_a_banks_settings_hold_from_the_next_upload(banker: httpx.Client, platform: httpx.Client, bank: str) -> None:
    add(banker, bank, pdq(501))
    near = {**pdq(501), "code": f"{int(pdq(501)['code'], 16) ^ 0xFFFFF:064x}"}  # 20 bits away
    assert screened(platform, near)["verdict"] == "review"
    changed = banker.post("/v1/banks", json={"name": bank, "radius_bits": 19}).json()
    assert (changed["radius_bits"], changed["entries"]) == (19, {"active": 1, "disputed": 0, "retired": 0})
    assert screened(platform, near)["verdict"] == "allow"
    banker.post("/v1/banks", json={"name": bank, "radius_bits": 20, "on_unconfirmed": "block"})
    assert screened(platform, near)["verdict"] == "block"
    listed = {b["name"]: b for b in banker.get("/v1/banks").json()["banks"]}
    assert listed[bank]["on_unconfirmed"] == "block"


@pytest.mark.parametrize(
    "settings",
    [
        {"name": "Not A Name"},
        {"name": "b", "radius_bits": 65},
        {"name": "b", "radius_bits": "31"},
        {"name": "b", "on_confirmed": "delete"},
        {"name": "b", "owner": "x"},
        {},
    ],
)
def test_settings_that_make_no_sense_are_refused(banker: httpx.Client, settings: dict[str, Any]) -> None:
    answer = banker.post("/v1/banks", json=settings)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")


def test_a_bank_of_harmless_pictures_cannot_block_and_stays_one(banker: httpx.Client, bank: str) -> None:
    blocks = banker.post("/v1/banks", json={"name": "harmless", "purpose": "allow", "on_confirmed": "block"})
    assert (blocks.status_code, blocks.json()["error"]["code"]) == (400, "bad_request")
    turned = banker.post("/v1/banks", json={"name": bank, "purpose": "allow"})
    assert (turned.status_code, turned.json()["error"]["code"]) == (409, "conflict")


def test_what_is_banked_matches_from_the_next_upload(banker: httpx.Client, platform: httpx.Client, bank: str) -> None:
    ids = add(banker, bank, pdq(502), sha256(502))
    answer = screened(platform, pdq(502), sha256(502))
    assert [(hit["entry"], hit["bank"]) for hit in answer["hits"]] == [(ids[0], bank), (ids[1], bank)]


def test_a_featureless_fingerprint_is_left_out_and_said_to_be(banker: httpx.Client, bank: str) -> None:
    listed = {"source": "s", "reason": "r", "fingerprints": [pdq(503, quality=49), pdq(504, quality=50)]}
    answer = banker.post(f"/v1/banks/{bank}/entries", json=listed).json()
    assert (len(answer["entries"]), answer["featureless"]) == (1, 1)


def test_a_lists_word_counts_only_where_it_is_trusted(banker: httpx.Client, platform: httpx.Client, bank: str) -> None:
    add(banker, bank, {**pdq(505), "confirmed": True})
    assert screened(platform, pdq(505))["hits"][0]["standing"] == "unconfirmed"
    add(banker, bank, {**pdq(506), "confirmed": True}, trust=True)
    assert screened(platform, pdq(506))["hits"][0]["standing"] == "confirmed"
    text = f"kind,code,confirmed\npdq,{pdq(507)['code']},true\n"
    assert add_list(banker, bank, text, "text/csv", trust="true").status_code == 201
    assert screened(platform, pdq(507))["hits"][0]["standing"] == "confirmed"


@pytest.mark.parametrize("media", ["text/csv", "application/x-ndjson"])
def test_what_is_exported_can_be_imported_elsewhere(banker: httpx.Client, bank: str, media: str) -> None:
    sent = [pdq(seed) for seed in range(600, 620)] + [sha256(600)]
    add(banker, bank, *sent)
    fmt = "csv" if media == "text/csv" else "jsonl"
    exported = banker.get(f"/v1/banks/{bank}/export", params={"format": fmt})
    assert exported.headers["content-type"].startswith(media)
    rows = (
        list(csv.DictReader(io.StringIO(exported.text)))
        if fmt == "csv"
        else list(map(json.loads, exported.iter_lines()))
    )
    assert [row["code"] for row in rows] == [f["code"] for f in sent]

    other = bank[:50] + "-copy"
    banker.post("/v1/banks", json={"name": other})
    answer = add_list(banker, other, exported.text, f"{media}; charset=utf-8")
    assert answer.status_code == 201, answer.text
    assert len(answer.json()["entries"]) == len(sent)


BAD_LISTS = {
    "a bad line after good ones": "kind,code\n" + f"pdq,{pdq(700)['code']}\n" * 3 + "pdq,xyz\n",
    "no columns": f"pdq,{pdq(701)['code']}\n",
    "no text": b"kind,code\nsha256,\xff\xfe\n",
    "a quote left open": 'kind,code\n"pdq,00\n',
}


@pytest.mark.parametrize("name", BAD_LISTS)
def test_a_list_with_a_bad_line_is_refused_whole(banker: httpx.Client, bank: str, name: str) -> None:
    answer = add_list(banker, bank, BAD_LISTS[name], "text/csv")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_import")
    assert "701" not in answer.text or name != "no columns"
    assert banker.get(f"/v1/banks/{bank}/entries").json()["entries"] == []


def test_a_list_needs_a_source_and_a_reason(banker: httpx.Client, bank: str) -> None:
    text = f"kind,code\npdq,{pdq(702)['code']}\n"
    for missing in ("source", "reason"):
        answer = add_list(banker, bank, text, "text/csv", **{missing: None})
        assert answer.status_code in (400, 422)
        assert missing in answer.text
    blank = {"source": "s", "reason": "   ", "fingerprints": [pdq(702)]}
    assert banker.post(f"/v1/banks/{bank}/entries", json=blank).status_code == 422
    assert add_list(banker, bank, text, "text/plain").status_code == 415


def test_entries_come_a_page_at_a_time(banker: httpx.Client, bank: str) -> None:
    ids = add(banker, bank, *(pdq(seed) for seed in range(800, 807)))
    seen, after_id = list[int](), 0
    while after_id is not None:
        page = banker.get(f"/v1/banks/{bank}/entries", params={"after_id": after_id, "limit": 3}).json()
        seen += [entry["id"] for entry in page["entries"]]
        after_id = page["next_after_id"]
    assert seen == ids
    banker.post(f"/v1/entries/{ids[2]}/dispute", json={"reason": "not sure"})
    disputed = banker.get(f"/v1/banks/{bank}/entries", params={"state": "disputed"}).json()
    assert [entry["id"] for entry in disputed["entries"]] == [ids[2]]


def test_a_reviewer_confirms_disputes_and_retires(banker: httpx.Client, platform: httpx.Client, bank: str) -> None:
    (entry,) = add(banker, bank, pdq(900))
    steps = [("confirmation", "block"), ("dispute", "review"), ("confirmation", "block"), ("retirement", "allow")]
    for step, verdict in steps:
        answer = banker.post(f"/v1/entries/{entry}/{step}", json={"reason": f"a {step}"})
        assert answer.status_code == 200, answer.text
        assert screened(platform, pdq(900))["verdict"] == verdict, step
    assert answer.json()["state"] == "retired"
    again = banker.post(f"/v1/entries/{entry}/retirement", json={"reason": "again"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
    unknown = banker.post("/v1/entries/999999999/dispute", json={"reason": "x"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "not_found")
    changes = banker.get("/v1/changes", params={"limit": 1000}).json()["changes"]
    ours = [(c["event"], c["actor"], c["reason"]) for c in changes if c["entry"] == entry]
    assert ("disputed", "moderator", "a dispute") in ours


def test_every_change_needs_a_reason(banker: httpx.Client, bank: str) -> None:
    (entry,) = add(banker, bank, pdq(901))
    for body in ({}, {"reason": ""}, {"reason": " "}):
        assert banker.post(f"/v1/entries/{entry}/retirement", json=body).status_code == 422
    assert banker.get(f"/v1/entries/{entry}").json()["state"] == "active"


def test_no_bank_route_names_a_case(live: LiveService, banker: httpx.Client, helper: httpx.Client) -> None:
    opened = helper.post("/v1/cases", json=case_of([pdq(902), sha256(902)])).json()
    listed = {"source": "Mary", "reason": "r", "fingerprints": [pdq(902)]}
    (entry,) = banker.post("/v1/banks/cases/entries", json=listed).json()["entries"]
    changes = banker.get("/v1/changes", params={"after": 0, "limit": 1000})
    told = [
        changes.text,
        banker.get("/v1/banks/cases/entries", params={"limit": 1000}).text,
        banker.get(f"/v1/entries/{entry}").text,
        banker.get("/v1/banks/cases/export").text,
    ]
    assert any(change["entry"] == entry for change in changes.json()["changes"])
    for text in told:
        assert opened["number"] not in text
        assert opened["number"].replace("-", "") not in text
    assert "Mary" not in changes.text
    shown = banker.get(f"/v1/entries/{entry}").json()
    assert [(p["source"], p["name"]) for p in shown["provenances"]] == [("case", None), ("operator", "Mary")]


def test_changes_are_followed_by_seq(banker: httpx.Client, bank: str) -> None:
    before = banker.get("/v1/changes").json()["last_seq"]
    ids = add(banker, bank, *(pdq(seed) for seed in range(910, 915)))
    page = banker.get("/v1/changes", params={"after": before, "limit": 3}).json()
    rest = banker.get("/v1/changes", params={"after": page["changes"][-1]["seq"]}).json()
    changes = page["changes"] + rest["changes"]
    assert [(c["entry"], c["event"]) for c in changes] == [(entry, "added") for entry in ids]
    seqs = [c["seq"] for c in changes]
    assert seqs == sorted(set(seqs))
    assert rest["last_seq"] == seqs[-1]


def test_a_bank_that_is_not_there_is_not_found(banker: httpx.Client) -> None:
    listed = {"source": "s", "reason": "r", "fingerprints": [pdq(1)]}
    for answer in (
        banker.get("/v1/banks/nowhere/entries"),
        banker.get("/v1/banks/nowhere/export"),
        banker.post("/v1/banks/nowhere/entries", json=listed),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
