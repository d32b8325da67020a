"""``/healthz``, ``/readyz``, ``/metrics`` and ``/openapi.json``: for whoever runs and connects to the node."""

from enum import StrEnum
from typing import Any, Final, Self

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from unseen.base import UnseenError
from unseen.compose import Node
from unseen.desk.tokens import Scope
from unseen.http.board import Status
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
    """How far the index of the worker that answers has followed the store."""

    index: int | None
    store: int | None
    entries: int | None


class WorkerOut(Out):
    """How one worker of the node stands."""

    worker: int = Field(description="Its number on this node, from 1.")
    index: IndexState
    seq: int | None = Field(description="That its index has reached.")
    lag_s: float | None = Field(description="How long ago its index was in step with the store.")

    @classmethod
    def of(cls, number: int, status: Status, max_lag_s: float) -> Self:
        """``status`` as the board has it."""
        lag_s = status.lag_s()
        return cls(
            worker=number,
            index=_state(status.is_open, lag_s, max_lag_s),
            seq=status.seq,
            lag_s=None if lag_s is None else round(lag_s, 3),
        )


class NumbersOut(Out):
    """What only a bank's people see."""

    worker: int = Field(description="The number of the worker that answers.")
    seqs: SeqsOut
    workers: tuple[WorkerOut, ...] = Field(description="All workers of this node that run.")


class ReadyOut(Out):
    """Whether uploads should be sent here."""

    ready: bool
    index: IndexState
    store: bool = Field(description="Whether the store answers.")
    queue: int = Field(description="Uploads that wait for a thread.")
    worker: int | None = Field(description="The number of the worker that answers; as `seqs`.")
    seqs: SeqsOut | None = Field(
        description="Only for a token with the scope `bank`: to a stranger, numbers that grow would tell of cases."
    )
    workers: tuple[WorkerOut, ...] | None = Field(description="All workers of this node that run; as `seqs`.")
    error: ErrorDetail | None = Field(description="Why not, where it is not ready.")

    @classmethod
    def of(cls, service: Service, store_answers: bool, numbers: NumbersOut | None) -> Self:
        """``numbers`` only for whoever may see them."""
        state = _state(service.follower.is_open, service.follower.lag_s(), service.node.config.max_lag_s)
        why = _WHY.get(state)
        if not store_answers:
            why = "The store does not answer."
        elif why is None and service.screening.is_full:
            why = "The queue is full."
        return cls(
            ready=why is None,
            index=state,
            store=store_answers,
            queue=service.screening.depth,
            worker=None if numbers is None else numbers.worker,
            seqs=None if numbers is None else numbers.seqs,
            workers=None if numbers is None else numbers.workers,
            error=None if why is None else ErrorDetail(code="not_ready", message=why, hint="Try again in a moment."),
        )


_WHY: Final = {
    IndexState.LOADING: "The index is still loading.",
    IndexState.BEHIND: "The index lags behind the store for longer than it may.",
}


def _state(is_open: bool, lag_s: float | None, max_lag_s: float) -> IndexState:
    if not is_open or lag_s is None:
        return IndexState.LOADING
    return IndexState.IN_STEP if lag_s <= max_lag_s else IndexState.BEHIND


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

    Open to all. It speaks for the worker that answers; with a token of the scope `bank` it also says which seq each
    worker of the node has reached.
    """
    service = service_of(request)
    store_seq = await _newest(service)
    may_see = await _may_see_numbers(service, sent)
    ready = ReadyOut.of(service, store_seq is not None, _numbers(service, store_seq) if may_see else None)
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
    service.tell()
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


async def _newest(service: Service) -> int | None:
    """The store's newest seq; None where it does not answer."""
    try:
        service.guard.require_store()
        return await service.guard.ask(service.door.run(_last_seq, service.node))
    except UnseenError:
        return None


def _last_seq(node: Node) -> int:
    with node.store.read() as reader:
        return reader.last_seq()


def _numbers(service: Service, store_seq: int | None) -> NumbersOut:
    service.tell()
    board, index = service.seat.board, service.node.index
    return NumbersOut(
        worker=service.seat.number,
        seqs=SeqsOut(
            index=index.seq if index.is_open else None,
            store=store_seq,
            entries=len(index.pictures) if index.is_open else None,
        ),
        workers=tuple(
            WorkerOut.of(number, status, service.node.config.max_lag_s) for number, status in board.statuses().items()
        ),
    )
