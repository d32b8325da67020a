"""Telling one history of a store from another that has as many changes.

A store that was restored from a backup has its lineage and, once it has gone on, numbers that were given before: a
snapshot of the lost future would then look like one of its own past.
"""

import hashlib
import os
import secrets
from pathlib import Path
from typing import Final

from unseen.desk.ports import Reader

MARK_BYTES: Final = 16
_NOTHING: Final = bytes(MARK_BYTES)


def mark_of(reader: Reader, seq: int) -> bytes | None:
    """A digest of the change at ``seq``, which no other history has there; None where there is no such change.

    The time of a change, in microseconds, is in it: what happens again after a restoration happens later.
    """
    if seq == 0:
        return _NOTHING
    found = reader.changes(after=seq - 1, limit=1)
    if not found or found[0].seq != seq:
        return None
    change = found[0]
    told = (change.seq, change.entry_id, change.event.value, change.actor, change.reason, change.at.isoformat())
    return hashlib.blake2b(repr(told).encode(), key=reader.lineage(), digest_size=MARK_BYTES).digest()


def mark_path(snapshot: Path) -> Path:
    """Where the mark of a snapshot's last change is kept."""
    return snapshot.with_suffix(".mark")


def keep_mark(snapshot: Path, seq: int, mark: bytes) -> None:
    """Keep the mark of a change beside the snapshot; ``seq`` is the snapshot's last change or a later one.

    Whoever is killed between writing the two leaves a mark that is too old, and the snapshot is not used.
    """
    path = mark_path(snapshot)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{seq} {mark.hex()}")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def kept_mark(snapshot: Path) -> tuple[int, bytes] | None:
    """The seq and mark that were kept beside the snapshot, or None where there are none."""
    try:
        seq, mark = mark_path(snapshot).read_text().split()
        return int(seq), bytes.fromhex(mark)
    except (OSError, ValueError):
        return None
