"""The checkpoint: which shards are finished, and how far the files reached with each.  Bytes in, bytes out; no I/O.

One record of fixed length a finished shard, in the order they were finished, each with its checksum: what a kill cut
short in the middle is not counted, nor anything after it.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from unseen.desk.scan_ports import Count

_RECORD: Final = struct.Struct("<QQQq5II")  # shard, two ends, seq, counts, checksum
_BODY_BYTES: Final = _RECORD.size - 4
RECORD_BYTES: Final = _RECORD.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """One shard whose rows are safe."""

    shard: int
    rows_end: int  #: bytes of the rows' file that are whole with this shard
    kept_end: int  #: of the file of kept fingerprints; 0 where none are kept
    as_of_seq: int
    count: Count

    def to_bytes(self) -> bytes:
        """The record."""
        count = self.count
        numbers = (count.allow, count.review, count.block, count.unread, count.featureless)
        body = _RECORD.pack(self.shard, self.rows_end, self.kept_end, self.as_of_seq, *numbers, 0)[:_BODY_BYTES]
        return body + zlib.crc32(body).to_bytes(4, "little")


@dataclass(slots=True, kw_only=True)
class Progress:
    """What all records together say."""

    shards: set[int] = field(default_factory=set)
    rows_end: int = 0
    kept_end: int = 0
    as_of_seq: int | None = None  #: the oldest index that was searched; None where nothing is finished
    count: Count = field(default_factory=Count)

    def add(self, finished: Finished) -> None:
        """Count one more.  Raises: ValueError where the shard was finished before."""
        if finished.shard in self.shards:
            raise ValueError(f"shard {finished.shard} was finished twice")
        self.shards.add(finished.shard)
        self.rows_end, self.kept_end = finished.rows_end, finished.kept_end
        self.as_of_seq = finished.as_of_seq if self.as_of_seq is None else min(self.as_of_seq, finished.as_of_seq)
        self.count += finished.count


def read(data: bytes) -> Iterator[Finished]:
    """The records of a checkpoint, up to the first that is not whole."""
    for begin in range(0, len(data) - RECORD_BYTES + 1, RECORD_BYTES):
        record = data[begin : begin + RECORD_BYTES]
        shard, rows_end, kept_end, as_of_seq, *counts, checksum = _RECORD.unpack(record)
        if zlib.crc32(record[:_BODY_BYTES]) != checksum:
            return
        allow, review, block, unread, featureless = counts
        yield Finished(
            shard=shard,
            rows_end=rows_end,
            kept_end=kept_end,
            as_of_seq=as_of_seq,
            count=Count(allow=allow, review=review, block=block, unread=unread, featureless=featureless),
        )


def progress_of(records: Iterable[Finished]) -> Progress:
    """All of them added up."""
    progress = Progress()
    for finished in records:
        progress.add(finished)
    return progress
