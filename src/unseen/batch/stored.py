"""An object of a store, read in pieces where they are asked for, as the decoding of a video does."""

import threading
from collections import OrderedDict
from typing import Final

from fsspec.core import url_to_fs

from unseen.base import BadRequest, NotFound

_BLOCK_BYTES: Final = 1 << 20  # asked of the store at a time
_HEAD_BYTES: Final = 1 << 16  # the first block is less: many objects are no videos, as their first bytes tell
_MOST_BLOCKS: Final = 24  # kept, so that what is read twice is mostly asked for once


class StoredSource:
    """One object, in whatever store an fsspec driver reads.  Thread-safe; nothing of it is written to a disk."""

    def __init__(self, url: str) -> None:
        """Ask how large it is.  Raises: NotFound; BadRequest where it cannot be asked."""
        try:
            self._fs, self._path = url_to_fs(url)
            self._size = int(self._fs.info(self._path)["size"])
        except FileNotFoundError:
            raise NotFound("it is not there any more.") from None
        except Exception as error:  # noqa: BLE001  drivers raise what their client libraries raise
            raise BadRequest(f"cannot be read ({type(error).__name__}).") from None
        self._blocks: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """How many bytes it had when it was opened."""
        return self._size

    def read_at(self, offset: int, size: int) -> bytes:
        """As ``fingerprint.video.sources.Source`` says.  Raises: NotFound, BadRequest."""
        end, pieces = min(offset + size, self._size), []
        while offset < end:
            first, last = _block_at(offset, self._size)
            piece = self._block(first, last)[offset - first : end - first]
            if not piece:
                raise BadRequest("it became shorter while it was read.")
            pieces.append(piece)
            offset += len(piece)
        return b"".join(pieces)

    def _block(self, first: int, last: int) -> bytes:
        with self._lock:
            if (held := self._blocks.get((first, last))) is not None:
                self._blocks.move_to_end((first, last))
                return held
        try:
            block: bytes = self._fs.cat_file(self._path, start=first, end=last)
        except FileNotFoundError:
            raise NotFound("it is not there any more.") from None
        except Exception as error:  # noqa: BLE001  as above
            raise BadRequest(f"cannot be read ({type(error).__name__}).") from None
        with self._lock:
            self._blocks[first, last] = block
            while len(self._blocks) > _MOST_BLOCKS:
                self._blocks.popitem(last=False)
        return block


def _block_at(offset: int, size: int) -> tuple[int, int]:
    """The block with this byte: where it begins and ends."""
    if offset < _HEAD_BYTES:
        return 0, min(_HEAD_BYTES, size)
    first = max(offset // _BLOCK_BYTES * _BLOCK_BYTES, _HEAD_BYTES)
    return first, min(offset // _BLOCK_BYTES * _BLOCK_BYTES + _BLOCK_BYTES, size)
