"""Telegram Desktop's HTML export: ``messages.html``, ``messages2.html`` and so on, a thousand messages a page.

It says less than the JSON form: no number of the chat or of its people, and times of forwarding only for the first of a
row.  Messages that follow one by the same sender (``joined``) carry no name and take that sender's.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from unseen.base import BadImport
from unseen.evidence.chats.files import Files, irregular, leads_out
from unseen.evidence.chats.records import (
    App,
    Chat,
    Entity,
    Media,
    MediaState,
    Message,
    MessageKind,
    Person,
    Read,
    Trouble,
    When,
)
from unseen.evidence.chats.times import from_wall

METHOD: Final = "Telegram Desktop, HTML"

_MAX_PAGE_BYTES: Final = 64 << 20
_MAX_TOP_CHARS: Final = 1 << 16
#: Of one message; parsing takes time with the square of how deep they are nested.
_MAX_TAGS: Final = 4_000
#: Where a message begins: what people wrote has no ``<`` in the page.
_MESSAGE: Final = re.compile(r'(?=<div class="message )')
_PAGE: Final = re.compile(r"messages(\d*)\.html")
_TIME: Final = re.compile(r"(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d):(\d\d)(?: UTC([+-])(\d\d):(\d\d))?")
_DELETED: Final = "Deleted Account"
_UNSUPPORTED: Final = "This message is not supported by this version"
#: The last class of a medium's block, and what the JSON form calls it.
_KINDS: Final = {
    "photo_wrap": "photo",
    "media_photo": "photo",
    "video_file_wrap": "video_file",
    "media_video": "video_file",
    "animated_wrap": "animation",
    "sticker_wrap": "sticker",
    "media_voice_message": "voice_message",
    "media_audio_file": "audio_file",
    "media_file": "file",
}
_TITLED: Final = {"Sticker": "sticker", "Animation": "animation", "Video message": "video_message"}
_STATES: Final = (
    ("Not included", MediaState.NOT_INCLUDED),
    ("Exceeds maximum size", MediaState.TOO_LARGE),
    ("Unavailable", MediaState.UNAVAILABLE),
)
#: Blocks that are no file: they stay in ``details`` as they read.
_WORDS: Final = ("title", "description", "status")
_SPOKEN: Final = frozenset({"media_call", "media_contact", "media_location", "media_live_location", "media_venue"})
_MARKED: Final = {
    "strong": "bold",
    "em": "italic",
    "u": "underline",
    "s": "strikethrough",
    "code": "code",
    "pre": "pre",
    "span": "spoiler",
    "blockquote": "blockquote",
}
_PRESSED: Final = (("@", "mention"), ("#", "hashtag"), ("/", "bot_command"), ("$", "cashtag"))
_SCHEMES: Final = (("mailto:", "email"), ("tel:", "phone"))
#: Line feeds in the page are between its blocks, never in what somebody wrote.
_LAYOUT: Final = re.compile(r"\n *$|^\n")


def is_telegram_html(head: bytes) -> bool:
    """Whether a page that begins so is of this export."""
    return b"<title>Exported Data</title>" in head and b"page_wrap" in head


def pages_of(names: Iterable[str]) -> dict[str, list[str]]:
    """The pages of each chat, in order, by the folder that they are in (``""``, or ``chats/chat_001/``)."""
    pages: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        folder, _, last = name.rpartition("/")
        if match := _PAGE.fullmatch(last):
            pages.setdefault(f"{folder}/" if folder else "", []).append((int(match[1] or 1), name))
    return {folder: [name for _, name in sorted(found)] for folder, found in sorted(pages.items())}


def read_telegram_html(files: Files, folder: str, pages: Iterable[str]) -> Iterator[Read]:
    """One chat and its messages, page after page; a page that cannot be read is named, and the next one is read."""
    reader = _Reader(files, folder)
    for page in pages:
        try:
            with files.open(page) as file:
                data = file.read(_MAX_PAGE_BYTES + 1)
        except BadImport as error:
            yield irregular(Trouble.UNREADABLE, page, error.what)
            continue
        if len(data) > _MAX_PAGE_BYTES:
            yield irregular(Trouble.TOO_LARGE, page, "a page of more than 64 MiB is not what Telegram writes")
            continue
        yield from reader.page(page, data)


class _Reader:
    """One pass over the pages of one chat."""

    def __init__(self, files: Files, folder: str) -> None:
        self._files = files
        self._folder = folder
        self._chat: Chat | None = None
        self._sender: Person | None = None
        self._forwarded: Person | None = None

    def page(self, name: str, data: bytes) -> Iterator[Read]:
        """Every message of a page, each parsed alone: what one of them holds cannot reach another."""
        text = data.decode("utf-8", "replace")
        if "\ufffd" in text:
            yield irregular(Trouble.ENCODING, name, "some bytes are no UTF-8 and read U+FFFD")
        top, *parts = _MESSAGE.split(text)
        if self._chat is None:
            self._chat = self._chat_of(top)
            yield self._chat
        for part in parts:
            if part.count("<") > _MAX_TAGS:
                yield irregular(Trouble.MALFORMED, name, "a message of more tags than Telegram writes; it was left out")
                continue
            node = LexborHTMLParser(part).css_first(".message")
            if node is not None:
                yield from self._row(node)
        if not text.rstrip().endswith("</html>"):
            yield irregular(Trouble.CUT_SHORT, name, "the page ends in the middle; what there is was read")

    def _row(self, node: LexborNode) -> Iterator[Read]:
        number = (node.attributes.get("id") or "").removeprefix("message")
        classes = _classes(node)
        if "service" not in classes:
            yield self._message(node, number, is_joined="joined" in classes)
        elif not number.startswith("-"):  # those are lines with the date alone, which the exporter puts in
            yield self._service(node, number)

    def _chat_of(self, top: str) -> Chat:
        title = _words_of(LexborHTMLParser(top[:_MAX_TOP_CHARS]).css_first(".page_header .text"))
        key = f"telegram-html/{title or self._folder}"
        return Chat(app=App.TELEGRAM, key=key, name=title or None, method=METHOD)

    def _service(self, node: LexborNode, number: str) -> Message:
        """Its text names who did what; the HTML form has no word for the action, and no time."""
        body = node.css_first(".body")
        self._sender = self._forwarded = None
        text = _words_of(body)
        kind = MessageKind.UNSUPPORTED if text.startswith(_UNSUPPORTED) else MessageKind.SERVICE
        photos = tuple(self._at(link, "photo") for link in node.css("a.userpic_link"))
        assert self._chat is not None
        return Message(chat=self._chat.key, number=number or None, kind=kind, text=text, media=photos)

    def _message(self, node: LexborNode, number: str, *, is_joined: bool) -> Message:
        assert self._chat is not None
        body = _child(node, "body")
        forwarded = None if body is None else _child(body, "forwarded", "body")
        named = None if body is None else _child(body, "from_name")
        if named is not None or not is_joined:
            self._sender, self._forwarded = _person(named), None
        if forwarded is not None:
            origin = _child(forwarded, "from_name")
            self._forwarded = _person(origin) if origin is not None else self._forwarded
        inner = forwarded or body or node
        text = _child(inner, "text")
        details = {key: said for key, said in (("author", _child(inner, "signature")), ("poll", _poll(inner))) if said}
        media, spoken = self._media(inner)
        return Message(
            chat=self._chat.key,
            number=number or None,
            kind=MessageKind.MESSAGE,
            when=_when(None if body is None else _child(body, "date")),
            sender=self._sender,
            text=_text_of(text),
            entities=tuple(_entities(text)),
            media=media,
            reply_to=_reply(node),
            forwarded_from=self._forwarded if forwarded is not None else None,
            details={**{key: _words_of(said) for key, said in details.items()}, **spoken},
        )

    def _media(self, inner: LexborNode) -> tuple[tuple[Media, ...], dict[str, object]]:
        """Files, and what blocks without a file say (a call, a contact, a place)."""
        files: list[Media] = []
        spoken: dict[str, object] = {}
        for wrap in _children(inner, "media_wrap"):
            for block in wrap.iter():
                classes = _classes(block)
                word = next((word for word in classes if word in _KINDS), None)
                if word is not None:
                    files.append(self._medium(block, _KINDS[word]))
                elif "media_poll" not in classes:
                    word = next((word for word in classes if word in _SPOKEN), "media")
                    spoken[word.removeprefix("media_")] = _words_of(block)
        return tuple(files), spoken

    def _medium(self, block: LexborNode, kind: str) -> Media:
        title, description, status = (_words_of(block.css_first(f".{word}")) for word in _WORDS)
        kind = _TITLED.get(title, kind)
        if block.attributes.get("href"):
            return self._at(block, kind)
        if title.startswith("Self-destructing"):
            return Media(kind=kind, state=MediaState.UNAVAILABLE, says=f"{title}: {status}")
        state = next((state for says, state in _STATES if description.startswith(says)), MediaState.UNAVAILABLE)
        says = ", ".join(part for part in (title, description, status) if part)
        return Media(kind=kind, state=state, says=says or None)

    def _at(self, link: LexborNode, kind: str) -> Media:
        """A medium whose file the page links; pages in folders of their own link with ``../../`` as well."""
        href = link.attributes.get("href") or ""
        place = _within(self._folder, href)
        if place is None:
            return Media(kind=kind, state=MediaState.OUTSIDE, name=href)
        size = self._files.size(place)
        state = MediaState.MISSING if size is None else MediaState.PRESENT
        return Media(kind=kind, state=state, name=place, size=size)


def _within(folder: str, href: str) -> str | None:
    """Where a link of a page in ``folder`` leads in the export; None where that is out of it."""
    parts = folder.split("/")[:-1]
    rest = href
    while rest.startswith("../") and parts:
        parts.pop()
        rest = rest.removeprefix("../")
    return None if leads_out(rest) or ":" in rest.split("/")[0] else "/".join([*parts, rest])


def _when(node: LexborNode | None) -> When | None:
    written = "" if node is None else node.attributes.get("title") or ""
    match = _TIME.search(written)
    if match is None:
        return from_wall(written, None) if written else None
    day, month, year, hour, minute, second = map(int, match.groups()[:6])
    try:
        wall = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  the page's clock, its zone beside it
    except ValueError:
        return from_wall(written, None)
    sign, hours, minutes = match.groups()[6:]
    offset_s = None if sign is None else (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == "-" else 1)
    return from_wall(written, wall, offset_s)


def _reply(node: LexborNode) -> str | None:
    link = node.css_first(".reply_to a")
    href = "" if link is None else link.attributes.get("href") or ""
    return href.rpartition("#go_to_message")[2] or None if "#go_to_message" in href else None


def _poll(inner: LexborNode) -> LexborNode | None:
    return inner.css_first(".media_poll")


def _person(node: LexborNode | None) -> Person:
    """The name alone: a forwarded message has its date beside it."""
    own = "" if node is None else "".join(child.text() for child in node.iter(include_text=True) if child.is_text_node)
    name = " ".join(own.split())
    return Person(name=None if name in ("", _DELETED) else name)


def _entities(text: LexborNode | None) -> Iterator[Entity]:
    if text is None:
        return
    for node in text.css("a, strong, em, u, s, code, pre, span.spoiler, blockquote"):
        if node.tag == "a":
            yield _linked(node.text(), node.attributes.get("href") or "")
        else:
            yield Entity(kind=_MARKED[node.tag or ""], text=node.text())


def _linked(said: str, href: str) -> Entity:
    """The page makes links of everything that can be pressed; which it was is told by its beginning."""
    if said == href:
        return Entity(kind="link", text=said)
    kind = next((kind for start, kind in _PRESSED if said.startswith(start)), None)
    kind = kind or next((kind for start, kind in _SCHEMES if href.startswith(start)), "text_link")
    return Entity(kind=kind, text=said, target=href if kind == "text_link" and href else None)


def _text_of(node: LexborNode | None) -> str:
    """A message's text as it was written: its line breaks are ``<br>``, and the page's own layout goes."""
    if node is None:
        return ""
    parts: list[str] = []
    for child in node.traverse(include_text=True):
        if child.tag == "br":
            parts.append("\n")
        elif child.is_text_node:
            parts.append(_LAYOUT.sub("", child.text(deep=False)))
    return "".join(parts)


def _words_of(node: LexborNode | None) -> str:
    """What a block of the page says, on one line."""
    return "" if node is None else " ".join(node.text(separator=" ").split())


def _classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split()


def _children(node: LexborNode, *classes: str) -> list[LexborNode]:
    return [child for child in node.iter() if set(classes) <= set(_classes(child))]


def _child(node: LexborNode, *classes: str) -> LexborNode | None:
    return next(iter(_children(node, *classes)), None)
