"""A row of the message table as a line of JSON, its identity, and its content's digest.

A line is canonical: keys sorted, nothing that is empty, no spaces, UTF-8.  Equal rows are equal bytes.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from unseen.evidence.chats.records import (
    App,
    Chat,
    Entity,
    Irregularity,
    Media,
    MediaState,
    Message,
    MessageKind,
    Person,
    Remains,
    When,
)

IDENTITY_BYTES = 16  #: of a digest: enough that no two messages of anybody's chats share one


def to_line(data: Mapping[str, object]) -> bytes:
    """Canonical JSON and a line feed."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "replace") + b"\n"  # a lone surrogate is no text


def chat_data(chat: Chat) -> dict[str, object]:
    """The chat's values, those that there are."""
    said = {"app": chat.app.value, "key": chat.key, "kind": chat.kind, "method": chat.method}
    return _kept({**said, "name": chat.name, "id": chat.id})


def chat_of(data: Mapping[str, Any]) -> Chat:
    """What ``chat_data`` wrote."""
    return Chat(**{**data, "app": App(data["app"])})


def message_data(message: Message) -> dict[str, object]:
    """The row's values, those that there are."""
    return _kept(
        {
            "chat": message.chat,
            "number": message.number,
            "kind": message.kind.value,
            "when": _when_data(message.when),
            "edited": _when_data(message.edited),
            "sender": _person_data(message.sender),
            "recipients": [_person_data(person) for person in message.recipients],
            "text": message.text,
            "entities": [_kept({"kind": e.kind, "text": e.text, "target": e.target}) for e in message.entities],
            "media": [media_data(media) for media in message.media],
            "reply_to": message.reply_to,
            "forwarded_from": _person_data(message.forwarded_from),
            "is_deleted": message.is_deleted or None,
            "action": message.action,
            "origin": message.origin,
            "details": dict(message.details),
        }
    )


def media_data(media: Media) -> dict[str, object]:
    """A medium's values, those that there are; never its bytes."""
    return _kept(
        {
            "kind": media.kind,
            "state": media.state.value,
            "name": media.name,
            "says": media.says,
            "media_type": media.media_type,
            "size": media.size,
            "width": media.width,
            "height": media.height,
            "duration_s": media.duration_s,
            "self_destruct_s": media.self_destruct_s,
        }
    )


def remains_data(remains: Remains) -> dict[str, object]:
    """What remains of a medium, digests and codes in hexadecimal."""
    return _kept(
        {
            "size": remains.size,
            "sha256": remains.sha256.hex(),
            "md5": remains.md5.hex(),
            "media_type": remains.media_type,
            "width": remains.width,
            "height": remains.height,
            "fingerprints": [
                _kept({"kind": mark.kind, "code": mark.code.hex(), "quality": mark.quality, "at_s": mark.at_s})
                for mark in remains.marks
            ],
            "copies": [
                _kept({"item": copy.item, "how": copy.how, "distance_bits": copy.distance_bits})
                for copy in remains.copies
            ],
            "says": remains.says,
        }
    )


def irregularity_data(irregularity: Irregularity) -> dict[str, object]:
    """Its values."""
    return {"trouble": irregularity.trouble.value, "where": irregularity.where, "says": irregularity.says}


def message_of(data: Mapping[str, Any]) -> Message:
    """What ``message_data`` wrote; keys beside the record's are left aside."""
    return Message(
        chat=data["chat"],
        number=data.get("number"),
        kind=MessageKind(data["kind"]),
        when=_when_of(data.get("when")),
        edited=_when_of(data.get("edited")),
        sender=_person_of(data.get("sender")),
        recipients=tuple(Person(**person) for person in data.get("recipients", ())),
        text=data.get("text", ""),
        entities=tuple(Entity(**{"text": "", **entity}) for entity in data.get("entities", ())),
        media=tuple(_media_of(media) for media in data.get("media", ())),
        reply_to=data.get("reply_to"),
        forwarded_from=_person_of(data.get("forwarded_from")),
        is_deleted=data.get("is_deleted", False),
        action=data.get("action"),
        origin=data.get("origin"),
        details=data.get("details", {}),
    )


class Identities:
    """Tells rows apart: by chat and number, or by chat, content and how many equal ones came before."""

    def __init__(self) -> None:
        self._equal: Counter[bytes] = Counter()

    def of(self, message: Message, content: bytes) -> bytes:
        """IDENTITY_BYTES of the row's own; ``content`` is its ``digest_of``."""
        if message.number is not None:
            return _short(b"number", message.chat.encode("utf-8", "replace"), message.number.encode("utf-8", "replace"))
        before = self._equal[content]
        self._equal[content] += 1
        return _short(b"content", content, str(before).encode())


def digest_of(line: bytes) -> bytes:
    """IDENTITY_BYTES that change with anything in the row."""
    return _short(b"row", line)


def _short(*parts: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()[:IDENTITY_BYTES]


def _kept(data: Mapping[str, object]) -> dict[str, object]:
    """Without what is not there; zero and False are there."""
    return {key: value for key, value in data.items() if value not in (None, "", [], {})}


def _when_data(when: When | None) -> dict[str, object] | None:
    if when is None:
        return None
    return _kept(
        {
            "written": when.written,
            "at": None if when.at is None else when.at.replace(tzinfo=None).isoformat() + "Z",
            "offset_s": when.offset_s,
            "wall": None if when.wall is None else when.wall.isoformat(),
        }
    )


def _when_of(data: Mapping[str, Any] | None) -> When | None:
    if data is None:
        return None
    at, wall = data.get("at"), data.get("wall")
    return When(
        written=data.get("written", ""),
        at=None if at is None else datetime.fromisoformat(at.removesuffix("Z")).replace(tzinfo=UTC),
        offset_s=data.get("offset_s"),
        wall=None if wall is None else datetime.fromisoformat(wall),
    )


def _person_data(person: Person | None) -> dict[str, object] | None:
    """A deleted account of which nothing is said is an empty object, and nobody is None."""
    return None if person is None else _kept({"name": person.name, "id": person.id}) or {"name": None}


def _person_of(data: Mapping[str, Any] | None) -> Person | None:
    return None if data is None else Person(**data)


def _media_of(data: Mapping[str, Any]) -> Media:
    return Media(**{**data, "state": MediaState(data["state"])})
