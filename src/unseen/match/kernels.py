"""The search itself, compiled: buckets by plan, or all codes one after the other.  No GIL is held.

Codes are rows of four 64-bit words, the quarters.  ``reference`` says plainly what these must find.
"""

from typing import Final

import numpy as np
from numba import njit

from unseen.match.machine import LANES, block_within, lowest_bit, popcount, prefetch, rows_within
from unseen.match.records import I64Array, U16Array, U32Array, U64Array

_BLOCK_ROWS: Final = LANES // 4  # codes compared at once
_ALL_LANES: Final = np.uint64((1 << LANES) - 1)
_LINE_WORDS: Final = 16  # 32-bit words of a cache line
_MAX_LINES: Final = 12  # of a bucket to ask for ahead; the processor follows a longer run by itself
_AHEAD_STARTS: Final = 4  # bands between asking for a bucket's bounds and scanning it
_AHEAD_BUCKETS: Final = 2  # bands between asking for a bucket's words and scanning it


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
    first: int,
    hit_query: I64Array,
    hit_row: I64Array,
    hit_distance: U16Array,
) -> tuple[int, int]:
    """Look up queries from ``first`` on by plan, until done or the hit columns are full.

    starts: (16, 65537) uint32.  neighbours: (16, n + padding) uint32.  rows: (16, n) uint32.  See ``snapshot``.
    flips, probes, bands, quarters: see ``plan``.  Returns as ``scan`` does.

    Bands of all queries form one line of steps: while one is scanned, the words of the next ones and the bounds
    of those after them are on their way from memory.
    """
    ring = _AHEAD_BUCKETS + 1
    bounds = np.empty((ring, probes.max(), 2), np.int64)
    used, before, room = 0, 0, len(hit_row)
    last = 16 * len(queries)
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
            before = used
        query, slot = queries[i], step % ring
        neighbour, words = neighbour_of(query[band >> 2], band & 3), neighbours[band]
        for k in range(probes[band]):
            begin, end = bounds[slot, k, 0], bounds[slot, k, 1]
            limit = np.uint32(quarters[band >> 2] - np.int64(popcount(np.uint64(flips[k]))))
            for block in range(begin, end, LANES):
                near = block_within(words, block, neighbour, limit)
                while near:
                    posting = block + lowest_bit(near)
                    near &= near - np.uint64(1)
                    if posting >= end:
                        break
                    row = np.int64(rows[band, posting])
                    distance = distance_if_first(codes[row], query, band, bands, quarters, radius_bits)
                    if distance >= 0:
                        if used == room:
                            return i, before
                        hit_query[used], hit_row[used], hit_distance[used] = i, row, distance
                        used += 1
    return len(queries), used
