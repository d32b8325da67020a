"""``POST /v1/screen``: an upload, or its fingerprints, to a verdict."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request

from unseen.act.records import Finding
from unseen.bank.records import EntryState, Purpose, Response
from unseen.base import StoreUnavailable
from unseen.desk.screen import (
    Glimpse,
    Looked,
    LookedAlone,
    Screened,
    look_up,
    look_up_alone,
    queries_of,
    record,
    require_place,
)
from unseen.desk.screen import Query as Sought
from unseen.desk.tokens import Token
from unseen.fingerprint.image import fingerprint_picture
from unseen.fingerprint.records import View
from unseen.http.bodies import media_type, parse_json, read_bytes
from unseen.http.describe import errors, json_content, reads
from unseen.http.door import Screener, require_in_force
from unseen.http.errors import UnsupportedBody
from unseen.http.multipart import FORM_OVERHEAD_BYTES, parse_picture_form
from unseen.http.service import JSON_BYTES, Service, service_of
from unseen.http.shapes import PDQ_EXAMPLE, SHA256_EXAMPLE, FingerprintIn, In, Out, Place

router = APIRouter(prefix="/v1", tags=["screening"])

_MAX_FINGERPRINTS: Final = 64
_FORM: Final = "multipart/form-data"
_JSON: Final = "application/json"
_RAW: Final = "application/octet-stream"


class SoughtIn(FingerprintIn):
    """A fingerprint of an upload, and how the upload was turned for it."""

    view: View | None = Field(default=None, description="For `pdq`; `upright` where it is not said.")

    def query(self) -> Sought:
        """Raises: BadFingerprint."""
        fingerprint = self.record()
        view = (self.view or View.UPRIGHT) if fingerprint.kind.is_perceptual else None
        return Sought(fingerprint=fingerprint, view=view)


class FingerprintsIn(In):
    """An upload's fingerprints, computed where the upload is."""

    fingerprints: tuple[SoughtIn, ...] = Field(min_length=1, max_length=_MAX_FINGERPRINTS)
    place: Place | None = Field(default=None, description="Your own word for where it was posted.")


class HitOut(Out):
    """One entry that the upload is near to."""

    id: str | None = Field(
        description="What to name when you say what it was: `POST /v1/hits/{id}/decision`; null where it was not kept."
    )
    bank: str | None = Field(description="Null where the store is away.")
    entry: int
    distance: int = Field(description="Bits that differ, of 256; 0 for the same file.")
    view: View | None = Field(description="How the upload is turned against the entry; null for the same file.")
    standing: str = Field(
        description="`confirmed`, `unconfirmed`, `disputed`, or `harmless`; `unknown` where the store is away."
    )

    @classmethod
    def of(cls, finding: Finding, hit_id: str | None) -> Self:
        """Without its provenance: a platform never learns who asked."""
        if finding.bank.purpose is Purpose.ALLOW:
            standing = "harmless"
        elif finding.entry.state is EntryState.DISPUTED:
            standing = "disputed"
        else:
            standing = "confirmed" if finding.entry.is_confirmed else "unconfirmed"
        return cls(
            id=hit_id,
            bank=finding.bank.name,
            entry=finding.entry.id,
            distance=finding.distance,
            view=finding.view,
            standing=standing,
        )

    @classmethod
    def glimpsed(cls, glimpse: Glimpse) -> Self:
        """What is known of it without the store."""
        return cls(
            id=None,
            bank=None,
            entry=glimpse.entry_id,
            distance=glimpse.distance,
            view=glimpse.view,
            standing="unknown",
        )


class ScreenedOut(Out):
    """What to do with an upload, and why.  A match is a reason to look, never proof."""

    verdict: Response
    reasons: tuple[str, ...]
    hits: tuple[HitOut, ...]
    as_of_seq: int = Field(description="The bank's seq that the answer took into account.")
    note: str | None = Field(description="What limits this answer, if anything does.")
    timing_ms: dict[str, float] | None = Field(
        description="Milliseconds in each stage, with `?timing=true`. `decode`, `hash` and `digest` are within "
        "`fingerprint`, the last beside the other two; `total` is from the request's head to its answer."
    )

    @classmethod
    def of(cls, answer: Screened | LookedAlone, stages_s: dict[str, float] | None) -> Self:
        """The answer."""
        verdict = answer.verdict
        return cls(
            verdict=verdict.response,
            reasons=verdict.reasons,
            hits=_hits(answer),
            as_of_seq=answer.as_of_seq,
            note=" ".join(_notes(answer)) or None,
            timing_ms=None if stages_s is None else {stage: round(s * 1e3, 3) for stage, s in stages_s.items()},
        )


def _hits(answer: Screened | LookedAlone) -> tuple[HitOut, ...]:
    if isinstance(answer, LookedAlone):
        return tuple(map(HitOut.glimpsed, answer.glimpses))
    return tuple(
        HitOut.of(finding, sighting.hit_id if answer.is_recorded else None)
        for finding, sighting in zip(answer.verdict.findings, answer.sightings, strict=True)
    )


