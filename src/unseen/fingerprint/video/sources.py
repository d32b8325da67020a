"""Where a video's bytes are read from, piece by piece, since it may be larger than memory."""

import hashlib
import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from unseen.base import BadMedia, BadRequest, NotFound
from unseen.fingerprint.records import Fingerprint, Kind

_CHUNK_BYTES: Final = 1 << 20


class Source(Protocol):
    """Bytes that can be read from anywhere, by several threads."""

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def read_at(self, offset: int, size: int) -> bytes:
        """The ``size`` bytes from ``offset`` on; fewer only at the end."""
        ...


class BytesSource:
    """Bytes that are in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self._data)

    def read_at(self, offset: int, size: int) -> bytes:
        """As ``Source`` says."""
        return self._data[offset : offset + size]


class FileSource:
    """A file; a context manager."""

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        """Open it.

        Raises: NotFound; BadRequest where it cannot be read or is no file; BadMedia where it is larger than the limit.
        """
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # a pipe or a device might never end
                raise BadRequest("not a file.", hint="Name a video file.")
            self._file = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            raise NotFound("no such file.") from None
        except OSError as error:
            raise BadRequest(f"cannot be read ({error.strerror}).") from error
        self._size = os.fstat(self._file).st_size
        if self._size > max_bytes:
            os.close(self._file)
            raise BadMedia(
                f"too large to read (more than {max_bytes / 1024**2:g} MiB).",
                hint="Send a smaller copy, or a part of it.",
            )

    @property
    def size(self) -> int:
        """How many bytes it had when it was opened."""
        return self._size

    def read_at(self, offset: int, size: int) -> bytes:
        """As ``Source`` says."""
        return os.pread(self._file, min(size, max(self._size - offset, 0)), offset)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)


def digests_of(source: Source) -> tuple[Fingerprint, Fingerprint]:
    """SHA-256 and MD5 of all of it, read once."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    offset = 0
    while piece := source.read_at(offset, _CHUNK_BYTES):
        sha256.update(piece)
        md5.update(piece)
        offset += len(piece)
    return (
        Fingerprint(kind=Kind.SHA256, code=sha256.digest()),
        Fingerprint(kind=Kind.MD5, code=md5.digest()),
    )
