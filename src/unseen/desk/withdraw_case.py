"""She takes her case back, or one item of it, whenever she likes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from unseen.bank.records import Source, SourceKind
from unseen.base import Clock, NotFound
from unseen.case.pin import PinKeeper
from unseen.case.records import Case, CaseEvent, CaseNumber, Pin
from unseen.case.transitions import after
from unseen.desk.enter_case import Entered, case_of, enter_case
from unseen.desk.keep_contact import forget_contact
from unseen.desk.ports import Store, Transaction

_REASON: Final = "withdrawn by the person"


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
    entered = enter_case(number, pin, store=store, pins=pins)  # slow: before anything is locked
    return withdraw_entered(entered, store=store, clock=clock)


def withdraw_entered(entered: Entered, *, store: Store, clock: Clock) -> Receipt:
    """As ``withdraw_case``, for whoever entered it.  Raises: CaseUnknown (it is gone)."""
    now = clock.now()
    with store.write() as tx:
        case = case_of(tx, entered)
        tx.end_claims(Source(kind=SourceKind.CASE, ref=str(case.number)), actor="case", reason=_REASON, at=now)
        _end(tx, case)
    return Receipt(case=case.number, withdrawn_at=now)


def withdraw_item(entered: Entered, item: int, *, store: Store, clock: Clock) -> Receipt:
    """End the case's claim on one item from this moment; with the last one, the case is withdrawn.

    Withdrawing again is harmless.  Raises: CaseUnknown (it is gone), NotFound (the case has no such item).
    """
    now = clock.now()
    with store.write() as tx:
        case = case_of(tx, entered)
        if all(held.number != item for held in case.items):
            raise NotFound("The case has no such item.")
        source = Source(kind=SourceKind.CASE, ref=str(case.number), item=item)
        tx.end_claims(source, actor="case", reason=_REASON, at=now)
        if not tx.case_entries(case.number):
            _end(tx, case)
    return Receipt(case=case.number, withdrawn_at=now)


def _end(tx: Transaction, case: Case) -> None:
    """The case protects nothing any more, and no contact is kept for it."""
    tx.put_case(after(case, CaseEvent.WITHDRAW))
    forget_contact(tx, case.number)
