"""A public page as Chromium shows it: what it asked for, what came, and how it looked.

1. All connections go through ``PinnedProxy``, so that no address that is not public is reached, whatever the page does.
2. Every answer is held up before the page gets it (CDP, Fetch at the response stage) and digested.  3. Where media may
not be kept, a picture is answered with a grey one of its size, and a video or sound with nothing: what was sent is
never drawn, and its bytes are let go at once.  4. Documents get a content security policy under which no inline picture
loads, and a style makes solid blocks of what scripts draw.  5. Screenshot and PDF are taken of that.
"""

import base64
import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from shutil import which
from typing import Any, Final
from urllib.parse import urlsplit

from unseen.base import BadRequest, Clock, Misconfigured
from unseen.clients.pinned_proxy import Address, PinnedProxy, is_public
from unseen.evidence.records import Tool
from unseen.evidence.web.keeping import Kept, is_media, kept_of
from unseen.evidence.web.records import CapturedPage, Exchange, Fields, ServerCertificate

_MOST_BYTES: Final = 64 << 20  #: of one answer
_MOST_HEIGHT: Final = 16_000  #: pixels of a screenshot
_SIZE: Final = {"width": 1280, "height": 900}
_QUIET_S: Final = 5.0
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
_ARGUMENTS: Final = (
    "--disable-quic",  # it would pass the proxy by
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-features=IsolateOrigins,site-per-process,MediaRouter",  # frames of other sites are held up too
    "--disable-site-isolation-trials",
    "--autoplay-policy=user-gesture-required",
)
_NO_INLINE: Final = {
    "name": "Content-Security-Policy",
    "value": "img-src http: https:; media-src http: https:; object-src 'none'",
}
_OF_THE_WAY: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_BLOCKS: Final = (Path(__file__).parent / "solid_blocks.js").read_text()


class ChromiumPages:
    """The port, with the Chromium that is installed."""

    def __init__(
        self,
        *,
        clock: Clock,
        timeout_s: float = 60.0,
        allowed: Callable[[Address], bool] = is_public,
        any_certificate: bool = False,
    ) -> None:
        """``timeout_s``: for the page's own loading; ``allowed``: which addresses may be reached.

        ``any_certificate``: whether a server may show one that nobody vouches for.
        """
        self._clock = clock
        self._timeout_ms = timeout_s * 1000
        self._allowed = allowed
        self._any_certificate = any_certificate

    def capture(self, url: str, *, media: bool) -> CapturedPage:
        """Take the page.  ``media``: whether pictures and videos are kept.  Raises: BadRequest, Misconfigured."""
        _require_web(url)
        try:
            from playwright.sync_api import Error, sync_playwright
        except ImportError:
            raise Misconfigured(
                "Capturing a page needs more packages.", hint="Install them with: pip install 'unseen[capture]'."
            ) from None
        program = next(filter(None, map(which, _NAMES)), None)
        if program is None:
            raise Misconfigured("Chromium is not installed.", hint="Debian: apt install chromium.")
        with PinnedProxy(self._allowed).running() as proxy, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=program,
                args=list(_ARGUMENTS),
                chromium_sandbox=os.geteuid() != 0,  # Chromium has none for root
                proxy={"server": proxy.url, "bypass": "<-loopback>"},
            )
            try:
                return self._taken(browser, proxy, url, media=media)
            except Error as error:
                raise _unreached(proxy, url, error) from None
            finally:
                browser.close()

    def _taken(self, browser: Any, proxy: PinnedProxy, url: str, *, media: bool) -> CapturedPage:  # noqa: ANN401
        started = self._clock.now()
        context = browser.new_context(
            viewport=_SIZE,
            service_workers="block",
            accept_downloads=False,
            ignore_https_errors=self._any_certificate,
        )
        if not media:
            context.add_init_script(_BLOCKS)
        page = context.new_page()
        page.set_default_timeout(self._timeout_ms)
        watch = _Watch(context.new_cdp_session(page), proxy, self._clock, media=media)
        page.goto(url, wait_until="load")
        with suppress(Exception):  # a page that never falls silent is taken as it is then
            page.wait_for_load_state("networkidle", timeout=_QUIET_S * 1000)
        height = min(_MOST_HEIGHT, page.evaluate("document.documentElement.scrollHeight"))
        clip = {"x": 0, "y": 0, "width": _SIZE["width"], "height": max(height, _SIZE["height"])}
        screenshot = page.screenshot(full_page=True, clip=clip)
        pdf = page.pdf(format="A4", print_background=True)
        return CapturedPage(
            asked=url,
            url=page.url,
            title=page.title(),
            started_at=started,
            ended_at=self._clock.now(),
            browser=Tool(name="Chromium", version=browser.version),
            media_kept=media,
            exchanges=tuple(watch.exchanges),
            certificates=watch.certificates(),
            refused=tuple(sorted(proxy.refused)),
            screenshot=screenshot,
            pdf=pdf,
        )


