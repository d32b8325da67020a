"""Which export a folder or a file is, told by what is in it; what nobody knows is a folder of files."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from unseen.base import BadImport
from unseen.evidence.chats.archive import ZipFiles
from unseen.evidence.chats.files import Files, FolderFiles
from unseen.evidence.chats.mail import METHOD as MAIL
from unseen.evidence.chats.mail import read_mail
from unseen.evidence.chats.records import App, Chat, Media, MediaState, Message, MessageKind, Read
from unseen.evidence.chats.telegram_html import METHOD as TELEGRAM_HTML
from unseen.evidence.chats.telegram_html import is_telegram_html, pages_of, read_telegram_html
from unseen.evidence.chats.telegram_json import METHOD as TELEGRAM_JSON
from unseen.evidence.chats.telegram_json import is_telegram_json, read_telegram_json
from unseen.evidence.chats.text import encoding_of
from unseen.evidence.chats.web_archive import METHOD as WARC
from unseen.evidence.chats.web_archive import is_wacz, read_wacz, read_warc
from unseen.evidence.chats.wechat import METHOD as WECHAT
from unseen.evidence.chats.wechat import is_wechat, read_wechat
from unseen.evidence.chats.whatsapp import METHOD as WHATSAPP
from unseen.evidence.chats.whatsapp import is_whatsapp, read_whatsapp

FOLDER: Final = "files in a folder"

_HEAD_BYTES: Final = 1 << 16
_LINES: Final = 200
_ZIP: Final = b"PK\x03\x04"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export that was recognised.  ``main``: the files that hold its messages, to be kept with the table."""

    files: Files
    method: str
    main: tuple[str, ...]

    def read(self) -> Iterator[Read]:
        """Everything that the export says, from its start; what was met when listing it comes first."""
        yield from self.files.irregularities
        for name in self._starts():
            yield from _read(self.files, self.method, name, self.main)

    def _starts(self) -> tuple[str, ...]:
        """One for each reader that is needed."""
        return self.main if self.method in (TELEGRAM_JSON, WHATSAPP, WECHAT) else ("",)


def opened(path: Path) -> AbstractContextManager[Files]:
    """The files of a folder, of a zip archive, or a file alone.  Raises: NotFound, BadImport."""
    if path.is_file() and _begins(path, _ZIP):
        return ZipFiles(path)
    return nullcontext(FolderFiles(path))


def recognise(files: Files) -> Export:
    """What the export is; where it has both of Telegram's forms, the one that says more.  Raises: BadImport."""
    names = list(files.names())
    if not names:
        raise BadImport("There is no file in it.", hint="Name the folder, or the file, that the app exported.")
    for method, main in _candidates(files, names):
        if main:
            return Export(files=files, method=method, main=main)
    return Export(files=files, method=FOLDER, main=())


def _candidates(files: Files, names: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each format and its files, tried in this order."""
    yield TELEGRAM_JSON, tuple(n for n in names if n.endswith(".json") and is_telegram_json(_head(files, n)))
    pages = [page for chat in pages_of(names).values() for page in chat]
    yield TELEGRAM_HTML, tuple(page for page in pages if is_telegram_html(_head(files, page)))
    yield WARC, tuple(n for n in names if n.endswith((".warc", ".warc.gz")))
    yield MAIL, tuple(n for n in names if n.lower().endswith(".eml"))
    texts = [(n, _first_lines(files, n)) for n in names if n.lower().endswith(".txt")]
    yield WHATSAPP, tuple(n for n, lines in texts if is_whatsapp(lines))
    yield WECHAT, tuple(n for n, lines in texts if is_wechat(lines))


def _read(files: Files, method: str, name: str, main: tuple[str, ...]) -> Iterator[Read]:
    if method == TELEGRAM_JSON:
        yield from read_telegram_json(files, name)
    elif method == WHATSAPP:
        yield from read_whatsapp(files, name)
    elif method == WECHAT:
        yield from read_wechat(files, name)
    elif method == MAIL:
        yield from read_mail(files, main)
    elif method == TELEGRAM_HTML:
        for folder, pages in pages_of(main).items():
            yield from read_telegram_html(files, folder, pages)
    elif method == WARC:
        yield from read_wacz(files, main) if is_wacz(files) else (row for n in main for row in read_warc(files, n))
    else:
        yield from _read_folder(files)


def _read_folder(files: Files) -> Iterator[Read]:
    """A row for each file."""
    chat = Chat(app=App.FILES, key=f"files/{files.name}", name=files.name, method=FOLDER)
    yield chat
    for name in files.names():
        media = Media(kind="file", state=MediaState.PRESENT, name=name, size=files.size(name))
        yield Message(chat=chat.key, number=name, kind=MessageKind.FILE, media=(media,))


def _head(files: Files, name: str) -> bytes:
    """The beginning of a file; nothing where it cannot be read: its reader says so."""
    try:
        with files.open(name) as file:
            return file.read(_HEAD_BYTES)
    except BadImport:
        return b""


def _first_lines(files: Files, name: str) -> list[str]:
    """As many as the format shows in, whatever the encoding."""
    head = _head(files, name)
    encoding, mark = encoding_of(BytesIO(head))
    return head[mark:].decode(encoding, "replace").split("\n")[:_LINES]


def _begins(path: Path, magic: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError:
        return False
