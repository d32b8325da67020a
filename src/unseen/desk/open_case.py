"""A person, or someone acting for her, asks that her pictures be protected."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from unseen.base import CaseUnknown, Clock
from unseen.base.ids import RandomBits
from unseen.case.contact import Contact
from unseen.case.pin import PinKeeper
from unseen.case.records import Case, CaseEvent, CaseNumber, Keys, Note, NoteKind, Pin, RecoveryCode
from unseen.case.statements import Statements
from unseen.case.transitions import after
from unseen.desk.items import gathered, protected
from unseen.desk.once import Once
from unseen.desk.ports import Reader, Store
from unseen.fingerprint.records import Fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedCase:
    """What the person gets: the only time PIN and recovery code are seen."""

    case: Case
    pin: Pin
    recovery_code: RecoveryCode


def open_case(
    statements: Statements,
    pictures: Iterable[Sequence[Fingerprint]],
    *,
    contact: Contact | None = None,
    once: Once | None = None,
    store: Store,
    pins: PinKeeper,
    clock: Clock,
    random_bits: RandomBits,
) -> OpenedCase:
    """Open a case and protect its pictures; everything or nothing.

    ``pictures`` gives the fingerprints of one picture after the other and is not touched before the statements are
    found good: where the person was under 18, no file is read.  A featureless picture keeps its exact digests only.
    Whether a picture comes with a region fingerprint is the person's choice, and its item keeps it.
    ``once``: the request may come again, and is answered as before then.

    Raises: CaseRefused, BadRequest (no picture, or too many), BadMedia (from ``pictures``; nothing was stored),
    Conflict (the key of ``once`` came with another request).
    """
    statements.require_eligible()
    items = gathered(pictures)
    number, keys, now = CaseNumber.new(random_bits), Keys.new(random_bits), clock.now()
    pin_hash, recovery_hash = pins.hash(number, keys.pin), pins.hash(number, keys.recovery_code)  # slow
    with store.write() as tx:
        if once is not None and (answer := once.answer(tx, now)) is not None:
            return _opened_before(tx, answer)
        case = Case(number=number, pin_hash=pin_hash, recovery_hash=recovery_hash, opened_at=now, statements=statements)
        shown = protected(tx, number, items, first=1, reason="case opened", at=now)
        case = after(replace(case, items=shown), CaseEvent.PROTECT)
        tx.put_case(case)
        if contact is not None:
            tx.put_contact(number, contact)
            tx.put_note(number, Note(kind=NoteKind.CONTACT_KEPT, at=now))
        if once is not None:
            once.keep(tx, json.dumps([str(number), keys.pin.digits, keys.recovery_code.text]), now)
    return OpenedCase(case=case, pin=keys.pin, recovery_code=keys.recovery_code)


def opened_before(once: Once, *, store: Store, clock: Clock) -> OpenedCase | None:
    """What the same request opened a moment ago, as it stands now; None where it is new.  Raises: Conflict."""
    with store.read() as reader:
        answer = once.answer(reader, clock.now())
        return None if answer is None else _opened_before(reader, answer)


def _opened_before(reader: Reader, answer: str) -> OpenedCase:
    number, pin, recovery_code = json.loads(answer)
    case = reader.find_case(CaseNumber(number))
    if case is None:
        raise CaseUnknown
    return OpenedCase(case=case, pin=Pin(pin), recovery_code=RecoveryCode(recovery_code))
