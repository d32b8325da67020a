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
_END: Final = 128  # stands for a block's end among counts of coefficients
_TOO_MANY: Final = 64  # coefficients, for a look that leads nowhere
_STRIDE: Final = 64  # bytes looked through for FF at a time
_ROOM: Final = 512  # bytes: a block, 64 codes of 31 bits at most, is read whole before the data's end is looked for
_TABLES_KEPT: Final = 8  # 0.6 MB each; cameras share the standard's tables

U8Array = NDArray[np.uint8]
U16Array = NDArray[np.uint16]


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
def _tables_of(pairs: tuple[tuple[bytes, bytes], ...]) -> tuple[U16Array, U16Array, U16Array, U16Array]:
    """What the kernel looks codes up in, one pair's after the other's.

    First coefficients by the next ``_LOOK_BITS`` bits and by 16, then the others by the same.
    """
    firsts, others = ([_singles(np.frombuffer(pair[kind], np.uint8)) for pair in pairs] for kind in range(2))
    long_firsts = np.concatenate(firsts)
    short = np.ascontiguousarray(long_firsts[:: 1 << (16 - _LOOK_BITS)])
    short[short >> 8 > _LOOK_BITS] = 0
    return short, long_firsts, np.concatenate([_looks(row) for row in others]), np.concatenate(others)


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
def _looks(singles: U16Array) -> U16Array:
    """How far a look at the next bits leads: bits << 0 | coefficients << 8.

    ``_END`` coefficients are added where a block ends, and there are ``_TOO_MANY`` where not one code is whole.
    Returns: (2 ** _LOOK_BITS,) uint16.
    """
    table = np.empty(1 << _LOOK_BITS, np.uint16)
    for ahead in range(1 << _LOOK_BITS):
        used, passed = 0, 0
        while used < _LOOK_BITS and passed < _END:
            single = singles[(ahead << (16 - _LOOK_BITS + used)) & 0xFFFF]
            bits, run, size = single >> 8, (single >> 4) & 15, single & 15
            if bits == 0 or bits > _LOOK_BITS - used or (size == 0 and run not in (0, 15)):
                break
            used += bits + size
            passed += _END if size == 0 and run == 0 else run + 1
        table[ahead] = used | passed << 8 if used and passed < 2 * _END else _TOO_MANY << 8
    return table


@njit(nogil=True, cache=True)
def _unstuffed(coded: U8Array, plain: U8Array) -> tuple[int, int]:
    """Copy without the zero that follows each FF (F.1.2.3), up to a marker; what was read and what was written.

    plain: (n + _ROOM,) uint8 for n bytes of ``coded``; zeros follow what is written.
    """
    size, at, to = np.uint64(len(coded)), np.uint64(0), np.uint64(0)
    while at + np.uint64(1) < size:
        last = at + np.uint64(1)
        if at + np.uint64(_STRIDE) < size:
            has_ff = False
            for step in range(np.uint64(_STRIDE)):  # in vectors
                byte = coded[at + step]
                plain[to + step] = byte
                has_ff |= byte == 0xFF
            last = at + np.uint64(_STRIDE)
            if not has_ff:
                to += np.uint64(_STRIDE)
                at = last
        while at < last:
            byte = coded[at]
            if byte == 0xFF:
                if coded[at + np.uint64(1)] != 0:
                    plain[to : to + np.uint64(_ROOM)] = 0
                    return int(at), int(to)
                at += np.uint64(1)
            plain[to] = byte
            to += np.uint64(1)
            at += np.uint64(1)
    plain[to : to + np.uint64(_ROOM)] = 0
    return int(at), int(to)


