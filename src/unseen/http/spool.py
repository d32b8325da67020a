"""A long upload on disk such that nobody can read it: in a file without a name, encrypted under a key in memory only.

The key is drawn for each upload and never leaves this process; when the process ends, however it ends, what is on the
disk is noise in blocks that no folder names.
"""

import os
import secrets
import tempfile
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from unseen.base import StorageFull
from unseen.base.closing import Closing

CHUNK_BYTES: Final = 1 << 16  #: of the upload, sealed together
_TAG_BYTES: Final = 16
_SEALED_BYTES: Final = CHUNK_BYTES + _TAG_BYTES


class SealedFile(Closing):
    """An upload being taken in, and then read from anywhere, by several threads; a context manager.

    Chunk ``i`` is sealed with AES-256-GCM under the number ``i`` as nonce: each key seals each number once.
    """

    def __init__(self, folder: Path) -> None:
        """Begin an empty one.  folder: on which disk.  Raises: StorageFull."""
        self._seal = AESGCM(secrets.token_bytes(32))
        try:
            self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  (closed on leaving)
        except OSError as error:
            raise _full() from error
        self._rest = bytearray()
        self._size = 0

    @property
    def size(self) -> int:
        """How many bytes were taken in."""
        return self._size

    def write(self, piece: bytes) -> None:
        """Take in what comes next.  Raises: StorageFull."""
        self._rest += piece
        self._size += len(piece)
        while len(self._rest) >= CHUNK_BYTES:
            self._put(bytes(self._rest[:CHUNK_BYTES]))
            del self._rest[:CHUNK_BYTES]

    def finish(self) -> None:
        """Take note that it is whole.  Raises: StorageFull."""
        if self._rest:
            self._put(bytes(self._rest))
            self._rest.clear()

    def read_at(self, offset: int, size: int) -> bytes:
        """The ``size`` bytes from ``offset`` on; fewer only at the end.  Only what ``finish`` was called after."""
        end = min(offset + size, self._size)
        if offset >= end:
            return b""
        first = offset // CHUNK_BYTES
        chunks = b"".join(self._chunk(number) for number in range(first, (end - 1) // CHUNK_BYTES + 1))
        return chunks[offset - first * CHUNK_BYTES : end - first * CHUNK_BYTES]

    def close(self) -> None:
        """Let go of it: what is on the disk cannot be read any more."""
        self._file.close()

    def _put(self, chunk: bytes) -> None:
        number = os.lseek(self._file.fileno(), 0, os.SEEK_END) // _SEALED_BYTES
        sealed = memoryview(self._seal.encrypt(number.to_bytes(12, "big"), chunk, None))
        try:
            while sealed:
                sealed = sealed[os.write(self._file.fileno(), sealed) :]
        except OSError as error:
            raise _full() from error

    def _chunk(self, number: int) -> bytes:
        sealed = os.pread(self._file.fileno(), _SEALED_BYTES, number * _SEALED_BYTES)
        return self._seal.decrypt(number.to_bytes(12, "big"), sealed, None)


def _full() -> StorageFull:
    return StorageFull("There is no room for this upload now.", hint="Send it again later.")
