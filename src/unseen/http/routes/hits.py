"""``POST /v1/hits/{id}/decision``: what a platform's reviewer found."""

from typing import Annotated, Final, Self

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, Field
from starlette.requests import Request

from unseen.act.records import Decision, DecisionKind
from unseen.desk.decide_hit import decide_hit
from unseen.http.bodies import read_json
from unseen.http.describe import errors, reads_json
from unseen.http.door import Decider
from unseen.http.service import JSON_BYTES, service_of
from unseen.http.shapes import In, Out, Place

router = APIRouter(prefix="/v1", tags=["screening"])

_EXAMPLE: Final = {"decision": "confirmed", "done": "removed"}


class DecisionIn(In):
    """What a reviewer found, and what was done."""

    decision: DecisionKind = Field(
        description="`confirmed`: it is the protected picture; `wrong`: another picture altogether; `disputed`: the "
        "picture, but it should perhaps not be protected."
    )
    done: Place = Field(description="What was done with the upload, in your own words: `removed`, `left`.")


class DecisionOut(Out):
    """The decision as it was kept."""

    hit: str
    decision: DecisionKind
    done: str
    at: AwareDatetime

    @classmethod
    def of(cls, decision: Decision) -> Self:
        """Without the name of the token."""
        return cls(hit=decision.hit_id, decision=decision.kind, done=decision.done, at=decision.at)


@router.post(
    "/hits/{hit_id}/decision",
    summary="Say what a hit was",
    responses=errors(404, body=True, writes=True),
    openapi_extra=reads_json(DecisionIn, _EXAMPLE, "What a reviewer found, and what was done."),
)
async def decide(
    request: Request,
    by: Decider,
    hit_id: Annotated[str, Path(pattern="^[0-9A-Z]{26}$", description="The `id` of a hit.")],
) -> DecisionOut:
    """Keep a reviewer's word on one hit, and feed it back to the entry that was hit.

    Asks for the scope `screen` for the token's own hits, or `bank` for anyone's.
    """
    service = service_of(request)
    node = service.node
    with service.desk.admit() as slot:
        body = await read_json(request, slot, DecisionIn, max_bytes=JSON_BYTES, timeout_s=node.config.upload_timeout_s)
        decision = await slot.run(
            decide_hit, hit_id, body.decision, body.done, by=by, store=node.store, clock=node.clock
        )
    service.metrics.decided(decision.kind)
    return DecisionOut.of(decision)
