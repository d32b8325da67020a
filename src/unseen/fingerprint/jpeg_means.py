"""The means of a plain JPEG's 8 x 8 blocks: its luma at one eighth, without undoing a single cosine.

At that scale a block is one pixel, which its first coefficient alone tells.  The other 63 must be read all the same,
because their codes say where the next block begins, but only their lengths matter; so one look at the next bits
passes over as many whole codes as a table holds for them.  The pixels are libjpeg's, bit for bit.

Source: ITU-T T.81 (Huffman tables in Annex C, decoding in F.2.2); libjpeg's ``jpeg_idct_1x1`` for the rounding.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import simplejpeg
from numba import njit
from numpy.typing import NDArray

from unseen.fingerprint.jpeg import FRAMES, SOS, JpegHeader, decode_plain, head_segments, reduced_eighths, scaled

_DQT, _DHT, _DRI = 0xDB, 0xC4, 0xDD
_MAX_SIZE: Final = 15  # bits of a coefficient that libjpeg's tables may name
_LOOK_BITS: Final = 12  # of a look ahead: tables of so many bits stay in the first-level cache
_TABLES_KEPT: Final = 8  # 0.6 MB each; cameras share the standard's tables

U8Array = NDArray[np.uint8]
U16Array = NDArray[np.uint16]
U32Array = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What the kernel needs of the head, luma first."""

    across: tuple[int, ...]  #: blocks of each component in an MCU
    down: tuple[int, ...]
    quantum: int  #: of luma's first coefficient
    codes: tuple[tuple[bytes, bytes], ...]  #: of each component, as in DHT: first coefficients, the others
    data_at: int  #: where the coded data begin


def plain_luma(data: bytes, header: JpegHeader, long_side: int = 0) -> tuple[U8Array, int] | None:
    """What ``decode_plain`` says, sooner: the luma of a plain JPEG at a reduced scale, and the scale in eighths."""
    if reduced_eighths(header.width, header.height, long_side) == 1:
        means = decode_means(data, header)
        if means is not None:
            return means, 1
    return decode_plain(data, header, long_side)


def decode_means(data: bytes, header: JpegHeader) -> U8Array | None:
    """The luma of a plain JPEG at one eighth; (ceil(height / 8), ceil(width / 8)) uint8.

    Returns None for whatever is unusual or not whole, so that libjpeg can say what it is.
    """
    try:
        simplejpeg.decode_jpeg_header(data, strict=True)  # libjpeg has nothing against its head
    except (ValueError, KeyError):  # the second for a sampling that simplejpeg has no name for
        return None
    plan = _plan_of(data)
    if plan is None:
        return None
    means = np.empty((scaled(header.height, 1), scaled(header.width, 1)), np.uint8)
    coded = np.frombuffer(data, np.uint8)[plan.data_at :]
    pairs = tuple(dict.fromkeys(plan.codes))  # two components share one, as a rule, and the cache
    parts = np.array([plan.across, plan.down, [pairs.index(pair) for pair in plan.codes]], np.int64)
    return means if _decode(coded, *_tables_of(pairs), parts, plan.quantum, means) else None


def _plan_of(data: bytes) -> _Plan | None:
    quanta, codes = dict[int, int](), dict[int, bytes]()
    frame = b""
    for marker, at, body in head_segments(data):
        if (
            (marker == _DQT and not _read_quanta(body, quanta))
            or (marker == _DHT and not _read_codes(body, codes))
            or (marker == _DRI and body != b"\x00\x00")
        ):
            return None
        if marker in FRAMES:
            frame = body
        if marker == SOS:
            return _planned(frame, body, quanta, codes, at + len(body) + 2)
    return None


