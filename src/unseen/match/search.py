"""Running the kernels over everything an index has, in one call, with room for whatever they find."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np

from unseen.match import kernels
from unseen.match.kernels import MOST_LINED_UP
from unseen.match.layout import frozen
from unseen.match.plan import BANDS, FLIPS, POSTINGS_A_CODE, QUARTERS, plan_for
from unseen.match.records import BoolArray, I64Array, U16Array, U64Array
from unseen.match.tail import Tail
from unseen.match.tier import Tier

_FIRST_ROOM: Final = 1 << 14  # hits, before the columns grow and a tier is searched anew
_MIN_SHARE: Final = 64  # queries that are worth a thread: eight views of a picture are not (docs/adr/0004)
_ALL: Final = np.iinfo(np.int64).max
_NO_PLAN: Final = (np.zeros(BANDS, np.int64), np.zeros(QUARTERS, np.int64))
_NO_LINE: Final = np.empty(0, np.uint32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """Hits in no promised order.  All (m,)."""

    query: I64Array
    ids: I64Array
    distance: U16Array

    def moved(self, by: int) -> "Found":
        """The same hits of queries that stand so much further back."""
        return replace(self, query=self.query + by) if by else self


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Where the kernels find everything, and what must stay alive for that."""

    tiers: I64Array  #: (t, COLUMNS) int64, see ``kernels``
    words: U64Array  #: (n, 4) uint64, the tail
    ids: I64Array  #: (n,) int64
    dead: BoolArray  #: (n,) bool
    held: tuple[Tier | Tail, ...]  #: a tail erases its codes when nobody holds it


def table_of(tiers: Sequence[Tier], tail: Tail) -> Table:
    """All of it as one table."""
    columns = np.empty((len(tiers), kernels.COLUMNS), np.int64)
    for row, tier in zip(columns, tiers, strict=True):
        snapshot = tier.snapshot
        arrays = (snapshot.words, snapshot.starts, snapshot.neighbours, snapshot.rows, snapshot.ids, tier.retired)
        row[:] = [*(array.ctypes.data for array in arrays), len(snapshot)]
    return Table(
        tiers=frozen(columns),
        words=frozen(tail.words),
        ids=frozen(tail.ids),
        dead=frozen(tail.dead),
        held=(*tiers, tail),
    )


def in_table(table: Table, queries: U64Array, radius_bits: int) -> Found:
    """Everything within the radius.  queries: (q, 4) uint64, read-only, from ``layout.to_words``.

    Raises: ValueError for a radius outside 0..256.
    """
    whole = (queries[begin : begin + MOST_LINED_UP] for begin in range(0, max(len(queries), 1), MOST_LINED_UP))
    parts = [_in_table(table, some, radius_bits) for some in whole]
    return joined([part.moved(at * MOST_LINED_UP) for at, part in enumerate(parts)])


def _in_table(table: Table, queries: U64Array, radius_bits: int) -> Found:
    """The same for at most ``MOST_LINED_UP`` queries."""
    plan = plan_for(radius_bits)
    bands, quarters = _NO_PLAN if plan is None else (plan.bands, plan.quarters)
    most_scanned = _ALL if plan is None else plan.most_scanned
    line = _NO_LINE
    if plan is not None and (table.tiers[:, kernels.LENGTH] > most_scanned).any():
        line = kernels.line_up(queries, FLIPS, plan.probes)
    parts: list[Found] = []
    tier, room = 0, _FIRST_ROOM
    while tier <= len(table.tiers):
        query, ids, distance = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.uint16)
        tier, used = kernels.search(
            queries,
            line,
            table.tiers,
            table.words,
            table.ids,
            table.dead,
            bands,
            quarters,
            radius_bits,
            most_scanned,
            POSTINGS_A_CODE,
            tier,
            query,
            ids,
            distance,
        )
        parts.append(Found(query=query[:used], ids=ids[:used], distance=distance[:used]))
        room *= 4
    return joined(parts)


def joined(parts: Sequence[Found]) -> Found:
    """All the hits of ``parts``, of which there is one at least."""
    if len(parts) == 1:
        return parts[0]
    return Found(
        query=np.concatenate([part.query for part in parts]),
        ids=np.concatenate([part.ids for part in parts]),
        distance=np.concatenate([part.distance for part in parts]),
    )


def shared_out(search: Callable[[U64Array], Found], queries: U64Array, threads: int) -> Found:
    """``search`` of all queries, cut into one part for each thread where there are enough of them."""
    cuts = min(threads, len(queries) // _MIN_SHARE)
    if cuts <= 1:
        return search(queries)
    bounds = [len(queries) * cut // cuts for cut in range(cuts + 1)]
    parts = list(_pool(threads).map(search, (queries[a:b] for a, b in pairwise(bounds))))
    return joined([part.moved(begin) for part, begin in zip(parts, bounds, strict=False)])


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="unseen-search")
