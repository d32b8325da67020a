"""The plain search that every faster one must agree with: compare each query with each code, count the bits."""

import numpy as np

from unseen.match.records import Hits, I64Array, U8Array, U16Array, in_order, require_codes, require_radius


def distances(codes: U8Array, query: U8Array) -> U16Array:
    """Bits in which each row of ``codes`` differs from ``query``.

    codes: (n, 32) uint8.  query: (32,) uint8.  Returns (n,) uint16.
    """
    differing: U16Array = np.bitwise_count(codes ^ query).sum(axis=1, dtype=np.uint16)
    return differing


def search(codes: U8Array, ids: I64Array, queries: U8Array, radius_bits: int) -> Hits:
    """Every entry at most ``radius_bits`` (inclusive) from each query.

    codes: (n, 32) uint8.  ids: (n,) int64, distinct.  queries: (q, 32) uint8.
    Raises: ValueError for arrays of another shape or a radius outside 0..256.
    """
    require_radius(radius_bits)
    codes, queries = require_codes(codes), require_codes(queries)
    within = [distances(codes, query) for query in queries]
    rows = [np.flatnonzero(found <= radius_bits) for found in within]
    return in_order(
        np.repeat(np.arange(len(queries)), [len(found) for found in rows]),
        np.concatenate([np.empty(0, np.int64), *(np.asarray(ids, np.int64)[found] for found in rows)]),
        np.concatenate(
            [np.empty(0, np.uint16), *(counted[found] for counted, found in zip(within, rows, strict=True))]
        ),
        len(queries),
    )


def veiled(codes: U8Array, places: I64Array, mask: U8Array) -> U8Array:
    """Codes with bit ``i`` put at ``places[i]``, then those of the mask turned over.

    codes: (n, 32) uint8.  places: (256,) int64, a permutation.  mask: (32,) uint8.  Returns (n, 32) uint8.
    """
    exchanged = np.empty((len(codes), len(places)), np.uint8)
    exchanged[:, places] = np.unpackbits(require_codes(codes), axis=1)
    return np.packbits(exchanged, axis=1) ^ mask
