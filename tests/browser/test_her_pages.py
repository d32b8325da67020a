"""Her pages in a real browser, on a phone and on a desk: reachable, calm, and gone when she leaves.

``make screenshots`` has each page in each language written for people to look at.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, sync_playwright

from support.service import LiveService, case_of, memory_node, pdq, running, sha256, wait_until
from unseen.desk.tokens import Scope
from unseen.http.pages.languages import LANGUAGES

PHONE: Final[ViewportSize] = {"width": 360, "height": 740}
DESK: Final[ViewportSize] = {"width": 1280, "height": 800}
NEUTRAL: Final = "<!doctype html><title>Elsewhere</title>"
WCAG: Final = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("UNSEEN_CHROMIUM") or shutil.which("chromium")
    if path is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("Chromium is missing (apt install chromium)")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    arguments.append("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")  # nothing leaves this machine
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    with memory_node(tmp_path_factory.mktemp("node")) as node, running(node, ready=False) as service:
        yield service


@pytest.fixture
def case(live: LiveService) -> dict[str, Any]:
    live.app.state.service.attempts._tries.clear()
    answer = live.client(Scope.CASE).post("/v1/cases", json=case_of([pdq(1), sha256(1)], [sha256(2)]))
    opened: dict[str, Any] = answer.json()
    return opened


class Visit:
    """One visitor's window; what leaves for another site is answered here and noted."""

    def __init__(self, browser: Browser, live: LiveService, **wishes: Any) -> None:
        self.home = live.url
        self.context: BrowserContext = browser.new_context(**{"viewport": PHONE, "locale": "en-GB", **wishes})
        self.elsewhere: list[str] = []
        self.context.route(re.compile(f"^(?!{re.escape(live.url)})"), self._answer)
        self.page: Page = self.context.new_page()

    def _answer(self, route: Route) -> None:
        self.elsewhere.append(route.request.url)
        route.fulfill(body=NEUTRAL, content_type="text/html")

    def go(self, path: str) -> Page:
        self.page.goto(f"{self.home}/{path}")
        return self.page

    @contextmanager
    def leaving_for(self, url: str) -> Iterator[Page]:
        """What happens inside leads to ``url``, which cannot be reached from here."""
        with self.page.expect_request(url):
            yield self.page
        wait_until(lambda: self.page.wait_for_timeout(20) or not self.page.url.startswith(self.home), within_s=60)

    def enter(self, case: dict[str, Any], language: str = "en") -> Page:
        page = self.go(f"{language}/enter")
        page.locator("#number").fill(case["number"])
        page.locator("#pin").fill(case["pin"])
        page.locator("main button").click()
        page.wait_for_url(f"**/{language}/case")
        return page


@pytest.fixture
def visit(chromium: Browser, live: LiveService, request: pytest.FixtureRequest) -> Iterator[Visit]:
    visit = Visit(chromium, live, **getattr(request, "param", {}))
    yield visit
    visit.context.close()


def walk(visit: Visit, case: dict[str, Any], language: str) -> Iterator[tuple[str, Page]]:
    """Every page there is, by name."""
    for name, path in (("home", ""), ("under-18", "under-18"), ("enter", "enter"), ("missing", "nowhere")):
        yield name, visit.go(f"{language}/{path}")
    page = visit.go(f"{language}/enter")
    page.locator("#number").fill("0000-0000-0000")
    page.locator("main button").click()
    yield "enter-wrong", page
    page = visit.enter(case, language)
    yield "case", page
    page.locator("button[name=item]").first.click()
    yield "withdraw", page
    page.locator("main button").click()
    page.wait_for_url("**/case")
    page.locator("button[value=all]").click()
    page.locator("main button").click()
    page.wait_for_url("**/case")
    yield "case-withdrawn", page


@pytest.mark.parametrize(
    "visit",
    [
        pytest.param({"viewport": size, "color_scheme": scheme}, id=f"{name}-{scheme}")
        for name, size, scheme in (("phone", PHONE, "light"), ("phone", PHONE, "dark"), ("desk", DESK, "light"))
    ],
    indirect=True,
)
def test_axe_finds_nothing_on_any_page_and_none_is_wider_than_the_screen(visit: Visit, case: dict[str, Any]) -> None:
    for name, page in walk(visit, case, "en"):
        found = Axe().run(page, options=WCAG)
        faults = [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found["violations"]]
        assert faults == [], name
        assert found["passes"], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert visit.elsewhere == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_way_through_works_in_every_language(visit: Visit, case: dict[str, Any], language: str) -> None:
    folder = os.environ.get("UNSEEN_SCREENSHOTS")
    titles = []
    for name, page in walk(visit, case, language):
        assert page.locator("html").get_attribute("lang") == language
        for secret in (case["number"], case["pin"], case["pin"].replace(" ", "")):
            assert secret not in page.url + page.title()
        titles.append(page.title())
        if folder:
            page.screenshot(path=Path(folder) / f"{name}-{language}.png", full_page=True)
    assert "…" not in titles
    assert visit.elsewhere == []


@pytest.mark.parametrize("visit", [{"java_script_enabled": False}], indirect=True)
def test_status_withdrawal_and_exit_work_without_scripts(visit: Visit, case: dict[str, Any]) -> None:
    names = [name for name, _ in walk(visit, case, "ko")]
    assert names[-1] == "case-withdrawn"
    with visit.leaving_for("https://www.weather.go.kr/") as page:
        page.locator("#exit").click()
    assert visit.context.cookies() == []


@pytest.mark.parametrize("how", ["button", "keys"])
def test_quick_exit_leaves_no_way_back_to_this_page(visit: Visit, case: dict[str, Any], how: str) -> None:
    visit.page.goto("https://before.example/")
    page = visit.enter(case)
    assert len(visit.context.cookies()) == 1
    with visit.leaving_for("https://www.bbc.com/weather"):
        if how == "button":
            page.locator("#exit").click()
        else:
            for _ in range(3):
                page.keyboard.press("Shift")
    assert visit.context.cookies() == []
    page.go_back()
    assert "/case" not in page.url
    assert case["number"] not in page.content()


def test_shift_while_typing_does_not_leave(visit: Visit) -> None:
    page = visit.go("en/enter")
    page.locator("#number").focus()
    for key in ("Shift", "Shift", "a", "Shift"):
        page.keyboard.press(key)
    assert page.locator("#exit-said").inner_text() == "Shift, press 2 more times to leave."
    page.keyboard.press("Shift")
    assert page.locator("#exit-said").inner_text() == "Shift, press 1 more time to leave."
    assert page.url.endswith("/enter")


def test_the_keyboard_reaches_exit_early_and_the_form_in_order(visit: Visit) -> None:
    page = visit.go("en/enter")
    reached = []
    for _ in range(10):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.className || ''"))
    assert reached[:3] == ["skip", "name", "exit"]
    assert reached[-3:-1] == ["number", "pin"]


def test_nothing_stays_in_the_browser_but_the_cookie(visit: Visit, case: dict[str, Any]) -> None:
    page = visit.enter(case)
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    cookies = visit.context.cookies()
    assert [(c["httpOnly"], c["sameSite"], c["expires"]) for c in cookies] == [(True, "Strict", -1)]
