"""She protects more pictures in a case that she has."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from unseen.base import Clock, Conflict
from unseen.case.pin import PinKeeper
from unseen.case.records import CaseEvent, CaseNumber, Item, Pin
from unseen.case.transitions import after
from unseen.desk.enter_case import Entered, case_of, enter_case
from unseen.desk.items import MAX_ITEMS, gathered, protected
from unseen.desk.once import Once
from unseen.desk.ports import Store
from unseen.fingerprint.records import Fingerprint


def add_items(
    number: CaseNumber,
    pin: Pin,
    pictures: Iterable[Sequence[Fingerprint]],
    *,
    once: Once | None = None,
    store: Store,
    pins: PinKeeper,
    clock: Clock,
) -> tuple[Item, ...]:
    """Protect more pictures in a case, and return them as its items; everything or nothing.

    Raises: CaseUnknown (also for a wrong PIN), and as ``add_to_entered``.
    """
    entered = enter_case(number, pin, store=store, pins=pins)  # slow: before anything is locked
    return add_to_entered(entered, pictures, once=once, store=store, clock=clock)


def add_to_entered(
    entered: Entered,
    pictures: Iterable[Sequence[Fingerprint]],
    *,
    once: Once | None = None,
    store: Store,
    clock: Clock,
) -> tuple[Item, ...]:
    """As ``add_items``, for whoever entered the case.

    ``once``: the request may come again, and is answered as before then.
    Raises: CaseUnknown (it is gone, or the session ended), Conflict (it was withdrawn, it is full, or the key of
    ``once`` came with another request), BadRequest, and as ``pictures``.
    """
    items = gathered(pictures)
    now = clock.now()
    with store.write() as tx:
        case = case_of(tx, entered)
        if once is not None and (answer := once.answer(tx, now)) is not None:
            added = set(json.loads(answer))
            return tuple(item for item in case.items if item.number in added)
        case = after(case, CaseEvent.PROTECT)
        if len(case.items) + len(items) > MAX_ITEMS:
            raise Conflict(f"A case holds at most {MAX_ITEMS} pictures.", hint="Open another case for the rest.")
        shown = protected(tx, case.number, items, first=len(case.items) + 1, reason="added to the case", at=now)
        tx.put_case(replace(case, items=(*case.items, *shown)))
        if once is not None:
            once.keep(tx, json.dumps([item.number for item in shown]), now)
    return shown
