"""A platform's reviewer looked at a hit and says what it was."""

from unseen.act.records import Decision, DecisionKind
from unseen.bank.records import EntryState
from unseen.base import Clock, NotFound
from unseen.desk.ports import Store
from unseen.desk.tokens import Scope, Token


def decide_hit(hit_id: str, kind: DecisionKind, done: str, *, by: Token, store: Store, clock: Clock) -> Decision:
    """Keep the decision, and feed it back to the entry that was hit, and to no other.

    ``confirmed`` vouches for the entry, ``disputed`` marks it; ``wrong`` says that the match was a coincidence and
    leaves the entry as it is.  An entry retired meanwhile stays retired.

    Raises: NotFound (the hit; also where it is another platform's, so that hits cannot be probed).
    """
    decision = Decision(hit_id=hit_id, kind=kind, done=done, by=by.name, at=clock.now())
    with store.write() as tx:
        sighting = tx.sighting(hit_id)
        if sighting.platform != by.name and not by.allows(Scope.BANK):
            raise NotFound("There is no such hit.")
        tx.put_decision(decision)
        (entry,) = tx.entries([sighting.entry_id])
        if entry.state is not EntryState.RETIRED:
            if kind is DecisionKind.CONFIRMED:
                tx.confirm([entry.id], by=by.name, reason="confirmed on a hit", at=decision.at)
            elif kind is DecisionKind.DISPUTED:
                tx.dispute([entry.id], actor=by.name, reason="disputed on a hit", at=decision.at)
    return decision
