"""Her pages in a real browser, on a phone and on a desk: reachable, calm, and gone when she leaves.

``make screenshots`` has each page in each language written for people to look at.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from support.axe import faults
from support.pictures import draw
from support.visit import DESK, PHONE, Visit, choose, noted, part, photograph, step
from unseen.http.pages.languages import LANGUAGES


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A picture that can be read, and what only says so."""
    draw(640, 480).save(tmp_path / "IMG_0412.jpg")
    (tmp_path / "IMG_0413.jpg").write_text("not a picture at all")
    return [tmp_path / "IMG_0412.jpg", tmp_path / "IMG_0413.jpg"]


def walk(visit: Visit, case: dict[str, Any], language: str) -> Iterator[tuple[str, Page]]:
    """Every page there is without a script, by name."""
    for name, path in (("home", ""), ("under-18", "under-18"), ("enter", "enter"), ("missing", "nowhere")):
        yield name, visit.go(f"{language}/{path}")
    yield from before_the_files(visit, language)
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


def before_the_files(visit: Visit, language: str) -> Iterator[tuple[str, Page]]:
    """From the first page to the answers, each given once wrongly."""
    page = visit.go(f"{language}/")
    page.locator("main a.button").first.click()
    yield "open-1-safe", page
    page.locator("main a.button").click()
    yield "open-2-age", page
    page.locator("main button").click()
    yield "open-2-age-wrong", page
    page.locator("#age-adult").check()
    page.locator("main button").click()
    page.wait_for_url("**/open/about")
    yield "open-3-about", page
    page.locator("main form button").click()
    yield "open-3-about-wrong", page


def the_files(visit: Visit, files: list[Path], language: str) -> Iterator[tuple[str, Page]]:
    """From the choice of files to number and PIN, with a service that is away at first."""
    page = visit.to_the_files(language)
    expect(step(page, "choose")).to_be_visible()
    yield "open-4-choose", page
    choose(page, files)
    page.locator("details").click()
    yield "open-5-chosen", page
    part(page, "continue").click()
    yield "open-6-what-leaves", page
    page.route("**/open", lambda route: route.abort())
    part(page, "send").click()
    expect(part(page, "now")).to_be_visible()
    yield "open-7-away", page
    page.unroute("**/open")
    part(page, "now").click()
    noted(page)
    yield "open-8-note", page
    page.route("**/open", lambda route: route.fulfill(status=422, body="{}"))
    page = visit.to_the_files(language)
    choose(page, files[:1])
    part(page, "continue").click()
    part(page, "send").click()
    expect(step(page, "refused")).to_be_visible()
    yield "open-9-refused", page


def the_added_files(visit: Visit, case: dict[str, Any], files: list[Path], language: str) -> Iterator[tuple[str, Page]]:
    """From her case to the same step, and back to it."""
    page = visit.enter(case, language)
    page.locator("a[href$='/add']").click()
    choose(page, files[:1])
    yield "add-1-chosen", page
    part(page, "continue").click()
    part(page, "send").click()
    expect(step(page, "added")).to_be_visible()
    yield "add-2-added", page
    step(page, "added").locator("a").click()
    expect(page.locator(".items .item")).to_have_count(3)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_way_through_works_in_every_language_and_shuts_nobody_out(
    visit: Visit, case: dict[str, Any], files: list[Path], language: str
) -> None:
    """On every page and at every step: nothing is wider than the screen, and axe finds nothing, light or dark."""
    titles = []
    for steps in (
        the_added_files(visit, case, files, language),
        walk(visit, case, language),
        the_files(visit, files, language),
    ):
        for name, page in steps:
            assert page.locator("html").get_attribute("lang") == language
            for secret in (case["number"], case["pin"], case["pin"].replace(" ", "")):
                assert secret not in page.url + page.title()
            titles.append(page.title())
            assert faults(page) == [], name
            for size in (DESK, PHONE):
                page.set_viewport_size(size)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, size)
            photograph(page, f"{name}-{language}")
    assert "…" not in titles
    assert visit.elsewhere == []


@pytest.mark.parametrize("visit", [{"java_script_enabled": False}], indirect=True)
def test_status_withdrawal_and_exit_work_without_scripts(visit: Visit, case: dict[str, Any]) -> None:
    names = [name for name, _ in walk(visit, case, "ko")]
    assert names[-1] == "case-withdrawn"
    with visit.leaving_for("https://www.weather.go.kr/") as page:
        page.locator("#exit").click()
    assert visit.context.cookies() == []


@pytest.mark.parametrize("visit", [{"java_script_enabled": False}], indirect=True)
def test_without_scripts_the_step_of_the_files_says_what_it_needs_and_why(visit: Visit) -> None:
    page = visit.to_the_files()
    expect(page.locator("#needs-script h1")).to_be_visible()
    assert "needs scripts" in page.locator("main").inner_text()
    assert "so that the picture never leaves it" in page.locator("main").inner_text()
    assert not page.locator("#files").is_visible()


@pytest.mark.parametrize("how", ["button", "keys"])
def test_quick_exit_leaves_no_way_back_to_this_page(visit: Visit, case: dict[str, Any], how: str) -> None:
    visit.page.goto("https://before.example/")
    page = visit.enter(case)
    assert len(visit.context.cookies()) == 1
    with visit.leaving_for("https://www.bbc.com/weather"):
        leave(page, how)
    assert visit.context.cookies() == []
    page.go_back()
    assert "/case" not in page.url
    assert case["number"] not in page.content()


@pytest.mark.parametrize("how", ["button", "keys"])
def test_quick_exit_asks_nothing_where_files_were_chosen(visit: Visit, files: list[Path], how: str) -> None:
    page = visit.to_the_files()
    choose(page, files)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    with visit.leaving_for("https://www.bbc.com/weather"):
        leave(page, how)
    assert asked == []


def leave(page: Page, how: str) -> None:
    if how == "button":
        page.locator("#exit").click()
    else:
        for _ in range(3):
            page.keyboard.press("Shift")


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
