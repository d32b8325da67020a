"""A real browser, the system's Chromium, and a page that fingerprints in it; the tests of the browser use it too."""

import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

#: As ``web/vitest.config.ts`` starts it, and nothing of it leaves this machine.
ARGUMENTS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_PAGE: Final = b"""<!doctype html><title>.</title><link rel="icon" href="data:,"><input type="file" multiple>"""
BUILD: Final = Path(__file__).parents[1] / "web" / "build.py"
BUNDLE: Final = Path(__file__).parents[1] / "src" / "unseen" / "web"
_MAKE: Final = """async ([address, wish]) => {
  const { startFingerprinter } = await import(address);
  const fingerprinter = startFingerprinter();
  const files = [...document.querySelector("input").files];
  const started = performance.now();
  const jobs = files.map((file) => fingerprinter.add(file, wish).made.then(
    (made) => ({ made, error: null, done_ms: performance.now() - started }),
    (error) => ({ made: null, error: error.code, done_ms: performance.now() - started }),
  ));
  const made = await Promise.all(jobs);
  fingerprinter.close();
  return made;
}"""


def chromium() -> str | None:
    """Where it is, or ``UNSEEN_CHROMIUM`` says it is; None where there is none."""
    return os.environ.get("UNSEEN_CHROMIUM") or shutil.which("chromium")


@contextmanager
def running_chromium(path: str) -> Iterator[Browser]:
    """A browser without a window, with no profile that outlives it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served_bundle(folder: Path) -> Iterator[str]:
    """The address of a page beside the built files of ``web/``."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def made_in(page: Page, files: Sequence[Path], *, regions: bool = True) -> list[dict[str, Any]]:
    """What the page makes of files, in their order: ``made`` or ``error``, and when it was done (``done_ms``)."""
    page.locator("input").set_input_files(files)
    address = page.evaluate("new URL('/index.js', location).href")
    made: list[dict[str, Any]] = page.evaluate(_MAKE, [address, {"regions": regions}])
    return made


class _Files(SimpleHTTPRequestHandler):
    """The page and the files; nothing is written of what is asked for."""

    def do_GET(self) -> None:
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(_PAGE)))
        self.end_headers()
        self.wfile.write(_PAGE)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        del code, size
