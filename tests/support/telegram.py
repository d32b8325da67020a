"""Exports as Telegram Desktop writes them, in both of its forms, from one list of messages.

Structure: telegramdesktop/tdesktop, ``export/output/export_output_json.cpp`` and ``export_output_html.cpp``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Final

NOT_INCLUDED: Final = "(File not included. Change data exporting settings to download.)"
TOO_LARGE: Final = "(File exceeds maximum size. Change data exporting settings to download.)"
UNAVAILABLE: Final = "(File unavailable, please try again later)"
PER_PAGE: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of text: ``plain``, or marked."""

    text: str
    kind: str = "plain"
    extra: tuple[str, str] | None = None  #: ("href", "https://...")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message as somebody sent it."""

    id: int
    at_s: int  #: since 1970
    name: str | None = "Ann Example"
    user: str = "user1"
    parts: tuple[Part, ...] = ()
    edited_s: int | None = None
    reply_to: int | None = None
    forwarded_from: str | None = None
    photo: str | None = None  #: a path, or a marker
    file: str | None = None
    media_type: str | None = None
    ttl_s: int | None = None
    action: str | None = None  #: then it is a service message
    says: str = ""  #: what the HTML form says of a service message
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A chat and its messages."""

    messages: Sequence[Sent]
    name: str | None = "Harbour group"
    kind: str = "private_supergroup"
    id: int = 1234567


def as_json(talk: Talk, *, offset_s: int = 0) -> bytes:
    """``result.json`` of one chat."""
    return _written(_chat(talk, offset_s), 0).encode()


def account_as_json(talks: Sequence[Talk], *, left: Sequence[Talk] = (), offset_s: int = 0) -> bytes:
    """``result.json`` of a whole account."""
    account: dict[str, object] = {
        "about": "Here is the data you requested.",
        "personal_information": {"user_id": 1, "first_name": "Ann", "last_name": "", "phone_number": "+1 202 555 0101"},
        "contacts": {"about": "...", "list": [{"user_id": 2, "first_name": "Bo", "date_unixtime": "1700000000"}]},
        "chats": {"about": "...", "list": [_chat(talk, offset_s) for talk in talks]},
    }
    if left:
        account["left_chats"] = {"about": "...", "list": [_chat(talk, offset_s) for talk in left]}
    return _written(account, 0).encode()


def _chat(talk: Talk, offset_s: int) -> dict[str, object]:
    named = {} if talk.kind in ("saved_messages", "replies") else {"name": talk.name or None}
    messages = [_message(sent, offset_s) for sent in talk.messages]
    return {**named, "type": talk.kind, "id": talk.id, "messages": messages}


def _message(sent: Sent, offset_s: int) -> dict[str, object]:
    who = "from" if sent.action is None else "actor"
    said: dict[str, object] = {
        "id": sent.id,
        "type": "message" if sent.action is None else "service",
        **_moment("date", sent.at_s, offset_s),
    }
    if sent.edited_s is not None:
        said |= _moment("edited", sent.edited_s, offset_s)
    said |= {who: sent.name or None, f"{who}_id": sent.user}
    if sent.action is not None:
        said["action"] = sent.action
    said |= sent.extra
    if sent.forwarded_from is not None:
        said["forwarded_from"] = sent.forwarded_from or None
    if sent.reply_to is not None:
        said["reply_to_message_id"] = sent.reply_to
    for key, value in (
        ("photo", sent.photo),
        ("file", sent.file),
        ("media_type", sent.media_type),
        ("self_destruct_period_seconds", sent.ttl_s),
    ):
        if value is not None:
            said[key] = value
    return {**said, "text": _text(sent.parts), "text_entities": [_entity(part) for part in sent.parts]}


def _moment(key: str, at_s: int, offset_s: int) -> dict[str, object]:
    clock = datetime.fromtimestamp(at_s, UTC) + timedelta(seconds=offset_s)
    return {key: clock.strftime("%Y-%m-%dT%H:%M:%S"), f"{key}_unixtime": str(at_s)}


def _text(parts: Sequence[Part]) -> object:
    if not parts:
        return ""
    if len(parts) == 1 and parts[0].kind == "plain":
        return parts[0].text
    return [part.text if part.kind == "plain" else _entity(part) for part in parts]


def _entity(part: Part) -> dict[str, object]:
    return {"type": part.kind, "text": part.text, **({} if part.extra is None else dict([part.extra]))}


def _written(value: object, depth: int) -> str:
    """JSON with the exporter's own indentation and escapes."""
    inner, outer = "\n" + " " * (depth + 1), "\n" + " " * depth
    if isinstance(value, dict):
        rows = [f"{_string(key)}: {_written(item, depth + 1)}" for key, item in value.items()]
        return "{" + inner + f",{inner}".join(rows) + outer + "}" if rows else "{}"
    if isinstance(value, list):
        return "[" + inner + f",{inner}".join(_written(item, depth + 1) for item in value) + outer + "]"
    if isinstance(value, str):
        return _string(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def _string(text: str) -> str:
    """Control characters come out as ``\\x0B``, which is no JSON; that is how it is."""
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\", "\u2028": "\\u2028", "\u2029": "\\u2029"}
    return '"' + "".join(named.get(c) or (f"\\x{ord(c):02X}" if ord(c) < 32 else c) for c in text) + '"'


def as_pages(talk: Talk, *, offset_s: int = 0, per_page: int = PER_PAGE, base: str = "") -> dict[str, bytes]:
    """``messages.html``, ``messages2.html``, ... of one chat; ``base``: ``../../`` where they are in a folder."""
    chunks = [talk.messages[at : at + per_page] for at in range(0, len(talk.messages), per_page)] or [[]]
    names = ["messages.html", *(f"messages{number}.html" for number in range(2, len(chunks) + 1))]
    last_ids = [chunk[-1].id for chunk in chunks[:-1]]
    pages, dates = {}, 0
    for at, chunk in enumerate(chunks):
        out = _Page()
        out.open("html")
        out.add('<head><meta charset="utf-8"/><title>Exported Data</title></head>')
        out.open("body", onload="CheckLocation();")
        out.open("div", "page_wrap")
        out.open("div", "page_header")
        out.open("div", "content")
        out.block("div", "text bold", _html(f"{talk.name or _DELETED_NAME} "))
        out.close(2)
        out.open("div", "page_body chat_page")
        out.open("div", "history")
        if at:
            out.block("a", "pagination block_link", "Previous messages", href=names[at - 1])
        previous: Sent | None = None
        for sent in chunk:
            if previous is None or _clock(sent.at_s, offset_s).date() != _clock(previous.at_s, offset_s).date():
                dates += 1
                out.service(-dates, _clock(sent.at_s, offset_s).strftime("%-d %B %Y"))
            out.message(sent, previous, offset_s, base, dict(zip(last_ids, names, strict=False)))
            previous = sent
        if at + 1 < len(chunks):
            out.block("a", "pagination block_link", "Next messages", href=names[at + 1])
        out.close(5)
        pages[names[at]] = ("<!DOCTYPE html>" + "".join(out.parts)).encode()
    return pages


_DELETED_NAME: Final = "Deleted Account"
_DESCRIPTIONS: Final = {
    NOT_INCLUDED: "Not included, change data exporting settings to download.",
    TOO_LARGE: "Exceeds maximum size, change data exporting settings to download.",
    UNAVAILABLE: "Unavailable, please try again later.",
}
_TAGS: Final = {
    "bold": "strong",
    "italic": "em",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "blockquote": "blockquote",
}


class _Page:
    """Blocks with the exporter's own line feeds and indentation."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._tags: list[str] = []

    def add(self, text: str) -> None:
        self.parts.append(text)

    def open(self, tag: str, css: str = "", **attributes: str) -> None:
        named = {**({"class": css} if css else {}), **attributes}
        inner = "".join(f' {key}="{_html(value)}"' for key, value in sorted(named.items()))
        self.add(f"\n{' ' * len(self._tags)}<{tag}{inner}>\n")
        self._tags.append(tag)

    def close(self, count: int = 1) -> None:
        for _ in range(count):
            tag = self._tags.pop()
            self.add(f"\n{' ' * len(self._tags)}</{tag}>\n")

    def block(self, tag: str, css: str, inner: str, **attributes: str) -> None:
        self.open(tag, css, **attributes)
        self.add(inner)
        self.close()

    def service(self, number: int, inner: str) -> None:
        self.open("div", "message service", id=f"message{number}")
        self.block("div", "body details", inner)
        self.close()

    def message(self, sent: Sent, previous: Sent | None, offset_s: int, base: str, ends: Mapping[int, str]) -> None:
        if sent.action is not None:
            self.service(sent.id, _html(sent.says))
            return
        is_joined = _is_joined(sent, previous)
        self.open("div", "message default clearfix" + (" joined" if is_joined else ""), id=f"message{sent.id}")
        if not is_joined:
            self.open("div", "pull_left userpic_wrap")
            self.block("div", "initials", _html((sent.name or "D")[:1]))
            self.close()
        self.open("div", "body")
        moment = _title(sent.at_s, offset_s)
        self.block("div", "pull_right date details", _clock(sent.at_s, offset_s).strftime("%H:%M"), title=moment)
        if not is_joined:
            self.block("div", "from_name", _html(f"{sent.name or _DELETED_NAME} "))
        if sent.forwarded_from is not None:
            self.open("div", "forwarded body")
            if not is_joined:
                date = f'<span class="date details" title="{moment}"> {moment}</span>'
                self.block("div", "from_name", _html(f"{sent.forwarded_from or _DELETED_NAME} ") + date)
        if sent.reply_to is not None:
            page = next((name for last, name in ends.items() if sent.reply_to <= last), "")
            link = f'<a href="{page}#go_to_message{sent.reply_to}">this message</a>'
            self.block("div", "reply_to details", f"In reply to {link}")
        self._media(sent, base)
        if sent.parts:
            self.block("div", "text", "".join(map(_marked, sent.parts)))
        self.close(2 + (sent.forwarded_from is not None))

    def _media(self, sent: Sent, base: str) -> None:
        named = sent.photo or sent.file
        if named is None:
            return
        kind = "photo" if sent.photo else sent.media_type or "file"
        self.open("div", "media_wrap clearfix")
        if sent.ttl_s is not None:
            self._generic("media_photo", f"Self-destructing {kind}", "", "Expired")
        elif named in _DESCRIPTIONS:
            css, title = {"photo": ("media_photo", "Photo"), "video_file": ("media_video", "Video file")}.get(
                kind, ("media_file", "report.pdf")
            )
            self._generic(css, title, _DESCRIPTIONS[named], "120.4 KB")
        elif kind in ("photo", "video_file"):
            css = "photo_wrap" if kind == "photo" else "video_file_wrap"
            self.block("a", f"{css} clearfix pull_left", '<img class="photo" src="t.jpg"/>', href=base + named)
        else:
            self._generic("media_file", "report.pdf", "", "120.4 KB", href=base + named)
        self.close()

    def _generic(self, css: str, title: str, description: str, status: str, href: str = "") -> None:
        self.open("a" if href else "div", f"media clearfix pull_left {css}", **({"href": href} if href else {}))
        self.block("div", "fill pull_left", "")
        self.open("div", "body")
        for name, said in (("title bold", title), ("description", description), ("status details", status)):
            if said:
                self.block("div", name, _html(said))
        self.close(2)


def _is_joined(sent: Sent, previous: Sent | None) -> bool:
    return (
        previous is not None
        and previous.action is None
        and (sent.user, sent.forwarded_from) == (previous.user, previous.forwarded_from)
        and sent.at_s // 86400 == previous.at_s // 86400
        and sent.at_s - previous.at_s <= (900 if sent.forwarded_from is None else 1)
    )


def _clock(at_s: int, offset_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC) + timedelta(seconds=offset_s)


def _title(at_s: int, offset_s: int) -> str:
    hours, minutes = divmod(abs(offset_s) // 60, 60)
    return f"{_clock(at_s, offset_s):%d.%m.%Y %H:%M:%S} UTC{'-' if offset_s < 0 else '+'}{hours:02}:{minutes:02}"


def _html(text: str) -> str:
    escaped = escape(text).replace("&#x27;", "&apos;").replace("\n", "<br>")
    return "".join(f"&#x{ord(c):02X};" if ord(c) < 32 else c for c in escaped)


def _marked(part: Part) -> str:
    inner = _html(part.text)
    if part.kind in _TAGS:
        return f"<{_TAGS[part.kind]}>{inner}</{_TAGS[part.kind]}>"
    if part.kind == "spoiler":
        return (
            f'<span class="spoiler hidden" onclick="ShowSpoiler(this)"><span aria-hidden="true">{inner}</span></span>'
        )
    if part.kind in ("link", "text_link"):
        return f'<a href="{_html(part.extra[1]) if part.extra else inner}">{inner}</a>'
    if part.kind == "mention":
        return f'<a href="https://t.me/{inner[1:]}">{inner}</a>'
    return inner
