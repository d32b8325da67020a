"""The search itself, compiled: buckets by plan, or all codes one after the other.  No GIL is held.

Codes are rows of four 64-bit words, the quarters.  ``reference`` says plainly what these must find.
"""

from typing import Final

import numpy as np
from numba import njit
from numba.np.numpy_support import carray

from unseen.match.machine import LANES, block_within, lowest_bit, pointer, popcount, prefetch, rows_within
from unseen.match.records import BoolArray, I64Array, U8Array, U16Array, U32Array, U64Array

_BLOCK_ROWS: Final = LANES // 4  # codes compared at once
_ALL_LANES: Final = np.uint64((1 << LANES) - 1)
_LINE_WORDS: Final = 16  # 32-bit words of a cache line
_MAX_LINES: Final = 12  # of a bucket to ask for ahead; the processor follows a longer run by itself
_AHEAD_STARTS: Final = 4  # bands between asking for a bucket's bounds and scanning it
_AHEAD_BUCKETS: Final = 2  # bands between asking for a bucket's words and scanning it
_POSTINGS_A_CANDIDATE: Final = 64  # postings rejected in the time that it takes to look at the code of one that passes

#: Columns of the table of tiers that ``search`` takes: addresses, and how many rows.
WORDS, STARTS, NEIGHBOURS, ROWS, IDS, RETIRED, LENGTH, COLUMNS = range(8)


@njit(nogil=True, cache=True)
def scan(
    queries: U64Array,
    codes: U64Array,
    radius_bits: int,
    first: int,
    hit_query: I64Array,
    hit_row: I64Array,
    hit_distance: U16Array,
) -> tuple[int, int]:
    """Compare queries from ``first`` on with every code, until done or the hit columns are full.

    queries: (q, 4) uint64.  codes: (n, 4) uint64.  The hit columns have one length.
    Returns the first query that was not finished, and how many hits the finished ones have.
    """
    used, room, limit = 0, len(hit_row), np.uint64(radius_bits)
    whole = len(codes) - len(codes) % _BLOCK_ROWS
    for i in range(first, len(queries)):
        before, query = used, queries[i]
        for block in range(0, len(codes), _BLOCK_ROWS):
            if block < whole:
                near = rows_within(codes, block, query[0], query[1], query[2], query[3], limit)
            else:
                near = _ALL_LANES >> np.uint64(4 * (block + _BLOCK_ROWS - len(codes)))
            while near:
                lane = lowest_bit(near)
                near &= ~(np.uint64(0xF) << np.uint64(lane))
                row = block + (lane >> 2)
                distance = distance_of(codes[row], query)
                if distance > limit:
                    continue
                if used == room:
                    return i, before
                hit_query[used], hit_row[used], hit_distance[used] = i, row, distance
                used += 1
    return len(queries), used


@njit(nogil=True, cache=True)
def distance_of(code: U64Array, query: U64Array) -> np.uint64:
    """Bits in which two codes, (4,) uint64, differ."""
    distance = np.uint64(0)
    for quarter in range(4):
        distance += popcount(code[quarter] ^ query[quarter])
    return distance


@njit(nogil=True, cache=True)
def distances_between(left: U64Array, right: U64Array) -> U16Array:
    """Bits in which each code of one array differs from each of the other.

    left: (n, 4) uint64.  right: (m, 4) uint64.  Returns (n, m) uint16.
    """
    distances = np.empty((len(left), len(right)), np.uint16)
    for row in range(len(left)):
        for column in range(len(right)):
            distances[row, column] = distance_of(left[row], right[column])
    return distances


@njit(nogil=True, cache=True)
def band_of(word: np.uint64, at: int) -> np.int64:
    """The 16 bits of band ``at`` (0..3) of a quarter, as int64."""
    return np.int64((word >> np.uint64(16 * at)) & np.uint64(0xFFFF))


@njit(nogil=True, cache=True)
def neighbour_of(word: np.uint64, at: int) -> np.uint32:
    """The 32 bits that follow band ``at`` in its quarter, cyclically: what a posting keeps beside its row."""
    turn = np.uint64(16 * (at + 1) % 64)
    turned = (word >> turn) | (word << (np.uint64(64) - turn)) if turn else word
    return np.uint32(turned & np.uint64(0xFFFFFFFF))


