"""Counts by keyed digest, in memory that the processes of a node share: nothing is on disk, nothing is told in clear.

The memory begins with a random key, which lives as long as the memory.  Then come sets of slots; a count is in the set
that its digest names, and where the set is full the slot that was quiet for longest makes room.  A count that was quiet
for a day is gone.
"""

import hashlib
import secrets
import struct
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from mmap import mmap
from typing import Final

_KEY_BYTES: Final = 32
_DIGEST_BYTES: Final = 16
_SLOT: Final = struct.Struct(f"={_DIGEST_BYTES}sd I4x")  # digest, when, how many
_WAYS: Final = 8
_SETS: Final = 8192
_FREE: Final = bytes(_DIGEST_BYTES)
_FORGOTTEN_AFTER_S: Final = 24 * 3600
COUNTS_BYTES: Final = _KEY_BYTES + _SETS * _WAYS * _SLOT.size


@dataclass(frozen=True, slots=True)
class Count:
    """What is known of somebody, whoever it is."""

    number: int
    at: float  #: monotonic, the same clock for all processes of a machine


class Counts:
    """The counts of one node; safe for threads and processes that share ``memory`` and ``lock``."""

    def __init__(
        self, memory: mmap, start: int, lock: Callable[[], AbstractContextManager[object]], now: Callable[[], float]
    ) -> None:
        """``memory``: ``COUNTS_BYTES`` of it from ``start``, prepared once; ``now``: seconds, never going back."""
        self._memory, self._start, self._lock, self._now = memory, start, lock, now
        self._key = bytes(memory[start : start + _KEY_BYTES])

    @staticmethod
    def prepare(memory: mmap, start: int) -> None:
        """Draw the key, before anybody else has the memory."""
        memory[start : start + _KEY_BYTES] = secrets.token_bytes(_KEY_BYTES)

    def change(self, told: str, change: Callable[[Count | None, float], Count | None]) -> None:
        """Replace the count of ``told`` by what ``change`` makes of it and of the time; None forgets it.

        Where ``change`` raises, nothing changes.
        """
        digest = hashlib.blake2b(
            told.encode("utf-8", "surrogatepass"), key=self._key, digest_size=_DIGEST_BYTES
        ).digest()
        with self._lock():
            now = self._now()
            at, held = self._find(digest, now)
            count = change(held, now)
            if count is None:
                _SLOT.pack_into(self._memory, at, _FREE, 0.0, 0)
            else:
                _SLOT.pack_into(self._memory, at, digest, count.at, count.number)

    def _find(self, digest: bytes, now: float) -> tuple[int, Count | None]:
        """The slot that has ``digest``, with its count; else the one that it would take."""
        first = self._start + _KEY_BYTES + int.from_bytes(digest[:2]) % _SETS * _WAYS * _SLOT.size
        quiet_at, quiet_since = first, float("inf")
        for at in range(first, first + _WAYS * _SLOT.size, _SLOT.size):
            held, since, number = _SLOT.unpack_from(self._memory, at)
            is_over = now - since >= _FORGOTTEN_AFTER_S
            if held == digest and not is_over:
                return at, Count(number, since)
            if held == _FREE or is_over:
                since = float("-inf")
            if since < quiet_since:
                quiet_at, quiet_since = at, since
        return quiet_at, None
