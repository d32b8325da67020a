"""``/healthz``, ``/readyz``, ``/metrics`` and ``/openapi.json``: for whoever runs and connects to the node."""

from enum import StrEnum
from typing import Any, Self

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from unseen.base import UnseenError
from unseen.compose import Node
from unseen.desk.tokens import Scope
from unseen.http.describe import errors
from unseen.http.door import Admin, Anyone, Credentials, find_token
from unseen.http.errors import RETRY_AFTER_S
from unseen.http.service import Service, service_of
from unseen.http.shapes import ErrorDetail, Out

router = APIRouter(tags=["operation"])

_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class HealthOut(Out):
    """The process runs."""

    status: str


class IndexState(StrEnum):
    """How the index stands."""

    LOADING = "loading"
    BEHIND = "behind"  #: it could not follow the store for a while
    IN_STEP = "in step"


class SeqsOut(Out):
    """How far the index has followed the store."""

    index: int | None
    store: int | None
    entries: int | None


class ReadyOut(Out):
    """Whether uploads should be sent here."""

    ready: bool
    index: IndexState
    store: bool = Field(description="Whether the store answers.")
    queue: int = Field(description="Uploads that wait for a thread.")
    seqs: SeqsOut | None = Field(
        description="Only for a token with the scope `bank`: to a stranger, numbers that grow would tell of cases."
    )
    error: ErrorDetail | None = Field(description="Why not, where it is not ready.")

    @classmethod
    def of(cls, service: Service, seqs: SeqsOut) -> Self:
        """``seqs`` as they were just read."""
        if not service.keeper.is_open:
            state, why = IndexState.LOADING, "The index is still loading."
        elif not service.keeper.is_in_step:
            state, why = IndexState.BEHIND, "The index could not follow the store for a while."
        else:
            state, why = IndexState.IN_STEP, None
        answers = seqs.store is not None
        if not answers:
            why = "The store does not answer."
        elif why is None and service.screening.is_full:
            why = "The queue is full."
        return cls(
            ready=why is None,
            index=state,
            store=answers,
            queue=service.screening.depth,
            seqs=seqs,
            error=None if why is None else ErrorDetail(code="not_ready", message=why, hint="Try again in a moment."),
        )


@router.get("/healthz", summary="Is the process alive")
async def healthz() -> HealthOut:
    """Answers as soon as the process listens.  Open to all."""
    return HealthOut(status="alive")


@router.get(
    "/readyz",
    summary="Should uploads be sent here",
    response_model=ReadyOut,
    responses={503: {"model": ReadyOut, "description": "Not now; `error` says why."}},
    openapi_extra={"security": [{}]},  # beside the token: none at all will do
)
async def readyz(request: Request, sent: Credentials) -> Response:
    """Whether the index is loaded and in step, the store answers, and the queue has room.

    Open to all; with a token of the scope `bank` it also says which seq the index has reached.
    """
    service = service_of(request)
    seqs = await service.door.run(_seqs, service.node)
    ready = ReadyOut.of(service, seqs)
    if not await _may_see_numbers(service, sent):
        ready = ready.model_copy(update={"seqs": None})
    headers = {} if ready.ready else {"Retry-After": str(RETRY_AFTER_S)}
    return JSONResponse(ready.model_dump(mode="json"), 200 if ready.ready else 503, headers)


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={
        200: {"description": "Prometheus's text form.", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **errors(),
    },
)
async def metrics(request: Request, by: Admin) -> Response:
    """Requests, verdicts, latencies, the queue, the index and its lag.  Asks for the scope `admin`."""
    service = service_of(request)
    with service.desk.admit() as slot:
        return Response(await slot.run(service.metrics.text), media_type=_PROMETHEUS)


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request, by: Anyone) -> dict[str, Any]:
    """This description of the service.  Asks for any token."""
    described: dict[str, Any] = request.app.openapi()
    return described


async def _may_see_numbers(service: Service, sent: Credentials) -> bool:
    try:
        token = await find_token(service, sent)
    except UnseenError:
        return False  # the store does not answer: readiness is told all the same
    return token is not None and token.allows(Scope.BANK)


def _seqs(node: Node) -> SeqsOut:
    try:
        with node.store.read() as reader:
            store_seq: int | None = reader.last_seq()
    except UnseenError:
        store_seq = None
    if not node.index.is_open:
        return SeqsOut(index=None, store=store_seq, entries=None)
    return SeqsOut(index=node.index.seq, store=store_seq, entries=len(node.index))
