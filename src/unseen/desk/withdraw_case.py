"""She takes her case back, whenever she likes."""

from dataclasses import dataclass
from datetime import datetime

from unseen.bank.records import Source, SourceKind
from unseen.base import Clock
from unseen.case.pin import PinKeeper
from unseen.case.records import CaseEvent, CaseNumber, Pin
from unseen.case.transitions import after
from unseen.desk.ports import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a withdrawal says: the same whether or not anyone else protects the same pictures."""

    case: CaseNumber
    withdrawn_at: datetime


def withdraw_case(number: CaseNumber, pin: Pin, *, store: Store, pins: PinKeeper, clock: Clock) -> Receipt:
    """End the case's claim on its fingerprints from this moment; what no other claim holds stops matching everywhere.

    Withdrawing again is harmless and gives the same kind of receipt.

    Raises: CaseUnknown (also for a wrong PIN, so that numbers cannot be probed).
    """
    now = clock.now()
    with store.read() as reader:  # the slow PIN check runs before anything is locked
        pins.opened(reader.find_case(number), number, pin)
    with store.write() as tx:
        case = tx.find_case(number)
        if case is not None:
            tx.end_claims(
                Source(kind=SourceKind.CASE, ref=str(number)), actor="case", reason="withdrawn by the person", at=now
            )
            tx.put_case(after(case, CaseEvent.WITHDRAW))
    return Receipt(case=number, withdrawn_at=now)
