"""``POST /v1/screen``: an upload, or its fingerprints, to a verdict."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Final, ParamSpec, TypeVar

import numpy as np
from fastapi import APIRouter, Query
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import JSONResponse

from unseen.base import StoreUnavailable
from unseen.desk.look_closer import closer_look, look_up_alone_closely
from unseen.desk.screen import (
    Looked,
    LookedAlone,
    Screened,
    look_up,
    queries_of,
    record,
    require_place,
)
from unseen.desk.screen import Query as Sought
from unseen.desk.sought_regions import SoughtRegions
from unseen.desk.tokens import Token
from unseen.fingerprint.closer import LONG_SIDE, shrunk
from unseen.fingerprint.image import fingerprint_picture
from unseen.fingerprint.video.formats import sniff_video
from unseen.fingerprint.video.sources import BytesSource
from unseen.http.bodies import media_type, parse_json, read_bytes
from unseen.http.describe import errors, json_content, reads
from unseen.http.door import Screener, require_in_force
from unseen.http.errors import UnsupportedBody
from unseen.http.lanes import Slot
from unseen.http.long_uploads import take_bytes, take_stream
from unseen.http.multipart import FORM_OVERHEAD_BYTES, parse_picture_form
from unseen.http.routes.jobs import JobOut, accepted
from unseen.http.screen_shapes import FingerprintsIn, ScreenedOut
from unseen.http.service import JSON_BYTES, Service, service_of
from unseen.http.shapes import PDQ_EXAMPLE, SHA256_EXAMPLE, Place

router = APIRouter(prefix="/v1", tags=["screening"])

_FORM: Final = "multipart/form-data"
_JSON: Final = "application/json"
_RAW: Final = "application/octet-stream"
_VIDEO: Final = "video/*"

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Received:
    """A request's body, and what its headers and address say of it."""

    body: bytes
    media: str
    content_type: str
    place: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sought:
    """What to look for of an upload."""

    queries: tuple[Sought, ...]
    luma: NDArray[np.uint8] | None = field(default=None, repr=False)  # for a closer look; never leaves memory
    regions: SoughtRegions | None = None  # found by the caller
    place: str | None


class _IsVideo(Exception):
    """What was sent is a video."""

    def __init__(self, file: bytes, place: str | None) -> None:
        super().__init__()
        self.file, self.place = file, place


_ACCEPTS: Final[dict[str, Any]] = {
    _FORM: {
        "schema": {
            "type": "object",
            "properties": {
                "file": {"type": "string", "format": "binary", "description": "The picture, or a video."},
                "place": {"type": "string", "maxLength": 200, "description": "Your own word for where it was posted."},
            },
            "required": ["file"],
        }
    },
    _RAW: {"schema": {"type": "string", "format": "binary", "description": "The picture; any `image/*` type too."}},
    _VIDEO: {"schema": {"type": "string", "format": "binary", "description": "The video, however long."}},
    _JSON: json_content(FingerprintsIn, {"fingerprints": [SHA256_EXAMPLE, PDQ_EXAMPLE], "place": "room 12"}),
}


@router.post(
    "/screen",
    summary="Screen an upload",
    response_model=ScreenedOut,
    responses=errors(429, body=True, writes=True)
    | {202: {"model": JobOut, "description": "A video: ask for the job."}},
    openapi_extra=reads(_ACCEPTS, "The picture as a form, the picture itself, a video, or a picture's fingerprints."),
)
async def screen_upload(
    request: Request,
    by: Screener,
    place: Annotated[Place | None, Query(description="Your own word for where it was posted.")] = None,
    timing: Annotated[bool, Query(description="Add the time that each stage took.")] = False,
) -> ScreenedOut | JSONResponse:
    """Whether an upload is near anything that is protected: `allow`, `review` (hold it for a person) or `block`.

    The picture is read in memory, fingerprinted and let go of; what is kept of a hit is where and when.
    A video becomes a job, answered 202: ask `GET /v1/jobs/{id}` until it is done. It waits on disk, encrypted under a
    key that is in memory only.
    Asks for the scope `screen`.
    """
    service = service_of(request)
    service.follower.require_open()
    media, config = _media(request), service.node.config
    if media == _VIDEO or (media == _RAW and _is_longer(request, config.max_bytes)):
        require_place(place)
        return accepted(await take_stream(request, service, by, place or None), service)
    with service.screening.admit() as slot:
        started = time.perf_counter()
        received = _Received(
            body=await read_bytes(
                request,
                slot,
                max_bytes=JSON_BYTES if media == _JSON else config.max_bytes + FORM_OVERHEAD_BYTES * (media == _FORM),
                timeout_s=config.upload_timeout_s,
            ),
            media=media,
            content_type=request.headers.get("content-type", ""),
            place=place or None,
        )
        stages_s = {"receive": time.perf_counter() - started}
        try:
            sought = await slot.run(_sought, service, received, stages_s)
        except _IsVideo as video:
            require_place(video.place)
            return accepted(await take_bytes(video.file, service, by, video.place), service)
        require_place(sought.place)
        answer = await _answer(service, slot, sought, by)
    stages_s |= answer.stages_s | {"total": time.perf_counter() - request.scope["unseen.started"]}
    service.metrics.screened(answer.verdict.response, stages_s)
    return ScreenedOut.of(answer, stages_s if timing else None)


