"""axe, which looks for what shuts people out of a page, as the lock file of ``web/`` has it."""

from functools import cache
from typing import Any, Final

from bench._browser import BUILD
from playwright.sync_api import Page

from support.chromium import missing

_SOURCE: Final = BUILD.parent / "node_modules" / "axe-core" / "axe.min.js"
_OPTIONS: Final[dict[str, Any]] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},  # of WCAG 2.2, which axe leaves out if not told
}
_COLOURS: Final[dict[str, Any]] = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}


def faults(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds on the page as it is, and of its colours in the dark: the rule, and where."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())  # by the debugger's way in, which the page's policy has no say in
    found = _run(page, _OPTIONS)
    page.emulate_media(color_scheme="dark")
    found += _run(page, _COLOURS)
    page.emulate_media(color_scheme="light")
    return found


def _run(page: Page, options: dict[str, Any]) -> list[tuple[str, list[str]]]:
    result = page.evaluate("(options) => axe.run(options)", options)
    assert result["passes"], "axe looked at nothing"
    return [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in result["violations"]]


@cache
def _source() -> str:
    if not _SOURCE.is_file():
        missing("axe-core is missing (python web/build.py)")
    return _SOURCE.read_text(encoding="utf-8")
