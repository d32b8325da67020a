"""One visitor's window on her pages, and the ways that she goes there."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, ViewportSize, expect

from support.service import wait_until

PHONE: Final[ViewportSize] = {"width": 360, "height": 740}
DESK: Final[ViewportSize] = {"width": 1280, "height": 800}
NEUTRAL: Final = "<!doctype html><title>Elsewhere</title>"


class Visit:
    """One visitor's window; what leaves for another site is answered here and noted."""

    def __init__(self, browser: Browser, home: str, **wishes: Any) -> None:
        self.home = home
        self.context: BrowserContext = browser.new_context(**{"viewport": PHONE, "locale": "en-GB", **wishes})
        self.elsewhere: list[str] = []
        self.context.route(re.compile(f"^(?!{re.escape(home)}|blob:)"), self._answer)
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

    def to_the_files(self, language: str = "en") -> Page:
        """Through the steps before, as an adult whose picture was shared."""
        page = self.go(f"{language}/open/age")
        page.locator("#age-adult").check()
        page.locator("main button").click()
        return self.answer_about(page)

    def answer_about(self, page: Page) -> Page:
        for answer in ("#acting-myself", "#sharing-shared", "#without-consent"):
            page.locator(answer).check()
        page.locator("main form button").click()
        expect(part(page, "files")).to_be_attached()
        return page

    def open_case(self, files: Sequence[Path], language: str = "en") -> dict[str, str]:
        """The whole way; number and PIN as the page shows them."""
        page = self.to_the_files(language)
        choose(page, files)
        part(page, "continue").click()
        part(page, "send").click()
        return noted(page)


def part(page: Page, name: str) -> Locator:
    """An element by the name that the template gives it."""
    return page.locator(f"[data-part={name}]")


def step(page: Page, name: str) -> Locator:
    """One step of the flow."""
    return page.locator(f"[data-step={name}]")


def choose(page: Page, files: Sequence[Path], *, within_s: float = 120) -> None:
    """Choose files and wait until each is done, well or badly."""
    expect(page.locator("#flow")).to_be_visible(timeout=60_000)
    before = page.locator(".chosen > li").count()
    part(page, "files").set_input_files(files)
    expect(page.locator(".chosen > li")).to_have_count(before + len(files))
    expect(page.locator(".chosen progress:visible")).to_have_count(0, timeout=within_s * 1000)


def said_of(page: Page) -> list[str]:
    """What the page says of each file, in order."""
    return page.locator(".chosen .state").all_inner_texts()


def noted(page: Page) -> dict[str, str]:
    """Number, PIN and recovery code, once they are shown."""
    expect(step(page, "note")).to_be_visible(timeout=60_000)
    return {
        name: part(page, shown).inner_text()
        for name, shown in (("number", "number"), ("pin", "pin"), ("recovery_code", "recovery"))
    }


def photograph(page: Page, name: str) -> None:
    """For people to look at, where ``make screenshots`` asks for it: on a phone, in the dark, and on a desk."""
    folder = os.environ.get("UNSEEN_SCREENSHOTS")
    if folder is None:
        return
    for kind, size, scheme in (("phone", PHONE, "light"), ("dark", PHONE, "dark"), ("desk", DESK, "light")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
        page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        page.screenshot(path=Path(folder) / kind / f"{name}.png", full_page=True)
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="light")
