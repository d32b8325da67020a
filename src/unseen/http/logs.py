"""What the service says to its operator: one line a request, and what went wrong.

A line holds a route's template, never an address, a token, a fingerprint, a case number or a file name; an
unexpected exception is told by its class and where it arose, never by its message, which may repeat a request.
"""

import logging
import sys
import time
import traceback
from types import TracebackType
from typing import Final

_LOG: Final = logging.getLogger("unseen.http")
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Line(logging.Formatter):
    """``2026-03-01T09:30:00.000Z WARNING unseen.http message``; exceptions are told by class and place only."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802  (the name is the standard library's)
        """The exception's class and where it arose."""
        return "" if ei[1] is None else _told(ei[1])


def configure() -> None:
    """Send the service's lines to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Line())
    for name, level in (("unseen.http", logging.INFO), ("uvicorn", logging.WARNING)):
        log = logging.getLogger(name)
        log.handlers, log.propagate = [handler], False
        log.setLevel(level)


def silence_addresses() -> None:
    """Let uvicorn's access log say nothing, whatever handlers are set: it has addresses, and case numbers in them."""
    logging.getLogger("uvicorn.access").disabled = True


def request(method: str, route: str, status: int, seconds: float) -> None:
    """One answered request."""
    _LOG.info("request method=%s route=%s status=%d ms=%.1f", method, route, status, seconds * 1e3)


def failed(what: str, code: str) -> None:
    """Something that runs by itself did not go through and will be tried again."""
    _LOG.warning("failed what=%r code=%s", what, code)


def unexpected(what: str, error: BaseException) -> None:
    """A fault of ours."""
    _LOG.error("unexpected what=%r error=%s", what, _told(error))


def worker_ended(number: int, how: int, again_in_s: float) -> None:
    """A worker that nobody told to end is gone; it is started again."""
    _LOG.error("worker ended number=%d exit=%d again_in_s=%.1f", number, how, again_in_s)


def _told(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at " + " < ".join(
        f"{f.filename}:{f.lineno} {f.name}" for f in reversed(frames[-5:])
    )
