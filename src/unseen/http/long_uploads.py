"""A video that is sent: taken to the disk, sealed, as it comes, and then made a job."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from starlette.requests import Request

from unseen.base import BadMedia, BadRequest
from unseen.desk.jobs import Job
from unseen.desk.tokens import Token
from unseen.fingerprint.video.formats import ACCEPTED, sniff_video
from unseen.fingerprint.video.sources import BytesSource
from unseen.http.door import require_in_force
from unseen.http.errors import TooLarge, UploadTooSlow
from unseen.http.spool import SealedFile

if TYPE_CHECKING:
    from unseen.http.lanes import Slot
    from unseen.http.service import Service

P = ParamSpec("P")
T = TypeVar("T")

_PIECE_BYTES: Final = 1 << 20  # written at a time
_HEAD_BYTES: Final = 4096  # enough to tell a video from a picture that does not move


async def take_stream(request: Request, service: "Service", by: Token, place: str | None) -> Job:
    """Take a video whose body is still to come.

    Each ``max_bytes`` of it may take as long as a whole picture may.
    Raises: BadMedia (no video), TooLarge, UploadTooSlow, NodeBusy, StorageFull, TooManyJobs, StoreUnavailable.
    """
    limit, config = service.node.videos.limits.max_bytes, service.node.config
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal():
        raise BadRequest("Content-Length is not a number.")
    if int(announced) > limit:
        raise _too_large(limit)
    with ExitStack() as held:
        slot, file = _admitted(service, held)
        loop = asyncio.get_running_loop()
        gathered, received, begun_s = bytearray(), 0, loop.time()
        try:
            async with asyncio.timeout(config.upload_timeout_s) as timeout:
                async for piece in request.stream():
                    gathered += piece
                    received += len(piece)
                    if received > limit:
                        raise _too_large(limit)
                    slot.hold(len(piece))
                    if len(gathered) >= _PIECE_BYTES:
                        if file.size == 0:
                            _require_video(bytes(gathered[:_HEAD_BYTES]))
                        await _beside(service, file.write, bytes(gathered))
                        gathered.clear()
                        timeout.reschedule(begun_s + config.upload_timeout_s * (1 + received / config.max_bytes))
        except TimeoutError:
            raise UploadTooSlow("The body did not arrive in time.", hint="Send it again.") from None
        await _beside(service, file.write, bytes(gathered))
        return await _made_a_job(service, file, held, by, place)


async def take_bytes(data: bytes, service: "Service", by: Token, place: str | None) -> Job:
    """Take a video that is all here.  Raises: NodeBusy, StorageFull, TooManyJobs, StoreUnavailable."""
    with ExitStack() as held:
        slot, file = _admitted(service, held)
        slot.hold(len(data))
        await _beside(service, file.write, data)
        return await _made_a_job(service, file, held, by, place)


def _admitted(service: "Service", held: ExitStack) -> tuple["Slot", SealedFile]:
    slot = held.enter_context(service.videos.admit())
    return slot, held.enter_context(SealedFile(service.node.config.data_folder))


async def _made_a_job(service: "Service", file: SealedFile, held: ExitStack, by: Token, place: str | None) -> Job:
    await _beside(service, file.finish)
    if await _beside(service, sniff_video, file) is None:
        raise BadMedia("not a video that Unseen reads.", hint=ACCEPTED)
    checking = partial(require_in_force, by, service.node.store, None)
    await asyncio.get_running_loop().run_in_executor(service.asking, checking)
    return await service.jobs.take(file, held, place=place, platform=by.name)


def _require_video(head: bytes) -> None:
    """Refuse what is no video before all of it is taken; a GIF or WebP tells later whether it moves."""
    if head[:4] not in (b"GIF8", b"RIFF") and sniff_video(BytesSource(head)) is None:
        raise BadMedia("not a video that Unseen reads.", hint=ACCEPTED)


async def _beside(service: "Service", call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return await asyncio.get_running_loop().run_in_executor(service.beside, partial(call, *args, **kwargs))


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"The body is larger than this node takes of a video: {max_bytes} bytes.")