@njit(nogil=True, cache=True)
def distance_if_first(
    code: U64Array, query: U64Array, band: int, bands: I64Array, quarters: I64Array, radius_bits: int
) -> np.int64:
    """Distance of ``code`` if it is within the radius and ``band`` is the first place where the plan meets it, else -1.

    The first place is the first band within its threshold of the first quarter within its own: the plan looks
    there, so that a code that several bands find is reported by one of them alone.
    """
    quarter = band >> 2
    distance = np.uint64(0)
    for q in range(4):
        differing = popcount(code[q] ^ query[q])
        is_within = np.int64(differing) <= quarters[q]
        if is_within != (q == quarter) and q <= quarter:
            return np.int64(-1)
        distance += differing
    if distance > np.uint64(radius_bits):
        return np.int64(-1)
    differing = code[quarter] ^ query[quarter]
    for at in range(band & 3):
        if np.int64(popcount(np.uint64(band_of(differing, at)))) <= bands[4 * quarter + at]:
            return np.int64(-1)
    return np.int64(distance)


@njit(nogil=True, cache=True)
def ask_for_bounds(query: U64Array, band: int, starts: U32Array, flips: U16Array, probes: I64Array) -> None:
    """Let the bounds of the buckets to look up in ``band`` come from memory.  See ``probe`` for the arrays."""
    value = band_of(query[band >> 2], band & 3)
    for k in range(probes[band]):
        prefetch(starts[band], value ^ np.int64(flips[k]))


@njit(nogil=True, cache=True)
def ask_for_words(
    query: U64Array,
    band: int,
    starts: U32Array,
    neighbours: U32Array,
    flips: U16Array,
    probes: I64Array,
    bounds: I64Array,
) -> None:
    """Read the bounds of those buckets into ``bounds``, (most probes, 2) int64, and let their words come."""
    value = band_of(query[band >> 2], band & 3)
    for k in range(probes[band]):
        bucket = value ^ np.int64(flips[k])
        begin, end = np.int64(starts[band, bucket]), np.int64(starts[band, bucket + 1])
        bounds[k, 0], bounds[k, 1] = begin, end
        soon = min(end, begin + _MAX_LINES * _LINE_WORDS)
        for at in range(begin, soon + _LINE_WORDS - 1, _LINE_WORDS):
            prefetch(neighbours[band], at)


@njit(nogil=True, cache=True)
def probe(
    queries: U64Array,
    codes: U64Array,
    starts: U32Array,
    neighbours: U32Array,
    rows: U32Array,
    flips: U16Array,
    probes: I64Array,
    bands: I64Array,
    quarters: I64Array,
    radius_bits: int,
    most_read: int,
    first: int,
    hit_query: I64Array,
    hit_row: I64Array,
    hit_distance: U16Array,
) -> tuple[int, int]:
    """Look up queries from ``first`` on by plan, until done or the hit columns are full.

    starts: (16, 65537) uint32.  neighbours: (16, n + padding) uint32.  rows: (16, n) uint32.  See ``snapshot``.
    flips, probes, bands, quarters: see ``plan``.  Returns as ``scan`` does.

    Bands of all queries form one line of steps: while one is scanned, the words of the next ones and the bounds
    of those after them are on their way from memory.  A query whose buckets are so full that more than ``most_read``
    postings would be read is answered by comparing all codes: how full they are is only known once they are read.
    """
    ring = _AHEAD_BUCKETS + 1
    bounds = np.empty((ring, probes.max(), 2), np.int64)
    used, before, room = 0, 0, len(hit_row)
    last, read = 16 * len(queries), 0
    for step in range(16 * first - _AHEAD_STARTS, last):
        ahead = step + _AHEAD_STARTS
        if ahead < last:
            ask_for_bounds(queries[ahead >> 4], ahead & 15, starts, flips, probes)
        ahead = step + _AHEAD_BUCKETS
        if 16 * first <= ahead < last:
            ask_for_words(queries[ahead >> 4], ahead & 15, starts, neighbours, flips, probes, bounds[ahead % ring])
        if step < 16 * first:
            continue
        i, band = step >> 4, step & 15
        if band == 0:
            before, read = used, 0
        elif read > most_read:
            continue  # answered already
        query, slot = queries[i], step % ring
        neighbour, words = neighbour_of(query[band >> 2], band & 3), neighbours[band]
        for k in range(probes[band]):
            begin, end = bounds[slot, k, 0], bounds[slot, k, 1]
            limit = np.uint32(quarters[band >> 2] - np.int64(popcount(np.uint64(flips[k]))))
            read += end - begin
            for block in range(begin, end, LANES):
                near = block_within(words, block, neighbour, limit)
                while near:
                    posting = block + lowest_bit(near)
                    near &= near - np.uint64(1)
                    if posting >= end:
                        break
                    read += _POSTINGS_A_CANDIDATE
                    row = np.int64(rows[band, posting])
                    distance = distance_if_first(codes[row], query, band, bands, quarters, radius_bits)
                    if distance >= 0:
                        if used == room:
                            return i, before
                        hit_query[used], hit_row[used], hit_distance[used] = i, row, distance
                        used += 1
                if read > most_read:
                    break
            if read > most_read:
                break
        if read > most_read:
            done, found = scan(
                queries[: i + 1], codes, radius_bits, i, hit_query[before:], hit_row[before:], hit_distance[before:]
            )
            if done == i:
                return i, before
            used = before + found
    return len(queries), used