def _notes(answer: Screened | LookedAlone) -> Iterator[str]:
    if answer.is_featureless:
        yield "Too little in the picture to compare it: only copies of the very file were looked for."
    if isinstance(answer, LookedAlone):
        yield "The store is away: this is what was known at as_of_seq, and no hit was recorded."
    elif not answer.is_recorded:
        yield "The hits could not be recorded: no decision on them can be taken down."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Received:
    """A request's body, and what its headers and address say of it."""

    body: bytes
    media: str
    content_type: str
    place: str | None


_ACCEPTS: Final[dict[str, Any]] = {
    _FORM: {
        "schema": {
            "type": "object",
            "properties": {
                "file": {"type": "string", "format": "binary", "description": "The picture."},
                "place": {"type": "string", "maxLength": 200, "description": "Your own word for where it was posted."},
            },
            "required": ["file"],
        }
    },
    _RAW: {"schema": {"type": "string", "format": "binary", "description": "The picture; any `image/*` type too."}},
    _JSON: json_content(FingerprintsIn, {"fingerprints": [SHA256_EXAMPLE, PDQ_EXAMPLE], "place": "room 12"}),
}


@router.post(
    "/screen",
    summary="Screen an upload",
    responses=errors(body=True, writes=True),
    openapi_extra=reads(_ACCEPTS, "The picture as a form, the picture itself, or its fingerprints."),
)
async def screen_upload(
    request: Request,
    by: Screener,
    place: Annotated[Place | None, Query(description="Your own word for where it was posted.")] = None,
    timing: Annotated[bool, Query(description="Add the time that each stage took.")] = False,
) -> ScreenedOut:
    """Whether an upload is near anything that is protected: `allow`, `review` (hold it for a person) or `block`.

    The picture is read in memory, fingerprinted and let go of; what is kept of a hit is where and when.
    Asks for the scope `screen`.
    """
    service = service_of(request)
    service.follower.require_open()
    with service.screening.admit() as slot:
        started = time.perf_counter()
        media, config = _media(request), service.node.config
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
        queries, place = await slot.run(_queries, service, received, stages_s)
        require_place(place)
        answer = await _answer(service, queries, place=place, by=by)
    stages_s |= answer.stages_s | {"total": time.perf_counter() - request.scope["unseen.started"]}
    service.metrics.screened(answer.verdict.response, stages_s)
    return ScreenedOut.of(answer, stages_s if timing else None)


async def _answer(
    service: Service, queries: tuple[Sought, ...], *, place: str | None, by: Token
) -> Screened | LookedAlone:
    """From the store, or from memory where the store does not answer.

    Raises: NotReady; Unauthenticated; StoreUnavailable where it has been away for too long.
    """
    node, loop = service.node, asyncio.get_running_loop()
    try:
        service.guard.require_store()
        asked = loop.run_in_executor(service.asking, _look_up, service, queries, by)
        looked = await service.guard.ask(asked)
    except StoreUnavailable:
        if not service.may_answer_alone:
            raise
        return await service.screening.run(look_up_alone, queries, index=node.index, recall=service.recall)
    recording = partial(
        record,
        looked,
        place=place,
        platform=by.name,
        store=node.store,
        clock=node.clock,
        random_bits=node.random_bits,
    )
    return await loop.run_in_executor(service.asking, recording) if looked.verdict.findings else recording()


def _look_up(service: Service, queries: tuple[Sought, ...], by: Token) -> Looked:
    """What is near, for a token that is still in force; from memory where nothing was committed since it looked."""
    node = service.node
    current = service.recall if service.recall.is_current() else None
    require_in_force(by, node.store, current)
    return look_up(queries, store=node.store, index=node.index, recall=current)


def _media(request: Request) -> str:
    """Which of the three forms this is.  Raises: UnsupportedBody."""
    media = media_type(request)
    if media in (_FORM, _JSON):
        return media
    if media == _RAW or media.startswith("image/"):
        return _RAW
    raise UnsupportedBody(
        "An upload is screened as multipart/form-data, as image/* or application/octet-stream, or as application/json.",
        hint="Set the Content-Type header.",
    )


def _queries(
    service: Service, received: _Received, stages_s: dict[str, float]
) -> tuple[tuple[Sought, ...], str | None]:
    """What to look for, and where it was posted; in a lane's thread, adding to ``stages_s`` what it took."""
    started = time.perf_counter()
    place = received.place
    if received.media == _JSON:
        sent = parse_json(received.body, FingerprintsIn)
        queries, place = tuple(f.query() for f in sent.fingerprints), sent.place or place
    else:
        file = received.body
        if received.media == _FORM:
            form = parse_picture_form(received.body, received.content_type)
            file, place = form.file, form.place or place
        node = service.node
        picture = fingerprint_picture(file, limits=node.limits, decoder=node.decoder, beside=service.beside)
        stages_s |= picture.stages_s
        queries = queries_of(picture)
    stages_s["fingerprint"] = time.perf_counter() - started
    return queries, place
