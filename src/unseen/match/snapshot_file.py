"""Snapshots as files: written once, checked when opened, then mapped and shared by all that read them.

1. The first page is the header: magic, format version, byte order, row count, seq, and a table of the sections.
2. Sections start on page boundaries: ids, gone, words, starts, neighbours, rows, checksums.
3. The checksums are CRC-32 of each chunk between the header and themselves; the header holds the checksum of
   that section and of itself.  So every byte of the file is covered, gaps among them.
4. A file is written under another name, forced to disk, and renamed: at its own name it is whole or not there.
   Its writer keeps it locked until a manifest names it, so that nobody takes it for an orphan.
5. Who compared every byte with its checksum says so in a file beside it, bound to this very file and to this run of
   the machine; whoever opens it later on the same node does not compare again.
"""

import errno
import fcntl
import mmap
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO, Final

import numpy as np

from unseen.base import SnapshotRefused, StorageFull
from unseen.match.layout import BUCKETS, MAX_ROWS, PADDING, bucket_starts, fill_band, touch
from unseen.match.plan import BANDS, QUARTERS
from unseen.match.records import NOBODY, I64Array, U64Array
from unseen.match.snapshot import Snapshot, require_rows

FORMAT_VERSION: Final = 2  #: also changes when the arrangement of bits or postings does
PAGE: Final = 4096
CHUNK: Final = 1 << 20
_MAGIC: Final = b"UNSEENIX"
_BYTE_ORDER: Final = 0x01020304
_FIXED: Final = struct.Struct("=8sIIQQqQIII")  # magic, order, version, n, gone, seq, bytes, sections, two checksums
_SECTION: Final = struct.Struct("=16s8sQQ")  # name, dtype, offset, bytes
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PARTIAL: Final = ".partial"
_VERIFIED: Final = ".verified"
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")

