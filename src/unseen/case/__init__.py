"""The person's side: a case with a number and a PIN, what she stated, what she protects.  No I/O.

Start with ``records``; ``transitions`` holds the rules of a case's life as one table, ``statements`` who may open one
and who is sent to better help (``minors``), ``pin`` how PIN and recovery code are kept, ``contact`` what is left to her
who lost both.  No picture and no name is known here.
"""

from unseen.case.contact import Contact, LinkSigner, RecoveryLink
from unseen.case.minors import services_for_minors
from unseen.case.pin import PinKeeper
from unseen.case.records import (
    Case,
    CaseEvent,
    CaseNumber,
    CaseStatus,
    Item,
    Keys,
    Note,
    NoteKind,
    Pin,
    RecoveryCode,
)
from unseen.case.statements import Acting, Age, Sharing, Statements
from unseen.case.transitions import CASE_TRANSITIONS, after

__all__ = [
    "CASE_TRANSITIONS",
    "Acting",
    "Age",
    "Case",
    "CaseEvent",
    "CaseNumber",
    "CaseStatus",
    "Contact",
    "Item",
    "Keys",
    "LinkSigner",
    "Note",
    "NoteKind",
    "Pin",
    "PinKeeper",
    "RecoveryCode",
    "RecoveryLink",
    "Sharing",
    "Statements",
    "after",
    "services_for_minors",
]
