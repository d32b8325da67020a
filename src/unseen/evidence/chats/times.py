"""Times as exports write them, and what can be known from them."""

from datetime import UTC, datetime, timedelta

from unseen.evidence.chats.records import When

_FURTHEST_OFFSET_S = 15 * 3600  #: zones go from UTC-12 to UTC+14


def from_wall(written: str, wall: datetime | None, offset_s: int | None = None) -> When:
    """A clock's time; with the offset from UTC, where the export says it, the moment too."""
    at = None
    if wall is not None and offset_s is not None:
        try:
            at = (wall - timedelta(seconds=offset_s)).replace(tzinfo=UTC)
        except OverflowError:
            offset_s = None
    return When(written=written, at=at, offset_s=offset_s, wall=wall)


def from_unix(written: str, seconds: str | int, wall: datetime | None) -> When | None:
    """A moment in seconds since 1970, beside the clock's time, which tells the clock's zone.  None: no such moment."""
    try:
        at = datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    if wall is None:
        return When(written=written, at=at)
    offset_s = round((wall.replace(tzinfo=UTC) - at).total_seconds())
    is_zone = abs(offset_s) <= _FURTHEST_OFFSET_S and offset_s % 900 == 0
    return When(written=written, at=at, offset_s=offset_s if is_zone else None, wall=wall)


def from_aware(written: str, moment: datetime) -> When:
    """A time that was written with its zone."""
    offset = moment.utcoffset()
    assert offset is not None
    return from_wall(written, moment.replace(tzinfo=None), round(offset.total_seconds()))


def wall_of(text: str) -> datetime | None:
    """An ISO 8601 time without zone; None where it is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None
