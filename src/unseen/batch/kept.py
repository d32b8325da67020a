"""Fingerprints that a scan keeps when it is asked to, so that later entries can be matched without reading again.

An Arrow stream: the schema, then one record batch a shard.  For each picture its own key, its digests, and PDQ of its
eight views, since a banked code is of one view only and the others cannot be derived from it; of a video the same for
each frame that was looked at and its time.  309 bytes a row, and the key.
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
from unseen.desk.scan_ports import NO_TIME, Examined, KeptRows

_VERSION: Final = b"2"
_ROWS: Final = 1 << 17  # searched at a time, which takes 300 MB
_WIDTHS: Final = {"quality": 1, "at_ms": 4, "sha256": 32, "md5": 16, "codes": 256}  # bytes
_FIXED: Final = ("sha256", "md5", "codes")


def schema(lineage: bytes) -> pa.Schema:
    """The file's schema.  lineage: of the store whose seqs the scan went by."""
    return pa.schema(
        [
            pa.field("key", pa.binary(), nullable=False),
            pa.field("quality", pa.uint8(), nullable=False),
            pa.field("at_ms", pa.int32(), nullable=False),
            *(pa.field(name, pa.binary(_WIDTHS[name]), nullable=False) for name in _FIXED),
        ],
        metadata={b"unseen.kept": _VERSION, b"unseen.lineage": lineage.hex().encode()},
    )


def head(lineage: bytes) -> bytes:
    """The first bytes of a file."""
    return bytes(schema(lineage).serialize())


def part(examined: Examined, videos: Sequence[KeptRows], lineage: bytes) -> bytes:
    """The bytes that a shard adds to the file: its pictures that could be looked at, and its videos' frames."""
    parts = [_pictures(examined), *videos]
    keys = [key for each in parts for key in each.keys]
    if not keys:
        return b""
    fixed = [np.concatenate([getattr(each, name).reshape(-1, _WIDTHS[name]) for each in parts]) for name in _FIXED]
    batch = pa.record_batch(
        [
            pa.array(keys, pa.binary()),
            pa.array(np.concatenate([each.qualities for each in parts])),
            pa.array(np.concatenate([each.at_ms for each in parts])),
            *(
                pa.FixedSizeBinaryArray.from_buffers(
                    pa.binary(column.shape[1]), len(keys), [None, pa.py_buffer(np.ascontiguousarray(column))]
                )
                for column in fixed
            ),
        ],
        schema=schema(lineage),
    )
    return bytes(batch.serialize())


def _pictures(examined: Examined) -> KeptRows:
    readings = examined.readings
    good = [at for at, trouble in enumerate(readings.troubles) if trouble is None]
    return KeptRows(
        keys=tuple(examined.shard.keys[at] for at in good),
        sha256=readings.sha256[good],
        md5=readings.md5[good],
        codes=readings.codes[good],
        qualities=readings.qualities[good],
        at_ms=np.full(len(good), NO_TIME, np.int32),
    )


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
        """Overwrite the rows of these objects with zeros, key and all, where they are.

        Returns: how many objects there were.
        """
        wanted, forgotten = pa.array(keys, pa.binary()), set[bytes]()
        for batch in self._batches():
            for at in np.flatnonzero(pc.is_in(batch.column("key"), wanted).to_numpy(zero_copy_only=False)).tolist():
                forgotten.add(batch.column("key")[at].as_py())
                for begin, length in self._places(batch, at):
                    self._mapped[begin : begin + length] = bytes(length)
        self._mapped.flush()
        return len(forgotten)

    def _places(self, batch: pa.RecordBatch, at: int) -> Iterator[tuple[int, int]]:
        """Where a row is in the file: offset and length of each of its values."""
        for name in batch.schema.names:
            buffers = batch.column(name).buffers()
            begin = buffers[-1].address - self._buffer.address
            if name == "key":
                offsets = np.frombuffer(buffers[1], np.int32)
                yield begin + int(offsets[at]), int(offsets[at + 1] - offsets[at])
            else:
                width = _WIDTHS[name]
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

    def column(name: str) -> NDArray[np.uint8]:
        width = _WIDTHS[name]
        parts = [np.frombuffer(batch.column(name).buffers()[-1], np.uint8)[: len(batch) * width] for batch in batches]
        return np.concatenate(parts).reshape(-1, width)[there]

    return KeptRows(
        keys=tuple(key for key, is_there in zip(keys, there, strict=True) if is_there),
        sha256=column("sha256"),
        md5=column("md5"),
        codes=column("codes").reshape(-1, 8, 32),
        qualities=column("quality").reshape(-1),
        at_ms=column("at_ms").view("<i4").reshape(-1),
    )


def _not_kept() -> BadRequest:
    return BadRequest(
        "This is no file of kept fingerprints of this version.", hint="`unseen scan --keep-fingerprints` writes one."
    )