@njit(nogil=True, cache=True)
def search(
    queries: U64Array,
    tiers: I64Array,
    tail: U64Array,
    tail_ids: I64Array,
    tail_dead: BoolArray,
    flips: U16Array,
    probes: I64Array,
    bands: I64Array,
    quarters: I64Array,
    radius_bits: int,
    most_scanned: int,
    postings_a_code: int,
    tier: int,
    first: int,
    hit_query: I64Array,
    hit_id: I64Array,
    hit_distance: U16Array,
) -> tuple[int, int, int]:
    """All tiers and the tail in one call, from query ``first`` of ``tier`` on, until done or the columns are full.

    tiers: (t, COLUMNS) int64, see above; what they point to stays as long as the call.  The others: see ``probe``.
    tail: (n, 4) uint64, tail_ids: (n,) int64, tail_dead: (n,) bool.  A tier of up to ``most_scanned`` rows has all
    its codes compared, and so has a query that would read more than ``postings_a_code`` postings for each of them.
    Returns the tier and query to go on from, and how many hits there are: of rows that are not retired, with ids.
    """
    used = 0
    while tier <= len(tiers):
        if tier == len(tiers):
            first, found = scan(queries, tail, radius_bits, first, hit_query[used:], hit_id[used:], hit_distance[used:])
            kept = used
            for at in range(used, used + found):
                row = hit_id[at]
                if not tail_dead[row]:
                    hit_query[kept], hit_id[kept], hit_distance[kept] = hit_query[at], tail_ids[row], hit_distance[at]
                    kept += 1
        else:
            n = tiers[tier, LENGTH]
            codes = carray(pointer(tiers[tier, WORDS]), (n, 4), np.uint64)
            if n > most_scanned:
                first, found = probe(
                    queries,
                    codes,
                    carray(pointer(tiers[tier, STARTS]), (16, 65537), np.uint32),
                    carray(pointer(tiers[tier, NEIGHBOURS]), (16, n + LANES), np.uint32),
                    carray(pointer(tiers[tier, ROWS]), (16, n), np.uint32),
                    flips,
                    probes,
                    bands,
                    quarters,
                    radius_bits,
                    postings_a_code * n,
                    first,
                    hit_query[used:],
                    hit_id[used:],
                    hit_distance[used:],
                )
            else:
                first, found = scan(
                    queries, codes, radius_bits, first, hit_query[used:], hit_id[used:], hit_distance[used:]
                )
            ids = carray(pointer(tiers[tier, IDS]), (n,), np.int64)
            retired = carray(pointer(tiers[tier, RETIRED]), (n // 8 + 1,), np.uint8)
            kept = used
            for at in range(used, used + found):
                row = hit_id[at]
                if not (retired[row >> 3] >> (row & 7)) & 1:
                    hit_query[kept], hit_id[kept], hit_distance[kept] = hit_query[at], ids[row], hit_distance[at]
                    kept += 1
        used = kept
        if first < len(queries):
            return tier, first, used
        tier, first = tier + 1, 0
    return tier, 0, used


@njit(nogil=True, cache=True)
def live_rows_of(ids: I64Array, dead: BoolArray, wanted: I64Array, rows: I64Array) -> None:
    """Where each of ``wanted``, (m,) int64 ascending, is among ``ids``, (n,) int64 in any order, and not dead.

    rows: (m,) int64, written; -1 where it is not.
    """
    rows[:] = -1
    if len(wanted) == 0:
        return
    least, most = wanted[0], wanted[-1]
    for row in range(len(ids)):
        if not dead[row] and least <= ids[row] <= most:
            at = np.searchsorted(wanted, ids[row])
            if wanted[at] == ids[row]:
                rows[at] = row


@njit(nogil=True, cache=True)
def set_bits(bitmap: U8Array, rows: I64Array) -> int:
    """Set bit ``row & 7`` of byte ``row >> 3`` for each of ``rows``; returns how many were not set before."""
    new = 0
    for row in rows:
        bit = np.uint8(1 << (row & 7))
        if not bitmap[row >> 3] & bit:
            bitmap[row >> 3] |= bit
            new += 1
    return new
