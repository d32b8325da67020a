"""The work list: every object of a scan, cut into shards; as Arrow, one record batch for each.  No I/O."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

import pyarrow as pa

from unseen.batch.sources import Listed
from unseen.desk.scan_ports import Shard, Trouble

#: What a kill can lose of each process: half a second of work or so.
SHARD_OBJECTS: Final = 64

SCHEMA: Final = pa.schema(
    [
        pa.field("key", pa.binary(), nullable=False),
        pa.field("source", pa.int32(), nullable=False),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("trouble", pa.string()),
    ]
)


def shards_of(objects: Iterable[tuple[int, Listed]], shard_objects: int = SHARD_OBJECTS) -> Iterator[Shard]:
    """Objects, each with the number of its source, cut into shards in the order they come."""
    rest, number = iter(objects), 0
    while some := list(islice(rest, shard_objects)):
        yield Shard(
            number=number,
            keys=tuple(listed.key for _, listed in some),
            sources=tuple(source for source, _ in some),
            sizes=tuple(listed.size for _, listed in some),
            troubles=tuple(listed.trouble for _, listed in some),
        )
        number += 1


def to_batch(shard: Shard) -> pa.RecordBatch:
    """A shard as the work list's file holds it."""
    troubles = [None if trouble is None else trouble.value for trouble in shard.troubles]
    return pa.record_batch([list(shard.keys), list(shard.sources), list(shard.sizes), troubles], schema=SCHEMA)


def of_batch(batch: pa.RecordBatch, number: int) -> Shard:
    """The shard that is record batch ``number`` of the file."""
    columns = batch.to_pydict()
    return Shard(
        number=number,
        keys=tuple(columns["key"]),
        sources=tuple(columns["source"]),
        sizes=tuple(columns["size"]),
        troubles=tuple(None if word is None else Trouble(word) for word in columns["trouble"]),
    )
