"""A lost PIN, on the pages: recovery code, link, and a new PIN for her who fears for the old one."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.letters import Letterbox
from support.service import LiveService, case_of, forget_tries, memory_node, pdq, running, sha256, wait_until
from unseen.base import SystemClock
from unseen.desk.attempts import FREE_TRIES
from unseen.http import keeper

URL = "https://help.example.org"


class Later(SystemClock):
    """The clock of a node that a test moves on."""

    by = timedelta()

    def now(self) -> Any:
        return super().now() + self.by


@dataclass
class Open:
    """A node that sends letters, and a case on it whose contact is known."""

    live: LiveService
    mail: Letterbox
    clock: Later
    visitor: httpx.Client
    case: dict[str, Any]

    def post(self, path: str, **form: str) -> httpx.Response:
        return self.visitor.post(path, data=form)

    def enter(self, pin: str) -> httpx.Response:
        return self.post("/en/enter", number=self.case["number"], pin=pin)

    def sent_address(self) -> str:
        wait_until(lambda: self.mail.letters)
        found = re.search(rf"{URL}(/\S+)", self.mail.letters[-1][1].text)
        assert found
        return found[1]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveService, Letterbox, Later]]:
    mail, clock, usual = Letterbox(), Later(), keeper.POST_EVERY_S
    keeper.POST_EVERY_S = 0.05
    folder: Path = tmp_path_factory.mktemp("node")
    with memory_node(folder, mail=mail, public_url=URL) as made:
        object.__setattr__(made, "clock", clock)
        with running(made) as live:
            yield live, mail, clock
    keeper.POST_EVERY_S = usual


@pytest.fixture
def her(node: tuple[LiveService, Letterbox, Later], request: pytest.FixtureRequest) -> Open:
    live, mail, clock = node
    forget_tries(live)
    clock.by = timedelta()
    mail.letters.clear()
    body = {**case_of([pdq(sum(request.node.name.encode()))]), "contact": "ada@example.org"}
    visitor = live.client()
    opened = visitor.post("/ko/open", json=body, headers={"Idempotency-Key": request.node.name[:64].ljust(32, "-")})
    return Open(live, mail, clock, visitor, opened.json())


def field(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def shown_keys(page: httpx.Response) -> tuple[str, str, str]:
    number, pin, code = re.findall(r"<dd>([^<]+)</dd>", page.text)
    return number, pin, code


def text_of(page: httpx.Response) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.text)))


def test_number_and_code_give_a_new_pin_that_is_shown_again_to_a_browser_that_asks_again(her: Open) -> None:
    once = field(her.visitor.get("/en/recover"), "once")
    typed = {"number": her.case["number"].lower(), "code": her.case["recovery_code"].replace("-", " "), "once": once}
    first, again = (her.post("/en/recover", **typed) for _ in range(2))
    assert first.status_code == 200
    assert first.headers["cache-control"] == "no-store"
    assert shown_keys(first) == shown_keys(again)
    number, pin, code = shown_keys(first)
    assert (number, code != her.case["recovery_code"]) == (her.case["number"], True)
    assert her.enter(her.case["pin"]).status_code == 404
    assert her.enter(pin).status_code == 303
    used = her.post("/en/recover", **{**typed, "once": field(her.visitor.get("/en/recover"), "once")})
    assert used.status_code == 404
    assert pin not in used.text


def test_a_code_is_read_in_full_width_too(her: Open) -> None:
    wide = her.case["recovery_code"].translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789ABCDEFGHJKMNPQRSTVWXYZ"})
    once = field(her.visitor.get("/ko/recover"), "once")
    assert her.post("/ko/recover", number=her.case["number"], code=wide, once=once).status_code == 200


def test_a_wrong_code_and_an_unknown_number_get_one_answer_and_then_wait(her: Open) -> None:
    hidden = re.compile(r'name="once" value="[^"]+"')
    once = field(her.visitor.get("/en/recover"), "once")
    answers = {}
    for number in (her.case["number"], "0000-0000-0000"):
        tries = [her.post("/en/recover", number=number, code="A" * 20, once=once) for _ in range(FREE_TRIES + 1)]
        assert [each.status_code for each in tries] == [404] * FREE_TRIES + [429]
        answers[number] = [hidden.sub("", each.text) for each in tries]
        assert 0 < int(tries[-1].headers["retry-after"]) <= 5
    assert answers[her.case["number"]] == answers["0000-0000-0000"]


def test_a_link_is_sent_works_after_72_hours_and_never_without_the_number(her: Open) -> None:
    assert her.post("/en/recover/link", number=her.case["number"]).status_code == 200
    address = her.sent_address()
    ((to, letter),) = her.mail.letters
    assert to == "ada@example.org"
    assert address.startswith("/ko/link/"), "in the language of the page that the contact was given on"
    assert her.case["number"] not in letter.subject + letter.text
    page = her.visitor.get(address)
    typed = {"token": field(page, "token"), "once": field(page, "once"), "number": her.case["number"]}
    early = her.post("/en/link", **typed)
    assert "This link works from" in text_of(early)
    forget_tries(her.live)
    her.clock.by = timedelta(hours=72, minutes=1)
    assert her.post("/en/link", **{**typed, "number": "0000-0000-0000"}).status_code == 404
    keys = her.post("/en/link", **typed)
    assert her.enter(shown_keys(keys)[1]).status_code == 303
    assert her.enter(her.case["pin"]).status_code == 404


def test_asking_for_a_link_answers_the_same_and_takes_as_long_whatever_the_number(her: Open) -> None:
    def asked(number: str) -> tuple[str, float]:
        began = time.monotonic()
        answer = her.post("/en/recover/link", number=number)
        assert answer.status_code == 200, answer.text
        return answer.text, time.monotonic() - began

    told = [asked(number) for number in (her.case["number"], "0000-0000-0000", "no number", her.case["number"])]
    assert len({text for text, _ in told}) == 1
    assert min(seconds for _, seconds in told) >= 1.0


def test_she_sees_a_link_that_somebody_asked_for_and_stops_it(her: Open) -> None:
    her.post("/en/recover/link", number=her.case["number"])
    address = her.sent_address()
    forget_tries(her.live)
    cookie = {"Cookie": her.enter(her.case["pin"]).headers["set-cookie"].partition(";")[0]}
    page = her.visitor.get("/en/case", headers=cookie)
    assert "If it was not you, stop it now." in text_of(page)
    stopped = her.visitor.post("/en/link/stop", data={"form_key": field(page, "form_key")}, headers=cookie)
    assert stopped.headers["location"] == "/en/case"
    again = text_of(her.visitor.get("/en/case", headers=cookie))
    assert "The link was stopped." in again
    assert "stop it now" not in again
    her.clock.by = timedelta(hours=73)
    page = her.visitor.get(address)
    late = her.post("/en/link", token=field(page, "token"), once=field(page, "once"), number=her.case["number"])
    assert late.status_code == 404


def test_whoever_got_a_link_without_asking_stops_it_with_the_number(her: Open) -> None:
    her.post("/en/recover/link", number=her.case["number"])
    page = her.visitor.get(her.sent_address())
    forget_tries(her.live)
    typed = {"token": field(page, "token"), "once": field(page, "once"), "number": her.case["number"], "stop": "yes"}
    assert "Nobody can use it any more." in text_of(her.post("/en/link", **typed))
    her.clock.by = timedelta(hours=73)
    assert her.post("/en/link", **{**typed, "stop": ""}).status_code == 404


def test_a_new_pin_needs_the_old_one_and_closes_the_case_everywhere(her: Open) -> None:
    here, there = ({"Cookie": her.enter(her.case["pin"]).headers["set-cookie"].partition(";")[0]} for _ in range(2))
    page = her.visitor.get("/en/pin", headers=here)
    form = {"form_key": field(page, "form_key"), "once": field(page, "once")}
    wrong = her.visitor.post("/en/pin", data={**form, "pin": "0000 0000"}, headers=here)
    assert wrong.status_code == 404
    changed = her.visitor.post("/en/pin", data={**form, "pin": her.case["pin"]}, headers=here)
    _, pin, _ = shown_keys(changed)
    for cookie in (here, there):
        assert her.visitor.get("/en/case", headers=cookie).headers["location"] == "/en/enter"
    assert her.enter(pin).status_code == 303


def test_signing_out_in_one_browser_signs_out_in_all(her: Open) -> None:
    here, there = ({"Cookie": her.enter(her.case["pin"]).headers["set-cookie"].partition(";")[0]} for _ in range(2))
    key = field(her.visitor.get("/en/case", headers=here), "form_key")
    her.visitor.post("/en/close", data={"form_key": key}, headers=here)
    for cookie in (here, there):
        assert her.visitor.get("/en/case", headers=cookie).headers["location"] == "/en/enter"
        late = her.visitor.post("/en/withdraw", data={"form_key": key, "item": "all", "sure": "yes"}, headers=cookie)
        assert late.status_code != 200


def test_a_contact_is_deleted_at_once_and_another_can_be_given(her: Open) -> None:
    cookie = {"Cookie": her.enter(her.case["pin"]).headers["set-cookie"].partition(";")[0]}
    key = {"form_key": field(her.visitor.get("/en/case", headers=cookie), "form_key")}
    her.visitor.post("/en/contact/delete", data=key, headers=cookie)
    page = her.visitor.get("/en/case", headers=cookie)
    assert "The e-mail address was deleted." in text_of(page)
    assert "You need not give one." in text_of(page)
    her.post("/en/recover/link", number=her.case["number"])
    wrong = her.visitor.post("/en/contact", data={**key, "contact": "ada"}, headers=cookie)
    assert wrong.status_code == 422
    assert "That is not an e-mail address." in text_of(wrong)
    kept = her.visitor.post("/en/contact", data={**key, "contact": "b@example.org"}, headers=cookie)
    assert kept.headers["location"] == "/en/case"
    assert "An address is kept." in text_of(her.visitor.get("/en/case", headers=cookie))
    assert her.mail.letters == []
    assert her.visitor.post("/en/contact", data={"contact": "c@example.org"}, headers=cookie).status_code == 400


def test_where_no_letters_are_sent_no_contact_is_asked_for(live: LiveService, helper: httpx.Client) -> None:
    forget_tries(live)
    case = helper.post("/v1/cases", json=case_of([sha256(95_000)])).json()
    visitor = live.client()
    assert "This service sends no links by e-mail." in text_of(visitor.get("/en/recover"))
    data = {"number": case["number"], "pin": case["pin"]}
    cookie = {"Cookie": visitor.post("/en/enter", data=data).headers["set-cookie"].partition(";")[0]}
    page = visitor.get("/en/case", headers=cookie)
    assert "E-mail address" not in page.text
    given = {"form_key": field(page, "form_key"), "contact": "ada@example.org"}
    assert visitor.post("/en/contact", data=given, headers=cookie).status_code == 400


@pytest.mark.parametrize("path", ["recover", "link/ABC", "enter"])
def test_no_page_of_recovery_tells_or_keeps_anything(her: Open, path: str) -> None:
    page = her.visitor.get(f"/zh-Hant/{path}")
    assert page.status_code == 200
    assert "set-cookie" not in page.headers
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert page.headers["cache-control"] == "no-store"
