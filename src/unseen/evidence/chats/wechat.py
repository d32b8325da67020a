"""Plain transcripts as WeChat makes them: by e-mail, or by copying messages.

Two forms: ``NAME 2024-03-12 21:04:05`` above each message, or lines with the date alone and ``NAME  21:04`` below them.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
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
    When,
)
from unseen.evidence.chats.text import encoding_of, lines_of
from unseen.evidence.chats.times import from_wall

METHOD: Final = "WeChat-style plain transcript"

_MAX_LINE_CHARS: Final = 1 << 20
_DATE: Final = r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?"
_TIME: Final = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
_DAY: Final = re.compile(rf"^\s*[-—–=]{{3,}}\s*{_DATE}\s*[-—–=]{{3,}}\s*$")
_FULL: Final = re.compile(rf"^(?P<name>\S.{{0,200}}?)(?:[:：]|\s)\s*{_DATE}\s+{_TIME}\s*$")
_SHORT: Final = re.compile(rf"^(?P<name>\S.{{0,200}}?)\s+{_TIME}\s*$")
_PLACEHOLDERS: Final = {
    **dict.fromkeys(("[图片]", "[圖片]", "[Photo]", "[Image]", "[照片]"), "photo"),
    **dict.fromkeys(("[视频]", "[影片]", "[Video]", "[小视频]"), "video"),
    **dict.fromkeys(("[语音]", "[語音]", "[Voice]", "[Audio]"), "voice_message"),
    **dict.fromkeys(("[表情]", "[动画表情]", "[Sticker]", "[動態貼圖]"), "sticker"),
    **dict.fromkeys(("[文件]", "[檔案]", "[File]"), "file"),
}
_LONGEST_RECALL: Final = 100  #: characters of a line in which the app says that a message was taken back
_RECALLED: Final = re.compile(r"撤回了一条消息|收回了一則訊息|recalled a message")


def is_wechat(lines: Sequence[str]) -> bool:
    """Whether a text file that begins with these lines is such a transcript: two messages, or a date line and one."""
    full = sum(_FULL.match(line) is not None for line in lines)
    days = sum(_DAY.match(line) is not None for line in lines)
    return full > 1 or (days > 0 and any(_SHORT.match(line) for line in lines))


def read_wechat(files: Files, name: str) -> Iterator[Read]:
    """The transcript's messages, in its order."""
    title = name.rpartition("/")[2].rpartition(".")[0]
    chat = Chat(app=App.WECHAT, key=f"wechat/{title}", name=title, method=METHOD)
    yield chat
    with files.open(name) as file:
        encoding, mark = encoding_of(file)
    yield irregular(Trouble.NO_ZONE, name, "times are without a zone")
    if encoding not in ("utf-8", "utf-16-le", "utf-16-be"):
        yield irregular(Trouble.ENCODING, name, f"no UTF-8; read as {encoding}, which is a guess")
    with files.open(name) as file:
        yield from _messages((line for line, _ in lines_of(file, encoding, mark, max_chars=_MAX_LINE_CHARS)), chat)


def _messages(lines: Iterator[str], chat: Chat) -> Iterator[Message]:
    day: tuple[int, int, int] | None = None
    head: tuple[Person, When] | None = None
    text: list[str] = []
    before = ""
    for line in lines:
        dated, begun = _DAY.match(line), _begun(line, before, day)
        before = line
        if dated is None and begun is None:
            text.append(line)
            continue
        yield from _row(chat, head, text)
        text = []
        if dated is not None:
            day, head = (int(dated["year"]), int(dated["month"]), int(dated["day"])), None
        else:
            head = begun
    yield from _row(chat, head, text)


def _begun(line: str, before: str, day: tuple[int, int, int] | None) -> tuple[Person, When] | None:
    """Who and when, where a message begins; the short form only after an empty line or a date, and under a date."""
    match = _FULL.match(line)
    if match is not None:
        date = int(match["year"]), int(match["month"]), int(match["day"])
    elif day is not None and (not before.strip() or _DAY.match(before)):
        match, date = _SHORT.match(line), day
    if match is None:
        return None
    clock = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    try:
        wall = datetime(*date, *clock)  # noqa: DTZ001  the phone's clock
    except ValueError:
        return None
    return Person(name=match["name"].rstrip(":： ")), from_wall(line[match.end("name") :].strip(" :："), wall)


def _row(chat: Chat, head: tuple[Person, When] | None, lines: list[str]) -> Iterator[Message]:
    """A message; what stands before the first one is the transcript's own heading."""
    text = "\n".join(lines).strip("\n")
    if head is None and not text.strip():
        return
    sender, when = head if head is not None else (None, None)
    kind = _PLACEHOLDERS.get(text.strip())
    yield Message(
        chat=chat.key,
        number=None,
        kind=MessageKind.SERVICE if sender is None else MessageKind.MESSAGE,
        when=when,
        sender=sender,
        text="" if kind else text,
        media=(Media(kind=kind, state=MediaState.NOT_INCLUDED, says=text.strip()),) if kind else (),
        is_deleted=_RECALLED.search(text) is not None and len(text) < _LONGEST_RECALL,
    )
