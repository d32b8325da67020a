"""JSON of any length, as events, with what apps get wrong set right; values are built only where they are wanted.

Nothing here grows with the file: one value is held at a time, and a nesting or a value without end is refused.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final, cast

import ijson
from ijson.common import ObjectBuilder

from unseen.base import BadImport
from unseen.evidence.chats.text import Utf8

Event = tuple[str, object]  #: as ijson's ``basic_parse`` has them: ``("map_key", "id")``
CutShort: Final = ijson.JSONError  #: what ``events_of`` raises where the text is no JSON from there on

_CHUNK_BYTES: Final = 1 << 16
_MAX_VALUE_BYTES: Final = 64 << 20
_MAX_DEPTH: Final = 64
#: An escape, and the one that Telegram Desktop writes for control characters, which JSON does not have: ``\\x0B``.
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)
_LONGEST_ESCAPE: Final = 4


class JsonBytes:
    """A JSON file as a strict parser takes it.  ``repaired``: escapes that were put right; ``replaced``: bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._text = Utf8(file)
        self.repaired = 0
        self._since_value = 0

    @property
    def replaced(self) -> int:
        """How often something was no UTF-8."""
        return self._text.replaced

    def read(self, size: int = -1) -> bytes:
        """About ``size`` bytes; b"" at the end.  Raises: BadImport where one value has no end."""
        data = self._text.read(_CHUNK_BYTES if size < 0 else size)
        while b"\\" in data[1 - _LONGEST_ESCAPE :]:  # an escape may go on in what follows
            more = self._text.read(_LONGEST_ESCAPE)
            if not more:
                break
            data += more
        self._since_value += len(data)
        if self._since_value > _MAX_VALUE_BYTES:
            raise BadImport("One message of this export has no end: it is not what Telegram writes.")
        return _ESCAPE.sub(self._repair, data) if b"\\x" in data else data

    def value_ended(self) -> None:
        """The reader has taken a value: what follows may be as long again."""
        self._since_value = 0

    def _repair(self, escape: re.Match[bytes]) -> bytes:
        code = escape[1]
        if code is None:
            return escape[0]
        self.repaired += 1
        return b"\\u00" + code


def events_of(source: JsonBytes) -> Iterator[Event]:
    """Every event.  Raises: CutShort, BadImport."""
    return cast("Iterator[Event]", ijson.basic_parse(source, buf_size=_CHUNK_BYTES, use_float=True))


def built(event: Event, events: Iterator[Event]) -> object:
    """The value that begins with ``event``; None for one that is nested deeper than any message is."""
    builder, depth, deepest = ObjectBuilder(), 0, 0
    while True:
        kind, value = event
        depth += kind in ("start_map", "start_array")
        depth -= kind in ("end_map", "end_array")
        deepest = max(depth, deepest)
        if deepest <= _MAX_DEPTH:
            builder.event(kind, value)
        if not depth:
            return builder.value if deepest <= _MAX_DEPTH else None
        event = next(events)


def skipped(event: Event, events: Iterator[Event]) -> None:
    """As ``built``, without keeping anything."""
    depth = 0
    while True:
        depth += event[0] in ("start_map", "start_array")
        depth -= event[0] in ("end_map", "end_array")
        if not depth:
            return
        event = next(events)


def members_of(events: Iterator[Event]) -> Iterator[tuple[str, Event]]:
    """Every key of the object that was just entered, with the event that its value begins with.

    The caller takes the whole value (``built``, ``skipped``, or this again) before it asks for the next key.
    """
    for kind, value in events:
        if kind == "end_map":
            return
        yield str(value), next(events)


def items_of(events: Iterator[Event]) -> Iterator[Event]:
    """What every item of the array that was just entered begins with; taken as ``members_of`` says."""
    for event in events:
        if event[0] == "end_array":
            return
        yield event
