"""Rows of ids and codes as arrays, the shape in which an index takes them."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from unseen.desk.ports import CodeRows
from unseen.fingerprint.records import Kind

LINEAGE_BYTES: Final = 16


def code_rows(kind: Kind, rows: Sequence[tuple[int, bytes]]) -> CodeRows:
    """(id, code) pairs as columns, in their order."""
    ids, codes = zip(*rows, strict=True) if rows else ((), ())
    joined = np.frombuffer(b"".join(codes), dtype=np.uint8)
    return CodeRows(ids=np.array(ids, dtype=np.int64), codes=joined.reshape(len(rows), kind.code_bytes))
