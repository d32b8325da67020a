"""A lost PIN in a real browser: every page of it, in every language, on a phone and on a desk.

``make screenshots`` has each written for people to look at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from support.axe import faults
from support.letters import Letterbox
from support.service import LiveService, case_of, forget_tries, memory_node, pdq, running, sha256
from support.visit import DESK, PHONE, Visit, photograph
from unseen.case import CaseNumber, Contact
from unseen.desk.tokens import Scope
from unseen.http.pages.languages import LANGUAGES


@dataclass
class Her:
    """Her window, and her case on a node that sends letters."""

    visit: Visit
    case: dict[str, Any]
    live: LiveService

    @property
    def link(self) -> str:
        """The address that a letter would have."""
        with self.live.node.store.read() as reader:
            link = reader.find_link(CaseNumber(self.case["number"]))
        assert link is not None
        return f"link/{self.live.node.links.token(link)}"


@pytest.fixture(scope="module")
def posting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    url = "https://help.example.org"
    with (
        memory_node(tmp_path_factory.mktemp("node"), mail=Letterbox(), public_url=url) as node,
        running(node, ready=False) as live,
    ):
        yield live


@pytest.fixture
def her(browser: Browser, posting: LiveService) -> Iterator[Her]:
    forget_tries(posting)
    answer = posting.client(Scope.CASE).post("/v1/cases", json=case_of([pdq(7), sha256(7)]))
    case: dict[str, Any] = answer.json()
    with posting.node.store.write() as tx:
        tx.put_contact(CaseNumber(case["number"]), Contact(address="ada@example.org", language="en"))
    visit = Visit(browser, posting.url)
    yield Her(visit, case, posting)
    visit.context.close()


def walk(her: Her, language: str) -> Iterator[tuple[str, Page]]:
    """Every page of a lost PIN, by name."""
    page = her.visit.go(f"{language}/enter")
    page.locator("main a").click()
    yield "recover", page
    page.locator("main form button").first.click()
    yield "recover-wrong", page
    page.locator("#number-for-link").fill(her.case["number"])
    page.locator("main form button").last.click()
    page.wait_for_url("**/recover/link")
    yield "recover-link-asked", page
    page = her.visit.enter(her.case, language)
    yield "case-link-asked", page
    page = her.visit.go(f"{language}/pin")
    yield "change-pin", page
    page = her.visit.go(f"{language}/{her.link}")
    yield "link", page
    page.locator("#number").fill(her.case["number"])
    page.locator("main form button").first.click()
    page.wait_for_url("**/link")
    yield "link-early", page
    page = her.visit.go(f"{language}/{her.link}")
    page.locator("#number").fill(her.case["number"])
    page.locator("button[name=stop]").click()
    page.wait_for_url("**/link")
    yield "link-stopped", page
    yield "keys", recovered(her, language)


def recovered(her: Her, language: str) -> Page:
    """The page that shows the new PIN."""
    page = her.visit.go(f"{language}/recover")
    page.locator("#number").fill(her.case["number"])
    page.locator("#code").fill(her.case["recovery_code"])
    page.locator("main form button").first.click()
    page.locator("dl.note").wait_for()
    return page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_a_lost_pin_shuts_nobody_out_in_every_language(her: Her, language: str) -> None:
    for name, page in walk(her, language):
        forget_tries(her.live)
        assert page.locator("html").get_attribute("lang") == language, name
        for secret in (her.case["number"], her.case["pin"], her.case["recovery_code"]):
            assert secret not in page.url + page.title(), name
        assert faults(page) == [], name
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, size)
        photograph(page, f"{name}-{language}")
    assert her.visit.elsewhere == []


def test_new_keys_are_shown_again_to_a_browser_that_loads_the_page_again(her: Her) -> None:
    page = recovered(her, "en")
    shown = page.locator("dl.note").inner_text()
    page.reload()
    assert page.locator("dl.note").inner_text() == shown
    pin = page.locator("dl.note dd").nth(1).inner_text()
    her.visit.enter({**her.case, "pin": pin})


def test_she_deletes_her_address_and_gives_another(her: Her) -> None:
    page = her.visit.enter(her.case)
    page.get_by_role("button", name="Delete the address").click()
    page.locator("#contact").fill("no address")
    page.get_by_role("button", name="Keep this address").click()
    assert faults(page) == []
    page.locator("#contact").fill("b@example.org")
    page.get_by_role("button", name="Keep this address").click()
    page.get_by_role("button", name="Delete the address").wait_for()
    assert "b@example.org" not in page.content()
