"""What is in a pack: every file's digests, and the small files that checks are made on.  Folder or container alike."""

import hashlib
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from unseen.base import BadPack
from unseen.evidence.age import Readable, Writable
from unseen.evidence.layout import CUSTODY, PAYLOAD, require_path
from unseen.evidence.records import PackedFile

_CHUNK: Final = 1 << 20
_MOST_KEPT: Final = 512 << 20  #: bytes; the manifest and the custody log of 100,000 items are a tenth of it
_BLOCK: Final = 512

#: One file after the other: its path and what it holds, to be read before the next one is asked for.
Files = Iterable[tuple[str, Readable]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All of a pack, by path."""

    files: Mapping[str, PackedFile]
    kept: Mapping[str, bytes]  #: what the seal and the bag are made of; no item

    def text(self, path: str) -> bytes:
        """A file of the seal.  Raises: BadPack where it is missing."""
        if path not in self.kept:
            raise BadPack(f"{path} is missing.")
        return self.kept[path]


class Digesting:
    """Counts and digests what passes through it to ``out``."""

    def __init__(self, out: Writable | None = None) -> None:
        """``out``: nothing is passed on where it is None."""
        self._out = out
        self._sha256 = hashlib.sha256()
        self._sha512 = hashlib.sha512()
        self._bytes = 0

    def write(self, data: bytes) -> int:
        """Take ``data``."""
        self._sha256.update(data)
        self._sha512.update(data)
        self._bytes += len(data)
        if self._out is not None:
            self._out.write(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back here."""

    def as_file(self, path: str) -> PackedFile:
        """What went through, as a file of the pack."""
        return PackedFile(
            path=path, bytes=self._bytes, sha256=self._sha256.hexdigest(), sha512=self._sha512.hexdigest()
        )


def packed(path: str, content: bytes) -> PackedFile:
    """``content`` as a file of the pack."""
    digesting = Digesting()
    digesting.write(content)
    return digesting.as_file(path)


def copy(source: Readable, target: Writable) -> None:
    """All that is left in ``source``."""
    while chunk := source.read(_CHUNK):
        target.write(chunk)


def take_in(files: Files) -> Contents:
    """Read a pack once.  Raises: BadPack for a name that a pack cannot have, or one that comes twice."""
    found: dict[str, PackedFile] = {}
    kept: dict[str, bytes] = {}
    room = _MOST_KEPT
    for path, content in files:
        require_path(path)
        if path in found:
            raise BadPack(f"{path} is in the pack twice.")
        holding = _Holding(room) if not path.startswith(PAYLOAD) or path == CUSTODY else None
        digesting = Digesting(holding)
        copy(content, digesting)
        found[path] = digesting.as_file(path)
        if holding is not None:
            kept[path] = bytes(holding.data)
            room -= len(holding.data)
    return Contents(files=found, kept=kept)


class _Holding:
    def __init__(self, room: int) -> None:
        self.data = bytearray()
        self._room = room

    def write(self, data: bytes) -> None:
        self._room -= len(data)
        if self._room < 0:
            raise BadPack("The pack's seal is larger than any that Unseen writes.")
        self.data += data


def read_container(stream: BinaryIO) -> Iterator[tuple[str, Readable]]:
    """The files of a tar stream.  Raises: BadPack for links, devices and damage."""
    try:
        with tarfile.open(fileobj=stream, mode="r|") as container:
            for member in container:
                content = container.extractfile(member) if member.isreg() else None
                if content is None:
                    raise BadPack("The pack's container holds something that is no plain file.")
                yield member.name, content
    except tarfile.TarError:
        raise BadPack("The pack's container is damaged, or is none.") from None


class ContainerWriter:
    """Writes a tar of plain files without times, owners or modes of their own."""

    def __init__(self, out: Writable) -> None:
        self._out = out

    def begin(self, path: str, size: int) -> None:
        """Announce a file; exactly ``size`` bytes of it follow, then ``end``."""
        entry = tarfile.TarInfo(path)
        entry.size, entry.mode = size, 0o600
        self._out.write(entry.tobuf(tarfile.PAX_FORMAT))

    def end(self, size: int) -> None:
        """Fill up to a block."""
        self._out.write(bytes(-size % _BLOCK))

    def put(self, path: str, content: bytes) -> None:
        """A whole small file."""
        self.begin(path, len(content))
        self._out.write(content)
        self.end(len(content))

    def close(self) -> None:
        """Two empty blocks end a tar."""
        self._out.write(bytes(2 * _BLOCK))
