"""The promise: nothing of a picture leaves her device, and still its copies are found, until she takes it back."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from support import copies
from support.films import video
from support.pictures import draw, saved
from support.service import LiveService, wait_until
from support.visit import Visit, choose, noted, part
from support.wire import Wire, tapped
from unseen.desk.tokens import Scope

RUN = 8  # bytes in a row that are told from chance
NOISE = np.random.default_rng(7).integers(0, 256, (40, 900, 3), np.uint8)  # in the picture: no run of it is any other's
NAME = "Canary of her file's name, 生日 2023.jpg"
EXIF_WORDS = "Canary-Of-Her-Exif at 31.2304N 121.4737E"
DESCRIPTION, MAKER, THUMBNAIL = 0x010E, 0x010F, b"Canary-Of-Her-Thumbnail"


@pytest.fixture
def wire(live: LiveService) -> Iterator[Wire]:
    with tapped(live.address) as wire:
        yield wire


def canaries() -> tuple[bytes, Image.Image]:
    """A photograph-like file with canaries in its EXIF and in a thumbnail, and its pixels, which are canaries too."""
    exif = Image.Exif()
    exif[DESCRIPTION], exif[MAKER] = EXIF_WORDS, "Canary-Of-Her-Camera"
    picture = draw(900, 700)
    picture.paste(Image.fromarray(NOISE), (0, 330))
    file = saved(picture, "JPEG", exif=exif, comment=THUMBNAIL + saved(picture.resize((160, 124)), "JPEG"))
    assert all(canary in file for canary in (EXIF_WORDS.encode(), THUMBNAIL))
    return file, Image.open(io.BytesIO(file)).convert("RGB")


def runs(*secrets: bytes) -> set[bytes]:
    """A row of one and the same byte is nobody's."""
    found = {secret[at : at + RUN] for secret in secrets for at in range(len(secret) - RUN + 1)}
    return {run for run in found if len(set(run)) > 1}


def found_in(sent: bytes, secrets: set[bytes]) -> set[bytes]:
    return runs(sent) & secrets


def also_decoded(sent: bytes) -> bytes:
    """What was sent, and what the hexadecimal in it stands for."""
    return b"\0".join([sent, *(bytes.fromhex(code.decode()) for code in re.findall(rb'"code": "([0-9a-f]+)"', sent))])


def test_no_run_of_bytes_of_a_file_its_name_its_exif_or_its_thumbnail_is_sent(
    browser: Browser, wire: Wire, tmp_path: Path
) -> None:
    """All bytes that the browser sends are looked through, from the first page to number and PIN."""
    file, picture = canaries()
    film = video(range(3), kind="webm", codec="libvpx-vp9")
    (tmp_path / NAME).write_bytes(file)
    (tmp_path / "Canary-of-a-film.webm").write_bytes(film)
    visit = Visit(browser, wire.url)
    page = visit.to_the_files()
    choose(page, [tmp_path / NAME, tmp_path / "Canary-of-a-film.webm"])
    page.locator(".thumb").first.click()  # seen by her alone
    part(page, "continue").click()
    shown = part(page, "body").inner_text()
    part(page, "send").click()
    noted(page)
    sent = wire.sent
    visit.context.close()
    assert visit.elsewhere == []
    assert shown.encode() in sent, "what she was shown is what was sent"
    names = [NAME, "Canary-of-a-film.webm"]
    strip = picture.crop((0, 330, 900, 370))
    pixels = [strip.tobytes(), strip.convert("L").tobytes(), strip.resize((160, 7)).tobytes()]
    secrets = runs(file, film, *pixels, *(name.encode() for name in names), *(quote(n).encode() for n in names))
    assert found_in(also_decoded(sent), secrets) == set()
    for planted in (file[5000 : 5000 + RUN], EXIF_WORDS[-RUN:].encode(), NAME[-RUN:].encode(), pixels[0][-RUN:]):
        assert found_in(also_decoded(sent) + planted, secrets), "it would have been noticed"


def test_what_is_shown_before_it_is_sent_is_all_of_it_and_nothing_more(visit: Visit, tmp_path: Path) -> None:
    draw(640, 480).save(tmp_path / "a.jpg")
    page = visit.to_the_files()
    choose(page, [tmp_path / "a.jpg"])
    part(page, "continue").click()
    shown = part(page, "body").inner_text()
    with page.expect_request("**/open") as sending:
        part(page, "send").click()
    request = sending.value
    assert request.post_data == shown
    body = json.loads(shown)
    assert set(body) == {"statements", "items"}
    assert [each["kind"] for each in body["items"][0]["fingerprints"]] == ["sha256", "md5", "pdq", "region"]
    assert re.fullmatch("[0-9a-f]{32}", request.headers["idempotency-key"])
    assert "cookie" not in request.headers
    noted(page)


def test_without_parts_no_fingerprint_of_a_part_is_sent(visit: Visit, tmp_path: Path) -> None:
    draw(640, 480).save(tmp_path / "a.jpg")
    page = visit.to_the_files()
    choose(page, [tmp_path / "a.jpg"])
    part(page, "parts").uncheck()
    part(page, "continue").click()
    (item,) = json.loads(part(page, "body").inner_text())["items"]
    assert [each["kind"] for each in item["fingerprints"]] == ["sha256", "md5", "pdq"]


def test_a_case_made_in_the_browser_catches_edited_copies_until_it_is_withdrawn(
    visit: Visit, live: LiveService, tmp_path: Path
) -> None:
    hers, others = copies.original(41), copies.original(42)
    (tmp_path / "hers.jpg").write_bytes(copies.jpeg(hers, 92))
    wait_until(lambda: live.app.state.service.follower.is_open)
    forum = live.client(Scope.SCREEN, name="forum")
    edited = [hers, copies.resized(hers, 0.5), copies.crop(hers), copies.screenshot(hers), copies.stickered(hers)]
    assert verdicts(forum, edited) == ["allow"] * len(edited)
    opened = visit.open_case([tmp_path / "hers.jpg"])
    assert verdicts(forum, edited) == ["review"] * len(edited)
    assert verdicts(forum, [others]) == ["allow"]
    page = visit.enter(opened)
    page.locator("button[value=all]").click()
    page.locator("main button").click()
    page.wait_for_url("**/case")
    expect(page.locator("main .lead")).to_contain_text("You withdrew this case.")
    assert verdicts(forum, edited) == ["allow"] * len(edited)


def verdicts(forum: httpx.Client, pictures: list[copies.Luma]) -> list[str]:
    """What an upload of each is answered with."""
    answers = [
        forum.post("/v1/screen", content=copies.jpeg(each, 80), headers={"Content-Type": "image/jpeg"})
        for each in pictures
    ]
    return [answer.json()["verdict"] for answer in answers]
