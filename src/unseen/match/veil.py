"""Codes under a secret isometry: their bits exchanged by a secret permutation, and some of them turned over.

All distances stay what they are, so that an index of veiled codes answers veiled queries, in the same time; and a
veiled code says nothing of its picture to whoever does not know the veil.  It is no encryption: equal codes stay equal,
and somebody who knows what some of the codes were can solve for the veil (docs/adr/0013).
"""

import hashlib
from collections.abc import Iterator
from typing import Final

import numpy as np
from numba import njit

from unseen.match.layout import frozen
from unseen.match.records import I64Array, U8Array, U64Array, require_codes

KEY_BYTES: Final = 32
_BITS: Final = 256
_STREAM_BYTES: Final = 1 << 12  # far more than 255 draws take: each is refused less than every second time


class Veil:
    """One permutation and mask, drawn from a key; thread-safe."""

    def __init__(self, key: bytes) -> None:
        """``key``: 32 secret random bytes.  Raises: ValueError for another length."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"a veil's key has {KEY_BYTES} bytes")
        #: tells veils from each other, and nothing of what they are
        self.name: Final = hashlib.sha256(b"unseen veil name" + key).hexdigest()[:16]
        stream = iter(hashlib.shake_256(key).digest(_STREAM_BYTES))
        #: (32,) uint8: bits that are turned over, after the exchange
        self.mask: Final = np.frombuffer(bytes(next(stream) for _ in range(_BITS // 8)), np.uint8)
        #: (256,) int64: where each bit goes, most significant bit of the first byte first
        self.places: Final = _shuffled(stream)
        self._table: Final = frozen(_table_of(self.places, self.mask))

    def over(self, codes: U8Array) -> U8Array:
        """The codes as the index holds them.

        codes: (n, 32) uint8.  Returns (n, 32) uint8, C-contiguous.  Raises: ValueError for another shape or type.
        """
        codes = require_codes(codes)
        veiled = np.empty((len(codes), _BITS // 64), np.uint64)
        _veil(frozen(codes), self._table, veiled)
        return veiled.view(np.uint8)

    def __repr__(self) -> str:  # whoever sees the veil can lift it
        return "Veil(<secret>)"


def _shuffled(stream: Iterator[int]) -> I64Array:
    """A permutation of 256, each as likely as the others.

    Source: R. Durstenfeld, "Algorithm 235: random permutation", CACM 7 (1964); draws out of range are refused.
    """
    places = np.arange(_BITS)
    for last in range(_BITS - 1, 0, -1):
        reach = (1 << last.bit_length()) - 1
        drawn = next(draw for byte in stream if (draw := byte & reach) <= last)
        places[last], places[drawn] = places[drawn], places[last]
    return places


def _table_of(places: I64Array, mask: U8Array) -> U64Array:
    """What each value of each byte becomes: (32, 256, 4) uint64; the mask is in the first byte's."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
    table = np.zeros((_BITS // 8, 256, _BITS), np.uint8)
    for byte in range(_BITS // 8):
        table[byte][:, places[8 * byte : 8 * byte + 8]] = bits
    packed = np.packbits(table, axis=2)
    packed[0] ^= mask
    return packed.view(np.uint64)


@njit(nogil=True, cache=True)
def _veil(codes: U8Array, table: U64Array, veiled: U64Array) -> None:
    for row in range(len(codes)):
        a, b, c, d = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0)
        for byte in range(32):
            part = table[byte, codes[row, byte]]
            a ^= part[0]
            b ^= part[1]
            c ^= part[2]
            d ^= part[3]
        veiled[row, 0], veiled[row, 1], veiled[row, 2], veiled[row, 3] = a, b, c, d
