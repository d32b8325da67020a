"""A public page becomes evidence: Chromium opens it, and nothing of its pictures stays unless that was chosen."""

import base64
import gzip
import hashlib
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from PIL import Image
from typer.testing import CliRunner
from warcio.archiveiterator import ArchiveIterator

from support.chromium import chromium_path
from support.evidence import MACHINE, TOOL, Maker, checked
from support.site import GBK, PAGE, PICTURE, VIDEO, running_site
from unseen.base import BadRequest, CaseRefused, SystemClock
from unseen.cli.app import app
from unseen.clients import ChromiumPages
from unseen.desk.capture_page import TakenPage, capture_page
from unseen.evidence.records import Lane, Rules
from unseen.evidence.web.archive import request_log, wacz_of
from unseen.evidence.web.records import CapturedPage

COLOURFUL = 60  # between the strongest and the weakest channel; grey has 0


def browser(**how: Any) -> ChromiumPages:
    chromium_path()
    return ChromiumPages(clock=SystemClock(), allowed=lambda address: str(address) == "127.0.0.1", **how)


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with running_site() as site:
        yield site.url


@pytest.fixture(scope="module")
def without(site: str) -> CapturedPage:
    """The page as it is captured by default."""
    return browser().capture(site, media=False)


@pytest.fixture(scope="module")
def whole(site: str) -> CapturedPage:
    """The page with its pictures."""
    return browser().capture(site, media=True)


def colours(picture: Image.Image) -> int:
    """How many pixels are not grey."""
    found = picture.convert("RGB").getcolors(1 << 24)
    assert found is not None
    return sum(n for n, colour in found if max(colour) - min(colour) > COLOURFUL)


def shown(page: CapturedPage) -> list[Image.Image]:
    """The screenshot and every page of the PDF."""
    return [
        Image.open(BytesIO(page.screenshot)),
        *(sheet.render(scale=1).to_pil() for sheet in pypdfium2.PdfDocument(page.pdf)),
    ]


def inside(wacz: bytes) -> bytes:
    """All bytes of an archive, unpacked."""
    with zipfile.ZipFile(BytesIO(wacz)) as archive:
        parts = [archive.read(name) for name in archive.namelist()]
    return b"".join(gzip.decompress(part) if part.startswith(b"\x1f\x8b") else part for part in parts)


def test_no_picture_is_drawn_however_the_page_shows_it_and_the_words_are(without: CapturedPage) -> None:
    assert [colours(picture) for picture in shown(without)] == [0] * len(shown(without))
    read = "".join(sheet.get_textpage().get_text_bounded() for sheet in pypdfium2.PdfDocument(without.pdf))
    assert "handle @someone" in read
    assert "said by a script" in read
    assert "群组测试" in read
    assert (without.title, without.media_kept) == ("A page 页面", False)


def test_where_originals_were_chosen_the_page_is_as_it_was(whole: CapturedPage) -> None:
    assert all(colours(picture) > 10_000 for picture in shown(whole)[:2])
    assert PICTURE in inside(wacz_of(whole))
    assert VIDEO in inside(wacz_of(whole))


def test_payloads_of_pictures_and_videos_are_dropped_and_their_digests_stay(without: CapturedPage) -> None:
    kept = inside(wacz_of(without)) + request_log(without)
    assert PICTURE not in kept
    assert PICTURE[100:200] not in kept
    assert base64.b64encode(PICTURE)[60:600] not in kept
    assert VIDEO[:200] not in kept
    digests = {exchange.url.rsplit("/", 1)[-1]: exchange.sha256 for exchange in without.exchanges}
    for name, content in {"picture.png": PICTURE, "picture.png?frame": PICTURE, "": PAGE, "gbk": GBK}.items():
        assert digests[name] == hashlib.sha256(content).hexdigest(), name
    assert hashlib.sha256(VIDEO).hexdigest() in digests.values()


def test_the_request_log_has_every_request_and_what_was_not_reached(without: CapturedPage) -> None:
    about, *requests = [json.loads(line) for line in request_log(without).splitlines()]
    assert about["refused_hosts"] == ["10.0.0.1"]
    assert about["browser"].startswith("Chromium ")
    paths = {request["url"].rsplit("/", 1)[-1].split("?")[0] for request in requests if request["status"] == 200}
    assert {"", "frame", "gbk", "picture.png", "video.mp4", "data.json"} <= paths
    assert {request["address"] for request in requests if request["status"] == 200} == {"127.0.0.1"}
    assert {request["kept"] for request in requests} == {"all", "nothing", "without pictures"}


