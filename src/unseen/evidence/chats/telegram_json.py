"""Telegram Desktop's JSON export, ``result.json``: one chat, or a whole account.

Its structure is the one that Telegram Desktop writes; keys that it may add stay in a message's ``details``.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, cast

from unseen.base import BadImport
from unseen.evidence.chats.files import Files, irregular, leads_out
from unseen.evidence.chats.json_stream import (
    CutShort,
    Event,
    JsonBytes,
    built,
    events_of,
    items_of,
    members_of,
    skipped,
)
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
    Read,
    Trouble,
    When,
)
from unseen.evidence.chats.times import from_unix, from_wall, wall_of

METHOD: Final = "Telegram Desktop, JSON"

_CHAT_LISTS: Final = ("chats", "left_chats")
#: What Telegram Desktop writes where a file would be named, after the file's own name if it has one.
_MARKERS: Final = (
    ("(File not included. Change data exporting settings to download.)", MediaState.NOT_INCLUDED),
    ("(File exceeds maximum size. Change data exporting settings to download.)", MediaState.TOO_LARGE),
    ("(File unavailable, please try again later)", MediaState.UNAVAILABLE),
)
_KINDS: Final = {MessageKind.MESSAGE: "message", MessageKind.SERVICE: "service"}
_MEDIA_KEYS: Final = ("photo", "file", "thumbnail", "contact_vcard")
_TAKEN: Final = frozenset(
    {
        *("id", "type", "date", "date_unixtime", "edited", "edited_unixtime", "from", "from_id", "actor", "actor_id"),
        *("text", "text_entities", "forwarded_from", "forwarded_from_id", "reply_to_message_id", "action"),
        *(*_MEDIA_KEYS, "media_type", "mime_type", "width", "height", "duration_seconds", "file_size"),
        *("photo_file_size", "self_destruct_period_seconds"),
    }
)

Json = Mapping[str, object]


def is_telegram_json(head: bytes) -> bool:
    """Whether a file that begins so is this export."""
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    is_one_chat = b'"messages"' in start and b'"type"' in start and b'"id"' in start
    return start.startswith(b"{") and (is_one_chat or b'"about"' in start or b'"personal_information"' in start)


def read_telegram_json(files: Files, name: str) -> Iterator[Read]:
    """Chats and their messages, in the export's order; what follows damage is lost to it, and said so."""
    folder = name[: name.rfind("/") + 1]
    with files.open(name) as file:
        source = JsonBytes(file)
        events = events_of(source)
        reader = _Reader(files, folder, name, events, source.value_ended)
        try:
            if next(events)[0] == "start_map":
                yield from reader.export()
        except (CutShort, BadImport):
            says = f"the file is cut short or damaged after message {reader.last}; what follows could not be read"
            yield irregular(Trouble.CUT_SHORT, name, says)
        if source.replaced:
            yield irregular(Trouble.ENCODING, name, f"{source.replaced:,} places are no UTF-8 and read U+FFFD")


