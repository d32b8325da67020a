"""She comes back: number and PIN are shown once, and open her case for a while."""

from dataclasses import dataclass, replace

from unseen.base import CaseUnknown
from unseen.case.pin import PinKeeper
from unseen.case.records import Case, CaseNumber, Pin
from unseen.desk.ports import Reader, Store


@dataclass(frozen=True, slots=True)
class Entered:
    """Someone who showed number and PIN.  A surface keeps it sealed and for a short time."""

    number: CaseNumber
    session_round: int


def enter_case(number: CaseNumber, pin: Pin, *, store: Store, pins: PinKeeper) -> Entered:
    """Check number and PIN.

    Raises: CaseUnknown (also for a wrong PIN, so that numbers cannot be probed).
    """
    with store.read() as reader:
        case = reader.find_case(number)
    opened = pins.opened(case, number, pin)  # slow, and asks the store nothing
    return Entered(opened.number, opened.session_round)


def case_of(reader: Reader, entered: Entered) -> Case:
    """The case that was entered.

    Raises: CaseUnknown (its sessions were ended since, or it is gone: the store was restored from a backup).
    """
    case = reader.find_case(entered.number)
    if case is None or case.session_round != entered.session_round:
        raise CaseUnknown
    return case


def end_sessions(entered: Entered, *, store: Store) -> None:
    """Sign out, in every browser where the case is open.  Raises: CaseUnknown (it was signed out already)."""
    with store.write() as tx:
        tx.put_case(without_sessions(case_of(tx, entered)))


def without_sessions(case: Case) -> Case:
    """The case, in a round of its own: what was entered before opens nothing."""
    return replace(case, session_round=case.session_round + 1)