@njit(nogil=True, cache=True)
def _decode(
    coded: U8Array,
    firsts: U16Array,
    long_firsts: U16Array,
    looks: U16Array,
    others: U16Array,
    parts: NDArray[np.int64],
    quantum: int,
    means: U8Array,
) -> bool:
    """Fill ``means``; False where the data are not what they should be, to the last bit.

    coded: from the first coded byte to the end of the file.  firsts to others: from ``_tables_of``.  parts: (3, n), of
    each component: its blocks across and down in an MCU, its row of the tables.

    ``bits`` has the next bits on top, ``held`` of them; ``word`` has the eight bytes from ``at``, read ahead, so that
    no look waits for memory.  Holding 56 bits is enough for two looks, or for a first coefficient and one.
    """
    plain = np.empty(len(coded) + _ROOM, np.uint8)
    end, count = _unstuffed(coded, plain)
    if not (end + 1 < len(coded) and coded[end] == 0xFF and coded[end + 1] == 0xD9):
        return False
    rows, columns = means.shape
    across, down = parts[0, 0], parts[1, 0]
    bits = held = at = word = np.uint64(0)
    last = np.uint64(count + 8)
    level = np.int64(0)
    for byte in range(8):
        word = word << np.uint64(8) | np.uint64(plain[byte])
    for top in range(0, rows, down):
        for left in range(0, columns, across):
            for part in range(parts.shape[1]):
                short, long = np.uint64(parts[2, part] << _LOOK_BITS), np.uint64(parts[2, part] << 16)
                for block in range(parts[0, part] * parts[1, part]):
                    if at > last:
                        return False
                    is_first = True
                    done = np.uint64(0)
                    while done < np.uint64(63):
                        bits |= word >> held
                        at += (np.uint64(63) - held) >> np.uint64(3)
                        held |= np.uint64(56)
                        word = (
                            np.uint64(plain[at]) << np.uint64(56)
                            | np.uint64(plain[at + np.uint64(1)]) << np.uint64(48)
                            | np.uint64(plain[at + np.uint64(2)]) << np.uint64(40)
                            | np.uint64(plain[at + np.uint64(3)]) << np.uint64(32)
                            | np.uint64(plain[at + np.uint64(4)]) << np.uint64(24)
                            | np.uint64(plain[at + np.uint64(5)]) << np.uint64(16)
                            | np.uint64(plain[at + np.uint64(6)]) << np.uint64(8)
                            | np.uint64(plain[at + np.uint64(7)])
                        )
                        if is_first:
                            single = np.uint64(firsts[short + (bits >> np.uint64(64 - _LOOK_BITS))])
                            if single == 0:
                                single = np.uint64(long_firsts[long + (bits >> np.uint64(48))])
                            length, size = single >> np.uint64(8), single & np.uint64(255)
                            if length == 0 or size > 11:
                                return False
                            if part == 0:
                                if size:
                                    value = np.int64((bits << length) >> (np.uint64(64) - size))
                                    negative = 1 - (value >> np.int64(size - np.uint64(1)))
                                    level += value - negative * ((1 << np.int64(size)) - 1)
                                pixel = (level * quantum + 4) >> 3
                                if not (-512 <= pixel < 512 and -32768 <= level < 32768):
                                    return False
                                row, column = top + block // across, left + block % across
                                if row < rows and column < columns:
                                    means[row, column] = max(np.int64(0), min(np.int64(255), pixel + 128))
                            bits <<= length + size
                            held -= length + size
                        for _ in range(1 if is_first else 2):
                            look = looks[short + (bits >> np.uint64(64 - _LOOK_BITS))]
                            length, passed = np.uint64(look & np.uint16(255)), np.uint64(look >> np.uint16(8))
                            if done + passed >= np.uint64(63) and not (
                                done + passed == 63 or _END <= done + passed < _END + 63
                            ):  # one code at a time
                                single = np.uint64(others[long + (bits >> np.uint64(48))])
                                size, run = single & np.uint64(15), (single >> np.uint64(4)) & np.uint64(15)
                                passed = run + np.uint64(1)
                                if size == 0 and run == 0:
                                    passed = np.uint64(_END)
                                if (
                                    single >> np.uint64(8) == 0
                                    or (size == 0 and run not in (0, 15))
                                    or 63 < done + passed < _END
                                ):
                                    return False
                                length = (single >> np.uint64(8)) + size
                            bits <<= length
                            held -= length
                            done += passed
                            if done >= np.uint64(63):
                                break
                        is_first = False
    left_over = np.int64(count * 8) - np.int64(at * np.uint64(8) - held)
    return bool(0 <= left_over < 8)