class _Watch:
    """Holds up every answer on its way to the page."""

    def __init__(self, cdp: Any, proxy: PinnedProxy, clock: Clock, *, media: bool) -> None:  # noqa: ANN401
        self._cdp = cdp
        self._proxy = proxy
        self._clock = clock
        self._media = media
        self.exchanges: list[Exchange] = []
        cdp.on("Fetch.requestPaused", self._paused)
        cdp.send("Network.enable")
        cdp.send("Fetch.enable", {"patterns": [{"urlPattern": "*", "requestStage": "Response"}]})

    def certificates(self) -> tuple[ServerCertificate, ...]:
        """Of every server that was reached over TLS."""
        found = []
        for origin in dict.fromkeys(_origin(one.url) for one in self.exchanges if one.url.startswith("https:")):
            answer = self._cdp.send("Network.getCertificate", {"origin": origin})
            chain = tuple(base64.b64decode(der) for der in answer["tableNames"])
            found.append(ServerCertificate(origin=origin, chain=chain))
        return tuple(found)

    def _paused(self, event: dict[str, Any]) -> None:
        name = {"requestId": event["requestId"]}
        if "responseStatusCode" not in event:  # it failed; the page is told so
            self._cdp.send("Fetch.continueRequest", name)
            return
        content, whole = self._payload(event)
        fields: Fields = tuple((field["name"], field["value"]) for field in event.get("responseHeaders", ()))
        content_type = next((value for key, value in fields if key.lower() == "content-type"), "")
        withheld = not self._media and (event["resourceType"] in ("Image", "Media") or is_media(content_type, content))
        kept = kept_of("image/" if withheld else content_type, content, media=self._media)
        self.exchanges.append(
            Exchange(
                at=self._clock.now(),
                method=event["request"]["method"],
                url=event["request"]["url"],
                kind=event["resourceType"],
                request=tuple(event["request"]["headers"].items()),
                status=event["responseStatusCode"],
                reason=event.get("responseStatusText", ""),
                response=fields,
                address=self._proxy.reached.get(urlsplit(event["request"]["url"]).hostname or ""),
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                whole=whole,
                content=kept.content,
                changed=kept.changed,
            )
        )
        command, more = self._answer(event, content_type, content, kept, whole=whole)
        self._cdp.send(command, {**name, **more})

    def _answer(
        self, event: dict[str, Any], content_type: str, content: bytes, kept: Kept, *, whole: bool
    ) -> tuple[str, dict[str, Any]]:
        """What the page gets: what is kept, and something empty where nothing is."""
        kind = event["resourceType"]
        if not whole:
            return "Fetch.failRequest", {"errorReason": "BlockedByClient"}
        if kept.content is None:
            if kind == "Image" or content_type.startswith("image/"):
                return "Fetch.fulfillRequest", _grey(content)
            if kind in ("Font", "Script", "Stylesheet"):
                return "Fetch.continueRequest", {}
            return "Fetch.failRequest", {"errorReason": "BlockedByClient"}
        if self._media or not (kept.changed or kind == "Document"):
            return "Fetch.continueRequest", {}
        fields = [f for f in event.get("responseHeaders", ()) if f["name"].lower() not in _OF_THE_WAY]
        return "Fetch.fulfillRequest", {
            "responseCode": event["responseStatusCode"],
            "responseHeaders": [*fields, _NO_INLINE],
            "body": base64.b64encode(kept.content).decode(),
        }

    def _payload(self, event: dict[str, Any]) -> tuple[bytes, bool]:
        """What came, and whether that is all: at most ``_MOST_BYTES`` are read."""
        if 300 <= event["responseStatusCode"] < 400:
            return b"", True
        length = next(
            (f["value"] for f in event.get("responseHeaders", ()) if f["name"].lower() == "content-length"), "0"
        )
        if length.isdecimal() and int(length) > _MOST_BYTES:
            return b"", False
        try:
            answer = self._cdp.send("Fetch.getResponseBody", {"requestId": event["requestId"]})
        except Exception:  # noqa: BLE001  the page let go of it meanwhile
            return b"", False
        body = answer["body"]
        return (base64.b64decode(body) if answer["base64Encoded"] else body.encode()), True


def _grey(content: bytes) -> dict[str, Any]:
    """An answer that holds a grey picture of the size that ``content`` says it has."""
    from PIL import Image

    size = (1, 1)
    with suppress(Exception), Image.open(BytesIO(content)) as picture:  # only its head is read
        size = (min(picture.width, 4096), min(picture.height, 4096))
    out = BytesIO()
    Image.new("L", size, 128).save(out, "PNG")
    return {
        "responseCode": 200,
        "responseHeaders": [{"name": "Content-Type", "value": "image/png"}],
        "body": base64.b64encode(out.getvalue()).decode(),
    }


def _require_web(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadRequest("A page's address begins with https:// or http://.", hint="Copy it from the browser.")
    if parts.username is not None or parts.password is not None:
        raise BadRequest("This address holds a name or a password.", hint="Only public pages are captured.")


def _unreached(proxy: PinnedProxy, url: str, error: Exception) -> BadRequest:
    if urlsplit(url).hostname in proxy.refused:
        return BadRequest(
            "This address is not public (a private or local network), so it was not opened.",
            hint="Take a screenshot of it yourself and add that to the pack.",
        )
    if "ERR_BLOCKED_BY_CLIENT" in str(error):
        return BadRequest(
            "This address leads to a file, not to a page, and this pack keeps no originals.",
            hint="Write the address down with `unseen evidence note`.",
        )
    said = str(error).split("\n", 1)[0].removeprefix("Page.goto: ").split(" at ", 1)[0]
    return BadRequest(
        f"The page could not be captured ({said}).", hint="Look whether it opens in a browser without signing in."
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