def test_the_archive_is_a_wacz_that_others_can_read(whole: CapturedPage) -> None:
    wacz = wacz_of(whole)
    with zipfile.ZipFile(BytesIO(wacz)) as archive:
        package = json.loads(archive.read("datapackage.json"))
        digest = json.loads(archive.read("datapackage-digest.json"))
        for resource in package["resources"]:
            content = archive.read(resource["path"])
            assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
            assert resource["bytes"] == len(content)
        assert digest["hash"] == f"sha256:{hashlib.sha256(archive.read('datapackage.json')).hexdigest()}"
        assert archive.getinfo("archive/data.warc.gz").compress_type == zipfile.ZIP_STORED
        warc, index = archive.read("archive/data.warc.gz"), archive.read("indexes/index.cdxj")
    records = {
        record.rec_headers.get_header("WARC-Target-URI"): record.content_stream().read()
        for record in ArchiveIterator(BytesIO(warc), check_digests="raise")
        if record.rec_type == "response"
    }
    assert records[whole.url] == PAGE
    for line in index.decode().splitlines():
        entry = json.loads(line[line.index("{") :])
        part = warc[int(entry["offset"]) : int(entry["offset"]) + int(entry["length"])]
        assert entry["url"].encode() in gzip.decompress(part)


def test_an_address_of_this_machine_is_not_opened() -> None:
    chromium_path()
    with running_site() as site, pytest.raises(BadRequest, match="not public"):
        ChromiumPages(clock=SystemClock()).capture(f"http://localhost:{site.port}/", media=False)


def test_a_public_page_that_leads_to_a_private_address_is_not_followed(site: str) -> None:
    with pytest.raises(BadRequest):
        browser().capture(f"{site}away", media=False)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/", "example.org", "https://a:b@example.org/"])
def test_only_addresses_of_public_pages_are_taken(url: str) -> None:
    with pytest.raises(BadRequest):
        browser().capture(url, media=False)


def test_a_picture_that_calls_itself_text_is_not_kept(site: str) -> None:
    with pytest.raises(BadRequest, match="keeps no originals"):
        browser().capture(f"{site}mislabelled", media=False)


def test_the_certificate_of_the_server_is_kept(tmp_path: Path) -> None:
    pem, der = self_signed(tmp_path)
    with running_site(pem) as site:
        page = browser(any_certificate=True).capture(site.url, media=False)
        with pytest.raises(BadRequest, match="CERT"):
            browser().capture(site.url, media=False)
    (certificate,) = page.certificates
    assert certificate.chain == (der,)
    assert hashlib.sha256(der).hexdigest().encode() in request_log(page)


def test_at_the_command_line(site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maker = Maker(folder=tmp_path, rules=Rules(lane=Lane.ADULT, jurisdiction="cn", keep_originals=False))
    monkeypatch.setattr("unseen.compose_evidence.page_browser", browser)
    said = CliRunner().invoke(app, ["evidence", "capture", str(maker.folder / "work"), site, "--by", "a friend"])
    assert said.exit_code == 0, said.output
    assert "entry 2 of the custody log" in said.output
    assert "payloads were dropped" in said.output
    assert "10.0.0.1" in said.output


class Remembered:
    """A browser that has the page already, and tells whether it was asked."""

    def __init__(self, page: CapturedPage) -> None:
        self.page = page
        self.asked: list[bool] = []

    def capture(self, url: str, *, media: bool) -> CapturedPage:
        self.asked.append(media)
        return self.page


def taken(maker: Maker, browser: Remembered) -> TakenPage:
    return capture_page(
        maker.work, "http://example.org/", browser=browser, tool=TOOL, environment=MACHINE, hand=maker.hand
    )


def test_a_page_goes_into_a_pack_that_holds(without: CapturedPage, tmp_path: Path) -> None:
    maker = Maker(folder=tmp_path, rules=Rules(lane=Lane.ADULT, jurisdiction="kr", keep_originals=False))
    taken(maker, Remembered(without))
    maker.seal()
    folder = maker.open()
    names = {path.name for path in (folder / "data" / "items" / "0001").iterdir()}
    assert names == {"original", "page.wacz", "screenshot.png", "page.pdf"}
    report = checked(folder)
    assert report.result != "FAILED"
    assert report.manifest is not None
    (item,) = report.manifest.items
    assert item.origin.where == without.url
    assert item.captured_at == without.started_at
    assert "solid blocks" in item.method
    assert f"Chromium {without.browser.version}" in item.method


def test_originals_are_asked_of_the_browser_only_where_the_pack_keeps_them(whole: CapturedPage, tmp_path: Path) -> None:
    maker = Maker(folder=tmp_path)
    seen = Remembered(whole)
    taken(maker, seen)
    assert seen.asked == [True]


def test_in_the_minors_lane_no_page_is_opened(without: CapturedPage, tmp_path: Path) -> None:
    maker = Maker(folder=tmp_path, rules=Rules(lane=Lane.MINOR, jurisdiction="cn", keep_originals=False))
    seen = Remembered(without)
    with pytest.raises(CaseRefused):
        taken(maker, seen)
    assert seen.asked == []


def self_signed(folder: Path) -> tuple[Path, bytes]:
    """A key with its certificate (PEM), and the certificate (DER)."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a page on this machine")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(private + certificate.public_bytes(pem))
    return path, certificate.public_bytes(serialization.Encoding.DER)
