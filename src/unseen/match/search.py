"""Running the kernels over a set of codes: the quicker one for the radius, with room for whatever they find."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from unseen.match import kernels
from unseen.match.plan import FLIPS, Plan, plan_for
from unseen.match.records import BoolArray, I64Array, U16Array, U64Array
from unseen.match.snapshot import Snapshot

_FIRST_ROOM: Final = 1024  # hits, before the columns grow
_MIN_SHARE: Final = 8  # queries that are worth a thread

_Run = Callable[[int, I64Array, I64Array, U16Array], tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """Hits as the kernels give them, in no promised order.  All (m,)."""

    query: I64Array
    row: I64Array
    distance: U16Array

    def keep(self, wanted: BoolArray) -> "Found":
        """Those where ``wanted``, (m,), is true."""
        return Found(query=self.query[wanted], row=self.row[wanted], distance=self.distance[wanted])

    def named(self, ids: I64Array) -> "Found":
        """The same hits, with the id of each row in the row's place."""
        return Found(query=self.query, row=ids[self.row], distance=self.distance)


def in_snapshot(snapshot: Snapshot, queries: U64Array, radius_bits: int) -> Found:
    """Rows of ``snapshot`` within the radius.  queries: (q, 4) uint64, read-only, from ``layout.to_words``.

    Raises: ValueError for a radius outside 0..256.
    """
    plan = plan_for(radius_bits)
    if plan is None or not plan.beats_a_scan(len(snapshot)):
        return in_words(snapshot.words, queries, radius_bits)
    return by_plan(snapshot, plan, queries)


def by_plan(snapshot: Snapshot, plan: Plan, queries: U64Array) -> Found:
    """Rows of ``snapshot`` within the plan's radius, by looking up buckets."""

    def run(first: int, query: I64Array, row: I64Array, distance: U16Array) -> tuple[int, int]:
        return kernels.probe(
            queries,
            snapshot.words,
            snapshot.starts,
            snapshot.neighbours,
            snapshot.rows,
            FLIPS,
            plan.probes,
            plan.bands,
            plan.quarters,
            plan.radius_bits,
            first,
            query,
            row,
            distance,
        )

    return _collect(run, len(queries))


def in_words(words: U64Array, queries: U64Array, radius_bits: int) -> Found:
    """Rows of ``words``, (n, 4) uint64, within the radius, by comparing them all."""

    def run(first: int, query: I64Array, row: I64Array, distance: U16Array) -> tuple[int, int]:
        return kernels.scan(queries, words, radius_bits, first, query, row, distance)

    return _collect(run, len(queries))


def _collect(run: _Run, queries: int) -> Found:
    """Run a kernel until it has answered all queries, with more room each time it runs out."""
    parts: list[Found] = []
    first, room = 0, _FIRST_ROOM
    while first < queries:
        query, row, distance = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.uint16)
        first, used = run(first, query, row, distance)
        parts.append(Found(query=query[:used], row=row[:used], distance=distance[:used]))
        room *= 4
    return joined(parts)


def joined(parts: list[Found]) -> Found:
    """All the hits of ``parts``."""
    if len(parts) == 1:
        return parts[0]
    return Found(
        query=np.concatenate([np.empty(0, np.int64), *(part.query for part in parts)]),
        row=np.concatenate([np.empty(0, np.int64), *(part.row for part in parts)]),
        distance=np.concatenate([np.empty(0, np.uint16), *(part.distance for part in parts)]),
    )


def shared_out(search: Callable[[U64Array], Found], queries: U64Array, threads: int) -> Found:
    """``search`` of all queries, cut into one part for each thread where there are enough of them."""
    cuts = min(threads, len(queries) // _MIN_SHARE)
    if cuts <= 1:
        return search(queries)
    bounds = [len(queries) * cut // cuts for cut in range(cuts + 1)]
    with ThreadPoolExecutor(cuts) as pool:
        parts = list(pool.map(search, (queries[a:b] for a, b in pairwise(bounds))))
    return joined(
        [
            Found(query=part.query + begin, row=part.row, distance=part.distance)
            for part, begin in zip(parts, bounds, strict=False)
        ]
    )
