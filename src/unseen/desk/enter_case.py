"""She comes back: number and PIN are shown once, and open her case for a while."""

from dataclasses import dataclass

from unseen.base import CaseUnknown
from unseen.case.pin import PinKeeper
from unseen.case.records import Case, CaseNumber, Pin
from unseen.desk.ports import Reader, Store


@dataclass(frozen=True, slots=True)
class Entered:
    """Someone who showed number and PIN.  A surface keeps it sealed and for a short time."""

    number: CaseNumber


def enter_case(number: CaseNumber, pin: Pin, *, store: Store, pins: PinKeeper) -> Entered:
    """Check number and PIN.

    Raises: CaseUnknown (also for a wrong PIN, so that numbers cannot be probed).
    """
    with store.read() as reader:
        case = reader.find_case(number)
    return Entered(pins.opened(case, number, pin).number)  # slow, and asks the store nothing


def case_of(reader: Reader, entered: Entered) -> Case:
    """The case that was entered.  Raises: CaseUnknown (it is gone: the store was restored from a backup)."""
    case = reader.find_case(entered.number)
    if case is None:
        raise CaseUnknown
    return case
