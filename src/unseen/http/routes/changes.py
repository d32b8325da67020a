"""``GET /v1/changes``: what happened to the entries, numbered."""

from typing import Annotated, Final, Self

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field
from starlette.requests import Request

from unseen.bank.records import Change, EntryEvent
from unseen.desk.ports import Store
from unseen.http.describe import errors
from unseen.http.door import Banker
from unseen.http.service import service_of
from unseen.http.shapes import MAX_ID, Out

router = APIRouter(prefix="/v1", tags=["banks"])

_PAGE: Final = 1_000


class ChangeOut(Out):
    """One event of one entry.  Neither a source nor a case is named; `GET /v1/entries/{id}` shows the entry."""

    seq: int
    entry: int
    event: EntryEvent
    actor: str = Field(description="Who did it: a token's name, `operator`, `case` for any case, `node`.")
    reason: str
    at: AwareDatetime

    @classmethod
    def of(cls, change: Change) -> Self:
        """The change."""
        return cls(
            seq=change.seq,
            entry=change.entry_id,
            event=change.event,
            actor=change.actor,
            reason=change.reason,
            at=change.at,
        )


class ChangesOut(Out):
    """A page of changes."""

    changes: tuple[ChangeOut, ...]
    last_seq: int = Field(description="The seq of the bank's newest change.")


@router.get("/changes", summary="Follow the changes", responses=errors())
async def list_changes(
    request: Request,
    by: Banker,
    after: Annotated[int, Query(ge=0, le=MAX_ID, description="The last seq that you have.")] = 0,
    limit: Annotated[int, Query(ge=1, le=_PAGE)] = 100,
) -> ChangesOut:
    """Changes by seq, a page at a time; seqs grow and are never used twice.  Asks for the scope `bank`."""
    service = service_of(request)
    with service.desk.admit() as slot:
        return await slot.run(_page, after, limit, service.node.store)


def _page(after: int, limit: int, store: Store) -> ChangesOut:
    with store.read() as reader:
        return ChangesOut(
            changes=tuple(ChangeOut.of(change) for change in reader.changes(after=after, limit=limit)),
            last_seq=reader.last_seq(),
        )
