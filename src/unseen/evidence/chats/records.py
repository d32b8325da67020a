"""The table of messages that every export becomes, whatever wrote it.

A row says what the export says and no more: a time without a zone stays one, a name is a name and not a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from unseen.base import require_utc


class App(StrEnum):
    """What wrote the export."""

    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"
    WECHAT = "wechat"
    EMAIL = "email"
    WEB = "web"  #: a web archive
    FILES = "files"  #: a folder of files that no reader knows


class MessageKind(StrEnum):
    """What a row is of."""

    MESSAGE = "message"
    SERVICE = "service"  #: the app says it: somebody joined, a call, a new title
    UNSUPPORTED = "unsupported"  #: the export says only that there was one
    RESOURCE = "resource"  #: what a server answered, in a web archive
    FILE = "file"  #: a file that belongs to no message


class MediaState(StrEnum):
    """Where a medium's bytes are."""

    PRESENT = "present"
    NOT_INCLUDED = "not included"  #: left out when exporting, by choice
    TOO_LARGE = "too large"  #: left out when exporting, above the size that was set
    UNAVAILABLE = "unavailable"  #: the app could not get it any more
    MISSING = "missing"  #: the export names a file that is not in it
    OUTSIDE = "outside"  #: the export names a path that leads out of it; it was not followed


class Trouble(StrEnum):
    """What an import met that a reader of the pack must know."""

    CUT_SHORT = "cut short"  #: the export ends in the middle
    ENCODING = "encoding"  #: bytes that are no text in the file's encoding
    MALFORMED = "malformed"  #: a part that is not of the format's structure
    AMBIGUOUS_DATE = "ambiguous date"  #: day and month cannot be told apart
    NO_ZONE = "no zone"  #: times without a zone
    CLOCK = "clock"  #: times that cannot be right
    LINK = "link"  #: a symbolic link; not followed
    OUTSIDE = "outside"  #: a name that leads out of the export; not followed
    DUPLICATE = "duplicate"  #: two files of one name
    TOO_LARGE = "too large"  #: more than is read
    UNREADABLE = "unreadable"  #: a file that cannot be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Irregularity:
    """One thing that could not be taken as it stands; the import went on."""

    trouble: Trouble
    where: str  #: the file in the export, and the place in it
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A time as the export has it.  ``at`` is None where it has no zone: then ``wall`` is all that is known."""

    written: str  #: as the export writes it
    at: datetime | None = None
    offset_s: int | None = None  #: seconds east of UTC of the clock that ``wall`` was read from
    wall: datetime | None = None  #: naive: what the clock showed

    def __post_init__(self) -> None:
        if self.at is not None:
            require_utc(self.at)
        if self.wall is not None and self.wall.tzinfo is not None:
            raise ValueError("a wall clock has no zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who, as the export names them.  Never more than that: names and numbers can be anybody's."""

    name: str | None = None  #: None: a deleted account, in Telegram's exports
    id: str | None = None  #: the app's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A marked part of a message's text: a link, a mention, a spoiler."""

    kind: str  #: the export's word
    text: str
    target: str | None = None  #: what a link or a mention leads to, where it is not the text itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """One medium of a message."""

    kind: str  #: photo, video, voice message, sticker, ...; ``file`` where the export does not say
    state: MediaState
    name: str | None = None  #: its path in the export, with ``/``; or the name that it was sent with
    says: str | None = None  #: what the export says in place of the file
    media_type: str | None = None  #: as the export says; nobody looked at the bytes yet
    size: int | None = None  #: bytes
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    self_destruct_s: int | None = None  #: it was sent to vanish so many seconds after it was opened
    #: The bytes, where they lie within the message's own file and not beside it.
    data: bytes | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """Where messages are from: a conversation, a mailbox file, a web archive, a folder."""

    app: App
    key: str  #: the same for every export of this chat; messages are told apart within it
    kind: str = ""  #: the export's word: ``private_supergroup``
    name: str | None = None
    id: str | None = None  #: the app's own
    method: str = ""  #: which kind of export it was read from: ``Telegram Desktop, JSON``


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One row.  ``number`` is None where the app gives messages none; content tells them apart then."""

    chat: str  #: the chat's ``key``
    number: str | None
    kind: MessageKind
    when: When | None = None
    edited: When | None = None
    sender: Person | None = None
    recipients: tuple[Person, ...] = ()  #: e-mail only; elsewhere it is the chat
    text: str = ""  #: plain, whatever it looks like: nobody may render it as markup
    entities: tuple[Entity, ...] = ()
    media: tuple[Media, ...] = ()
    reply_to: str | None = None  #: the number of the message that it answers
    forwarded_from: Person | None = None  #: where it first was, as the app says
    is_deleted: bool = False  #: the app says that it was deleted; what it said is gone
    action: str | None = None  #: of a service message: the export's word
    origin: str | None = None  #: the URL of a resource
    details: Mapping[str, object] = field(default_factory=dict)  #: what else the export says: JSON values, its names


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One fingerprint of a medium, as data: this room compares none."""

    kind: str  #: ``pdq``, ``frame``
    code: bytes
    quality: int | None = None
    at_s: float | None = None  #: of a frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A medium is near one of the case's items: a reason to look, never proof."""

    item: int
    how: str  #: ``the same file``, ``the same picture``, ``2 frames``
    distance_bits: int | None = None  #: None for the same file


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What remains of a medium that is not kept."""

    size: int  #: bytes
    sha256: bytes
    md5: bytes
    media_type: str | None = None  #: what the bytes are, whatever the export says; None where nobody knows
    width: int | None = None
    height: int | None = None
    marks: tuple[Mark, ...] = ()
    copies: tuple[Copy, ...] = ()
    says: str | None = None  #: why there are no marks, where there could have been


Read = Chat | Message | Irregularity  #: what readers give, in the export's order; a chat comes before its messages
