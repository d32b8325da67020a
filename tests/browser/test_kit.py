"""The offline kit: opened from a disk, with no network at all, down to the file for whoever opens the case."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from support.axe import faults
from support.chromium import built_bundle
from support.films import video
from support.pictures import draw
from support.visit import DESK, PHONE, choose, part, photograph, said_of, step
from unseen.http.pages.languages import LANGUAGES


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the command writes it."""
    built_bundle()
    file = tmp_path_factory.mktemp("kit") / "kit.html"
    with file.open("wb") as out:
        subprocess.run([sys.executable, "-m", "unseen.cli", "kit"], stdout=out, check=True)
    return file


@pytest.fixture
def opened(browser: Browser, kit: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The kit in a browser without a network; whatever it asks for beside itself and its own blobs fails the test."""
    wishes: dict[str, Any] = {"offline": True, "locale": "en-GB", "viewport": PHONE, **getattr(request, "param", {})}
    context = browser.new_context(**wishes)
    page, asked = context.new_page(), list[str]()
    page.on("request", lambda sent: asked.append(sent.url))
    page.goto(kit.as_uri())
    yield page
    context.close()
    assert [url for url in asked if url != kit.as_uri() and not url.startswith("blob:")] == []


def go_on(page: Page) -> None:
    page.locator("[data-step]:visible form button").click()


def to_the_files(page: Page) -> None:
    go_on(page)
    page.locator("#age-adult").check()
    go_on(page)
    answer_about(page)


def answer_about(page: Page) -> None:
    for answer in ("#acting-myself", "[value=threatened]", "#without-consent"):
        page.locator(answer).check()
    go_on(page)


def test_it_makes_a_file_that_opens_a_case(opened: Page, tmp_path: Path) -> None:
    draw(640, 480).save(tmp_path / "Canary.jpg")
    (tmp_path / "film.mp4").write_bytes(video(range(3), codec="libx264"))
    (tmp_path / "text.jpg").write_text("not a picture")
    to_the_files(opened)
    choose(opened, [tmp_path / name for name in ("Canary.jpg", "film.mp4", "text.jpg")])
    assert said_of(opened)[:2] == ["ready", "ready"]
    part(opened, "continue").click()
    shown = part(opened, "body").inner_text()
    with opened.expect_download() as saving:
        part(opened, "send").click()
    saved = saving.value.path().read_text()
    assert saving.value.suggested_filename == "fingerprints.json"
    assert saved == shown
    assert "Canary" not in saved
    told = json.loads(saved)
    assert told["unseen"] == 1
    assert told["statements"] == {"acting": "myself", "sharing": "threatened", "without_consent": True, "age": "adult"}
    kinds = [{each["kind"] for each in item["fingerprints"]} for item in told["items"]]
    assert kinds == [{"sha256", "md5", "pdq", "region"}, {"sha256", "md5", "frame", "region"}]
    expect(step(opened, "saved")).to_be_visible()
    assert case_from(saving.value.path(), tmp_path)["items"] == 2
    assert opened.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def case_from(kit_file: Path, folder: Path) -> dict[str, Any]:
    """The case that a helper's command opens with it."""
    command = [sys.executable, "-m", "unseen.cli", "case", "open", "--json", "--from", str(kit_file)]
    environment = {**os.environ, "UNSEEN_DATA_FOLDER": str(folder / "data")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_someone_under_18_is_led_elsewhere_and_no_file_is_taken(opened: Page) -> None:
    go_on(opened)
    opened.locator("[value=unknown]").check()
    go_on(opened)
    expect(step(opened, "under-18")).to_be_visible()
    assert "takeitdown.ncmec.org" in step(opened, "under-18").inner_html()
    assert not opened.locator("input[type=file]").is_visible()


def test_no_step_is_skipped_without_an_answer(opened: Page) -> None:
    go_on(opened)
    go_on(opened)
    expect(step(opened, "age")).to_be_visible()


@pytest.mark.parametrize(
    ("opened", "code"),
    [({"locale": locale}, code) for locale, code in (("zh-CN", "zh-Hans"), ("zh-HK", "zh-Hant"), ("fr-FR", "en"))],
    indirect=["opened"],
)
def test_its_language_is_the_browsers(opened: Page, code: str) -> None:
    assert opened.locator("html").get_attribute("lang") == code


def test_every_language_is_inside(opened: Page, tmp_path: Path) -> None:
    draw(640, 480).save(tmp_path / "a.jpg")
    for code, language in LANGUAGES.items():
        opened.get_by_role("button", name=language.name).click()
        photograph(opened, f"kit-{code}")
        assert opened.locator("html").get_attribute("lang") == code
        to_the_files(opened)
        choose(opened, [tmp_path / "a.jpg"])
        part(opened, "continue").click()
        for size in (DESK, PHONE):
            opened.set_viewport_size(size)
            assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth"), (code, size)


def test_it_shuts_nobody_out(opened: Page, tmp_path: Path) -> None:
    draw(640, 480).save(tmp_path / "a.jpg")
    assert faults(opened) == [], "the first step"
    go_on(opened)
    assert faults(opened) == [], "ages"
    opened.locator("#age-adult").check()
    go_on(opened)
    assert faults(opened) == [], "what happened"
    answer_about(opened)
    choose(opened, [tmp_path / "a.jpg"])
    assert faults(opened) == [], "files"
    part(opened, "continue").click()
    assert faults(opened) == [], "what is in the file"


def test_quick_exit_opens_an_empty_page(opened: Page) -> None:
    for _ in range(3):
        opened.keyboard.press("Shift")
    opened.wait_for_url("about:blank")


def test_its_policy_lets_it_run_what_is_inside_and_load_or_send_nothing(kit: Path) -> None:
    text = kit.read_text(encoding="utf-8")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    policy = policy.replace("&#39;", "'")
    allowed = dict(each.split(" ", 1) for each in policy.split("; "))
    assert allowed.pop("default-src") == "'none'"
    assert set(allowed) == {"style-src", "script-src", "worker-src", "img-src", "media-src", "form-action", "base-uri"}
    for kind, tag in (("style-src", "style"), ("script-src", "script")):
        inside = re.findall(rf"<{tag}>(.*?)</{tag}>", text, flags=re.DOTALL)
        hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in inside]
        assert allowed[kind].split() == [f"'sha256-{each}'" for each in hashes]
    assert {allowed[each] for each in ("worker-src", "img-src", "media-src")} == {"blob:"}
    assert not re.search(r'(?:src|srcset|action)="', re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL))
