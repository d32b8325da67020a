"""A person's case over HTTP."""

from typing import Any

import httpx
import pytest

from support.service import STATEMENTS, LiveService, case_of, pdq, screened, sha256
from unseen.desk.attempts import FREE_TRIES
from unseen.desk.tokens import Scope


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
        secrets = ("number", "pin", "recovery_code")
        return {**case, **{name: len(case[name]) for name in secrets}}

    known, unknown = opened(helper, [pdq(1006)]), opened(helper, [pdq(1007)])
    assert told(known) == told(unknown)
    assert set(known) == {"number", "pin", "recovery_code", "status", "items"}


def test_files_chosen_again_find_their_items_and_nobody_elses(helper: httpx.Client) -> None:
    case = opened(helper, [sha256(1010)], [sha256(1011)])
    opened(helper, [sha256(1012)])
    files = [{"fingerprints": [sha256(seed)]} for seed in (1011, 1012, 1013, 1010)]
    shown = helper.post(f"/v1/cases/{case['number']}/show", json={"pin": case["pin"], "files": files}).json()
    assert shown["found"] == [2, None, None, 1]


def test_a_case_that_is_sent_twice_is_opened_once(helper: httpx.Client, live: LiveService) -> None:
    sent, key = case_of([pdq(1030)]), {"Idempotency-Key": "sent-twice-" * 3}
    first, again = (helper.post("/v1/cases", json=sent, headers=key) for _ in range(2))
    assert (first.status_code, first.text) == (again.status_code, again.text) == (201, again.text)
    assert helper.post("/v1/cases", json=case_of([pdq(1031)]), headers=key).status_code == 409
    other = live.client(Scope.CASE, name="another-hotline")
    assert other.post("/v1/cases", json=sent, headers=key).status_code == 409
    assert helper.post("/v1/cases", json=sent, headers={"Idempotency-Key": "guessable"}).status_code == 422
    assert helper.post("/v1/cases", json=sent).json()["number"] != first.json()["number"]


def test_pictures_are_added_to_a_case(helper: httpx.Client, platform: httpx.Client) -> None:
    case = opened(helper, [pdq(1040)])
    more = {"items": [{"fingerprints": [pdq(1041)]}, {"fingerprints": [sha256(1042)]}]}
    key = {"Idempotency-Key": "added-twice-" * 3}
    path = f"/v1/cases/{case['number']}/items"
    first, again = (helper.post(path, json={**more, "pin": case["pin"]}, headers=key) for _ in range(2))
    assert (first.status_code, first.content) == (201, again.content)
    assert [item["number"] for item in first.json()["items"]] == [2, 3]
    assert screened(platform, pdq(1041))["verdict"] == "review"
    shown = helper.post(f"/v1/cases/{case['number']}/show", json={"pin": case["pin"]}).json()
    assert [item["number"] for item in shown["items"]] == [1, 2, 3]
    assert withdraw(helper, case).status_code == 200
    assert screened(platform, pdq(1041))["verdict"] == "allow"
    assert helper.post(path, json={**more, "pin": case["pin"]}).status_code == 409


def test_a_helper_who_guesses_pins_waits_and_keeps_no_other_out(live: LiveService) -> None:
    guesser, hotline = (live.client(Scope.CASE, name=name) for name in ("guesser", "patient-hotline"))
    case = opened(hotline, [sha256(1050)])
    answers = {
        number: [
            guesser.post(f"/v1/cases/{number}/show", json={"pin": "no digits"}).status_code
            for _ in range(FREE_TRIES + 1)
        ]
        for number in (case["number"], "0000-0000-0000")
    }
    assert set(map(tuple, answers.values())) == {(*[404] * FREE_TRIES, 429)}
    refused = guesser.post(f"/v1/cases/{case['number']}/withdrawal", json={"pin": case["pin"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_tries")
    assert 0 < int(refused.headers["retry-after"]) <= 5
    assert hotline.post(f"/v1/cases/{case['number']}/show", json={"pin": case["pin"]}).status_code == 200


@pytest.mark.parametrize("route", ["show", "withdrawal"])
def test_a_wrong_pin_and_an_unknown_number_get_one_answer(live: LiveService, route: str) -> None:
    helper = live.client(Scope.CASE)
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
