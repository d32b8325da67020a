"""What a browser sends: a case, or more pictures for one; once, whatever the network does."""

import asyncio
import math
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from support.letters import Letterbox
from support.service import (
    STATEMENTS,
    LiveService,
    case_of,
    forget_tries,
    memory_node,
    pdq,
    running,
    screened,
    sha256,
)
from unseen.http.pages.even import until_even

KEY = {"Idempotency-Key": "0123456789abcdef" * 2}


@pytest.fixture
def visitor(live: LiveService) -> Iterator[httpx.Client]:
    forget_tries(live)
    with httpx.Client(base_url=live.url, timeout=60, trust_env=False) as client:
        yield client


def send(visitor: httpx.Client, body: Any, key: str = "", **headers: str) -> httpx.Response:
    return visitor.post("/ko/open", json=body, headers={"Idempotency-Key": key * 32, **headers})


def entered(visitor: httpx.Client, case: dict[str, Any]) -> tuple[dict[str, str], str]:
    """The headers of a browser in which the case is open, and the key of its forms."""
    data = {"number": case["number"], "pin": case["pin"]}
    cookie = visitor.post("/en/enter", data=data).headers["set-cookie"].partition(";")[0]
    page = visitor.get("/en/case", headers={"Cookie": cookie})
    found = re.search(r'name="form_key" value="([^"]+)"', page.text)
    assert found, page.text
    return {"Cookie": cookie}, found[1]


def test_a_case_is_opened_from_the_page_and_only_its_answer_has_the_keys(
    visitor: httpx.Client, platform: httpx.Client
) -> None:
    answer = send(visitor, case_of([pdq(90_001), sha256(90_001)], [sha256(90_002)]), "a")
    assert answer.status_code == 201
    opened = answer.json()
    assert set(opened) == {"number", "pin", "recovery_code", "status", "items"}
    assert [(item["number"], item["perceptual"]) for item in opened["items"]] == [(1, True), (2, False)]
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert screened(platform, pdq(90_001))["verdict"] == "review"
    entered(visitor, opened)


def test_what_is_sent_again_is_done_once(visitor: httpx.Client) -> None:
    body = case_of([pdq(90_010)])
    first, again = send(visitor, body, "b"), send(visitor, body, "b")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert send(visitor, case_of([pdq(90_011)]), "b").status_code == 409
    assert send(visitor, body, "c").json()["number"] != first.json()["number"]


def test_no_answer_tells_whether_a_picture_is_banked(visitor: httpx.Client) -> None:
    """Byte for byte, but for the keys, which are as long."""
    keys = re.compile(r'"(number|pin|recovery_code)":"[^"]+"')
    for seed in (90_020, 90_021):
        send(visitor, case_of([pdq(seed)]), str(seed % 10))
    sent = [send(visitor, case_of([pdq(seed)]), key) for seed, key in ((90_020, "x"), (90_022, "y"))]
    assert len({(keys.sub("", each.text), len(each.content), each.status_code) for each in sent}) == 1
    assert set(sent[0].headers) == set(sent[1].headers)


def test_an_answer_leaves_in_steps_of_time_that_hide_what_is_banked(visitor: httpx.Client) -> None:
    steps = []
    for seed, key in ((90_025, "q"), (90_025, "r"), (90_026, "s")):
        began = time.monotonic()
        assert send(visitor, case_of([pdq(seed)]), key).status_code == 201
        steps.append((time.monotonic() - began) / 0.51)
    assert all(step >= 1 for step in steps)


