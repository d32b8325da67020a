"""She lost her PIN, or somebody saw it: a new PIN and a new recovery code, and every open session ends."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from unseen.base import CaseUnknown, Clock
from unseen.base.ids import RandomBits
from unseen.case.contact import LinkSigner
from unseen.case.pin import PinKeeper
from unseen.case.records import Case, CaseNumber, Keys, Note, NoteKind, Pin, RecoveryCode
from unseen.desk.enter_case import Entered, case_of, without_sessions
from unseen.desk.once import Once
from unseen.desk.ports import Reader, Store
from unseen.desk.recovery_links import LinkTooEarly, known_link


@dataclass(frozen=True, slots=True, kw_only=True)
class Locksmith:
    """What every way to new keys needs."""

    store: Store
    pins: PinKeeper
    clock: Clock
    random_bits: RandomBits


def renew_with_code(number: CaseNumber, code: RecoveryCode, *, once: Once, by: Locksmith) -> Keys:
    """New keys for whoever has the recovery code, which is used up.

    ``once``: her browser may send it again where the answer was lost on its way, and then shows the same keys.
    Raises: CaseUnknown (also for a wrong code), Conflict (the key of ``once`` came with something else).
    """
    if (before := _renewed_before(once, by)) is not None:
        return before
    with by.store.read() as reader:
        case = reader.find_case(number)
    opened = by.pins.opened(case, number, code)  # slow, and asks the store nothing

    def still_as_opened(reader: Reader) -> Case:
        case = reader.find_case(number)
        if case is None or case.recovery_hash != opened.recovery_hash:
            raise CaseUnknown
        return case

    return _renewed(number, still_as_opened, once, by)


def renew_with_pin(entered: Entered, pin: Pin, *, once: Once, by: Locksmith) -> Keys:
    """New keys for her who entered and shows the old PIN again, so that an open page alone is not enough.

    Raises: CaseUnknown (also for a wrong PIN, and where the session ended), Conflict.
    """
    if (before := _renewed_before(once, by)) is not None:
        return before
    with by.store.read() as reader:
        case = reader.find_case(entered.number)
    by.pins.opened(case, entered.number, pin)
    return _renewed(entered.number, lambda reader: case_of(reader, entered), once, by)


def renew_with_link(number: CaseNumber, token: str, *, links: LinkSigner, once: Once, by: Locksmith) -> Keys:
    """New keys for whoever has the link that was sent, from 72 hours after it was asked for.

    Raises: CaseUnknown (no such link, or it is over, or was stopped), LinkTooEarly, Conflict.
    """
    if (before := _renewed_before(once, by)) is not None:
        return before

    def open_by_now(reader: Reader) -> Case:
        now = by.clock.now()
        link, case = known_link(reader, number, token, links=links, now=now), reader.find_case(number)
        if case is None:
            raise CaseUnknown
        if now < link.opens_at:
            wait_s = (link.opens_at - now).total_seconds()
            raise LinkTooEarly("This link does not work yet.", hint="Open it again later.", wait_s=wait_s)
        return case

    with by.store.read() as reader:
        open_by_now(reader)  # before anything slow
    return _renewed(number, open_by_now, once, by)


def _renewed_before(once: Once, by: Locksmith) -> Keys | None:
    with by.store.read() as reader:
        return _answered(once, reader, by)


def _renewed(number: CaseNumber, its_case: Callable[[Reader], Case], once: Once, by: Locksmith) -> Keys:
    """``its_case``: the case, if the caller may still have its keys at the moment of the change; raises otherwise."""
    keys, now = Keys.new(by.random_bits), by.clock.now()
    pin_hash, recovery_hash = by.pins.hash(number, keys.pin), by.pins.hash(number, keys.recovery_code)  # slow
    with by.store.write() as tx:
        if (before := _answered(once, tx, by)) is not None:
            return before
        case = without_sessions(its_case(tx))
        tx.put_case(replace(case, pin_hash=pin_hash, recovery_hash=recovery_hash))
        tx.drop_link(number)
        tx.put_note(number, Note(kind=NoteKind.KEYS_RENEWED, at=now))
        once.keep(tx, json.dumps([keys.pin.digits, keys.recovery_code.text]), now)
    return keys


def _answered(once: Once, reader: Reader, by: Locksmith) -> Keys | None:
    answer = once.answer(reader, by.clock.now())
    if answer is None:
        return None
    pin, recovery_code = json.loads(answer)
    return Keys(pin=Pin(pin), recovery_code=RecoveryCode(recovery_code))
