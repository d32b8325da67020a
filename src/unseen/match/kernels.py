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
_AHEAD_STARTS: Final = 24  # looks between asking for a bucket's bounds and scanning it
_AHEAD_BUCKETS: Final = 8  # looks between asking for a bucket's words and scanning it
_MOST_WAITING: Final = 128  # of what passed, until their codes are looked at
MOST_LINED_UP: Final = 1 << 10  #: queries: what a look has room for
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
def line_up(queries: U64Array, flips: U16Array, probes: I64Array) -> U32Array:
    """Every look into a bucket that these queries need, in about the order in which the buckets lie in memory.

    queries: (q, 4) uint64, q <= ``MOST_LINED_UP``.  flips, probes: see ``plan``.
    Returns (q times the probes,) uint32: ``look_of``.  Buckets that follow each other in a band are put in groups,
    as many as there are looks, roughly: so that pages are gone through once, and that a full bucket that many queries
    ask for is still at hand for all of them.
    """
    total = len(queries) * probes.sum()
    finest = 0
    while finest < 12 and (32 << finest) <= total:
        finest += 1
    coarse = np.int64(16 - finest)
    begins = np.zeros((16 << finest) + 1, np.int64)
    for band in range(16):
        for i in range(len(queries)):
            value = band_of(queries[i, band >> 2], band & 3)
            for k in range(probes[band]):
                begins[(((band << 16) | (value ^ np.int64(flips[k]))) >> coarse) + 1] += 1
    for group in range(16 << finest):
        begins[group + 1] += begins[group]
    line = np.empty(total, np.uint32)
    for band in range(16):
        for i in range(len(queries)):
            value = band_of(queries[i, band >> 2], band & 3)
            for k in range(probes[band]):
                bucket = (band << 16) | (value ^ np.int64(flips[k]))
                place = begins[bucket >> coarse]
                begins[bucket >> coarse] = place + 1
                line[place] = np.uint32(bucket << 12 | i << 2 | np.int64(popcount(np.uint64(flips[k]))))
    return line


@njit(nogil=True, cache=True)
def probe(
    queries: U64Array,
    line: U32Array,
    codes: U64Array,
    starts: U32Array,
    neighbours: U32Array,
    rows: U32Array,
    bands: I64Array,
    quarters: I64Array,
    radius_bits: int,
    most_read: int,
    hit_query: I64Array,
    hit_row: I64Array,
    hit_distance: U16Array,
) -> int:
    """Look all queries up by plan; returns the number of hits, or -1 where the hit columns have no room for them.

    line: see ``line_up``.  starts: (16, 65537) uint32.  neighbours: (16, n + padding) uint32.  rows: (16, n) uint32,
    see ``snapshot``.  bands, quarters: see ``plan``.

    While one bucket is scanned, the words of the next ones and the bounds of those after them are on their way from
    memory, and so are the codes of what passed, which wait until there are some.  A query whose buckets are so full
    that more than ``most_read`` postings would be read is answered by comparing all codes: how full they are is only
    known once they are read.
    """
    bounds = np.empty((_AHEAD_BUCKETS + 1, 2), np.int64)
    waiting = np.empty((_MOST_WAITING, 3), np.int64)  # postings, queries, bands
    read = np.zeros(len(queries), np.int64)
    used, wait, room = 0, 0, len(hit_row)
    for step in range(-_AHEAD_STARTS, len(line)):
        ahead = step + _AHEAD_STARTS
        if ahead < len(line):
            bucket = np.int64(line[ahead] >> np.uint32(12))
            prefetch(starts[bucket >> 16], bucket & 0xFFFF)
        ahead = step + _AHEAD_BUCKETS
        if 0 <= ahead < len(line):
            ask_for_words(line[ahead], starts, neighbours, bounds[ahead % len(bounds)])
        if step < 0:
            continue
        look = np.int64(line[step])
        i, band = int(look >> 2) & (MOST_LINED_UP - 1), int(look >> 28)
        if read[i] > most_read:
            continue  # it will be compared with all codes
        neighbour, words = neighbour_of(queries[i, band >> 2], band & 3), neighbours[band]
        limit = np.uint32(quarters[band >> 2] - (look & 3))
        begin, end = bounds[step % len(bounds), 0], bounds[step % len(bounds), 1]
        read[i] += end - begin
        for block in range(begin, end, LANES):
            near = block_within(words, block, neighbour, limit)
            while near:
                posting = block + lowest_bit(near)
                near &= near - np.uint64(1)
                if posting >= end:
                    break
                read[i] += _POSTINGS_A_CANDIDATE
                prefetch(rows[band], posting)
                waiting[wait, 0], waiting[wait, 1], waiting[wait, 2] = posting, i, band
                wait += 1
                if wait == _MOST_WAITING:
                    if used + wait > room:
                        return -1
                    used = settle(
                        waiting[:wait],
                        queries,
                        codes,
                        rows,
                        bands,
                        quarters,
                        radius_bits,
                        hit_query,
                        hit_row,
                        hit_distance,
                        used,
                    )
                    wait = 0
            if read[i] > most_read:
                break
    if used + wait > room:
        return -1
    used = settle(
        waiting[:wait], queries, codes, rows, bands, quarters, radius_bits, hit_query, hit_row, hit_distance, used
    )
    return compared_with_all(read > most_read, queries, codes, radius_bits, hit_query, hit_row, hit_distance, used)