async def _answer(service: Service, slot: Slot, sought: _Sought, by: Token) -> Screened | LookedAlone:
    """From the store, or from memory where the store does not answer.

    Raises: NotReady; Unauthenticated; StoreUnavailable where it has been away for too long.
    """
    node, loop = service.node, asyncio.get_running_loop()
    try:
        looked = await _looked(service, slot, sought, by)
    except StoreUnavailable:
        if not service.may_answer_alone:
            raise
        return await slot.run(
            look_up_alone_closely,
            sought.queries,
            sought.luma,
            sought.regions,
            index=node.index,
            recall=service.recall,
        )
    recording = partial(
        record,
        looked,
        place=sought.place,
        platform=by.name,
        store=node.store,
        clock=node.clock,
        random_bits=node.random_bits,
    )
    return await loop.run_in_executor(service.asking, recording) if looked.verdict.findings else recording()


async def _looked(service: Service, slot: Slot, sought: _Sought, by: Token) -> Looked:
    """What is near: as a whole, then insets, then regions, until one decides.

    Pixels are worked on in the lane's threads, and the store is asked in others: see ``Service``.
    Raises: NotReady, Unauthenticated, StoreUnavailable.
    """
    node, guard = service.node, service.guard

    async def ask(call: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        guard.require_store()
        return await guard.ask(asyncio.get_running_loop().run_in_executor(service.asking, partial(call, *args, **more)))

    looked = await ask(_look_up, service, sought.queries, by)
    look = closer_look(looked, sought.luma, store=node.store, index=node.index, sent=sought.regions)
    while look.has_more:
        await slot.run(look.prepare)
        await ask(look.ask)
    return look.seen


def _look_up(service: Service, queries: tuple[Sought, ...], by: Token) -> Looked:
    """What is near, for a token that is still in force; from memory where nothing was committed since it looked."""
    node = service.node
    current = service.recall if service.recall.is_current() else None
    require_in_force(by, node.store, current)
    return look_up(queries, store=node.store, index=node.index, recall=current)


def _media(request: Request) -> str:
    """Which of the four forms this is.  Raises: UnsupportedBody."""
    media = media_type(request)
    if media in (_FORM, _JSON):
        return media
    if media.startswith("video/"):
        return _VIDEO
    if media == _RAW or media.startswith("image/"):
        return _RAW
    raise UnsupportedBody(
        "An upload is screened as multipart/form-data, as image/*, video/* or application/octet-stream, or as "
        "application/json.",
        hint="Set the Content-Type header.",
    )


def _is_longer(request: Request, max_bytes: int) -> bool:
    """Whether a body of no said type is announced as longer than a picture may be: then it can only be a video."""
    announced = request.headers.get("content-length", "0")
    return media_type(request) == _RAW and announced.isdecimal() and int(announced) > max_bytes


def _sought(service: Service, received: _Received, stages_s: dict[str, float]) -> _Sought:
    """What to look for, and where it was posted; in a lane's thread, adding to ``stages_s`` what it took."""
    started = time.perf_counter()
    if received.media == _JSON:
        sent = parse_json(received.body, FingerprintsIn)
        sought = _Sought(
            queries=tuple(f.query() for f in sent.fingerprints),
            regions=None if sent.regions is None else sent.regions.record(),
            place=sent.place or received.place,
        )
    else:
        file, place = received.body, received.place
        if received.media == _FORM:
            form = parse_picture_form(received.body, received.content_type)
            file, place = form.file, form.place or place
        if sniff_video(BytesSource(file)) is not None:
            raise _IsVideo(file, place)
        node = service.node
        # Two threads for an upload are quicker while it is the only one; else they keep each other waiting.
        is_alone = service.screening.inside == 1
        picture = fingerprint_picture(
            file,
            limits=node.limits,
            decoder=node.decoder,
            beside=service.beside if is_alone else None,
            long_side=0 if node.index.regions is None else LONG_SIDE,
        )
        stages_s |= picture.stages_s
        luma = None if picture.luma is None else shrunk(picture.luma)
        sought = _Sought(queries=queries_of(picture), luma=luma, place=place)
    stages_s["fingerprint"] = time.perf_counter() - started
    return sought
