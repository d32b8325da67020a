"""A person's case over HTTP."""

from typing import Any

import httpx
import pytest

from support.service import STATEMENTS, LiveService, case_of, pdq, screened, sha256


def opened(helper: httpx.Client, *pictures: list[dict[str, Any]]) -> dict[str, Any]:
    answer = helper.post("/v1/cases", json=case_of(*pictures))
    assert answer.status_code == 201, answer.text
    case: dict[str, Any] = answer.json()
    return case


def withdraw(helper: httpx.Client, case: dict[str, Any]) -> httpx.Response:
    return helper.post(f"/v1/cases/{case['number']}/withdrawal", json={"pin": case["pin"]})


def test_a_case_protects_from_the_next_upload_and_a_withdrawn_one_no_longer(
    helper: httpx.Client, platform: httpx.Client
) -> None:
    case = opened(helper, [pdq(1001), sha256(1001)], [sha256(1002)])
    assert case["status"] == "protected"
    assert [(item["number"], item["perceptual"]) for item in case["items"]] == [(1, True), (2, False)]
    assert screened(platform, pdq(1001))["verdict"] == "review"
    shown = helper.post(f"/v1/cases/{case['number']}/show", json={"pin": case["pin"]}).json()
    assert (shown["number"], shown["status"], shown["items"]) == (case["number"], "protected", case["items"])
    receipt = withdraw(helper, case)
    assert (receipt.status_code, receipt.json()["number"]) == (200, case["number"])
    assert screened(platform, pdq(1001))["verdict"] == "allow"
    assert withdraw(helper, case).status_code == 200


def test_number_and_pin_are_read_as_people_type_them(helper: httpx.Client) -> None:
    case = opened(helper, [sha256(1003)])
    typed = case["number"].lower().replace("-", " ")
    answer = helper.post(f"/v1/cases/{typed}/show", json={"pin": "-".join(case["pin"].replace(" ", ""))})
    assert answer.status_code == 200


def test_another_cases_protection_stays_and_no_receipt_tells_of_it(
    helper: httpx.Client, platform: httpx.Client
) -> None:
    first = opened(helper, [pdq(1004)])
    second = opened(helper, [pdq(1004)])
    alone = opened(helper, [pdq(1005)])
    shared, lone = withdraw(helper, first), withdraw(helper, alone)
    for answer in (shared, lone):
        assert answer.status_code == 200
    assert set(shared.json()) == set(lone.json()) == {"number", "withdrawn_at"}
    assert len(shared.content) == len(lone.content)
    assert screened(platform, pdq(1004))["verdict"] == "review"
    assert screened(platform, pdq(1005))["verdict"] == "allow"
    assert withdraw(helper, second).status_code == 200
    assert screened(platform, pdq(1004))["verdict"] == "allow"


def test_opening_a_case_does_not_tell_whether_a_picture_was_banked(helper: httpx.Client, banker: httpx.Client) -> None:
    listed = {"source": "s", "reason": "r", "fingerprints": [pdq(1006)]}
    assert banker.post("/v1/banks/cases/entries", json=listed).status_code == 201

    def told(case: dict[str, Any]) -> dict[str, Any]:
        return {**case, "number": len(case["number"]), "pin": len(case["pin"])}

    known, unknown = opened(helper, [pdq(1006)]), opened(helper, [pdq(1007)])
    assert told(known) == told(unknown)
    assert set(known) == {"number", "pin", "status", "items"}


def test_files_chosen_again_find_their_items_and_nobody_elses(helper: httpx.Client) -> None:
    case = opened(helper, [sha256(1010)], [sha256(1011)])
    opened(helper, [sha256(1012)])
    files = [{"fingerprints": [sha256(seed)]} for seed in (1011, 1012, 1013, 1010)]
    shown = helper.post(f"/v1/cases/{case['number']}/show", json={"pin": case["pin"], "files": files}).json()
    assert shown["found"] == [2, None, None, 1]


@pytest.mark.parametrize("route", ["show", "withdrawal"])
def test_a_wrong_pin_and_an_unknown_number_get_one_answer(helper: httpx.Client, route: str) -> None:
    case = opened(helper, [sha256(1014)])
    wrong = "00000001" if case["pin"] != "0000 0001" else "00000002"
    answers = [
        helper.post(f"/v1/cases/{number}/{route}", json={"pin": pin})
        for number, pin in [
            (case["number"], wrong),
            (case["number"], "no digits"),
            ("0000-0000-0000", wrong),
            ("not a number!", case["pin"]),
        ]
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["error"]["code"] == "case_unknown"


@pytest.mark.parametrize("age", ["under-18", "unknown"])
def test_a_picture_of_someone_under_18_is_sent_to_better_help(
    live: LiveService, helper: httpx.Client, platform: httpx.Client, age: str
) -> None:
    body = case_of([pdq(1015), {"kind": "pdq", "code": "00" * 16, "quality": 100}])  # the second is not even read
    answer = helper.post("/v1/cases", json={**body, "statements": {**STATEMENTS, "age": age}})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "case_refused")
    assert "takeitdown.ncmec.org" in answer.json()["error"]["hint"]
    assert screened(platform, pdq(1015))["verdict"] == "allow"


def test_a_case_is_opened_whole_or_not_at_all(helper: httpx.Client, platform: httpx.Client) -> None:
    answer = helper.post("/v1/cases", json=case_of([pdq(1016)], [{"kind": "sha256", "code": "00" * 16}]))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_fingerprint")
    assert screened(platform, pdq(1016))["verdict"] == "allow"


def test_a_case_never_takes_a_file(helper: httpx.Client, photo: bytes) -> None:
    answers = [
        helper.post("/v1/cases", files={"file": ("a.jpg", photo)}),
        helper.post("/v1/cases", content=photo, headers={"Content-Type": "image/jpeg"}),
    ]
    assert [answer.status_code for answer in answers] == [415, 415]


@pytest.mark.parametrize(
    "body",
    [{}, {"items": []}, {"statements": STATEMENTS}, {"statements": STATEMENTS, "items": []}, {**case_of([]), "x": 1}],
)
def test_a_case_that_says_too_little_is_refused(helper: httpx.Client, body: dict[str, Any]) -> None:
    answer = helper.post("/v1/cases", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
