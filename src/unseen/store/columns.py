"""Rows of ids and codes as arrays, the shape in which an index takes them.

Thousands of rows as Python objects would keep every other thread of the process waiting for the interpreter, so the
database packs them into one text: of each row, the id as 16 hexadecimal digits, then the code.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from unseen.desk.ports import CodeRows
from unseen.fingerprint.records import Kind

LINEAGE_BYTES: Final = 16
_ID_BYTES: Final = 8


def code_rows(kind: Kind, rows: Sequence[tuple[int, bytes]]) -> CodeRows:
    """(id, code) pairs as columns, in their order."""
    ids, codes = zip(*rows, strict=True) if rows else ((), ())
    joined = np.frombuffer(b"".join(codes), dtype=np.uint8)
    return CodeRows(ids=np.array(ids, dtype=np.int64), codes=joined.reshape(len(rows), kind.code_bytes))


class Packed(FunctionElement[str]):
    """An aggregate: ``Packed(entry_id)`` or ``Packed(entry_id, code)`` of all rows, in no order."""

    type = Text()
    inherit_cache = True


@compiles(Packed)
def _packed(element: Packed, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  (SQLAlchemy's own word)
    entry_id, *code = (compiler.process(clause, **options) for clause in element.clauses)
    digits = [f"lpad(to_hex({entry_id}), 16, '0')", *(f"encode({column}, 'hex')" for column in code)]
    return f"string_agg({' || '.join(digits)}, '')"


@compiles(Packed, "sqlite")
def _packed_by_sqlite(element: Packed, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    entry_id, *code = (compiler.process(clause, **options) for clause in element.clauses)
    digits = [f"printf('%016x', {entry_id})", *(f"hex({column})" for column in code)]
    return f"group_concat({' || '.join(digits)}, '')"


def unpacked_ids(text: str | None) -> NDArray[np.int64]:
    """The ids of ``Packed(entry_id)``, ascending; None stands for no rows."""
    return np.sort(np.frombuffer(bytes.fromhex(text or ""), ">i8").astype(np.int64))


def unpacked(kind: Kind, text: str | None) -> CodeRows:
    """What ``Packed(entry_id, code)`` gives for entries of ``kind``, ids ascending; None stands for no rows."""
    rows = np.frombuffer(bytes.fromhex(text or ""), np.uint8).reshape(-1, _ID_BYTES + kind.code_bytes)
    ids = np.ascontiguousarray(rows[:, :_ID_BYTES]).view(">i8").reshape(-1).astype(np.int64)
    order = np.argsort(ids)
    return CodeRows(ids=ids[order], codes=rows[order, _ID_BYTES:])
