"""Bytes that should be text: which encoding they are in, and what is no text in it."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO, Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOKED_AT_BYTES: Final = 1 << 20
_CHUNK_BYTES: Final = 1 << 16
#: Tried in this order where the bytes are not UTF-8; the last one takes any byte.
_OLD_ENCODINGS: Final = ("gb18030", "cp949", "shift_jis", "cp1252", "latin-1")


def encoding_of(file: BinaryIO) -> tuple[str, int]:
    """The encoding of a text file and the length of its mark, told by its first MiB.

    Bytes that are not UTF-8 are tried in the older encodings of the places where these apps are used; that is a guess,
    and whoever reads the file says so.
    """
    head = file.read(_LOOKED_AT_BYTES)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    for encoding in ("utf-8", *_OLD_ENCODINGS):
        try:
            codecs.getincrementaldecoder(encoding)().decode(head)
        except UnicodeDecodeError:
            continue
        return encoding, 0
    return "utf-8", 0


class Utf8:
    """A text file in any encoding, read as UTF-8; ``replaced`` counts what was no text and became U+FFFD."""

    def __init__(self, file: BinaryIO, *, encoding: str | None = None) -> None:
        """encoding: None looks for a mark, and takes UTF-8 without one."""
        head = file.read(4)
        found, mark = next(((name, len(mark)) for mark, name in _MARKS if head.startswith(mark)), ("utf-8", 0))
        self._decoder = codecs.getincrementaldecoder(encoding or found)("replace")
        self._head = head[mark:]
        self._file = file
        self._left = b""
        self._ended = False
        self.replaced = 0

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes, or a chunk; b"" at the end."""
        while not self._left and not self._ended:
            self._left = self._next()
        if size < 0:
            size = len(self._left)
        given, self._left = self._left[:size], self._left[size:]
        return given

    def _next(self) -> bytes:
        raw, self._head = self._head + self._file.read(_CHUNK_BYTES), b""
        self._ended = not raw
        text = self._decoder.decode(raw, final=self._ended)
        self.replaced += text.count("\ufffd")
        return text.encode("utf-8", "replace")


def lines_of(file: BinaryIO, encoding: str, mark: int, *, max_chars: int) -> Iterator[tuple[str, bool]]:
    """Every line without its end, and whether something in it was no text; a longer one comes in pieces.

    file: at its start.  mark: bytes before the text, as ``encoding_of`` says.
    Lines end with LF or CR LF alone: other separators are part of what somebody wrote.
    """
    file.read(mark)
    with codecs.getreader(encoding)(file, "replace") as reader:
        left = ""
        while chunk := reader.read(_CHUNK_BYTES):
            *whole, left = (left + chunk).split("\n")
            for line in whole:
                yield _line(line)
            if len(left) > max_chars:
                yield _line(left)
                left = ""
        if left:
            yield _line(left)


def _line(line: str) -> tuple[str, bool]:
    return line.removesuffix("\r"), "\ufffd" in line
