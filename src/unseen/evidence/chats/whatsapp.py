"""WhatsApp's text export, of Android and of iPhones, as a file or in its zip archive.

The file has no numbers of messages and no zone, and its words are the phone's language.  A line inside a message that
looks like a message's beginning cannot be told from one: that is the format's, and docs/evidence-imports.md says it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from unseen.evidence.chats.files import Files, irregular
from unseen.evidence.chats.records import (
    App,
    Chat,
    Media,
    MediaState,
    Message,
    MessageKind,
    Person,
    Read,
    Trouble,
)
from unseen.evidence.chats.text import encoding_of, lines_of
from unseen.evidence.chats.times import from_wall
from unseen.evidence.chats.whatsapp_dates import Head, Order, Orders, head_of
from unseen.evidence.chats.whatsapp_words import DELETED, EDITED, KINDS, LEFT_OUT

METHOD: Final = "WhatsApp, text"

_MAX_LINE_CHARS: Final = 1 << 20
_MAX_MESSAGE_CHARS: Final = 1 << 24
_MARKS: Final = "\u200e\u200f\u202a\u202c\u2068\u2069"  #: of direction, which the app puts around its own words
_SENDER: Final = re.compile(r"^(?P<name>[^:\n]{1,400}?) ?: (?P<text>.*)$|^(?P<bare>[^:\n]{1,400}):$", re.DOTALL)
_ATTACHED_IOS: Final = re.compile(r"^<[^<>:]{2,40}: (?P<name>[^<>/\\]+\.\w{2,5})>$")
_ATTACHED_ANDROID: Final = re.compile(r"^(?P<name>[^/\\\n]+\.\w{2,5}) \([^()\n]{3,60}\)$")
_OWN_NAME: Final = re.compile(r"^(IMG|VID|AUD|PTT|STK|DOC)-\d{8}-WA\d{4}\.")
_BY_ENDING: Final = {
    **dict.fromkeys(("jpg", "jpeg", "png", "heic"), "photo"),
    **dict.fromkeys(("mp4", "mov", "3gp"), "video"),
    **dict.fromkeys(("opus", "m4a", "ogg", "aac"), "voice_message"),
    "webp": "sticker",
}


def is_whatsapp(lines: Sequence[str]) -> bool:
    """Whether a text file that begins with these lines is this export: a message begins in one of them."""
    found = [begun for line in lines if (begun := head_of(line)) is not None]
    return any(begun.clock is not None and (":" in begun.rest or len(found) > 1) for begun in found)


def read_whatsapp(files: Files, name: str) -> Iterator[Read]:
    """The chat and its messages.  The file is read twice: first for the order of its dates."""
    with files.open(name) as file:
        encoding, mark = encoding_of(file)
    order, why = _order_of(files, name, encoding, mark)
    says = f"{METHOD}; dates read as {order} ({why})" if order else METHOD
    title = _title(files, name)
    chat = Chat(app=App.WHATSAPP, key=f"whatsapp/{title}", name=title, method=says)
    yield chat
    yield irregular(Trouble.NO_ZONE, name, "times are those of the phone that exported, whose zone is not in the file")
    if order is None:
        yield irregular(Trouble.AMBIGUOUS_DATE, name, f"{why}; times are kept as they are written")
    if encoding not in ("utf-8", "utf-16-le", "utf-16-be"):
        yield irregular(Trouble.ENCODING, name, f"no UTF-8; read as {encoding}, which is a guess")
    yield from _messages(files, name, chat, order, encoding, mark)


def _order_of(files: Files, name: str, encoding: str, mark: int) -> tuple[Order | None, str]:
    orders = Orders()
    with files.open(name) as file:
        for line, _ in lines_of(file, encoding, mark, max_chars=_MAX_LINE_CHARS):
            head = head_of(line)
            if head is not None:
                orders.see(head)
    return orders.decided()


def _messages(files: Files, name: str, chat: Chat, order: Order | None, encoding: str, mark: int) -> Iterator[Read]:
    head: Head | None = None
    parts: list[str] = []
    size = before = beyond = broken = 0
    with files.open(name) as file:
        for line, is_broken in lines_of(file, encoding, mark, max_chars=_MAX_LINE_CHARS):
            broken += is_broken
            begun = head_of(line)
            if begun is not None:
                if head is not None:
                    yield _message(files, name, chat, order, head, parts)
                head, parts, size = begun, [begun.rest], 0
            elif head is None:
                before += bool(line.strip())
            elif size < _MAX_MESSAGE_CHARS:
                parts.append(line)
                size += len(line)
            else:
                beyond += 1
    if head is not None:
        yield _message(files, name, chat, order, head, parts)
    if beyond:
        yield irregular(
            Trouble.TOO_LARGE, name, f"{beyond:,} lines of a message beyond 16 million characters were left out"
        )
    if before:
        yield irregular(Trouble.MALFORMED, name, f"{before} lines before the first message")
    if broken:
        yield irregular(Trouble.ENCODING, name, f"{broken:,} lines have bytes that are no {encoding} and read U+FFFD")


def _message(files: Files, name: str, chat: Chat, order: Order | None, head: Head, parts: list[str]) -> Message:
    rest = "\n".join(parts)
    match = _SENDER.match(rest.lstrip(_MARKS))
    when = from_wall(head.written, None if order is None else head.wall(order))
    if match is None:
        return Message(chat=chat.key, number=None, kind=MessageKind.SERVICE, when=when, text=rest.strip(_MARKS))
    text = match["text"] or ""
    sender = Person(name=(match["name"] or match["bare"]).strip(_MARKS + " "))
    message = Message(chat=chat.key, number=None, kind=MessageKind.MESSAGE, when=when, sender=sender, text=text)
    return _with_marks(files, name[: name.rfind("/") + 1], message)


def _with_marks(files: Files, folder: str, message: Message) -> Message:
    """What stands in place of media, and what says that the text was deleted or edited."""
    text, own = message.text.strip(_MARKS), message.text.startswith("\u200e")
    edited = next((mark for mark in EDITED if text.endswith(mark)), None)
    if edited is not None:
        text = text.removesuffix(edited).rstrip(_MARKS + " ")
        return replace(message, text=text, details={"edited": edited})
    first, _, caption = text.partition("\n")
    first = first.strip(_MARKS)
    if media := _attached(files, folder, first, is_own=own):
        return replace(message, text=caption, media=(media,))
    if first.casefold() in LEFT_OUT:
        return replace(message, text=caption, media=(Media(kind="file", state=MediaState.NOT_INCLUDED, says=first),))
    if first.rstrip(".").casefold() in DELETED:
        return replace(message, is_deleted=True)
    kind = KINDS.get(first.split(" ")[0].casefold()) if own else None
    if kind is not None:
        media = Media(kind=kind, state=MediaState.NOT_INCLUDED, says=first)
        return replace(message, text=caption, media=(media,))
    return message


def _attached(files: Files, folder: str, first: str, *, is_own: bool) -> Media | None:
    """A file beside the text; its line is told by its form, which is the same in every language."""
    match = _ATTACHED_IOS.match(first) or _ATTACHED_ANDROID.match(first)
    if match is None:
        return None
    named = match["name"].strip(_MARKS)
    size = files.size(f"{folder}{named}")
    if size is None and not is_own and not _OWN_NAME.match(named):
        return None  # somebody wrote a file's name and something in brackets
    kind = _BY_ENDING.get(named.rpartition(".")[2].lower(), "file")
    if size is None:
        return Media(kind=kind, state=MediaState.MISSING, name=named)
    return Media(kind=kind, state=MediaState.PRESENT, name=f"{folder}{named}", size=size)


def _title(files: Files, name: str) -> str:
    """The chat's name as far as the export has one: its file's, or its archive's where that is ``_chat.txt``."""
    own = name.rpartition("/")[2].rpartition(".")[0]
    title = files.name if own == "_chat" else own
    for prefix in ("WhatsApp Chat with ", "WhatsApp Chat - ", "WhatsApp Chat mit ", "Chat de WhatsApp con "):
        title = title.removeprefix(prefix)
    return title