@njit(nogil=True, cache=True)
def ask_for_words(look: np.uint32, starts: U32Array, neighbours: U32Array, bounds: I64Array) -> None:
    """Read the bounds of a bucket into ``bounds``, (2,) int64, and let its words come from memory."""
    bucket = np.int64(look >> np.uint32(12))
    band, bucket = bucket >> 16, bucket & 0xFFFF
    begin, end = np.int64(starts[band, bucket]), np.int64(starts[band, bucket + 1])
    bounds[0], bounds[1] = begin, end
    soon = min(end, begin + _MAX_LINES * _LINE_WORDS)
    for at in range(begin, soon + _LINE_WORDS - 1, _LINE_WORDS):
        prefetch(neighbours[band], at)


@njit(nogil=True, cache=True)
def settle(
    waiting: I64Array,
    queries: U64Array,
    codes: U64Array,
    rows: U32Array,
    bands: I64Array,
    quarters: I64Array,
    radius_bits: int,
    hit_query: I64Array,
    hit_row: I64Array,
    hit_distance: U16Array,
    used: int,
) -> int:
    """Look at the codes of what passed; returns how many hits there are then.

    waiting: (k, 3) int64, postings, queries and bands; not what they were afterwards.  The hit columns have room for k
    more.  All rows are asked for before the first is read, and all codes too.
    """
    for at in range(len(waiting)):
        waiting[at, 0] = rows[waiting[at, 2], waiting[at, 0]]
        prefetch(codes[waiting[at, 0]], 0)
    for at in range(len(waiting)):
        row, i = waiting[at, 0], waiting[at, 1]
        distance = distance_if_first(codes[row], queries[i], waiting[at, 2], bands, quarters, radius_bits)
        if distance >= 0:
            hit_query[used], hit_row[used], hit_distance[used] = i, row, distance
            used += 1
    return used


@njit(nogil=True, cache=True)
def compared_with_all(
    marked: BoolArray,
    queries: U64Array,
    codes: U64Array,
    radius_bits: int,
    hit_query: I64Array,
    hit_row: I64Array,
    hit_distance: U16Array,
    used: int,
) -> int:
    """Answer the marked queries anew by comparing all codes; returns how many hits there are then, or -1 without room.

    marked: (q,) bool.  used: hits so far, of these queries some.
    """
    if not marked.any():
        return used
    kept = 0
    for at in range(used):
        if not marked[hit_query[at]]:
            hit_query[kept], hit_row[kept], hit_distance[kept] = hit_query[at], hit_row[at], hit_distance[at]
            kept += 1
    for i in range(len(queries)):
        if marked[i]:
            done, found = scan(
                queries[: i + 1], codes, radius_bits, i, hit_query[kept:], hit_row[kept:], hit_distance[kept:]
            )
            if done == i:
                return -1
            kept += found
    return kept


@njit(nogil=True, cache=True)
def search(
    queries: U64Array,
    line: U32Array,
    tiers: I64Array,
    tail: U64Array,
    tail_ids: I64Array,
    tail_dead: BoolArray,
    bands: I64Array,
    quarters: I64Array,
    radius_bits: int,
    most_scanned: int,
    postings_a_code: int,
    tier: int,
    hit_query: I64Array,
    hit_id: I64Array,
    hit_distance: U16Array,
) -> tuple[int, int]:
    """All tiers and the tail in one call, from ``tier`` on, until done or the columns are full.

    tiers: (t, COLUMNS) int64, see above; what they point to stays as long as the call.  The others: see ``probe``.
    tail: (n, 4) uint64, tail_ids: (n,) int64, tail_dead: (n,) bool.  A tier of up to ``most_scanned`` rows has all
    its codes compared, and so has a query that would read more than ``postings_a_code`` postings for each of them.
    Returns the tier to go on from, and how many hits there are before it: of rows that are not retired, with ids.
    """
    used = 0
    while tier <= len(tiers):
        if tier == len(tiers):
            done, found = scan(queries, tail, radius_bits, 0, hit_query[used:], hit_id[used:], hit_distance[used:])
            if done < len(queries):
                return tier, used
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
                found = probe(
                    queries,
                    line,
                    codes,
                    carray(pointer(tiers[tier, STARTS]), (16, 65537), np.uint32),
                    carray(pointer(tiers[tier, NEIGHBOURS]), (16, n + LANES), np.uint32),
                    carray(pointer(tiers[tier, ROWS]), (16, n), np.uint32),
                    bands,
                    quarters,
                    radius_bits,
                    postings_a_code * n,
                    hit_query[used:],
                    hit_id[used:],
                    hit_distance[used:],
                )
                if found < 0:
                    return tier, used
            else:
                done, found = scan(queries, codes, radius_bits, 0, hit_query[used:], hit_id[used:], hit_distance[used:])
                if done < len(queries):
                    return tier, used
            ids = carray(pointer(tiers[tier, IDS]), (n,), np.int64)
            retired = carray(pointer(tiers[tier, RETIRED]), (n // 8 + 1,), np.uint8)
            kept = used
            for at in range(used, used + found):
                row = hit_id[at]
                if not (retired[row >> 3] >> (row & 7)) & 1:
                    hit_query[kept], hit_id[kept], hit_distance[kept] = hit_query[at], ids[row], hit_distance[at]
                    kept += 1
        used, tier = kept, tier + 1
    return tier, used


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