Blocks = Iterable[tuple[I64Array, U64Array]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int

    @property
    def size(self) -> int:
        """In bytes."""
        return int(np.dtype(self.dtype).itemsize * np.prod(self.shape))

    def row(self, i: int) -> int:
        """Offset in the file of row ``i``."""
        return self.offset + i * int(np.dtype(self.dtype).itemsize * np.prod(self.shape[1:]))

    def within(self, mapped: mmap.mmap) -> np.ndarray:
        """The section as a read-only array."""
        count = int(np.prod(self.shape))
        return np.frombuffer(mapped, self.dtype, count, self.offset).reshape(self.shape)


def _sections(n: int, gone: int) -> dict[str, _Section]:
    """Where everything is in a file of ``n`` rows and ``gone`` ids that are gone (2)."""
    sections: dict[str, _Section] = {}
    offset = PAGE

    def place(name: str, dtype: str, *shape: int) -> None:
        nonlocal offset
        sections[name] = _Section(name=name, dtype=dtype, shape=shape, offset=offset)
        offset += -(-sections[name].size // PAGE) * PAGE

    place("ids", "int64", n)
    place("gone", "int64", gone)
    place("words", "uint64", n, QUARTERS)
    place("starts", "uint32", BANDS, BUCKETS + 1)
    place("neighbours", "uint32", BANDS, n + PADDING)
    place("rows", "uint32", BANDS, n)
    place("checksums", "uint32", -(-(offset - PAGE) // CHUNK))
    return sections


def _file_bytes(sections: dict[str, _Section]) -> int:
    last = sections["checksums"]
    return last.offset + -(-last.size // PAGE) * PAGE


def _header(n: int, gone: int, seq: int, checksums: bytes) -> bytes:
    """The first page (1).  checksums: the section, filled up to whole pages."""
    sections = _sections(n, gone)
    table = b"".join(_SECTION.pack(s.name.encode(), s.dtype.encode(), s.offset, s.size) for s in sections.values())

    def page(own: int) -> bytes:
        fixed = _FIXED.pack(
            _MAGIC,
            _BYTE_ORDER,
            FORMAT_VERSION,
            n,
            gone,
            seq,
            _file_bytes(sections),
            len(sections),
            zlib.crc32(checksums),
            own,
        )
        return (fixed + table).ljust(PAGE, b"\0")

    return page(zlib.crc32(page(0)))


def _checksums(mapped: mmap.mmap, sections: dict[str, _Section]) -> Iterator[int]:
    """Of each chunk, in order (3)."""
    end = sections["checksums"].offset
    with memoryview(mapped) as view:
        for begin in range(PAGE, end, CHUNK):
            with view[begin : min(begin + CHUNK, end)] as chunk:
                yield zlib.crc32(chunk)


def write(path: Path, snapshot: Snapshot) -> None:
    """Put ``snapshot`` at ``path``.  Raises: StorageFull when the disk has no room; ``path`` is then as it was."""
    with written(path, [(snapshot.ids, snapshot.words)], len(snapshot), snapshot.seq, gone=snapshot.gone):
        pass


@contextmanager
def written(path: Path, blocks: Blocks, n: int, seq: int, *, gone: I64Array = NOBODY) -> Iterator[None]:
    """Index ``n`` entries straight into a file at ``path``, with memory for one band's postings at a time.

    blocks: ids, (m,) int64 that ascend over all blocks, and their words, (m, 4) uint64.  gone: see ``Snapshot``.
    The file is there when the block begins, and locked as long as it lasts (4).
    Raises: StorageFull when the disk has no room; ``path`` is then as it was.  ValueError when ids do not ascend
    or the blocks do not have ``n`` rows.
    """
    with ExitStack() as held:
        with storage_errors():
            file, partial = held.enter_context(_partial(path))
            _fill(file, blocks, n, seq, gone)
            file.flush()
            os.fsync(file.fileno())
            partial.replace(path)
            sync_folder(path.parent)
            note_checked(path, os.fstat(file.fileno()))  # the checksums were made from what reads back
        yield


def _fill(file: BinaryIO, blocks: Blocks, n: int, seq: int, gone: I64Array) -> None:
    sections = _sections(n, len(gone))
    file.truncate(_file_bytes(sections))
    file.seek(sections["gone"].offset)
    file.write(gone.data)
    _write_entries(file, sections, blocks, n)
    file.flush()
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    _write_bands(file, sections, sections["words"].within(mapped))
    file.flush()
    checksums = np.fromiter(_checksums(mapped, sections), np.uint32).tobytes()
    last = sections["checksums"]
    file.seek(last.offset)
    file.write(checksums)
    file.seek(0)
    file.write(_header(n, len(gone), seq, checksums.ljust(_file_bytes(sections) - last.offset, b"\0")))


def _write_entries(file: BinaryIO, sections: dict[str, _Section], blocks: Blocks, n: int) -> None:
    row, last_id = 0, np.iinfo(np.int64).min
    for ids, words in blocks:
        require_rows(words, ids)
        if len(ids) and row and ids[0] <= last_id:
            raise ValueError("the ids of a snapshot ascend")
        file.seek(sections["ids"].row(row))
        file.write(ids.data)
        file.seek(sections["words"].row(row))
        file.write(words.data)
        row += len(ids)
        last_id = ids[-1] if len(ids) else last_id
    if row != n:
        raise ValueError(f"{row} rows came where {n} were announced")


def _write_bands(file: BinaryIO, sections: dict[str, _Section], words: U64Array) -> None:
    starts = bucket_starts(words)
    file.seek(sections["starts"].offset)
    file.write(starts.data)
    neighbours, rows = np.empty(len(words) + PADDING, np.uint32), np.empty(len(words), np.uint32)
    for band in range(BANDS):
        fill_band(words, band, starts[band], neighbours, rows)
        file.seek(sections["neighbours"].row(band))
        file.write(neighbours.data)
        file.seek(sections["rows"].row(band))
        file.write(rows.data)


@contextmanager
def _partial(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A new file beside ``path``, 0600 and locked; removed at the end if it was not renamed."""
    while True:
        descriptor, name = mkstemp(prefix=f".{path.name.lstrip('.')}.", suffix=_PARTIAL, dir=path.parent)
        partial = Path(name)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not partial.exists():
                continue  # someone took it for an orphan before it was locked
            try:
                yield file, partial
            finally:
                partial.unlink(missing_ok=True)
            return


def replace_text(path: Path, text: str) -> None:
    """Put a small file at ``path``, whole and on disk, or leave it as it was.  Raises: StorageFull."""
    with storage_errors(), _partial(path) as (file, partial):
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
        partial.replace(path)
        sync_folder(path.parent)


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn the system's word for a full disk into ours."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StorageFull(
                "The disk has no room for a new index snapshot; the old one is still in use.",
                hint="Free some space: a merge needs room for a second copy of the index.",
            ) from error
        raise


def remove_orphan(path: Path) -> None:
    """Remove a file that no manifest names, unless its writer is still at it; it may hold codes that were erased."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        remove(path)


def remove(path: Path) -> None:
    """Remove a snapshot and what is noted beside it."""
    path.unlink(missing_ok=True)
    _note_of(path).unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Force the names in ``folder`` to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_snapshot(path: Path, *, noting: bool = False) -> Snapshot:
    """Map the snapshot at ``path``, after checking every byte of it.

    ``noting``: note that on this node, and believe such a note: then only the header is checked (5).
    Raises: SnapshotRefused, saying why, when it is missing, torn, altered, foreign or of another version.
    """
    try:
        with path.open("rb") as file:
            page = file.read(PAGE)
            status = os.fstat(file.fileno())
            n, gone, seq = _read_header(page, status.st_size)
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise _refused(f"cannot be read ({error.strerror})") from error
    sections = _sections(n, gone)
    last = sections["checksums"]
    if page != _header(n, gone, seq, mapped[last.offset :]):
        raise _refused("has an altered header or altered checksums")
    if not (noting and _is_noted(path, status)):
        _compare(mapped, sections)
        if noting:
            note_checked(path, status)
    touch(np.frombuffer(mapped, np.uint8))
    return Snapshot(
        seq=seq,
        ids=sections["ids"].within(mapped),
        gone=sections["gone"].within(mapped),
        words=sections["words"].within(mapped),
        starts=sections["starts"].within(mapped),
        neighbours=sections["neighbours"].within(mapped),
        rows=sections["rows"].within(mapped),
    )


def note_checked(path: Path, status: os.stat_result) -> None:
    """Note beside the snapshot at ``path`` that every byte of it was checked, for the others on this node (5).

    ``status``: of the very file that was checked.  Where the disk has no room, the others check again.
    """
    with suppress(OSError, StorageFull):
        replace_text(_note_of(path), _identity(status))


def _is_noted(path: Path, status: os.stat_result) -> bool:
    try:
        noted = _note_of(path).read_text()
    except OSError:
        return False
    return _BOOT_ID.exists() and noted == _identity(status)


def _identity(status: os.stat_result) -> str:
    """This very file in this run of the machine: after a restart, the disk is not trusted to be as it was."""
    boot = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""
    return f"{boot} {status.st_dev} {status.st_ino} {status.st_size} {status.st_mtime_ns}"


def _note_of(path: Path) -> Path:
    return path.with_name(f".{path.name}{_VERIFIED}")


def _compare(mapped: mmap.mmap, sections: dict[str, _Section]) -> None:
    expected = sections["checksums"].within(mapped)
    for chunk, checksum in enumerate(_checksums(mapped, sections)):
        if checksum != expected[chunk]:
            raise _refused(f"is damaged (chunk {chunk} of {len(expected)} does not have its checksum)")


def _read_header(page: bytes, size: int) -> tuple[int, int, int]:
    """Counts of rows and of ids that are gone, and seq, from the first page of a file of ``size`` bytes.

    Raises: SnapshotRefused.
    """
    if len(page) < PAGE:
        raise _refused("is shorter than its header")
    magic, order, version, n, gone, seq, *_ = _FIXED.unpack_from(page)
    if magic != _MAGIC:
        raise _refused("is not a snapshot of this program")
    if order != _BYTE_ORDER:
        raise _refused("was written on a machine with another byte order, or is damaged")
    if version != FORMAT_VERSION:
        raise _refused(f"has format version {version}, this program reads {FORMAT_VERSION}")
    if n > MAX_ROWS or gone > MAX_ROWS or size != _file_bytes(_sections(n, gone)):
        raise _refused("does not have the length that its header says: it is torn or damaged")
    return n, gone, seq


def _refused(why: str) -> SnapshotRefused:
    return SnapshotRefused(f"The index snapshot {why}.", hint="It is rebuilt from the store.")
