"""Rows of ids and codes as arrays, the shape in which an index takes them.

Thousands of rows as Python objects would keep every other thread of the process waiting for the interpreter, so the
database packs them into one text: of each row, the id as 16 hexadecimal digits, then the code; for regions, the
length of their sealed record as 16 digits more, then that; for frames, how many follow as 16 digits more, then all.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from unseen.desk.ports import FRAME_BITS, REGION_BITS, CodeRows
from unseen.fingerprint.records import FRAME, Kind

LINEAGE_BYTES: Final = 16
_ID_BYTES: Final = 8
_CODE_BYTES: Final = 32


def code_rows(kind: Kind, rows: Sequence[tuple[int, bytes]]) -> CodeRows:
    """(id, code) pairs as columns, in their order."""
    ids, codes = zip(*rows, strict=True) if rows else ((), ())
    joined = np.frombuffer(b"".join(codes), dtype=np.uint8)
    return CodeRows(ids=np.array(ids, dtype=np.int64), codes=joined.reshape(len(rows), kind.code_bytes))


def region_rows(rows: Iterable[tuple[int, bytes]]) -> CodeRows:
    """(entry id, record of its regions) pairs, ids ascending, as one row a code."""
    ids, codes = [np.empty(0, np.int64)], list[bytes]()
    for entry_id, record in rows:
        count = len(record) // Kind.REGION.bytes_each
        ids.append((entry_id << REGION_BITS) + np.arange(count, dtype=np.int64))
        codes.append(record[: count * _CODE_BYTES])
    return CodeRows(ids=np.concatenate(ids), codes=np.frombuffer(b"".join(codes), np.uint8).reshape(-1, _CODE_BYTES))


def frame_rows(rows: Iterable[tuple[int, bytes]]) -> CodeRows:
    """(entry id, all its frames) pairs, ids ascending, as one row a frame, without times."""
    ids, frames = [np.empty(0, np.int64)], list[bytes]()
    for entry_id, joined in rows:
        ids.append((entry_id << FRAME_BITS) + np.arange(len(joined) // FRAME.itemsize, dtype=np.int64))
        frames.append(joined)
    codes = np.frombuffer(b"".join(frames), FRAME)["code"]
    return CodeRows(ids=np.concatenate(ids), codes=np.ascontiguousarray(codes))


class Packed(FunctionElement[str]):
    """An aggregate of all rows, in no order: ``Packed(entry_id)`` or ``Packed(entry_id, code)``.

    For regions: ``Packed(entry_id, length of the sealed record, sealed record)``; for frames their number and all.
    """

    type = Text()
    inherit_cache = True


@compiles(Packed)
def _packed(element: Packed, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  (SQLAlchemy's own word)
    digits = _joined(element, compiler, "lpad(to_hex({}), 16, '0')", "encode({}, 'hex')", options)
    return f"string_agg({digits}, '')"


@compiles(Packed, "sqlite")
def _packed_by_sqlite(element: Packed, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    digits = _joined(element, compiler, "printf('%016x', {})", "hex({})", options)
    return f"group_concat({digits}, '')"


def _joined(element: Packed, compiler: SQLCompiler, number: str, code: str, options: dict[str, Any]) -> str:
    """A row's numbers, and then its code if it has one, as digits; ``number`` and ``code`` say how they are made."""
    columns = [compiler.process(clause, **options) for clause in element.clauses]
    forms = [number] if len(columns) == 1 else [*[number] * (len(columns) - 1), code]
    return " || ".join(form.format(column) for form, column in zip(forms, columns, strict=True))


def unpacked_ids(text: str | None) -> NDArray[np.int64]:
    """The ids of ``Packed(entry_id)``, ascending; None stands for no rows."""
    return np.sort(np.frombuffer(bytes.fromhex(text or ""), ">i8").astype(np.int64))


def unpacked_regions(text: str | None, opened: Callable[[int, bytes], bytes]) -> CodeRows:
    """What ``Packed(entry_id, length, sealed record)`` gives, ids ascending; None stands for no rows.

    opened: takes an entry's id and its sealed record, gives the record.
    """
    packed, at, rows = bytes.fromhex(text or ""), 0, list[tuple[int, bytes]]()
    while at < len(packed):
        entry_id, size = (int.from_bytes(packed[at + skip : at + skip + _ID_BYTES]) for skip in (0, _ID_BYTES))
        at += 2 * _ID_BYTES
        rows.append((entry_id, packed[at : at + size]))
        at += size
    return region_rows((entry_id, opened(entry_id, sealed)) for entry_id, sealed in sorted(rows))


def unpacked_frames(text: str | None) -> CodeRows:
    """What ``Packed(entry_id, number of frames, frames)`` gives, ids ascending; None stands for no rows."""
    packed, at, rows = bytes.fromhex(text or ""), 0, list[tuple[int, bytes]]()
    while at < len(packed):
        entry_id, count = (int.from_bytes(packed[at + skip : at + skip + _ID_BYTES]) for skip in (0, _ID_BYTES))
        at += 2 * _ID_BYTES
        rows.append((entry_id, packed[at : at + count * FRAME.itemsize]))
        at += count * FRAME.itemsize
    return frame_rows(sorted(rows))


def unpacked(kind: Kind, text: str | None) -> CodeRows:
    """What ``Packed(entry_id, code)`` gives for entries of ``kind``, ids ascending; None stands for no rows."""
    rows = np.frombuffer(bytes.fromhex(text or ""), np.uint8).reshape(-1, _ID_BYTES + kind.code_bytes)
    ids = np.ascontiguousarray(rows[:, :_ID_BYTES]).view(">i8").reshape(-1).astype(np.int64)
    order = np.argsort(ids)
    return CodeRows(ids=ids[order], codes=rows[order, _ID_BYTES:])
