"""How a body is received: in pieces, under a cap, within a time, in memory only."""

import asyncio
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from unseen.base import BadRequest
from unseen.http.errors import TooLarge, UnsupportedBody, UploadTooSlow, bad_body
from unseen.http.lanes import Slot

M = TypeVar("M", bound=BaseModel)


async def read_bytes(request: Request, slot: Slot, *, max_bytes: int, timeout_s: float) -> bytes:
    """The whole body; it is refused by its announced length, else as soon as it passes the cap.

    Raises: TooLarge, UploadTooSlow, BadRequest (a length that is no number), NodeBusy.
    """
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal():
        raise BadRequest("Content-Length is not a number.")
    if int(announced) > max_bytes:
        raise _too_large(max_bytes)
    pieces, size = list[bytes](), 0
    try:
        async with asyncio.timeout(timeout_s):
            async for piece in request.stream():
                size += len(piece)
                if size > max_bytes:
                    raise _too_large(max_bytes)
                slot.hold(len(piece))
                pieces.append(piece)
    except TimeoutError:
        raise UploadTooSlow(f"The body did not arrive within {timeout_s:g} s.", hint="Send it again.") from None
    return b"".join(pieces)


async def read_json(request: Request, slot: Slot, shape: type[M], *, max_bytes: int, timeout_s: float) -> M:
    """The body as ``shape``, parsed outside the event loop.

    Raises: UnsupportedBody, BadBody, and as ``read_bytes``.
    """
    body = await read_json_bytes(request, slot, max_bytes=max_bytes, timeout_s=timeout_s)
    return await slot.run(parse_json, body, shape)


async def read_json_bytes(request: Request, slot: Slot, *, max_bytes: int, timeout_s: float) -> bytes:
    """The body, not parsed yet.  Raises: UnsupportedBody, and as ``read_bytes``."""
    if media_type(request) != "application/json":
        raise UnsupportedBody("This route reads application/json.", hint="Set the Content-Type header.")
    return await read_bytes(request, slot, max_bytes=max_bytes, timeout_s=timeout_s)


def parse_json(body: bytes, shape: type[M]) -> M:
    """Raises: BadBody."""
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        raise bad_body(error) from None


def media_type(request: Request) -> str:
    """What the caller says the body is, without parameters, in small letters; empty where it says nothing."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"The body is larger than this node takes: {max_bytes} bytes.")
