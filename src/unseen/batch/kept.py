"""Fingerprints that a scan keeps when it is asked to, so that later entries can be matched without reading again.

An Arrow stream: the schema, then one record batch a shard.  For each upload its own key, its digests, and PDQ of its
eight views, since a banked code is of one view only and the others cannot be derived from it.  304 bytes and the key.
Whoever has the file can tell which uploads are copies of a picture at hand: it is private, and forgets on demand.
"""

import mmap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from unseen.base import BadRequest, NotFound
from unseen.desk.scan_ports import Examined, KeptRows

_VERSION: Final = b"1"
_ROWS: Final = 1 << 17  # searched at a time, which takes 300 MB
_WIDTHS: Final = {"sha256": 32, "md5": 16, "codes": 256}


def schema(lineage: bytes) -> pa.Schema:
    """The file's schema.  lineage: of the store whose seqs the scan went by."""
    return pa.schema(
        [
            pa.field("key", pa.binary(), nullable=False),
            pa.field("quality", pa.uint8(), nullable=False),
            *(pa.field(name, pa.binary(width), nullable=False) for name, width in _WIDTHS.items()),
        ],
        metadata={b"unseen.kept": _VERSION, b"unseen.lineage": lineage.hex().encode()},
    )


def head(lineage: bytes) -> bytes:
    """The first bytes of a file."""
    return bytes(schema(lineage).serialize())


def part(examined: Examined, lineage: bytes) -> bytes:
    """The bytes that a shard adds to the file: those of its objects that could be looked at."""
    readings = examined.readings
    good = [at for at, trouble in enumerate(readings.troubles) if trouble is None]
    if not good:
        return b""
    columns = (readings.sha256, readings.md5, readings.codes.reshape(len(readings), -1))
    batch = pa.record_batch(
        [
            pa.array([examined.shard.keys[at] for at in good], pa.binary()),
            pa.array(readings.qualities[good]),
            *(
                pa.FixedSizeBinaryArray.from_buffers(
                    pa.binary(column.shape[1]), len(good), [None, pa.py_buffer(np.ascontiguousarray(column[good]))]
                )
                for column in columns
            ),
        ],
        schema=schema(lineage),
    )
    return bytes(batch.serialize())


class KeptFile:
    """A file of kept fingerprints, mapped."""

    def __init__(self, path: Path) -> None:
        """Raises: NotFound, BadRequest where it cannot be opened or is no such file."""
        try:
            with path.open("r+b") as file:
                self._mapped = mmap.mmap(file.fileno(), 0)
        except FileNotFoundError:
            raise NotFound("There is no such file of kept fingerprints.") from None
        except (OSError, ValueError):
            raise BadRequest("The file of kept fingerprints cannot be opened.") from None
        self._buffer = pa.py_buffer(self._mapped)
        try:
            found = pa.ipc.open_stream(self._buffer).schema
            metadata = found.metadata or {}
            lineage = bytes.fromhex(metadata.get(b"unseen.lineage", b"").decode())
        except (pa.ArrowException, OSError, ValueError):
            raise _not_kept() from None
        if metadata.get(b"unseen.kept") != _VERSION or not found.equals(schema(lineage)):
            raise _not_kept()
        self.lineage = lineage  #: of the store whose seqs the scan went by

    def __iter__(self) -> Iterator[KeptRows]:
        """Everything that is not forgotten, many rows at a time.  Raises: BadRequest where the file is damaged."""
        some: list[pa.RecordBatch] = []
        count = 0
        for batch in self._batches():
            some.append(batch)
            count += len(batch)
            if count >= _ROWS:
                yield _rows(some)
                some, count = [], 0
        if some:
            yield _rows(some)

    def __len__(self) -> int:
        """Rows, forgotten ones among them."""
        return sum(len(batch) for batch in self._batches())

    def forget(self, keys: Sequence[bytes]) -> int:
        """Overwrite the rows of these objects with zeros, key and all, where they are; returns how many there were."""
        wanted, forgotten = pa.array(keys, pa.binary()), 0
        for batch in self._batches():
            for at in np.flatnonzero(pc.is_in(batch.column("key"), wanted).to_numpy(zero_copy_only=False)).tolist():
                for begin, length in self._places(batch, at):
                    self._mapped[begin : begin + length] = bytes(length)
                forgotten += 1
        self._mapped.flush()
        return forgotten

    def _places(self, batch: pa.RecordBatch, at: int) -> Iterator[tuple[int, int]]:
        """Where a row is in the file: offset and length of each of its values."""
        for name in batch.schema.names:
            buffers = batch.column(name).buffers()
            begin = buffers[-1].address - self._buffer.address
            if name == "key":
                offsets = np.frombuffer(buffers[1], np.int32)
                yield begin + int(offsets[at]), int(offsets[at + 1] - offsets[at])
            else:
                width = _WIDTHS.get(name, 1)
                yield begin + at * width, width

    def _batches(self) -> Iterable[pa.RecordBatch]:
        try:
            yield from pa.ipc.open_stream(self._buffer)
        except (pa.ArrowException, OSError):
            raise BadRequest(
                "The file of kept fingerprints is damaged.", hint="Scan again with --keep-fingerprints."
            ) from None


def _rows(batches: list[pa.RecordBatch]) -> KeptRows:
    keys = [key for batch in batches for key in batch.column("key").to_pylist()]
    there = np.array([bool(key.strip(b"\0")) for key in keys], np.bool_)

    def column(name: str, width: int) -> NDArray[np.uint8]:
        parts = [np.frombuffer(batch.column(name).buffers()[-1], np.uint8)[: len(batch) * width] for batch in batches]
        return np.concatenate(parts).reshape(-1, width)[there]

    return KeptRows(
        keys=tuple(key for key, is_there in zip(keys, there, strict=True) if is_there),
        sha256=column("sha256", 32),
        md5=column("md5", 16),
        codes=column("codes", 256).reshape(-1, 8, 32),
        qualities=column("quality", 1).reshape(-1),
    )


def _not_kept() -> BadRequest:
    return BadRequest(
        "This is no file of kept fingerprints of this version.", hint="`unseen scan --keep-fingerprints` writes one."
    )
