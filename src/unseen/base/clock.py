"""Time is passed in, never asked for: use cases take a :class:`Clock`."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where a use case reads the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


def require_utc(moment: datetime) -> datetime:
    """Return ``moment`` if it is aware and in UTC.

    Raises: ValueError, since a naive time in a record is a programming error.
    """
    offset = moment.utcoffset()
    if offset is None or offset.total_seconds() != 0:
        raise ValueError(f"a record needs an aware UTC time, got {moment!r}")
    return moment
