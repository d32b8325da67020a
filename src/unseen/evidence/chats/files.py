"""The files of one export, by the names they have in it: a folder, or an archive (``archive``).

Only what was listed can be opened, so that no name in an export leads anywhere else.
"""

import os
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from unseen.base import BadImport, NotFound
from unseen.evidence.chats.records import Irregularity, Trouble

SHOWN: Final = 200  #: characters of a name that an irregularity says


class Files(Protocol):
    """What readers read from."""

    name: str  #: of the folder or the archive itself
    irregularities: list[Irregularity]  #: what was met when listing

    def names(self) -> Iterable[str]:
        """Every regular file's, with ``/`` between folders; by folder, then by name."""
        ...

    def size(self, name: str) -> int | None:
        """Bytes; None where there is no such file."""
        ...

    def open(self, name: str) -> BinaryIO:
        """To read it from its start.  Raises: BadImport (it is not there any more, or cannot be read)."""
        ...


class FolderFiles:
    """The files below a folder, or one file alone.  Symbolic links are not followed."""

    def __init__(self, path: Path) -> None:
        """List them.  Raises: NotFound, BadImport (it cannot be listed)."""
        self.irregularities: list[Irregularity] = []
        self.name = path.name or path.resolve().name
        self._names: dict[str, tuple[Path, int]] = {}
        self._composed: dict[str, str] = {}
        try:
            if stat.S_ISDIR(path.stat().st_mode):
                self._list(path)
            else:
                self._names[path.name] = (path, path.stat().st_size)
        except FileNotFoundError:
            raise NotFound("There is no such file or folder.", hint="Check its name.") from None
        except OSError as error:
            raise BadImport(f"The export cannot be read ({error.strerror}).") from None

    def names(self) -> Iterable[str]:
        """As ``Files`` says."""
        return self._names.keys()

    def size(self, name: str) -> int | None:
        """As ``Files`` says."""
        there = self._there(name)
        return None if there is None else self._names[there][1]

    def open(self, name: str) -> BinaryIO:
        """As ``Files`` says."""
        there = self._there(name)
        if there is None:
            raise BadImport("A file of the export is not there.")
        try:  # not through a link that has taken the file's place since
            descriptor = os.open(self._names[there][0], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise BadImport(f"A file of the export cannot be read ({error.strerror}).") from None
        return os.fdopen(descriptor, "rb")

    def _there(self, name: str) -> str | None:
        """The listed name: macOS takes names apart (``e`` and its accent) that exports write composed."""
        return name if name in self._names else self._composed.get(unicodedata.normalize("NFC", name))

    def _list(self, root: Path) -> None:
        waiting = [(root, "")]
        while waiting:
            folder, prefix = waiting.pop()
            with os.scandir(folder) as scanned:
                found = sorted(scanned, key=lambda entry: entry.name)
            folders = []
            for entry in found:
                name = prefix + entry.name
                if entry.is_symlink():
                    self.irregularities.append(irregular(Trouble.LINK, name, "a symbolic link; it was not followed"))
                elif entry.is_dir():
                    folders.append((Path(entry.path), f"{name}/"))
                elif entry.is_file():
                    self._add(name, Path(entry.path), entry.stat(follow_symlinks=False).st_size)
            waiting.extend(reversed(folders))

    def _add(self, name: str, path: Path, size: int) -> None:
        shown = name.encode(errors="surrogateescape").decode(errors="backslashreplace")  # a name that is no UTF-8
        self._names[shown] = (path, size)
        composed = unicodedata.normalize("NFC", shown)
        if composed != shown:
            self._composed[composed] = shown


def irregular(trouble: Trouble, where: str, says: str) -> Irregularity:
    """With a name that may be any length."""
    return Irregularity(trouble=trouble, where=where if len(where) <= SHOWN else f"{where[:SHOWN]}...", says=says)


def leads_out(name: str) -> bool:
    """Whether a path that an export names is none within it: absolute, of a drive, or with ``..``."""
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or (len(parts[0]) == 2 and parts[0][1] == ":") or "\0" in name
