"""A person who may judge entries confirms, disputes or retires them; each with a reason."""

from collections.abc import Sequence
from enum import StrEnum

from unseen.base import BadRequest, Clock
from unseen.desk.ports import Store


class Judgement(StrEnum):
    """What a reviewer says of an entry."""

    CONFIRM = "confirm"
    DISPUTE = "dispute"
    RETIRE = "retire"


def review_entries(
    ids: Sequence[int], judgement: Judgement, *, actor: str, reason: str, store: Store, clock: Clock
) -> None:
    """Apply ``judgement`` to all entries or, where one cannot take it, to none.

    Raises: NotFound, Conflict, BadRequest (no reason given).
    """
    if not reason.strip():
        raise BadRequest("Every change needs a reason.")
    now = clock.now()
    with store.write() as tx:
        match judgement:
            case Judgement.CONFIRM:
                tx.confirm(ids, by=actor, reason=reason, at=now)
            case Judgement.DISPUTE:
                tx.dispute(ids, actor=actor, reason=reason, at=now)
            case Judgement.RETIRE:
                tx.retire(ids, actor=actor, reason=reason, at=now)
