"""The files of a zip archive, read where they are: nothing is unpacked to disk."""

import stat
import zipfile
import zlib
from collections.abc import Iterable
from io import BufferedReader, RawIOBase
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self, cast

from unseen.base import BadImport
from unseen.evidence.chats.files import irregular, leads_out
from unseen.evidence.chats.records import Irregularity, Trouble

_MAX_FILES: Final = 1_000_000
#: A file this much larger than its place in the archive is a bomb; text shrinks 20 times, an empty disk image 1,000.
_MAX_RATIO: Final = 200
_RATIO_FROM_BYTES: Final = 16 << 20  #: below it, no ratio does harm
_MAX_TOTAL_BYTES: Final = 1 << 40
_ENCRYPTED: Final = 1
_UTF8_NAME: Final = 1 << 11
_DAMAGE: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError)


class ZipFiles:
    """The files of a zip archive; a context manager.  Archives within it are files like others."""

    def __init__(self, path: Path) -> None:
        """List them.  Raises: BadImport (no zip archive, a password, more than anybody's export)."""
        self.name = path.stem
        self.irregularities: list[Irregularity] = []
        self._members: dict[str, zipfile.ZipInfo] = {}
        try:
            self._zip = zipfile.ZipFile(path)
        except (*_DAMAGE, ValueError):
            raise BadImport(
                "This is no zip archive that can be read; it may be cut short.", hint="Copy or download it again."
            ) from None
        try:
            self._list()
        except BadImport:
            self._zip.close()
            raise

    def names(self) -> Iterable[str]:
        """As ``Files`` says."""
        return self._members.keys()

    def size(self, name: str) -> int | None:
        """As ``Files`` says."""
        member = self._members.get(name)
        return None if member is None else member.file_size

    def open(self, name: str) -> BinaryIO:
        """As ``Files`` says; damage that shows while reading is a BadImport too."""
        member = self._members.get(name)
        if member is None:
            raise BadImport("A file of the export is not there.")
        try:
            return cast("BinaryIO", BufferedReader(_Member(self._zip, member), 1 << 16))
        except _DAMAGE:
            raise BadImport("A file in the archive is damaged.", hint="Copy or download the archive again.") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def _list(self) -> None:
        members = self._zip.infolist()
        if len(members) > _MAX_FILES or sum(member.file_size for member in members) > _MAX_TOTAL_BYTES:
            raise BadImport("This archive says that it holds more than any export does; it was not opened.")
        for member in members:
            if not member.is_dir():
                self._add(_name_of(member), member)

    def _add(self, name: str, member: zipfile.ZipInfo) -> None:
        if member.flag_bits & _ENCRYPTED:
            raise BadImport("This archive has a password.", hint="Unpack it, and add the folder.")
        if stat.S_ISLNK(member.external_attr >> 16):
            self._leave_out(Trouble.LINK, name, "a symbolic link; it was not followed")
        elif leads_out(name):
            self._leave_out(Trouble.OUTSIDE, name, "a name that leads out of the archive; it was left out")
        elif member.file_size > max(_RATIO_FROM_BYTES, _MAX_RATIO * member.compress_size):
            self._leave_out(Trouble.TOO_LARGE, name, "it would unpack to more than 200 times its size; it was left out")
        elif name in self._members:
            self._leave_out(Trouble.DUPLICATE, name, "a second file of the same name; the first one was read")
        else:
            self._members[name] = member

    def _leave_out(self, trouble: Trouble, name: str, says: str) -> None:
        self.irregularities.append(irregular(trouble, name, says))


class _Member(RawIOBase):
    """One file of the archive; it never gives more than the archive's directory says, and damage is our error."""

    def __init__(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        self._file = archive.open(member)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer)).cast("B")
        try:
            data = self._file.read(len(view))
        except _DAMAGE:
            raise BadImport("A file in the archive is damaged.", hint="Copy or download the archive again.") from None
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def _name_of(member: zipfile.ZipInfo) -> str:
    """The name as whoever packed it meant it: many write UTF-8 without saying so."""
    name = member.filename
    if not member.flag_bits & _UTF8_NAME:
        try:
            return name.encode("cp437").decode("utf-8")
        except UnicodeError:
            return name
    return name
