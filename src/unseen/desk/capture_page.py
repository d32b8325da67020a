"""A public page is taken into a pack: how it looked, what it asked for and got, and who answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final, Protocol

from cryptography import x509

from unseen.desk.add_to_pack import Extra, Found, add_to_pack
from unseen.desk.custody_log import Hand
from unseen.desk.evidence_ports import Head, WorkFolder
from unseen.evidence.intake import TEXT, require_types
from unseen.evidence.records import Environment, Origin, Role, TimeSource, Tool
from unseen.evidence.timestamp import write_certificates
from unseen.evidence.web.archive import request_log, wacz_of
from unseen.evidence.web.records import CapturedPage

_WACZ: Final = "application/wacz"
_PNG: Final = "image/png"
_PDF: Final = "application/pdf"
_METHOD: Final = (
    "page opened with {browser}, in a new profile and without signing in; screenshot, PDF and WACZ taken after it had "
    "loaded; {media}"
)
_MEDIA: Final = {
    True: "pictures and videos kept as they came",
    False: "payloads of pictures and videos dropped, their digests kept, solid blocks in their place",
}


class PageBrowser(Protocol):
    """Opens public pages."""

    def capture(self, url: str, *, media: bool) -> CapturedPage:
        """The page, with or without what its pictures and videos hold.

        Raises: BadRequest (not a public address, not reached), Misconfigured (no browser).
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenPage:
    """What came of it."""

    head: Head
    page: CapturedPage


def capture_page(
    work: WorkFolder, url: str, *, browser: PageBrowser, tool: Tool, environment: Environment, hand: Hand
) -> TakenPage:
    """Open ``url`` and take it in: the request log is the original, with archive, screenshot, PDF and certificates.

    Pictures and videos are kept only where the pack was begun to keep originals.  In the minors' lane no page is
    opened.  Raises: CaseRefused, BadRequest, Misconfigured, StorageFull, BadPack.
    """
    rules = work.rules()
    require_types(rules, [_WACZ, _PNG, _PDF])  # before anything is opened
    page = browser.capture(url, media=rules.keep_originals)
    found = Found(
        name="requests.jsonl",
        media_type=TEXT,
        origin=Origin(kind="url", where=page.url),
        captured_at=page.started_at,
        time_source=TimeSource.THIS_COMPUTER,
        method=_METHOD.format(browser=f"{page.browser.name} {page.browser.version}", media=_MEDIA[page.media_kept]),
        tool=tool,
        environment=environment,
    )
    head = add_to_pack(work, found, _Bytes(request_log(page)), extras=_extras(page), hand=hand)
    return TakenPage(head=head, page=page)


def _extras(page: CapturedPage) -> list[Extra]:
    shown = Role.ORIGINAL if page.media_kept else Role.RENDERING
    archive = Role.ORIGINAL if page.media_kept else Role.METADATA
    extras = [
        Extra(name="page.wacz", role=archive, media_type=_WACZ, source=_Bytes(wacz_of(page))),
        Extra(name="screenshot.png", role=shown, media_type=_PNG, source=_Bytes(page.screenshot)),
        Extra(name="page.pdf", role=shown, media_type=_PDF, source=_Bytes(page.pdf)),
    ]
    certificates = list(
        dict.fromkeys(x509.load_der_x509_certificate(der) for c in page.certificates for der in c.chain)
    )
    if certificates:
        pem = _Bytes(write_certificates(certificates))
        extras.append(Extra(name="certificates.pem", role=Role.METADATA, media_type=TEXT, source=pem))
    return extras


class _Bytes:
    """A source in memory."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """From its beginning."""
        yield BytesIO(self._content)
