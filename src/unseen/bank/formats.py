"""Lists of fingerprints as people exchange them: CSV and JSON lines, one fingerprint a line.

Columns: ``kind``, ``code`` (hexadecimal), ``quality``, ``confirmed``, ``state``, ``since``, ``source``.  Reading needs
``kind`` and ``code`` only, knows ``quality`` and ``confirmed``, and leaves other columns alone.  Writing never names
a case: its source reads ``case``.  Region fingerprints are never exchanged (docs/adr/0011).
"""

import csv
import json
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from unseen.bank.records import Entry, SourceKind
from unseen.base import BadFingerprint, BadImport
from unseen.fingerprint.records import FRAME, MOST_FRAMES, Fingerprint, Kind

EXCHANGED: Final = (Kind.SHA256, Kind.MD5, Kind.PDQ, Kind.FRAME)
COLUMNS: Final = ("kind", "code", "quality", "confirmed", "state", "since", "source")
_YES_NO: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}
_MAX_LINE: Final = 2 * MOST_FRAMES * FRAME.itemsize + 10_000  # all frames of a video, in hexadecimal


class ListFormat(StrEnum):
    """How a list is written."""

    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of somebody's list."""

    fingerprint: Fingerprint
    is_confirmed: bool  #: the list's own word; it counts only where the operator trusts the list


def read_list(lines: Iterable[str], fmt: ListFormat) -> Iterator[Listed]:
    """Parse a list, a line at a time.

    Raises: BadImport, naming the line, at the first that cannot be read.
    """
    rows = _csv_rows(lines) if fmt is ListFormat.CSV else _json_rows(lines)
    for number, row in rows:
        try:
            yield _listed(row)
        except (BadFingerprint, ValueError, KeyError) as error:
            what = f"{error} is missing." if isinstance(error, KeyError) else str(error)
            raise BadImport(f"Line {number}: {what}", hint="Nothing was imported.") from None


def write_list(entries: Iterable[Entry], fmt: ListFormat) -> Generator[str, None, int]:
    """Write entries as lines, each with its line end; returns how many were left out because they are of regions.

    Erased ones are left out too.
    """
    left_out = 0
    if fmt is ListFormat.CSV:
        yield ",".join(COLUMNS) + "\r\n"
    for entry in entries:
        if entry.fingerprint is None:
            continue
        if entry.fingerprint.kind not in EXCHANGED:
            left_out += 1
            continue
        row = _row(entry, entry.fingerprint)
        if fmt is ListFormat.JSONL:
            yield json.dumps(row) + "\n"
        else:
            yield ",".join(_csv_cell(row[column]) for column in COLUMNS) + "\r\n"
    return left_out


def _row(entry: Entry, fingerprint: Fingerprint) -> dict[str, Any]:
    live = [p for p in entry.provenances if p.is_live]
    names = {"case" if p.source.kind is SourceKind.CASE else p.source.ref for p in live}
    return {
        "kind": fingerprint.kind.value,
        "code": fingerprint.hex,
        "quality": fingerprint.quality,
        "confirmed": entry.is_confirmed,
        "state": entry.state.value,
        "since": min(p.since for p in entry.provenances).isoformat(),
        "source": "; ".join(sorted(names)),
    }


def _csv_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text


def _csv_rows(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    csv.field_size_limit(_MAX_LINE)
    reader = csv.DictReader(lines, strict=True)
    try:
        if reader.fieldnames is None or not {"kind", "code"} <= set(reader.fieldnames):
            raise BadImport("Line 1: the first line names the columns, and kind and code must be among them.")
        for row in reader:
            confirmed = (row.get("confirmed") or "").strip().lower()
            if confirmed not in _YES_NO:
                raise BadImport(f"Line {reader.line_num}: confirmed is true or false.", hint="Nothing was imported.")
            quality = (row.get("quality") or "").strip()
            yield (
                reader.line_num,
                {**row, "confirmed": _YES_NO[confirmed], "quality": int(quality) if quality else None},
            )
    except (csv.Error, ValueError) as error:
        what = "not UTF-8" if isinstance(error, UnicodeDecodeError) else error
        raise BadImport(f"Line {reader.reader.line_num}: {what}.", hint="Nothing was imported.") from None


def _json_rows(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line) if len(line) <= _MAX_LINE else None
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise BadImport(f"Line {number}: not a JSON object.", hint="Nothing was imported.")
        yield number, row


def _listed(row: dict[str, Any]) -> Listed:
    kind_text, code, quality, confirmed = row["kind"], row["code"], row.get("quality"), row.get("confirmed", False)
    if not isinstance(kind_text, str) or not isinstance(code, str) or not isinstance(confirmed, bool):
        raise ValueError("kind and code are texts, confirmed is true or false.")
    if quality is not None and (isinstance(quality, bool) or not isinstance(quality, int)):
        raise ValueError("quality is a whole number from 0 to 100.")
    kind_text = kind_text.strip().lower()
    if kind_text == Kind.REGION:
        raise ValueError("region fingerprints stay on the node that made them.")
    if kind_text not in EXCHANGED:
        raise ValueError(f"kind is one of {', '.join(EXCHANGED)}.")
    kind = Kind(kind_text)
    # Most lists in the field leave the quality out because they hold only codes that passed it.
    quality = (100 if quality is None else quality) if kind.has_quality else None
    return Listed(fingerprint=Fingerprint.from_hex(kind, code.strip(), quality), is_confirmed=confirmed)