class _Reader:
    """One pass over one ``result.json``."""

    def __init__(
        self, files: Files, folder: str, name: str, events: Iterator[Event], value_ended: Callable[[], None]
    ) -> None:
        self._files = files
        self._folder = folder
        self._name = name
        self._events = events
        self._value_ended = value_ended
        self.last = "(none)"

    def export(self) -> Iterator[Read]:
        """A whole account has lists of chats; one chat is the file's own object."""
        chat: dict[str, object] = {}
        for key, event in members_of(self._events):
            if key in _CHAT_LISTS and event[0] == "start_map":
                yield from self._chats()
            elif key == "messages" and event[0] == "start_array":
                yield from self._messages(chat)
            else:
                self._note(chat, key, event)
            self._value_ended()

    def _chats(self) -> Iterator[Read]:
        for key, event in members_of(self._events):
            if key == "list" and event[0] == "start_array":
                for item in items_of(self._events):
                    yield from self._chat(item)
            else:
                skipped(event, self._events)

    def _chat(self, item: Event) -> Iterator[Read]:
        if item[0] != "start_map":
            skipped(item, self._events)
            yield self._malformed("a chat that is no object")
            return
        chat: dict[str, object] = {}
        for key, event in members_of(self._events):
            if key == "messages" and event[0] == "start_array":
                yield from self._messages(chat)
            else:
                self._note(chat, key, event)

    def _note(self, chat: dict[str, object], key: str, event: Event) -> None:
        if event[0] in ("start_map", "start_array"):
            skipped(event, self._events)
        else:
            chat[key] = event[1]

    def _messages(self, said: Json) -> Iterator[Read]:
        chat = _chat_of(said)
        yield chat
        for item in items_of(self._events):
            value = built(item, self._events)
            self._value_ended()
            number = _word(value.get("id")) if isinstance(value, dict) else None
            if number is not None:
                self.last = number
                yield self._message(chat, number, cast("Json", value))
            else:
                yield self._malformed(f"after message {self.last}: a message without an id, or nested too deep")

    def _malformed(self, says: str) -> Irregularity:
        return irregular(Trouble.MALFORMED, self._name, says)

    def _message(self, chat: Chat, number: str, said: Json) -> Message:
        kind = next((kind for kind, word in _KINDS.items() if said.get("type") == word), MessageKind.UNSUPPORTED)
        who = "actor" if kind is MessageKind.SERVICE else "from"
        return Message(
            chat=chat.key,
            number=number,
            kind=kind,
            when=_when(said, "date"),
            edited=_when(said, "edited"),
            sender=_person(said, who),
            text=_text(said.get("text")),
            entities=tuple(_entities(said)),
            media=tuple(self._media(said)),
            reply_to=_word(said.get("reply_to_message_id")),
            forwarded_from=_person(said, "forwarded_from"),
            action=_word(said.get("action")),
            details={key: value for key, value in said.items() if key not in _TAKEN},
        )

    def _media(self, said: Json) -> Iterator[Media]:
        for key in _MEDIA_KEYS:
            named = said.get(key)
            if isinstance(named, str):
                yield self._medium(said, key, named)

    def _medium(self, said: Json, key: str, named: str) -> Media:
        state, name, says = self._place(named)
        is_main = key in ("photo", "file")
        size = self._files.size(f"{self._folder}{name}") if state is MediaState.PRESENT else None
        if size is None:
            size = _whole(said.get("photo_file_size" if key == "photo" else "file_size")) if is_main else None
        return Media(
            kind=key if key != "file" else _word(said.get("media_type")) or "file",
            state=state,
            name=f"{self._folder}{name}" if state is MediaState.PRESENT else name,
            says=says,
            media_type=_word(said.get("mime_type")) if key == "file" else None,
            size=size,
            width=_whole(said.get("width")) if is_main else None,
            height=_whole(said.get("height")) if is_main else None,
            duration_s=_number(said.get("duration_seconds")) if is_main else None,
            self_destruct_s=_whole(said.get("self_destruct_period_seconds")) if is_main else None,
        )

    def _place(self, named: str) -> tuple[MediaState, str | None, str | None]:
        """Where the file is, its name, and what the export says in place of it."""
        for marker, state in _MARKERS:
            if named.endswith(marker):
                return state, named.removesuffix(marker).strip() or None, marker
        if leads_out(named):
            return MediaState.OUTSIDE, named, None
        there = self._files.size(f"{self._folder}{named}") is not None
        return (MediaState.PRESENT if there else MediaState.MISSING), named, None


def _chat_of(said: Json) -> Chat:
    kind, number, name = str(said.get("type") or ""), _word(said.get("id")), _word(said.get("name"))
    key = f"telegram/{kind}/{number if number is not None else name or ''}"
    return Chat(app=App.TELEGRAM, key=key, kind=kind, name=name, id=number, method=METHOD)


def _when(said: Json, key: str) -> When | None:
    written, unix = said.get(key), said.get(f"{key}_unixtime")
    if not isinstance(written, str):
        written = ""
    wall = wall_of(written)
    if isinstance(unix, str | int) and (when := from_unix(written or str(unix), unix, wall)) is not None:
        return when
    return from_wall(written, wall) if written else None


def _person(said: Json, key: str) -> Person | None:
    """Telegram names a deleted account ``null`` and keeps its id."""
    name, number = _word(said.get(key)), _word(said.get(f"{key}_id"))
    return Person(name=name, id=number) if key in said or number is not None else None


def _text(said: object) -> str:
    """A string, or a list of strings and of marked parts."""
    if isinstance(said, list):
        return "".join(map(_text, said))
    if isinstance(said, dict):
        return _text(cast("Json", said).get("text"))
    return said if isinstance(said, str) else ""


def _entities(said: Json) -> Iterator[Entity]:
    """Marked parts; older exports have them in ``text`` alone."""
    for key in ("text_entities", "text"):
        parts = said.get(key)
        if isinstance(parts, list):
            for part in parts:
                if isinstance(part, dict) and part.get("type") != "plain":
                    target = part.get("href") or part.get("user_id") or part.get("document_id") or part.get("language")
                    yield Entity(kind=str(part.get("type")), text=_text(part), target=_word(target))
            return


def _word(said: object) -> str | None:
    return str(said) if isinstance(said, str | int) and not isinstance(said, bool) else None


def _whole(said: object) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) else None


def _number(said: object) -> float | None:
    return float(said) if isinstance(said, int | float) and not isinstance(said, bool) else None
