"""The life of an entry as one table; the picture in ``docs/architecture.md`` is made from it."""

from typing import Final

from unseen.bank.records import EntryEvent, EntryState
from unseen.base import Conflict

ENTRY_TRANSITIONS: Final = {
    (None, EntryEvent.ADDED): EntryState.ACTIVE,
    (EntryState.ACTIVE, EntryEvent.JOINED): EntryState.ACTIVE,
    (EntryState.ACTIVE, EntryEvent.CONFIRMED): EntryState.ACTIVE,
    (EntryState.ACTIVE, EntryEvent.DISPUTED): EntryState.DISPUTED,
    (EntryState.ACTIVE, EntryEvent.LEFT): EntryState.ACTIVE,
    (EntryState.ACTIVE, EntryEvent.RETIRED): EntryState.RETIRED,
    (EntryState.DISPUTED, EntryEvent.JOINED): EntryState.DISPUTED,
    (EntryState.DISPUTED, EntryEvent.CONFIRMED): EntryState.ACTIVE,
    (EntryState.DISPUTED, EntryEvent.DISPUTED): EntryState.DISPUTED,
    (EntryState.DISPUTED, EntryEvent.LEFT): EntryState.DISPUTED,
    (EntryState.DISPUTED, EntryEvent.RETIRED): EntryState.RETIRED,
    (EntryState.RETIRED, EntryEvent.ERASED): EntryState.RETIRED,
}


def next_state(state: EntryState | None, event: EntryEvent) -> EntryState:
    """The state after ``event``; ``None`` is an entry that does not exist yet.

    Raises: Conflict where the table has no such step.
    """
    try:
        return ENTRY_TRANSITIONS[state, event]
    except KeyError:
        raise Conflict(f"An entry that is {state or 'not there'} cannot be {event}.") from None
