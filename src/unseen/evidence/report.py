"""What a check of a pack found, row by row, for people and programs alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from unseen.base import UnseenError
from unseen.evidence.records import Manifest


class Result(StrEnum):
    """How a check ended, the worst first."""

    FAILED = "FAILED"
    PENDING = "PENDING"  #: not there yet; it can still come
    UNCONFIRMED = "not confirmed"  #: it is for whoever reads this to confirm
    HOLDS = "holds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One row of the report."""

    number: int
    what: str  #: was checked
    against: str
    result: Result
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All rows, and what no row is about."""

    checks: tuple[Check, ...]
    manifest: Manifest | None  #: None where it cannot be read
    not_covered: tuple[str, ...]

    @property
    def result(self) -> Result:
        """The worst of all rows."""
        return next(result for result in Result if any(check.result is result for check in self.checks))


class Rows:
    """Collects the rows of a report, in order."""

    def __init__(self) -> None:
        self.checks: list[Check] = []

    def add(self, what: str, against: str, result: Result, found: str) -> None:
        """A row whose result is known."""
        number = len(self.checks) + 1
        self.checks.append(Check(number=number, what=what, against=against, result=result, found=found))

    def look(self, what: str, against: str, look: Callable[[], str]) -> bool:
        """A row that holds with what ``look`` says, or failed with what it raises; returns whether it holds."""
        try:
            found = look()
        except UnseenError as error:
            self.add(what, against, Result.FAILED, error.what)
            return False
        self.add(what, against, Result.HOLDS, found)
        return True


def said_time(moment: datetime) -> str:
    """As reports and documents write it."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
