"""A snapshot among others: which of its rows were retired since it was written, and how several are read as one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from unseen.match.kernels import set_bits
from unseen.match.records import NOBODY, BoolArray, I64Array, U8Array, U64Array
from unseen.match.snapshot import Snapshot

_BLOCK_ROWS: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tier:
    """One mapped snapshot and what of it counts.  Never changes."""

    snapshot: Snapshot
    retired: U8Array  #: (n // 8 + 1,) bitmap, bit ``row & 7`` of byte ``row >> 3``
    retired_rows: int

    def __len__(self) -> int:
        """Rows that are not retired."""
        return len(self.snapshot) - self.retired_rows

    def are_live(self, begin: int, end: int) -> BoolArray:
        """Which of the rows [``begin``, ``end``) are not retired; ``begin`` is a multiple of 8."""
        bits = np.unpackbits(self.retired[begin >> 3 : (end + 7) >> 3], bitorder="little")[: end - begin]
        are_live: BoolArray = bits == 0
        return are_live

    def live_rows_of(self, ids: I64Array) -> I64Array:
        """The row of each of ``ids``, (m,) int64; -1 where it is not in here or retired."""
        rows = self.snapshot.rows_of(ids)
        is_retired = self.retired[rows >> 3] >> (rows & 7).astype(np.uint8) & 1 != 0
        return np.where((rows < 0) | is_retired, -1, rows)

    def without(self, ids: I64Array) -> "Tier":
        """With those of ``ids``, (m,) int64, retired that are in here."""
        rows = self.snapshot.rows_of(ids)
        rows = rows[rows >= 0]
        if not len(rows):
            return self
        bitmap = self.retired.copy()
        new = set_bits(bitmap, rows)
        return replace(self, retired=bitmap, retired_rows=self.retired_rows + new)


def tier_of(snapshot: Snapshot) -> Tier:
    """With nothing retired."""
    return Tier(snapshot=snapshot, retired=np.zeros(len(snapshot) // 8 + 1, np.uint8), retired_rows=0)


def blocks(tiers: Sequence[Tier]) -> Iterator[tuple[I64Array, U64Array]]:
    """What counts in these tiers, ids ascending, a block at a time: ids and words."""
    at = [0] * len(tiers)
    while any(begin < len(tier.snapshot) for begin, tier in zip(at, tiers, strict=True)):
        bound = min(
            tier.snapshot.ids[min(begin + _BLOCK_ROWS, len(tier.snapshot)) - 1]
            for begin, tier in zip(at, tiers, strict=True)
            if begin < len(tier.snapshot)
        )
        ids, words = [NOBODY], [np.empty((0, 4), np.uint64)]
        for number, tier in enumerate(tiers):
            end = int(np.searchsorted(tier.snapshot.ids, bound, "right"))
            if end > at[number]:
                whole_bytes = at[number] & ~7
                are_live = tier.are_live(whole_bytes, end)[at[number] - whole_bytes :]
                ids.append(tier.snapshot.ids[at[number] : end][are_live])
                words.append(tier.snapshot.words[at[number] : end][are_live])
                at[number] = end
        together = np.concatenate(ids)
        order = np.argsort(together, kind="stable")
        yield together[order], np.concatenate(words)[order]


def still_needed(gone: I64Array, older: Sequence[Tier]) -> I64Array:
    """Those of ``gone`` that a file of ``older`` holds, ascending: the others need not be said."""
    gone = np.unique(gone)
    is_held = np.zeros(len(gone), np.bool_)
    for tier in older:
        is_held |= tier.snapshot.rows_of(gone) >= 0
    return gone[is_held]
