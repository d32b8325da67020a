"""In which order a chat writes day, month and year: told by all of its lines, or not at all.

1. An order in which some line is no date is out.  2. Of the others, one in which the lines go forward in time, as every
export does, is right if the rest go back again and again.  3. Otherwise nobody can tell, and nobody guesses.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from unseen.evidence.chats.whatsapp_words import AFTERNOON, MORNING

_FIRST_YEAR: Final = 2009  # WhatsApp's own
_CLEARLY: Final = 10  # times fewer steps back in time than in the next best order

_MERIDIEM: Final = "|".join(sorted((AFTERNOON | MORNING) - {"am", "pm", "a", "p"}, key=len, reverse=True))
_HEAD: Final = re.compile(
    r"^[\u200e\u200f\ufeff]*(?P<open>\[)?"
    r"(?:(?P<one>\d{1,4})(?P<sep>[./-]) ?(?P<two>\d{1,2})[./-] ?(?P<three>\d{1,4})\.?"
    r"|(?P<y>\d{4})[년年] ?(?P<m>\d{1,2})[월月] ?(?P<d>\d{1,2})[일日])"
    r"[,،]?\s+(?:(?:à|às|a las|at|um|kl\.)\s+)?"
    rf"(?:(?P<before>{_MERIDIEM})\s*)?(?P<hour>\d{{1,2}})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d))?"
    rf"(?:\s?(?P<after>[ap]\.?\s?m\.?|{_MERIDIEM}))?"
    r"(?(open)\]\s?|(?:\s+[-–]\s+|(?<=\d), ))(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)


class Order(StrEnum):
    """Which of three numbers is which."""

    DAY_FIRST = "day, month, year"
    MONTH_FIRST = "month, day, year"
    YEAR_FIRST = "year, month, day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a message begins with."""

    written: str  #: date and time, as they stand
    numbers: tuple[int, int, int]  #: of the date, in the order of the line
    has_full_year_first: bool
    may_be_year_first: bool  #: two digits with hyphens, as some write the year first
    clock: tuple[int, int, int] | None  #: hour (of 24), minute, second; None where it is no time of a day
    rest: str  #: name and text

    def day(self, order: Order) -> date | None:
        """The date in an order; None where it is none."""
        one, two, three = self.numbers
        year, month, day = {
            Order.DAY_FIRST: (three, two, one),
            Order.MONTH_FIRST: (three, one, two),
            Order.YEAR_FIRST: (one, two, three),
        }[order]
        try:
            found = date(year + 2000 if year < 100 else year, month, day)
        except ValueError:
            return None
        return found if found.year >= _FIRST_YEAR else None

    def wall(self, order: Order) -> datetime | None:
        """Date and time in an order; None where they are none."""
        day = self.day(order)
        if day is None or self.clock is None:
            return None
        return datetime(day.year, day.month, day.day, *self.clock)  # noqa: DTZ001  the phone's clock


def head_of(line: str) -> Head | None:
    """The beginning of a message; None for a line that goes on with the one before."""
    match = _HEAD.match(line)
    if match is None:
        return None
    said = match.groupdict()
    numbers = (said["one"], said["two"], said["three"]) if said["one"] else (said["y"], said["m"], said["d"])
    short = all(len(number) == 2 for number in numbers)
    return Head(
        written=line[: match.start("rest")].strip(" \u200e\u200f\ufeff[]-–,"),
        numbers=(int(numbers[0]), int(numbers[1]), int(numbers[2])),
        has_full_year_first=len(numbers[0]) == 4,
        may_be_year_first=short and said["sep"] == "-",
        clock=_clock(said),
        rest=match["rest"],
    )


def _clock(said: dict[str, str | None]) -> tuple[int, int, int] | None:
    hour, minute, second = (int(said[part] or 0) for part in ("hour", "minute", "second"))
    word = (said["before"] or said["after"] or "").replace(".", "").replace(" ", "").replace("\u202f", "").casefold()
    if word:
        if not 0 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if word in AFTERNOON else 0)
    return (hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


@dataclass(slots=True)
class _Tried:
    """How well an order goes with the lines so far."""

    impossible: int = 0
    backwards: int = 0
    last: date = field(default=date.min)

    def see(self, day: date | None) -> None:
        if day is None:
            self.impossible += 1
            return
        self.backwards += day < self.last
        self.last = day


class Orders:
    """Takes every line's date, then says which order they are in."""

    def __init__(self) -> None:
        self._tried = {order: _Tried() for order in Order}
        self._seen = 0
        self._may_be_year_first = True

    def see(self, head: Head) -> None:
        """One more line."""
        self._seen += 1
        self._may_be_year_first &= head.has_full_year_first or head.may_be_year_first
        for order, tried in self._tried.items():
            tried.see(head.day(order))

    def decided(self) -> tuple[Order | None, str]:
        """The order, or None where nobody can tell; and why."""
        orders = [order for order in Order if order is not Order.YEAR_FIRST or self._may_be_year_first]
        possible = [order for order in orders if not self._tried[order].impossible]
        if len(possible) == 1:
            return possible[0], f"no other order makes all {self._seen:,} lines dates"
        if not possible:
            return None, "no one order makes all lines dates: the file mixes them, or was changed"
        best, second = sorted(possible, key=lambda order: self._tried[order].backwards)[:2]
        if self._tried[best].backwards * _CLEARLY < self._tried[second].backwards:
            return best, "in any other order the lines go back in time"
        return None, "day and month cannot be told apart: every number is 12 or less, and either order goes forward"
