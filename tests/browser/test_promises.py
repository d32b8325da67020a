"""What the page may rely on: one file at a time, cancelled at once, nothing sent, nothing kept, without a network."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench._browser import made_in
from PIL import Image
from playwright.sync_api import Page, Request

from support.films import video
from support.pictures import draw


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    files = [tmp_path / f"{seed}.jpg" for seed in range(12)]
    for seed, file in enumerate(files):
        draw(900, 700, seed).save(file, quality=90)
    return files


def test_many_files_are_done_in_their_order_and_progress_never_falls(page: Page, pictures: list[Path]) -> None:
    answers = made_in(page, pictures)
    times = [answer["done_ms"] for answer in answers]
    assert times == sorted(times)
    assert len({answer["made"]["fingerprints"][0]["code"] for answer in answers}) == len(pictures)
    shares: list[float] = page.evaluate(
        """async () => {
          const { startFingerprinter } = await import("/index.js");
          const fingerprinter = startFingerprinter();
          const shares = [];
          await fingerprinter.add(document.querySelector("input").files[0], { regions: true },
            (share) => shares.push(share)).made;
          fingerprinter.close();
          return shares;
        }"""
    )
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_a_cancelled_file_ends_at_once_and_the_others_go_on(page: Page, pictures: list[Path]) -> None:
    page.locator("input").set_input_files(pictures[:4])
    ends: list[str] = page.evaluate(
        """async () => {
          const { startFingerprinter } = await import("/index.js");
          const fingerprinter = startFingerprinter();
          const jobs = [...document.querySelector("input").files].map((file) =>
            fingerprinter.add(file, { regions: true }));
          const ends = jobs.map(({ made }) => made.then(() => "made", (error) => error.code));
          jobs[0].cancel();
          jobs[2].cancel();
          const said = await Promise.all(ends);
          fingerprinter.close();
          return said;
        }"""
    )
    assert ends == ["cancelled", "made", "cancelled", "made"]


def test_closing_ends_everything(page: Page, pictures: list[Path]) -> None:
    page.locator("input").set_input_files(pictures[:3])
    ends: list[str] = page.evaluate(
        """async () => {
          const { startFingerprinter } = await import("/index.js");
          const fingerprinter = startFingerprinter();
          const ends = [...document.querySelector("input").files].map((file) =>
            fingerprinter.add(file, { regions: true }).made.then(() => "made", (error) => error.code));
          fingerprinter.close();
          return Promise.all(ends);
        }"""
    )
    assert ends == ["cancelled"] * 3
    assert len(page.workers) == 0


def test_a_worker_that_crashes_costs_its_file_alone(page: Page, pictures: list[Path]) -> None:
    crashes = "if (!globalThis.crashed) addEventListener('message', () => { throw new Error('crash'); });"
    served: list[int] = []

    def worker(route: Any) -> None:
        served.append(1)
        text = route.fetch().text()
        route.fulfill(body=crashes if len(served) == 1 else text, content_type="text/javascript")

    page.route("**/worker.js", worker)
    answers = made_in(page, pictures[:2])
    assert [answer["error"] for answer in answers] == ["failed", None]


def test_nothing_of_a_file_is_sent_and_nothing_is_kept(page: Page, bundle_address: str, tmp_path: Path) -> None:
    canary = b"canary-in-the-exif-of-her-picture"
    exif = Image.Exif()
    exif[0x010E] = canary.decode()
    file = tmp_path / "a-name-that-must-not-leave.jpg"
    draw(600, 400).save(file, exif=exif)
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))  # noqa: PLW0108 - Playwright marks what it is given
    made_in(page, [file])
    assert requests
    for request in requests:
        assert request.url.startswith(f"{bundle_address}/")
        assert request.method == "GET"
        assert request.post_data_buffer is None
        assert "must-not-leave" not in request.url + str(request.headers)
    kept = page.evaluate(
        """async () => [localStorage.length, sessionStorage.length, document.cookie,
          (await indexedDB.databases()).length, (await caches.keys()).length]"""
    )
    assert kept == [0, 0, "", 0, 0]


def test_pixels_that_the_browser_alters_are_found_and_read_another_way_or_refused(page: Page, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(-6, 7, (400, 500, 1))
    pixels = np.asarray(draw(500, 400)).astype(np.int16) + noise
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(tmp_path / "a.png")
    (plain,) = made_in(page, [tmp_path / "a.png"])
    canvas = """
      const read = OffscreenCanvasRenderingContext2D.prototype.getImageData;
      OffscreenCanvasRenderingContext2D.prototype.getImageData = function (...where) {
        const image = read.apply(this, where);
        for (let at = 0; at < image.data.length; at += 4001) image.data[at] ^= 1;
        return image;
      };
    """
    frames = "VideoFrame.prototype.copyTo = () => Promise.reject(new Error('resisted'));"
    page.route(
        "**/worker.js", lambda route: route.fulfill(body=canvas + route.fetch().text(), content_type="text/javascript")
    )
    (other_way,) = made_in(page, [tmp_path / "a.png"])
    assert other_way["made"] == plain["made"]
    page.unroute("**/worker.js")
    page.route(
        "**/worker.js",
        lambda route: route.fulfill(body=canvas + frames + route.fetch().text(), content_type="text/javascript"),
    )
    (refused,) = made_in(page, [tmp_path / "a.png"])
    assert refused["error"] == "altered-pixels"


def test_frames_that_the_browser_alters_are_refused(page: Page, tmp_path: Path) -> None:
    (tmp_path / "a.webm").write_bytes(video([1, 2], kind="webm", codec="libvpx-vp9"))
    altered = """
      const copy = VideoFrame.prototype.copyTo;
      VideoFrame.prototype.copyTo = async function (to, ...how) {
        const layout = await copy.call(this, to, ...how);
        new Uint8Array(to.buffer ?? to)[99] ^= 1;
        return layout;
      };
    """
    page.route(
        "**/worker.js",
        lambda route: route.fulfill(body=altered + route.fetch().text(), content_type="text/javascript"),
    )
    (refused,) = made_in(page, [tmp_path / "a.webm"])
    assert refused["error"] == "altered-pixels"
