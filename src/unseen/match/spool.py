"""Entries on their way from a store to the first snapshot: how many there are is only known at the end."""

import os
from collections.abc import Iterator
from io import FileIO

import numpy as np

from unseen.match.plan import QUARTERS
from unseen.match.records import I64Array, U64Array
from unseen.match.snapshot_file import storage_errors


class Spool:
    """Keeps them in a file, in the order they came."""

    def __init__(self, file: FileIO) -> None:
        """``file``: new, without a name, so that nothing is left of it however the process ends."""
        self._file = file
        self._lengths: list[int] = []

    def __len__(self) -> int:
        """The number of entries."""
        return sum(self._lengths)

    def add(self, ids: I64Array, words: U64Array) -> None:
        """Keep some entries.  ids: (m,) int64.  words: (m, 4) uint64.  Raises: StorageFull."""
        with storage_errors():
            for array in (ids, words):
                rest = np.ascontiguousarray(array).data.cast("B")
                while rest:
                    rest = rest[self._file.write(rest) :]
        self._lengths.append(len(ids))

    def blocks(self) -> Iterator[tuple[I64Array, U64Array]]:
        """What was kept, a block for each ``add``, in that order."""
        self._file.seek(0, os.SEEK_SET)
        for n in self._lengths:
            ids = np.fromfile(self._file, np.int64, n)
            yield ids, np.fromfile(self._file, np.uint64, QUARTERS * n).reshape(n, QUARTERS)
