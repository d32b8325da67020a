"""Around every request: safe headers, one log line, the counters, and no detail of a fault told to a caller."""

import time
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unseen.http import logs
from unseen.http.errors import answer_unexpected
from unseen.http.metrics import Metrics

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_GONE: Final = 499  # the caller hung up: counted and logged, never sent
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Envelope:
    """The outermost layer of the app."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send)
        started = scope["unseen.started"] = time.perf_counter()
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            exchange.status = _GONE
        except Exception as error:
            logs.unexpected(_route(scope), error)
            if exchange.status:
                raise  # half an answer is out: the server cuts the connection, so that it is not taken for a whole
            await answer_unexpected()(scope, exchange.receive, exchange.send)
        finally:
            seconds = time.perf_counter() - started
            # A caller's own words must become neither a label nor a line.
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.answered(method, _route(scope), exchange.status, seconds)
            logs.request(method, _route(scope), exchange.status, seconds)


class _Exchange:
    """One request and its answer as they pass."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._is_read = False
        self.status = 0

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            self._is_read = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(raw=message["headers"])
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if self.status in (408, 413) and not self._is_read:
                headers["Connection"] = "close"  # the rest of the body is not waited for
        await self._send(message)


def _route(scope: Scope) -> str:
    """The route's template; never the path, which may hold a case number."""
    return getattr(scope.get("route"), "path", "none")
