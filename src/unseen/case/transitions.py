"""The life of a case as one table; the picture in ``docs/architecture.md`` is made from it."""

from dataclasses import replace
from typing import Final

from unseen.base import Conflict
from unseen.case.records import Case, CaseEvent, CaseStatus

CASE_TRANSITIONS: Final = {
    (CaseStatus.OPEN, CaseEvent.PROTECT): CaseStatus.PROTECTED,
    (CaseStatus.OPEN, CaseEvent.WITHDRAW): CaseStatus.WITHDRAWN,
    (CaseStatus.PROTECTED, CaseEvent.PROTECT): CaseStatus.PROTECTED,
    (CaseStatus.PROTECTED, CaseEvent.WITHDRAW): CaseStatus.WITHDRAWN,
    (CaseStatus.WITHDRAWN, CaseEvent.WITHDRAW): CaseStatus.WITHDRAWN,
}


def after(case: Case, event: CaseEvent) -> Case:
    """The case after ``event``.

    Raises: Conflict where the table has no such step.
    """
    try:
        return replace(case, status=CASE_TRANSITIONS[case.status, event])
    except KeyError:
        raise Conflict(
            f"A case that is {case.status} can no longer {event}. Open a new case for these files."
        ) from None
