"""Timestamp authorities over HTTP (RFC 3161, 3.4), and the revocation lists that their certificates name."""

import http.client
import socket
import ssl
import threading
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from unseen.base import AuthorityFailed, BadRequest

_MOST_ANSWER: Final = 1 << 20


class HttpAuthorities:
    """Carries requests; no redirect is followed, no credential and no cookie sent."""

    def __init__(self, *, timeout_s: float = 20.0) -> None:
        """``timeout_s``: for one question and all of its answer, however slowly it comes."""
        self._timeout_s = timeout_s

    def ask(self, url: str, request: bytes) -> bytes:
        """An authority's answer.  Raises: AuthorityFailed, BadRequest (the address)."""
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        return self._exchange("POST", url, request, headers, max_bytes=_MOST_ANSWER)

    def fetch(self, url: str, *, max_bytes: int) -> bytes:
        """What is at ``url``.  Raises: AuthorityFailed, BadRequest (the address)."""
        return self._exchange("GET", url, None, {}, max_bytes=max_bytes)

    def _exchange(self, method: str, url: str, body: bytes | None, headers: dict[str, str], *, max_bytes: int) -> bytes:
        connection, path = self._connection(url)
        late = threading.Event()
        # A socket's own timeout starts anew with each byte; this one does not.
        timer = threading.Timer(self._timeout_s, _cut, (connection, late))
        timer.start()
        try:
            connection.request(method, path, body=body, headers={"User-Agent": "unseen", **headers})
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                raise AuthorityFailed(f"The timestamp authority answered {answer.status} {answer.reason}.")
            content = answer.read(max_bytes + 1)
            if late.is_set():  # what was cut off can look like an end
                raise TimeoutError
        except (OSError, http.client.HTTPException) as error:
            if late.is_set() or isinstance(error, TimeoutError):
                raise AuthorityFailed(f"The timestamp authority did not answer within {self._timeout_s:g} s.") from None
            why = getattr(error, "strerror", None) or type(error).__name__
            raise AuthorityFailed(f"The timestamp authority was not reached ({why}).") from None
        finally:
            timer.cancel()
            connection.close()
        if len(content) > max_bytes:
            raise AuthorityFailed("The timestamp authority's answer is longer than any timestamp.")
        return content

    def _connection(self, url: str) -> tuple[http.client.HTTPConnection, str]:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or parts.scheme not in ("http", "https"):
            raise BadRequest("An authority's address begins with http:// or https://.")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=context), path
        return http.client.HTTPConnection(host, port, timeout=self._timeout_s), path


def _cut(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    late.set()
    if connection.sock is not None:
        with suppress(OSError):  # it may have ended by itself just now
            connection.sock.shutdown(socket.SHUT_RDWR)
