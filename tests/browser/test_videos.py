"""Videos: what the browser banks of one catches its clips, its stills and its edited copies."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from bench._browser import made_in
from PIL import Image
from playwright.sync_api import Page

from support.films import FPS, filmed, second, video
from support.service import LiveService, memory_node, running, wait_until
from unseen.desk.tokens import Scope
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.fingerprint.video.fingerprint import fingerprint_video
from unseen.fingerprint.video.sources import BytesSource
from unseen.fingerprint.video.to_bank import to_bank

STATEMENTS = {"acting": "myself", "sharing": "shared", "without_consent": True, "age": "adult"}
HERS = range(100, 110)
FILES = {"hers.mp4": video(HERS, codec="libx264"), "hers.webm": video(HERS, kind="webm", codec="libvpx-vp9")}


@pytest.fixture(scope="module")
def made(browser: Any, bundle_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the page makes of her video, in both containers."""
    folder = tmp_path_factory.mktemp("hers")
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    page = browser.new_page()
    page.goto(bundle_address)
    answers = made_in(page, [folder / name for name in FILES])
    assert [answer["error"] for answer in answers] == [None, None]
    yield {name: answer["made"] for name, answer in zip(FILES, answers, strict=True)}
    page.close()


@pytest.fixture(scope="module")
def service(made: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """A service whose only case was made in the browser."""
    with memory_node(tmp_path_factory.mktemp("node")) as node, running(node) as service:
        item = {"fingerprints": made["hers.mp4"]["fingerprints"]}
        opened = service.client(Scope.CASE).post("/v1/cases", json={"statements": STATEMENTS, "items": [item]})
        assert opened.status_code == 201, opened.text
        yield service


@pytest.fixture(scope="module")
def forum(service: LiveService) -> httpx.Client:
    return service.client(Scope.SCREEN, name="forum")


def frames_of(made: dict[str, Any]) -> Fingerprint:
    (code,) = [each["code"] for each in made["fingerprints"] if each["kind"] == "frame"]
    return Fingerprint.from_hex(Kind.FRAME, code)


@pytest.mark.parametrize("name", FILES)
def test_frames_are_those_that_python_banks(made: dict[str, Any], service: LiveService, name: str) -> None:
    found = fingerprint_video(BytesSource(FILES[name]), decoder=service.node.videos)
    ours = next(each for each in to_bank(found) if each.kind is Kind.FRAME).frames
    theirs = frames_of(made[name]).frames
    assert made[name]["media"] == "video"
    assert made[name]["durationS"] == pytest.approx(found.duration_s, abs=0.3)
    assert (made[name]["width"], made[name]["height"]) == (found.width, found.height)
    assert theirs["at_ms"].tolist() == pytest.approx(ours["at_ms"].tolist(), abs=260)
    apart = np.bitwise_count(theirs["code"] ^ ours["code"]).sum(axis=1)
    assert apart.max() <= 12
    assert apart.mean() <= 3
    assert {each["kind"] for each in made[name]["fingerprints"]} == {"sha256", "md5", "frame", "region"}


def test_a_clip_of_it_in_another_video_is_caught(forum: httpx.Client) -> None:
    upload = video([*range(10), *HERS[2:8], *range(20, 26)])
    job = forum.post("/v1/screen", content=upload, headers={"Content-Type": "video/mp4"}).json()
    wait_until(lambda: forum.get(f"/v1/jobs/{job['id']}").json()["state"] not in {"queued", "running"})
    answer = forum.get(f"/v1/jobs/{job['id']}").json()["answer"]
    assert answer["verdict"] == "review"
    (segment,) = answer["hits"][0]["segments"]
    assert segment["upload_s"] == pytest.approx([10, 15.5], abs=0.8)
    assert segment["item_s"] == pytest.approx([2, 7.5], abs=0.8)


def screened(client: httpx.Client, picture: Image.Image) -> str:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    answer = client.post("/v1/screen", content=file.getvalue(), headers={"Content-Type": "image/jpeg"})
    assert answer.status_code == 200, answer.text
    verdict: str = answer.json()["verdict"]
    return verdict


def test_a_still_of_it_is_caught_and_a_still_of_another_is_not(forum: httpx.Client) -> None:
    assert screened(forum, Image.fromarray(second(HERS[3])).resize((500, 333))) == "review"
    assert screened(forum, Image.fromarray(second(7)).resize((500, 333))) == "allow"


def test_a_turned_video_is_set_upright(page: Page, service: LiveService, tmp_path: Path) -> None:
    data = bytearray(video(HERS[:3], codec="libx264"))
    at = data.index(b"tkhd") + 4 + 40  # the display matrix (ISO/IEC 14496-12, 8.3.2)
    quarter = (0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    data[at : at + 36] = b"".join(entry.to_bytes(4, signed=True) for entry in quarter)
    (tmp_path / "turned.mp4").write_bytes(data)
    (answer,) = made_in(page, [tmp_path / "turned.mp4"], regions=False)
    found = fingerprint_video(BytesSource(bytes(data)), decoder=service.node.videos)
    ours = next(each for each in to_bank(found) if each.kind is Kind.FRAME).frames
    theirs = frames_of(answer["made"]).frames
    assert (answer["made"]["width"], answer["made"]["height"]) == (found.width, found.height)
    assert np.bitwise_count(theirs["code"] ^ ours["code"]).sum(axis=1).max() <= 12


def test_where_webcodecs_is_missing_the_page_plays_the_video(page: Page, service: LiveService, tmp_path: Path) -> None:
    (tmp_path / "hers.mp4").write_bytes(FILES["hers.mp4"])
    page.route(
        "**/worker.js", lambda route: route.fulfill(body=without_webcodecs(route), content_type="text/javascript")
    )
    (answer,) = made_in(page, [tmp_path / "hers.mp4"], regions=False)
    assert answer["error"] is None
    theirs = frames_of(answer["made"]).frames
    found = fingerprint_video(BytesSource(FILES["hers.mp4"]), decoder=service.node.videos)
    ours = next(each for each in to_bank(found) if each.kind is Kind.FRAME).frames
    assert len(theirs) >= len(ours) - 1
    apart = np.bitwise_count(theirs["code"][:, None] ^ ours["code"][None]).sum(axis=2).min(axis=1)
    assert np.median(apart) <= 6


def without_webcodecs(route: Any) -> str:
    return "delete globalThis.VideoDecoder;\n" + route.fetch().text()


def test_an_animated_picture_is_a_video(page: Page, tmp_path: Path) -> None:
    pictures = [Image.fromarray(second(seed)) for seed in (1, 2, 3)]
    pictures[0].save(tmp_path / "moves.gif", save_all=True, append_images=pictures[1:], duration=1000)
    pictures[0].save(tmp_path / "still.gif")
    moves, still = made_in(page, [tmp_path / "moves.gif", tmp_path / "still.gif"], regions=False)
    assert moves["made"]["media"] == "video"
    assert frames_of(moves["made"]).frames["at_ms"].tolist() == [0, 1000, 2000]
    assert still["made"]["media"] == "picture"


def test_a_video_without_frames_or_of_a_codec_that_nobody_plays_is_refused(page: Page, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(FILES["hers.mp4"][:200])
    (tmp_path / "old.avi").write_bytes(filmed([second(1)] * FPS, kind="avi"))
    answers = made_in(page, [tmp_path / "broken.mp4", tmp_path / "old.avi"])
    assert [answer["error"] for answer in answers] == ["unsupported", "unsupported"]
