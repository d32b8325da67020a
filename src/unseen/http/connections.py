"""One connection of the server: a head that does not come in time is not waited for, a long body is not copied about.

uvicorn limits how long a connection may idle between requests, but not how long a request's head may take, so that a
stranger could hold every connection with a few bytes each.  And it hands a body through h11, which copies each piece
three times to count it: of a body whose length the head tells, only the beginning goes that way.
"""

import asyncio
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_TIMEOUT_S: Final = 10.0
#: A rest of a body this long is counted here; several pieces of it come at a time.
COUNTED_BYTES: Final = 1 << 17
_HELD_BYTES: Final = 1 << 18  # that the app has not taken yet, before the client is made to wait


class Connection(H11Protocol):
    """uvicorn's, with a limit on the time from its first byte, or from connecting, to the end of a head."""

    _head_due: asyncio.TimerHandle | None = None
    _is_counting = False  #: of this request's body, h11 has seen the beginning only, and waits for the rest for ever
    _left_bytes = 0  #: of that rest, yet to come
    _early = b""  #: what came behind it before the answer was out

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """Take what came; drops of a head do not prolong its time."""
        if self._is_counting:
            self._unset_keepalive_if_required()
            self._take(data)
            return
        before: RequestResponseCycle | None = self.cycle
        super().data_received(data)
        if self.cycle is not None and self.cycle is not before:
            self._count_rest(self.cycle)
        self._watch_head()

    def on_response_complete(self) -> None:
        """Go on to the next request, once this one's body is through."""
        super().on_response_complete()
        self._start_anew()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._forget_head()
        super().connection_lost(exc)

    def _count_rest(self, cycle: RequestResponseCycle) -> None:
        """Count the rest of a long body ourselves.  The app has not run yet: ``cycle.body`` is all that came of it."""
        lengths = [value for name, value in self.headers if name == b"content-length"]
        is_chunked = any(name == b"transfer-encoding" for name, _ in self.headers)
        if len(lengths) == 1 and not is_chunked and self.conn.their_state is h11.SEND_BODY:
            left_bytes = int(lengths[0]) - len(cycle.body)
            if left_bytes >= COUNTED_BYTES:
                self._is_counting, self._left_bytes = True, left_bytes

    def _take(self, data: bytes) -> None:
        """Hand a piece of the body to the app, or drop it where the answer is out already."""
        body, behind = data[: self._left_bytes], data[self._left_bytes :]
        self._left_bytes -= len(body)
        if behind:
            self._early += behind
            self.flow.pause_reading()
        if body and not self.cycle.response_complete:
            self.cycle.body += body
            self.cycle.more_body = self._left_bytes > 0
            if len(self.cycle.body) > _HELD_BYTES:
                self.flow.pause_reading()
            self.cycle.message_event.set()
        self._start_anew()

    def _start_anew(self) -> None:
        """With a new h11, where the body is through and the answer out."""
        if not self._is_counting or self._left_bytes or not self.cycle.response_complete:
            return
        self._is_counting = False
        early, self._early = self._early, b""
        if self.transport.is_closing():
            return
        self.conn = h11.Connection(h11.SERVER)
        self.flow.resume_reading()
        self._watch_head()
        if early:
            self.data_received(early)

    def _watch_head(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._forget_head()
        elif self._head_due is None:
            self._head_due = self.loop.call_later(HEAD_TIMEOUT_S, self.transport.close)

    def _forget_head(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None
