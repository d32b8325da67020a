"""Her pages, as a browser without scripts asks for them."""

import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from support.service import LiveService, case_of, forget_tries, memory_node, pdq, running, screened, sha256, wait_until
from unseen.base import SystemClock
from unseen.desk.attempts import FREE_TRIES
from unseen.desk.tokens import Scope
from unseen.http.pages import ROUTES
from unseen.http.pages.assets import assets
from unseen.http.pages.languages import LANGUAGES, language_for
from unseen.http.pages.sessions import COOKIE, IDLE, LONGEST

PAGES = ("", "enter", "under-18")


@pytest.fixture
def visitor(live: LiveService) -> Iterator[httpx.Client]:
    forget_tries(live)
    with httpx.Client(base_url=live.url, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture
def case(helper: httpx.Client, request: pytest.FixtureRequest) -> dict[str, Any]:
    seed = 70_000 + sum(request.node.name.encode())
    answer = helper.post("/v1/cases", json=case_of([pdq(seed), sha256(seed)], [pdq(seed + 5000)]))
    return {**answer.json(), "pictures": [pdq(seed), pdq(seed + 5000)]}


def enter(visitor: httpx.Client, number: str, pin: str, language: str = "en") -> httpx.Response:
    return visitor.post(f"/{language}/enter", data={"number": number, "pin": pin})


def entered(visitor: httpx.Client, case: dict[str, Any]) -> dict[str, str]:
    """The headers of a browser in which the case is open; httpx keeps no secure cookie of plain HTTP."""
    answer = enter(visitor, case["number"], case["pin"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/case"), answer.text
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


def form_key(page: httpx.Response) -> str:
    found = re.search(r'name="form_key" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def text_of(page: httpx.Response) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.text)))


def everything(page: httpx.Response) -> str:
    return f"{page.url} {page.headers} {page.text}"


@pytest.mark.parametrize("path", ["en/", "ko/enter", "zh-Hans/under-18", "en/nowhere", "zh-Hant/case/x"])
def test_every_page_is_strict_about_what_it_loads_and_tells(visitor: httpx.Client, path: str) -> None:
    page = visitor.get(f"/{path}")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "set-cookie" not in page.headers
    loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"', page.text)
    assert set(loaded) == {f"/assets/{asset.name}" for asset in assets().values()}
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page.text)


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("", "en"),
        ("fr-FR,fr;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("zh-Hans-HK", "zh-Hans"),
        ("fr, ko;q=0.3, en;q=0.2", "ko"),
        ("ko;q=0, en;q=x, zh-TW;q=0.1", "zh-Hant"),
        ("ko;q=nan", "en"),
        (",;,;q=;-", "en"),
    ],
)
def test_the_language_is_the_browsers(accepted: str, code: str) -> None:
    assert language_for(accepted).code == code


def test_the_first_address_leads_to_the_browsers_language_and_others_are_a_link_away(visitor: httpx.Client) -> None:
    first = visitor.get("/", headers={"Accept-Language": "zh-TW"})
    assert (first.status_code, first.headers["location"], first.headers["vary"]) == (
        303,
        "/zh-Hant/",
        "Accept-Language",
    )
    for code in LANGUAGES:
        for path in PAGES:
            page = visitor.get(f"/{code}/{path}")
            assert f'<html lang="{code}">' in page.text
            for other in LANGUAGES:
                assert f'href="/{other}/{path}"' in page.text


def test_quick_exit_is_a_plain_link_on_every_page_and_closes_the_case(
    visitor: httpx.Client, case: dict[str, Any]
) -> None:
    for path in (*PAGES, "nowhere"):
        page = visitor.get(f"/ko/{path}")
        assert re.search(r'<a class="exit"[^>]+href="/ko/leave"', page.text)
    left = visitor.get("/ko/leave", headers=entered(visitor, case))
    assert (left.status_code, left.headers["location"]) == (303, "https://www.weather.go.kr/")
    assert f'{COOKIE}=""' in left.headers["set-cookie"]
    assert "Max-Age=0" in left.headers["set-cookie"]


def test_number_and_pin_open_the_case_and_appear_nowhere(visitor: httpx.Client, case: dict[str, Any]) -> None:
    answer = enter(visitor, case["number"], case["pin"])
    sent = answer.headers["set-cookie"]
    assert all(part in sent for part in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"))
    assert "Max-Age" not in sent
    shown = visitor.get("/en/case", headers={"Cookie": sent.partition(";")[0]})
    assert shown.status_code == 200
    assert "Your pictures are protected" in shown.text
    for page in (answer, shown):
        for secret in (case["number"], case["number"].replace("-", ""), case["pin"], case["pin"].replace(" ", "")):
            assert secret not in everything(page)


@pytest.mark.parametrize("typed", ["{0}{1}", "{0} {1}", " {0}-{1} ", "full-width"])
def test_a_pin_is_read_as_it_is_typed(visitor: httpx.Client, case: dict[str, Any], typed: str) -> None:
    first, last = case["pin"].split()
    if typed == "full-width":
        wide = str.maketrans("0123456789 ", "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\u3000")
        typed = case["pin"].translate(wide)
    answer = enter(visitor, case["number"].lower().replace("-", " "), typed.format(first, last))
    assert answer.status_code == 303


def test_a_wrong_number_and_a_wrong_pin_get_one_answer(visitor: httpx.Client, case: dict[str, Any]) -> None:
    other = "1234 5678" if case["pin"] != "1234 5678" else "8765 4321"
    answers = [
        enter(visitor, number, pin)
        for number, pin in [(case["number"], other), ("0000-0000-0000", case["pin"]), ("no number", "no pin")]
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert "set-cookie" not in answers[0].headers
    assert 'role="alert"' in answers[0].text


def test_too_many_wrong_pins_wait_and_so_does_an_unknown_number(visitor: httpx.Client, case: dict[str, Any]) -> None:
    answers = {}
    for number in (case["number"], "0000-0000-0000"):
        for _ in range(FREE_TRIES):
            assert enter(visitor, number, "no pin").status_code == 404
        answers[number] = enter(visitor, number, case["pin"])
    assert {(answer.status_code, answer.text) for answer in answers.values()} == {(429, answers[case["number"]].text)}
    assert 0 < int(answers[case["number"]].headers["retry-after"]) <= 5


def test_what_is_missing_is_named(visitor: httpx.Client) -> None:
    page = enter(visitor, "", " ")
    assert page.status_code == 422
    assert 'href="#number"' in page.text
    assert 'href="#pin"' in page.text
    assert "<title>Error: " in page.text


def test_a_session_ends_by_itself(live: LiveService, visitor: httpx.Client, case: dict[str, Any]) -> None:
    class Later(SystemClock):
        by = timedelta()

        def now(self) -> Any:
            return super().now() + self.by

    headers, clock, usual = entered(visitor, case), Later(), live.node.clock
    object.__setattr__(live.node, "clock", clock)
    try:
        clock.by = IDLE + timedelta(seconds=1)
        assert visitor.get("/en/case", headers=headers).headers["location"] == "/en/enter"
        clock.by = timedelta()
        while clock.by < LONGEST - IDLE / 2:
            seen = visitor.get("/en/case", headers=headers)
            assert seen.status_code == 200, clock.by
            headers = {"Cookie": seen.headers["set-cookie"].partition(";")[0]}
            clock.by += IDLE / 2
        clock.by = LONGEST + timedelta(seconds=1)
        assert visitor.get("/en/case", headers=headers).status_code == 303
    finally:
        object.__setattr__(live.node, "clock", usual)


@pytest.mark.parametrize("cookie", ["", "00", "zz", "00" * 100, "é"])
def test_a_cookie_of_somebody_elses_making_opens_nothing(visitor: httpx.Client, cookie: str) -> None:
    answer = visitor.get("/en/case", headers={"Cookie": f"{COOKIE}={cookie}".encode()})
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/enter")


def test_an_altered_cookie_opens_nothing(visitor: httpx.Client, case: dict[str, Any]) -> None:
    good = entered(visitor, case)["Cookie"]
    assert visitor.get("/en/case", headers={"Cookie": good}).status_code == 200
    altered = good[:-1] + ("0" if good[-1] != "0" else "1")
    assert visitor.get("/en/case", headers={"Cookie": altered}).status_code == 303


def test_one_item_then_everything_is_withdrawn_at_once_after_she_said_that_she_is_sure(
    visitor: httpx.Client, platform: httpx.Client, case: dict[str, Any]
) -> None:
    headers = entered(visitor, case)
    key = form_key(visitor.get("/en/case", headers=headers))

    def withdraw(**fields: str) -> httpx.Response:
        return visitor.post("/en/withdraw", data={"form_key": key, **fields}, headers=headers)

    first, second = case["pictures"]
    assert "Withdraw number 1?" in withdraw(item="1").text
    assert screened(platform, first)["verdict"] == "review"
    assert withdraw(item="1", sure="yes").headers["location"] == "/en/case"
    assert screened(platform, first)["verdict"] == "allow"
    assert screened(platform, second)["verdict"] == "review"
    assert "Picture 1: no longer protected." in text_of(visitor.get("/en/case", headers=headers))
    assert "Withdraw everything?" in withdraw(item="all").text
    assert withdraw(item="all", sure="yes").status_code == 303
    assert screened(platform, second)["verdict"] == "allow"
    assert "You withdrew this case." in text_of(visitor.get("/en/case", headers=headers))
    assert withdraw(item="3", sure="yes").status_code == 404
    assert withdraw(item="x").status_code == 400


def test_a_form_of_another_site_changes_nothing(
    visitor: httpx.Client, platform: httpx.Client, case: dict[str, Any]
) -> None:
    headers = entered(visitor, case)
    key = form_key(visitor.get("/en/case", headers=headers))
    wanted = {"item": "all", "sure": "yes"}
    refused = [
        visitor.post("/en/withdraw", data=wanted, headers=headers),
        visitor.post("/en/withdraw", data={**wanted, "form_key": "é"}, headers=headers),
        visitor.post(
            "/en/withdraw", data={**wanted, "form_key": key}, headers={**headers, "Sec-Fetch-Site": "cross-site"}
        ),
        visitor.post("/en/enter", data={"number": "a", "pin": "b"}, headers={"Sec-Fetch-Site": "cross-site"}),
        visitor.post("/en/close", data={"form_key": ""}, headers=headers),
    ]
    assert [answer.status_code for answer in refused] == [400] * 5
    assert visitor.post("/en/withdraw", data={**wanted, "form_key": key}).headers["location"] == "/en/enter"
    assert screened(platform, case["pictures"][0])["verdict"] == "review"


def test_signing_out_forgets_the_case_in_this_browser(visitor: httpx.Client, case: dict[str, Any]) -> None:
    headers = entered(visitor, case)
    key = form_key(visitor.get("/en/case", headers=headers))
    done = visitor.post("/en/close", data={"form_key": key}, headers=headers)
    assert (done.status_code, done.headers["location"]) == (303, "/en/")
    assert f'{COOKIE}=""' in done.headers["set-cookie"]


def test_a_match_is_told_only_when_it_was_confirmed_and_never_where(
    live: LiveService, visitor: httpx.Client, case: dict[str, Any]
) -> None:
    """An unconfirmed case learns nothing, in no byte of its page."""
    forum = live.client(Scope.SCREEN, name="dovecote")
    headers = entered(visitor, case)

    def shown() -> str:
        page = visitor.get("/en/case", headers=headers).text
        return re.sub(r'name="form_key" value="[^"]+"', "", page)

    before = shown()
    hit = screened(forum, case["pictures"][0], place="secret room")["hits"][0]["id"]
    assert shown() == before
    answer = forum.post(f"/v1/hits/{hit}/decision", json={"decision": "confirmed", "done": "account closed"})
    assert answer.status_code in (200, 201), answer.text
    assert shown() == before, "told a day later"
    clock = live.node.clock
    moved = type("Moved", (SystemClock,), {"now": lambda _: clock.now() + timedelta(days=1)})()
    object.__setattr__(live.node, "clock", moved)
    try:
        again = entered(visitor, case)
        page = visitor.get("/en/case", headers=again)
        assert "found on dovecote. A reviewer there confirmed it." in text_of(page)
        for hidden in ("secret room", "account closed", hit):
            assert hidden not in page.text
    finally:
        object.__setattr__(live.node, "clock", clock)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"number=" + b"A" * 5000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a=1" for _ in range(50)), "application/x-www-form-urlencoded", 400),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 415),
        (b"number=%ED%A0%80&pin=%00", "application/x-www-form-urlencoded", 404),
    ],
)
def test_what_is_no_form_of_ours_is_refused_as_a_page(
    visitor: httpx.Client, body: bytes, kind: str, status: int
) -> None:
    answer = visitor.post("/ko/enter", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert '<html lang="ko">' in answer.text


def test_assets_may_be_kept_for_ever_because_their_names_change(visitor: httpx.Client) -> None:
    for asset in assets().values():
        answer = visitor.get(f"/assets/{asset.name}")
        assert (answer.status_code, answer.content) == (200, asset.content)
        assert "immutable" in answer.headers["cache-control"]
    assert visitor.get("/assets/style.css").status_code == 404


def test_tries_are_counted_by_the_address_that_the_proxy_tells(tmp_path: Any) -> None:
    with memory_node(tmp_path, address_header="X-Real-IP") as node, running(node, ready=False) as live:
        visitor = live.client()

        def tried(address: str) -> int:
            data, headers = {"number": "0000-0000-0000", "pin": "no pin"}, {"X-Real-IP": address}
            return visitor.post("/en/enter", data=data, headers=headers).status_code

        assert [tried("192.0.2.1") for _ in range(FREE_TRIES + 1)] == [404] * FREE_TRIES + [429]
        assert tried("192.0.2.2") == 404


def test_no_answer_of_any_page_tells_another_site_or_is_kept(visitor: httpx.Client, case: dict[str, Any]) -> None:
    """Every address that there is, with a case open and without."""
    cookie = entered(visitor, case)
    checked = 0
    for route in ROUTES:
        path = route.path.replace("{language:language}", "en").replace("{token}", "ABC").replace("{rest:path}", "x")
        if path.startswith("/assets"):
            continue
        for method in sorted({"GET", "POST"} & set(route.methods or ())):
            for headers in ({}, cookie):
                answer = visitor.request(method, path, headers=headers)
                assert answer.status_code < 500, (method, path)
                assert answer.headers["referrer-policy"] == "no-referrer", (method, path)
                assert answer.headers["cache-control"] == "no-store", (method, path)
                assert answer.headers["content-security-policy"].startswith("default-src 'none'"), (method, path)
                sent = answer.headers.get("set-cookie", "")
                assert not sent or all(part in sent for part in ("Secure", "HttpOnly", "SameSite=strict")), path
                checked += 1
    assert checked > 30


def test_no_log_line_has_an_address_or_what_was_typed(
    visitor: httpx.Client, case: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        enter(visitor, case["number"], case["pin"])
        visitor.post("/en/recover", data={"number": case["number"], "code": case["recovery_code"], "once": "o" * 32})
        visitor.get("/en/link/SECRETTOKEN")
        visitor.get("/en/nowhere")
        wait_until(lambda: caplog.text.count("request method=") >= 4)  # said after the answers
    ours = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore")))
    assert "status=200" in ours
    for secret in ("127.0.0.1", case["number"], case["pin"], case["recovery_code"], "SECRETTOKEN", "nowhere"):
        assert secret not in ours, ours
