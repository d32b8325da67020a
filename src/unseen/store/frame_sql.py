"""Frames of videos in SQL: many to an entry, as regions are, each with its time and quality."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, Integer, func, select

from unseen.bank.records import EntryEvent
from unseen.desk.ports import FRAME_BITS, CodeRows, IndexDelta
from unseen.fingerprint.records import FRAME, Kind
from unseen.store.chunks import chunks
from unseen.store.columns import Packed, unpacked_frames, unpacked_ids
from unseen.store.tables import changes, entries, frame_codes

_COUNT: ColumnElement[int] = func.length(frame_codes.c.frames, type_=Integer) // FRAME.itemsize
_PACKED = Packed(frame_codes.c.entry_id, _COUNT, frame_codes.c.frames)


def frame_pages(connection: Connection, entries_at_once: int) -> Iterator[CodeRows]:
    """Every frame that matches today, ids ascending throughout."""
    last_id = 0
    of_kind = (
        select(frame_codes)
        .join_from(frame_codes, entries)
        .where(entries.c.retired_at.is_(None))
        .order_by(frame_codes.c.entry_id)
    )
    while True:
        page = of_kind.where(frame_codes.c.entry_id > last_id).limit(entries_at_once).subquery()
        count = func.length(page.c.frames, type_=Integer) // FRAME.itemsize
        packed = select(Packed(page.c.entry_id, count, page.c.frames))
        found = unpacked_frames(connection.execute(packed).scalar())
        if not len(found.ids):
            return
        yield found
        last_id = int(found.ids[-1]) >> FRAME_BITS


def frame_delta(connection: Connection, after: int, reached: int) -> IndexDelta:
    """What the changes above ``after``, up to ``reached``, mean for an index of frames."""
    event = changes.c.event
    happened = (
        select(
            _PACKED.filter(event == EntryEvent.ADDED, entries.c.retired_at.is_(None)).label("added"),
            Packed(entries.c.id).filter(event == EntryEvent.RETIRED).label("retired"),
            Packed(entries.c.id).filter(event == EntryEvent.ERASED).label("erased"),
        )
        .join_from(changes, entries)
        .outerjoin(frame_codes, frame_codes.c.entry_id == entries.c.id)  # those of erased ones are no longer there
        .where(changes.c.seq > after, changes.c.seq <= reached, entries.c.kind == Kind.FRAME)
    )
    row = connection.execute(happened).one()
    return IndexDelta(
        seq=reached,
        added=unpacked_frames(row.added),
        retired=unpacked_ids(row.retired),
        erased=unpacked_ids(row.erased),
    )


def frames_of(connection: Connection, ids: Sequence[int]) -> dict[int, bytes]:
    """All frames of each of these entries."""
    return {
        entry_id: frames
        for some in chunks(sorted(ids))
        for entry_id, frames in connection.execute(select(frame_codes).where(frame_codes.c.entry_id.in_(some)))
    }
