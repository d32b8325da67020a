"""One connection of the server: a head that does not come in time, or does not end, is not waited for.

uvicorn limits how long a connection may idle between requests, but neither how long a request's head may take nor how
large it may be, so that a stranger could hold every connection, or the memory, with a few bytes at a time.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_TIMEOUT_S: Final = 10.0
MAX_HEAD_BYTES: Final = 1 << 16


class Connection(HttpToolsProtocol):
    """uvicorn's, with limits on a head: its bytes, and the time from its first one, or from connecting, to its end."""

    _head_due: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait_for_head(0)

    def data_received(self, data: bytes) -> None:
        """Take what came; drops of a head do not prolong its time."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget_head()
        else:
            self._wait_for_head(len(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._forget_head()
        super().connection_lost(exc)

    def _wait_for_head(self, count_bytes: int) -> None:
        self._head_bytes += count_bytes
        if self._head_bytes > MAX_HEAD_BYTES:
            self.transport.close()
        elif self._head_due is None and not self.transport.is_closing():
            self._head_due = self.loop.call_later(HEAD_TIMEOUT_S, self.transport.close)

    def _forget_head(self) -> None:
        self._head_bytes = 0
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None
