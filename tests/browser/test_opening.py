"""Opening a case in the browser, when things go wrong: files, the service, the tab; and with a keyboard alone."""

import gzip
import json
import re
import zlib
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from support.films import video
from support.pictures import draw, saved
from support.service import wait_until
from support.visit import Visit, choose, noted, part, said_of, step

FIRST_LOAD_BYTES = 150 * 1024
SHOWN_OF = {
    "en": ["This file is empty", "This is not a picture", "This is too large", "This file is damaged, or of a kind"],
    "zh-Hans": ["空的", "不是图片或视频", "文件太大", "已损坏"],
    "zh-Hant": ["空的", "不是圖片或影片", "檔案太大", "已損壞"],
    "ko": ["빈 파일", "사진이나 동영상이 아닙니다", "너무 큽니다", "손상"],
}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    draw(640, 480).save(tmp_path / "IMG_1.jpg")
    return tmp_path / "IMG_1.jpg"


def bad_files(folder: Path) -> list[Path]:
    """A file of no bytes, a renamed text, a picture of 200 million pixels, a video cut short."""
    files = [folder / name for name in ("empty.jpg", "renamed.png", "huge.png", "broken.mp4")]
    files[0].touch()
    files[1].write_text("A letter that somebody gave another name.")
    files[2].write_bytes(huge_png(20_000, 10_000))
    whole = video(range(4), codec="libx264")
    files[3].write_bytes(whole[: len(whole) // 2])
    return files


def huge_png(width: int, height: int) -> bytes:
    """Black, a bit a pixel: few bytes, and far too much to decode."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    rows = zlib.compress(bytes(1 + width // 8) * height, 9)
    header = width.to_bytes(4) + height.to_bytes(4) + bytes([1, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("language", SHOWN_OF)
def test_each_bad_file_is_told_by_itself_and_the_good_one_is_protected(
    visit: Visit, picture: Path, tmp_path: Path, language: str
) -> None:
    page = visit.to_the_files(language)
    choose(page, [*bad_files(tmp_path), picture])
    said = said_of(page)
    assert [words in said[at] for at, words in enumerate(SHOWN_OF[language])] == [True] * 4, said
    assert page.locator(".chosen li.wrong").count() == 4
    part(page, "continue").click()
    expect(page.locator("[data-part=summary] li")).to_have_count(1)
    part(page, "send").click()
    assert re.fullmatch(r"(\w{4}-){2}\w{4}", noted(page)["number"])


def test_nothing_goes_on_without_a_file_that_can_be_read(visit: Visit, tmp_path: Path) -> None:
    page = visit.to_the_files()
    choose(page, bad_files(tmp_path)[:2])
    part(page, "continue").click()
    expect(part(page, "wrong")).to_contain_text("Choose at least one picture or video")
    assert step(page, "choose").is_visible()


def test_sixty_files_at_once_are_done_one_after_the_other_and_readers_hear_how_far_it_is(
    visit: Visit, tmp_path: Path
) -> None:
    """Small ones: what tens of large ones take of memory is measured by ``bench.web``."""
    files = [tmp_path / f"{number}.jpg" for number in range(60)]
    for number, file in enumerate(files):
        draw(320, 240, seed=number).save(file)
    page = visit.to_the_files()
    heard = page.evaluate_handle(
        """() => {
          const said = document.querySelector("[data-part=said]"), heard = [];
          new MutationObserver(() => heard.push(said.textContent)).observe(said, { childList: true });
          return heard;
        }"""
    )
    choose(page, files)
    assert page.locator("[data-part=said]").get_attribute("role") == "status"
    told: list[str] = heard.json_value()
    assert [int(words.split()[0]) for words in told] == sorted(int(words.split()[0]) for words in told)
    assert told[-1] == "60 of 60 done"
    assert set(said_of(page)) == {"ready"}
    assert page.locator(".thumb img").count() == 60
    part(page, "continue").click()
    part(page, "send").click()
    noted(page)


def test_a_thumbnail_is_veiled_until_it_is_tapped(visit: Visit, picture: Path) -> None:
    page = visit.to_the_files()
    choose(page, [picture])
    thumb = page.locator(".thumb")
    veiled = "getComputedStyle(document.querySelector('.thumb img')).filter"
    assert page.evaluate(veiled) == "blur(14px)"
    thumb.click()
    assert (thumb.get_attribute("aria-pressed"), page.evaluate(veiled)) == ("true", "none")
    thumb.click()
    assert (thumb.get_attribute("aria-pressed"), page.evaluate(veiled)) == ("false", "blur(14px)")


def test_a_file_chosen_twice_counts_once_and_can_be_removed(visit: Visit, picture: Path) -> None:
    page = visit.to_the_files()
    choose(page, [picture])
    part(page, "files").set_input_files([picture])
    expect(page.locator(".chosen > li")).to_have_count(1)
    page.get_by_role("button", name="Remove IMG_1.jpg").click()
    expect(page.locator(".chosen > li")).to_have_count(0)
    assert not part(page, "continue").is_visible()
    assert page.locator("[data-part=said]").inner_text() == "Removed."


@pytest.mark.parametrize("failure", ["gone", "busy", "half an answer"])
def test_a_service_that_is_gone_midway_is_tried_again_under_the_same_key(
    visit: Visit, picture: Path, failure: str
) -> None:
    page = visit.to_the_files()
    choose(page, [picture])
    part(page, "continue").click()
    sent: list[tuple[str, str | None]] = []

    def answer(route: Any) -> None:
        sent.append((route.request.headers["idempotency-key"], route.request.post_data))
        if len(sent) == 3:
            route.continue_()
        elif failure == "gone":
            route.abort()
        elif failure == "busy":
            route.fulfill(status=503, body="{}")
        else:
            route.fulfill(status=201, body='{"number": "K7PD')

    page.route("**/en/open", answer)
    part(page, "send").click()
    expect(part(page, "state")).to_contain_text("Nothing is lost")
    part(page, "now").click()
    noted(page)  # the third try is made by itself
    assert len(set(sent)) == 1
    assert len(sent) == 3


def test_too_many_cases_are_told_as_minutes(visit: Visit, picture: Path) -> None:
    page = visit.to_the_files()
    choose(page, [picture])
    part(page, "continue").click()
    page.route("**/en/open", lambda route: route.fulfill(status=429, headers={"Retry-After": "100"}, body="{}"))
    part(page, "send").click()
    expect(part(page, "state")).to_contain_text("sent again by itself in 2 min")


def test_files_are_added_after_the_case_was_closed_meanwhile_and_entered_again(
    visit: Visit, case: dict[str, Any], picture: Path
) -> None:
    """In another tab; what was made stays in this one."""
    page = visit.enter(case)
    page.locator("a[href$='/add']").click()
    choose(page, [picture])
    part(page, "continue").click()
    visit.context.clear_cookies()
    part(page, "send").click()
    expect(part(page, "state")).to_contain_text("Open it again with number and PIN in the other tab")
    with visit.context.expect_page() as other:
        part(page, "enter").locator("a").click()
    other.value.locator("#number").fill(case["number"])
    other.value.locator("#pin").fill(case["pin"])
    other.value.locator("main button").click()
    other.value.wait_for_url("**/en/case")
    part(page, "now").click()
    expect(step(page, "added")).to_be_visible()
    other.value.reload()
    expect(other.value.locator(".items .item")).to_have_count(3)


def test_an_address_is_sent_as_it_is_shown_and_one_that_is_none_is_told(visit: Visit, picture: Path) -> None:
    page = visit.to_the_files()
    choose(page, [picture])
    part(page, "continue").click()
    part(page, "contact").fill("no address")
    part(page, "send").click()
    expect(part(page, "wrong-contact")).to_contain_text("not an e-mail address")
    part(page, "contact").fill(" ada@example.org ")
    assert json.loads(part(page, "body").inner_text())["contact"] == "ada@example.org"
    part(page, "send").click()
    noted(page)


def test_what_is_refused_leaves_the_files_where_they_are(visit: Visit, picture: Path) -> None:
    page = visit.to_the_files()
    choose(page, [picture])
    part(page, "continue").click()
    page.route("**/en/open", lambda route: route.fulfill(status=422, body="{}"))
    part(page, "send").click()
    expect(step(page, "refused")).to_contain_text("nothing was changed")
    step(page, "refused").get_by_role("button").click()
    expect(page.locator(".chosen > li")).to_have_count(1)


def test_a_tab_closed_midway_asks_first_and_leaves_nothing_in_the_browser(visit: Visit, picture: Path) -> None:
    page = visit.to_the_files()
    choose(page, [picture])
    part(page, "continue").click()
    assert kept(page) == [0, 0, "", [], [], 0]
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.close(run_before_unload=True)
    expect_closed(visit)
    again = visit.context.new_page()
    again.goto(f"{visit.home}/en/")
    assert asked == ["beforeunload"]
    assert kept(again) == [0, 0, "", [], [], 0]
    assert visit.context.cookies() == []


def test_the_note_is_gone_once_it_was_written_down(visit: Visit, picture: Path) -> None:
    opened = visit.open_case([picture])
    page = visit.page
    assert kept(page) == [0, 0, "", [], [], 0]
    for secret in opened.values():
        assert secret not in page.url + page.title()
    part(page, "noted").click()
    page.wait_for_url("**/en/enter")
    page.go_back()
    for secret in opened.values():
        assert secret not in page.content()
    assert visit.enter(opened).locator(".item").count() == 1


def expect_closed(visit: Visit) -> None:
    waiting = visit.context.new_page()
    wait_until(lambda: waiting.wait_for_timeout(20) or visit.page.is_closed(), within_s=30)
    waiting.close()


def kept(page: Page) -> list[Any]:
    """Everything that a page can keep in a browser."""
    found: list[Any] = page.evaluate(
        """async () => [localStorage.length, sessionStorage.length, document.cookie, await indexedDB.databases(),
          await caches.keys(), (await navigator.serviceWorker.getRegistrations()).length]"""
    )
    return found


def test_the_whole_way_goes_by_the_keyboard_alone(visit: Visit, picture: Path) -> None:
    page = visit.go("en/")

    def press(name: str, key: str = "Enter") -> None:
        """Tab to what has this id, data-part or text, then press."""
        for _ in range(30):
            page.keyboard.press("Tab")
            at = page.evaluate(
                "(({ id, dataset, textContent }) => [id, dataset.part, textContent.trim()])(document.activeElement)"
            )
            if name in at:
                page.keyboard.press(key)
                return
        pytest.fail(f"{name} cannot be reached")

    press("Protect a picture or video")
    page.wait_for_url("**/en/open")
    press("Yes, go on")
    page.wait_for_url("**/open/age")
    press("age-adult", "Space")
    press("Continue")
    page.wait_for_url("**/open/about")
    press("acting-myself", "Space")
    press("sharing-shared", "Space")
    press("without-consent", "Space")
    press("Continue")
    expect(step(page, "choose")).to_be_visible()
    with page.expect_file_chooser() as choosing:
        press("files")
    choosing.value.set_files(picture)
    expect(page.locator(".chosen progress:visible")).to_have_count(0, timeout=60_000)
    press("continue")
    assert page.evaluate("document.activeElement.textContent") == "What leaves this device"
    press("send")
    expect(step(page, "note")).to_be_visible(timeout=60_000)
    assert page.evaluate("document.activeElement.textContent") == "Your case is open"
    press("noted")
    page.wait_for_url("**/en/enter")


def test_answers_go_along_into_another_language(visit: Visit) -> None:
    page = visit.to_the_files()
    page.get_by_role("button", name="한국어").click()
    expect(step(page, "choose").locator("h1")).to_have_text("사진과 동영상 고르기")
    assert page.locator("#flow").get_attribute("data-acting") == "myself"
    assert page.url.endswith("/ko/open/files")


def test_the_first_load_is_small(visit: Visit) -> None:
    """The page of the files and all that it loads before one is chosen; what it loads is sent compressed."""
    loaded: dict[str, dict[str, str]] = {}
    visit.page.on("response", lambda answer: loaded.update({answer.url: answer.headers}))
    page = visit.to_the_files()
    expect(page.locator("#flow")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assets = {url: headers for url, headers in loaded.items() if "/assets/" in url}
    assert {"flow.js", "style", "exit"} == {
        re.sub(r".*/|-[0-9a-f]{12}.*", "", url) for url in assets if "chunk" not in url
    }
    assert {headers["content-encoding"] for headers in assets.values()} == {"gzip"}
    size = sum(int(headers["content-length"]) for headers in assets.values())
    assert size + len(gzip.compress(page.content().encode())) < FIRST_LOAD_BYTES


def test_a_heic_that_the_browser_cannot_decode_is_read_all_the_same(visit: Visit, tmp_path: Path) -> None:
    """By libheif, whose WebAssembly the worker's own policy lets run; the page's does not."""
    (tmp_path / "IMG_1.heic").write_bytes(saved(draw(640, 480), "HEIF"))
    page = visit.to_the_files()
    choose(page, [tmp_path / "IMG_1.heic"])
    assert said_of(page) == ["ready"]
    assert not page.locator(".thumb").is_visible(), "there is nothing to show"
