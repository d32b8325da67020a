"""A long answer, made in a lane's thread as fast as the caller takes it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import ExitStack, closing, suppress
from typing import Final

from unseen.http.lanes import Lane

_PIECE_CHARS: Final = 1 << 16
_PIECES_AHEAD: Final = 4
_STALL_S: Final = 30.0  # a caller that takes nothing for so long holds a thread and a view of the store no longer


class _Gone(Exception):
    """The caller hung up or stopped reading."""


class _Pipe:
    """From the thread that makes pieces to the event loop that sends them; ``None`` ends it, an error breaks it."""

    def __init__(self, stall_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._pieces: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue(_PIECES_AHEAD)
        self._closed = threading.Event()
        self._stall_s = stall_s

    def put(self, piece: bytes | BaseException | None) -> None:
        """Hand over one piece; called in the thread.  Raises: _Gone."""
        if self._closed.is_set():
            raise _Gone
        asyncio.run_coroutine_threadsafe(self._put(piece), self._loop).result()

    async def take(self) -> bytes | None:
        """The next piece.  Raises: what broke the pipe."""
        piece = await self._pieces.get()
        if isinstance(piece, BaseException):
            raise piece
        return piece

    def close(self) -> None:
        """Take no more, and let a waiting ``put`` go."""
        self._closed.set()
        while not self._pieces.empty():
            self._pieces.get_nowait()

    async def _put(self, piece: bytes | BaseException | None) -> None:
        try:
            async with asyncio.timeout(self._stall_s):
                await self._pieces.put(piece)
        except TimeoutError:
            raise _Gone from None


async def streamed(
    lane: Lane, lines: Generator[str, None, object], *, stall_s: float = _STALL_S
) -> AsyncIterator[bytes]:
    """``lines`` in pieces.  It is admitted to the lane, and the first piece is made, before this returns.

    One thread runs ``lines`` from start to end, so that it may hold what belongs to a thread.

    Raises: NodeBusy, and whatever ``lines`` raises before its first piece.
    """
    admission = ExitStack()
    slot = admission.enter_context(lane.admit())
    pipe = _Pipe(stall_s)
    making = asyncio.ensure_future(slot.run(_make, lines, pipe))
    making.add_done_callback(lambda _: admission.close())
    return _taken(await pipe.take(), pipe)


async def _taken(piece: bytes | None, pipe: _Pipe) -> AsyncIterator[bytes]:
    try:
        while piece is not None:
            yield piece
            piece = await pipe.take()
    finally:
        pipe.close()


def _make(lines: Generator[str, None, object], pipe: _Pipe) -> None:
    try:
        with closing(lines):
            for piece in _pieces(lines):
                pipe.put(piece)
        pipe.put(None)
    except _Gone:
        pass
    except Exception as error:  # noqa: BLE001  (it is raised again where the pieces are taken)
        with suppress(_Gone):
            pipe.put(error)


def _pieces(lines: Iterator[str]) -> Iterator[bytes]:
    gathered, size = list[str](), 0
    for line in lines:
        gathered.append(line)
        size += len(line)
        if size >= _PIECE_CHARS:
            yield "".join(gathered).encode()
            gathered, size = [], 0
    yield "".join(gathered).encode()
