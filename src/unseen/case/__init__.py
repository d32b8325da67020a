"""The person's side: a case with a number and a PIN, what she stated, what she protects.  No I/O.

Start with ``records``; ``transitions`` holds the rules of a case's life as one table, ``statements`` who may open one
and who is sent to better help, ``pin`` how the PIN is kept.  No picture, name or contact is stored here.
"""

from unseen.case.pin import PinKeeper
from unseen.case.records import (
    Case,
    CaseEvent,
    CaseNumber,
    CaseStatus,
    Item,
    Pin,
)
from unseen.case.statements import Acting, Age, Sharing, Statements, services_for_minors
from unseen.case.transitions import CASE_TRANSITIONS, after

__all__ = [
    "CASE_TRANSITIONS",
    "Acting",
    "Age",
    "Case",
    "CaseEvent",
    "CaseNumber",
    "CaseStatus",
    "Item",
    "Pin",
    "PinKeeper",
    "Sharing",
    "Statements",
    "after",
    "services_for_minors",
]