@pytest.mark.parametrize("worked_s", [0.0, 0.03, 0.13])
def test_work_that_took_no_time_at_all_waits_for_a_whole_step_too(worked_s: float) -> None:
    began = time.monotonic() - worked_s
    asyncio.run(until_even(began, 0.1))
    assert time.monotonic() - began >= 0.1 * max(1, math.ceil(worked_s / 0.1))


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (case_of([pdq(1)]), {"Idempotency-Key": ""}, 400, "bad_request"),
        (case_of([pdq(1)]), {"Idempotency-Key": "short"}, 400, "bad_request"),
        (case_of([pdq(1)]), {"Sec-Fetch-Site": "cross-site"}, 400, "bad_request"),
        (case_of([pdq(1)]), {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        ({**case_of([pdq(1)]), "contact": "ada@example.org"}, {}, 400, "bad_request"),
        ({**case_of([pdq(1)]), "name": "holiday.jpg"}, {}, 422, "invalid"),
        ({**case_of([pdq(1)]), "statements": {**STATEMENTS, "age": "under-18"}}, {}, 422, "case_refused"),
        (case_of(), {}, 422, "invalid"),
        ({"filler": "x" * (5 << 20)}, {}, 413, "too_large"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_the_one_shape(
    visitor: httpx.Client, body: Any, headers: dict[str, str], status: int, code: str
) -> None:
    answer = visitor.post("/en/open", json=body, headers={**KEY, **headers})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text


def test_many_cases_from_one_network_are_told_when_to_come_back(tmp_path: Any) -> None:
    with memory_node(tmp_path, cases_an_hour=2, address_header="X-Real-IP") as node, running(node, ready=False) as live:
        visitor, here = live.client(), {"X-Real-IP": "192.0.2.1"}
        sent = [send(visitor, case_of([pdq(seed)]), str(seed), **here) for seed in range(3)]
        assert [each.status_code for each in sent] == [201, 201, 429]
        assert sent[2].json()["error"]["code"] == "too_many_cases"
        assert 1700 < int(sent[2].headers["retry-after"]) <= 1800
        assert send(visitor, case_of([pdq(0)]), "0", **here).status_code == 201, "sent again is not another case"
        assert send(visitor, case_of([pdq(2)]), "2", **{"X-Real-IP": "192.0.2.2"}).status_code == 201


def test_pictures_are_added_from_the_page(visitor: httpx.Client, platform: httpx.Client) -> None:
    case = send(visitor, case_of([pdq(90_030)]), "f").json()
    cookie, form_key = entered(visitor, case)
    body = {"form_key": form_key, "items": case_of([pdq(90_031)], [sha256(90_032)])["items"]}

    def add(sent: Any = body, **headers: str) -> httpx.Response:
        return visitor.post("/en/items", json=sent, headers={**KEY, **cookie, **headers})

    first, again = add(), add()
    assert (first.status_code, first.content) == (201, again.content)
    assert [item["number"] for item in first.json()["items"]] == [2, 3]
    assert screened(platform, pdq(90_031))["verdict"] == "review"
    assert "Picture 3: protected from this day on." in visitor.get("/en/case", headers=cookie).text
    assert add({**body, "form_key": "another"}, **{"Idempotency-Key": "g" * 32}).status_code == 400
    assert add(Cookie="").json()["error"]["code"] == "signed_out"
    visitor.post("/en/close", data={"form_key": form_key}, headers=cookie)
    late = add(**{"Idempotency-Key": "h" * 32})
    assert (late.status_code, late.json()["error"]["code"]) == (403, "signed_out")
    cookie, form_key = entered(visitor, case)
    once_more = add({**body, "form_key": form_key}, Cookie=cookie["Cookie"])
    assert (once_more.status_code, once_more.content) == (201, first.content), (
        "sent again in another session: one request"
    )


def test_a_contact_is_kept_where_letters_are_sent(tmp_path: Any) -> None:
    mail = Letterbox()
    with memory_node(tmp_path, mail=mail) as node, running(node, ready=False) as live:
        visitor = live.client()
        opened = send(visitor, {**case_of([pdq(1)]), "contact": " ada@example.org "}, "a")
        assert opened.status_code == 201
        assert "ada" not in opened.text
        cookie, _ = entered(visitor, opened.json())
        page = visitor.get("/en/case", headers=cookie).text
        assert "An address is kept." in page
        assert "ada@" not in page
        assert send(visitor, {**case_of([pdq(1)]), "contact": "no address"}, "b").status_code == 400
