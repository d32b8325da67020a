"""Shards and readings as Arrow tables, as they travel between the machines of a cluster: one row an object.  No I/O."""

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from unseen.desk.scan_ports import Near, Readings, Shard, Trouble

_WIDTHS: Final = {"sha256": 32, "md5": 16, "codes": 256}

SHARDS: Final = pa.schema(
    [
        pa.field("shard", pa.int64()),
        pa.field("at", pa.int32()),  # the object's place in its shard
        pa.field("key", pa.binary()),
        pa.field("source", pa.int32()),
        pa.field("size", pa.int64()),
        pa.field("trouble", pa.string()),
    ]
)

READINGS: Final = pa.schema(
    [
        pa.field("shard", pa.int64()),
        pa.field("at", pa.int32()),
        pa.field("trouble", pa.string()),
        pa.field("message", pa.string()),
        pa.field("quality", pa.uint8()),
        *(pa.field(name, pa.binary(width)) for name, width in _WIDTHS.items()),
        pa.field("entries", pa.list_(pa.int64())),
        pa.field("distances", pa.list_(pa.uint16())),
        pa.field("views", pa.list_(pa.uint8())),
        pa.field("as_of_seq", pa.int64()),
    ]
)


def of_shard(shard: Shard) -> pa.Table:
    """The objects of a shard, by their place in it."""
    troubles = [None if trouble is None else trouble.value for trouble in shard.troubles]
    columns = [[shard.number] * len(shard), list(range(len(shard))), list(shard.keys), list(shard.sources)]
    return pa.table([*columns, list(shard.sizes), troubles], schema=SHARDS)


def to_shard(table: pa.Table) -> Shard:
    """The objects of one shard, all or some."""
    columns = table.to_pydict()
    return Shard(
        number=columns["shard"][0],
        keys=tuple(columns["key"]),
        sources=tuple(columns["source"]),
        sizes=tuple(columns["size"]),
        troubles=tuple(None if word is None else Trouble(word) for word in columns["trouble"]),
    )


def of_readings(readings: Readings, shard: NDArray[np.int64], at: NDArray[np.int32]) -> pa.Table:
    """What was read of some objects.  shard, at: (n,), whose they are."""
    n, near = len(readings), readings.near
    offsets = pa.array(near.offsets.astype(np.int32))
    fixed = (readings.sha256, readings.md5, readings.codes.reshape(n, -1))
    return pa.table(
        [
            pa.array(shard),
            pa.array(at),
            pa.array([None if trouble is None else trouble.value for trouble in readings.troubles], pa.string()),
            pa.array(readings.messages, pa.string()),
            pa.array(readings.qualities),
            *(
                pa.FixedSizeBinaryArray.from_buffers(pa.binary(c.shape[1]), n, [None, pa.py_buffer(c.tobytes())])
                for c in fixed
            ),
            *(pa.ListArray.from_arrays(offsets, pa.array(c)) for c in (near.entries, near.distances, near.views)),
            pa.array(np.full(n, readings.as_of_seq)),
        ],
        schema=READINGS,
    )


def to_readings(table: pa.Table) -> Readings:
    """What ``of_readings`` was given, with the rows in the table's order; it is not empty."""
    whole = table.combine_chunks().to_batches()[0]

    def fixed(name: str) -> NDArray[np.uint8]:
        return np.frombuffer(b"".join(whole.column(name).to_pylist()), np.uint8).reshape(-1, _WIDTHS[name])

    entries = whole.column("entries")
    lengths = np.asarray(entries.value_lengths(), np.int64)
    return Readings(
        troubles=tuple(None if word is None else Trouble(word) for word in whole.column("trouble").to_pylist()),
        messages=tuple(whole.column("message").to_pylist()),
        sha256=fixed("sha256"),
        md5=fixed("md5"),
        codes=fixed("codes").reshape(-1, 8, 32),
        qualities=whole.column("quality").to_numpy(),
        near=Near(
            offsets=np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]),
            entries=entries.flatten().to_numpy(),
            distances=whole.column("distances").flatten().to_numpy(),
            views=whole.column("views").flatten().to_numpy(),
        ),
        as_of_seq=min(whole.column("as_of_seq").to_pylist()),
    )
