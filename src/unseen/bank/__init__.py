"""What is protected: banks, their entries, who asked for each, and the numbered changes.  No I/O.

Start with ``records``; ``lifecycle`` holds the rules of an entry's life as one table; ``formats`` reads and writes
the lists that people exchange.  Nothing here knows how entries are stored or compared.
"""

from unseen.bank.lifecycle import ENTRY_TRANSITIONS, next_state
from unseen.bank.records import (
    Bank,
    Change,
    Confirmation,
    Ending,
    Entry,
    EntryEvent,
    EntryState,
    Provenance,
    Purpose,
    Response,
    Source,
    SourceKind,
)

__all__ = [
    "ENTRY_TRANSITIONS",
    "Bank",
    "Change",
    "Confirmation",
    "Ending",
    "Entry",
    "EntryEvent",
    "EntryState",
    "Provenance",
    "Purpose",
    "Response",
    "Source",
    "SourceKind",
    "next_state",
]
