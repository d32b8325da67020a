"""Telling one history of a store from another that has as many changes.

A store that was restored from a backup has its lineage and, once it has gone on, numbers that were given before: index
files of the lost future would then look like ones of its own past.
"""

import hashlib
from typing import Final

from unseen.desk.ports import Reader

_MARK_BYTES: Final = 16
_NOTHING: Final = ""  # of seq 0, the same in every history


def mark_of(reader: Reader, seq: int) -> str:
    """A digest of the change at ``seq``, which no other history has there; ``none`` where there is no such change.

    The time of a change, in microseconds, is in it: what happens again after a restoration happens later.
    """
    if seq == 0:
        return _NOTHING
    found = reader.changes(after=seq - 1, limit=1)
    if not found or found[0].seq != seq:
        return "none"
    change = found[0]
    told = (change.seq, change.entry_id, change.event.value, change.actor, change.reason, change.at.isoformat())
    return hashlib.blake2b(repr(told).encode(), key=reader.lineage(), digest_size=_MARK_BYTES).hexdigest()
