"""The rows of a result, as JSON lines and as columns for Parquet; both say the same.  No I/O."""

import json
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import islice
from typing import Any, Final

import pyarrow as pa

from unseen.desk.scan_ports import Row

_ROWS: Final = 10_000  # a record batch

SCHEMA: Final = pa.schema(
    [
        pa.field("object", pa.string(), nullable=False),
        pa.field("verdict", pa.string()),
        pa.field("reasons", pa.list_(pa.string())),
        pa.field(
            "hits",
            pa.list_(
                pa.struct(
                    [
                        pa.field("bank", pa.string(), nullable=False),
                        pa.field("entry", pa.int64(), nullable=False),
                        pa.field("distance", pa.uint16(), nullable=False),
                        pa.field("view", pa.string()),
                    ]
                )
            ),
        ),
        pa.field("featureless", pa.bool_()),
        pa.field("as_of_seq", pa.int64(), nullable=False),
        pa.field("error", pa.string()),
        pa.field("message", pa.string()),
    ]
)


class ResultFormat(StrEnum):
    """How a result is written."""

    JSONL = "jsonl"
    PARQUET = "parquet"


def shown_key(key: bytes) -> str:
    """A key as text; bytes that are none are written out in hexadecimal."""
    return key.decode("utf-8", "backslashreplace")


def to_lines(rows: Sequence[Row]) -> bytes:
    """One JSON object a line; what a row does not have is left out."""
    return b"".join(json.dumps(_as_data(row)).encode() + b"\n" for row in rows)


def to_batches(lines: Iterable[bytes]) -> Iterator[pa.RecordBatch]:
    """Lines of ``to_lines`` as columns."""
    rest = iter(lines)
    while some := list(islice(rest, _ROWS)):
        yield pa.RecordBatch.from_pylist([json.loads(line) for line in some], schema=SCHEMA)


def _as_data(row: Row) -> dict[str, Any]:
    name = shown_key(row.key)
    if row.verdict is None:
        assert row.trouble is not None
        return {"object": name, "error": row.trouble.value, "message": row.message, "as_of_seq": row.as_of_seq}
    return {
        "object": name,
        "verdict": row.verdict.response.value,
        "reasons": list(row.verdict.reasons),
        "hits": [
            {
                "bank": finding.bank.name,
                "entry": finding.entry.id,
                "distance": finding.distance,
                "view": None if finding.view is None else finding.view.value,
            }
            for finding in row.verdict.findings
        ],
        "featureless": row.is_featureless,
        "as_of_seq": row.as_of_seq,
    }