def _planned(frame: bytes, scan: bytes, quanta: dict[int, int], codes: dict[int, bytes], data_at: int) -> _Plan | None:
    parts = frame[5]
    specs = [frame[6 + 3 * part : 9 + 3 * part] for part in range(parts)]
    chosen = [scan[1 + 2 * part : 3 + 2 * part] for part in range(parts)]
    if scan[1 + 2 * parts :] != b"\x00\x3f\x00" or [c[0] for c in chosen] != [s[0] for s in specs]:
        return None
    across, down = [s[1] >> 4 for s in specs], [s[1] & 15 for s in specs]
    if parts == 1:
        across, down = [1], [1]  # a scan of one component has its blocks in rows (A.2.2)
    if any(
        h not in (1, 2) or v not in (1, 2) or h > across[0] or v > down[0] for h, v in zip(across, down, strict=True)
    ):
        return None
    try:
        pairs = tuple((codes[c[1] >> 4], codes[16 + (c[1] & 15)]) for c in chosen)
        quantum, *_ = [quanta[spec[2]] for spec in specs]
    except KeyError:
        return None
    if any(size > _MAX_SIZE for first, _ in pairs for size in first[16:]):
        return None
    return _Plan(across=tuple(across), down=tuple(down), quantum=quantum, codes=pairs, data_at=data_at)


def _read_quanta(body: bytes, quanta: dict[int, int]) -> bool:
    """Of each table its first step (B.2.4.1); False where they do not fill the segment."""
    at = 0
    while at < len(body):
        step_bytes = 1 + (body[at] >> 4)
        quanta[body[at] & 15] = int.from_bytes(body[at + 1 : at + 1 + step_bytes], "big")
        at += 1 + 64 * step_bytes
    return at == len(body)


def _read_codes(body: bytes, codes: dict[int, bytes]) -> bool:
    """Each table's counts and values under its class and number (B.2.4.2); False as ``_read_quanta``."""
    at = 0
    while at < len(body):
        end = at + 17 + sum(body[at + 1 : at + 17])
        codes[body[at]] = body[at + 1 : end]
        at = end
    return at == len(body)


@lru_cache(_TABLES_KEPT)
def _tables_of(pairs: tuple[tuple[bytes, bytes], ...]) -> tuple[U16Array, U16Array, U32Array, U16Array]:
    """What the kernel looks codes up in, a row for each pair.

    First coefficients by the next ``_LOOK_BITS`` bits and by 16, then the others by the same.
    """
    firsts, others = (np.stack([_singles(np.frombuffer(pair[kind], np.uint8)) for pair in pairs]) for kind in range(2))
    short = np.ascontiguousarray(firsts[:, :: 1 << (16 - _LOOK_BITS)])
    short[short >> 8 > _LOOK_BITS] = 0
    return short, firsts, np.stack([_looks(row) for row in others]), others


@njit(nogil=True, cache=True)
def _singles(codes: U8Array) -> U16Array:
    """What the next 16 bits begin with: a code's bits << 8 | its value; 0 for no code.

    codes: 16 counts, then the values (C.2).  Returns: (65536,) uint16.
    """
    table = np.zeros(1 << 16, np.uint16)
    code, value = 0, 16
    for bits in range(1, 17):
        for _ in range(codes[bits - 1]):
            low, high = code << (16 - bits), (code + 1) << (16 - bits)
            if value >= len(codes) or high > 1 << 16:
                return np.zeros(1 << 16, np.uint16)
            table[low:high] = bits << 8 | codes[value]
            code += 1
            value += 1
        code <<= 1
    return table


@njit(nogil=True, cache=True)
def _looks(singles: U16Array) -> U32Array:
    """How far a look at the next bits leads: bits << 0 | coefficients << 8 | block ends << 16; 0 for not one code.

    Returns: (2 ** _LOOK_BITS,) uint32.
    """
    table = np.zeros(1 << _LOOK_BITS, np.uint32)
    for ahead in range(1 << _LOOK_BITS):
        used, passed, ends = 0, 0, 0
        while used < _LOOK_BITS and not ends:
            single = singles[(ahead << (16 - _LOOK_BITS + used)) & 0xFFFF]
            bits, run, size = single >> 8, (single >> 4) & 15, single & 15
            if bits == 0 or bits > _LOOK_BITS - used or (size == 0 and run not in (0, 15)):
                break
            used += bits + size
            if size == 0 and run == 0:
                ends = 1
            else:
                passed += run + 1
        table[ahead] = used | passed << 8 | ends << 16
    return table


@njit(nogil=True, cache=True, inline="always")
def _filled(
    coded: U8Array, at: np.int64, bits: np.uint64, held: np.int64, short: np.int64
) -> tuple[np.int64, np.uint64, np.int64, np.int64]:
    """Hold more than 32 bits.  Past the end of the data they are zeros, which ``short`` counts."""
    if at + 4 <= len(coded):
        word = np.uint64(coded[at]) << np.uint64(24) | np.uint64(coded[at + 1]) << np.uint64(16)
        word |= np.uint64(coded[at + 2]) << np.uint64(8) | np.uint64(coded[at + 3])
        if not word & np.uint64(0x80808080) & ((word & np.uint64(0x7F7F7F7F)) + np.uint64(0x01010101)):
            return at + 4, bits | word << np.uint64(32 - held), held + 32, short  # none of the four is FF
    while held <= 32:
        byte = np.uint64(0)
        if at + 1 < len(coded) and (coded[at] != 0xFF or coded[at + 1] == 0):
            byte = np.uint64(coded[at])
            at += 2 if coded[at] == 0xFF else 1
        else:
            short += 8  # a marker, or nothing
        bits |= byte << np.uint64(56 - held)
        held += 8
    return at, bits, held, short


@njit(nogil=True, cache=True)
def _decode(
    coded: U8Array,
    firsts: U16Array,
    long_firsts: U16Array,
    looks: U32Array,
    others: U16Array,
    parts: NDArray[np.int64],
    quantum: int,
    means: U8Array,
) -> bool:
    """Fill ``means``; False where the data are not what they should be, to the last bit.

    coded: from the first coded byte to the end of the file.  firsts to others: from ``_tables_of``.  parts: (3, n), of
    each component: its blocks across and down in an MCU, its row of the tables.  ``bits`` has the next bits on top,
    ``held`` of them.
    """
    rows, columns = means.shape
    across, down = parts[0, 0], parts[1, 0]
    bits = np.uint64(0)
    at = held = short = level = np.int64(0)
    for top in range(0, rows, down):
        for left in range(0, columns, across):
            for part in range(parts.shape[1]):
                table = parts[2, part]
                for block in range(parts[0, part] * parts[1, part]):
                    if held <= 32:
                        at, bits, held, short = _filled(coded, at, bits, held, short)
                    single = np.int64(firsts[table, bits >> np.uint64(64 - _LOOK_BITS)])
                    if single == 0:
                        single = np.int64(long_firsts[table, bits >> np.uint64(48)])
                    length, size = single >> 8, single & 255
                    if length == 0 or size > 11:
                        return False
                    if part == 0:
                        if size:
                            value = np.int64((bits << np.uint64(length)) >> np.uint64(64 - size))
                            level += value if value >> (size - 1) else value - (1 << size) + 1
                        pixel = (level * quantum + 4) >> 3
                        if not (-512 <= pixel < 512 and -32768 <= level < 32768):
                            return False
                        row, column = top + block // across, left + block % across
                        if row < rows and column < columns:
                            means[row, column] = max(np.int64(0), min(np.int64(255), pixel + 128))
                    bits <<= np.uint64(length + size)
                    held -= length + size
                    done = np.int64(0)
                    while done < 63:
                        if held <= 32:
                            at, bits, held, short = _filled(coded, at, bits, held, short)
                        look = np.int64(looks[table, bits >> np.uint64(64 - _LOOK_BITS)])
                        length, passed, ends = look & 255, (look >> 8) & 255, look >> 16
                        if length == 0 or done + passed + ends > 63:  # one code at a time
                            single = np.int64(others[table, bits >> np.uint64(48)])
                            size, run = single & 15, (single >> 4) & 15
                            if single >> 8 == 0 or (size == 0 and run not in (0, 15)):
                                return False
                            length = (single >> 8) + size
                            ends = np.int64(size == 0 and run == 0)
                            passed = (run + 1) * (1 - ends)
                        bits <<= np.uint64(length)
                        held -= length
                        done += passed
                        if ends:
                            break
                    if done > 63 or held < short:
                        return False
    is_at_end = at + 1 < len(coded) and coded[at] == 0xFF and coded[at + 1] == 0xD9
    return bool(is_at_end and held - short < 8)
