"""A progressive JPEG without what an eighth of its size does not need.

At one eighth, each 8x8 block is one pixel: its mean, which is its first coefficient.  A progressive file sends those
in scans of their own, a few percent of its bytes.  What is left here is a whole file of only these, with empty scans
for the rest, so that a decoder finds every coefficient known and smooths nothing; its pixels at one eighth are those
of the full file.

Source: ITU-T T.81, annex G (spectral selection in G.1.1.1.1, end-of-band runs in G.1.2.2) and B.2.3 (scan headers).
"""

from typing import Final

from unseen.fingerprint.jpeg import JpegHeader, segments

_SOF2, _EOI, _SOS, _DRI, _DHT = 0xC2, 0xD9, 0xDA, 0xDD, 0xC4
_LONGEST_RUN: Final = 14  # EOB14: 2^14 blocks and 14 bits more
#: Code n of 4 bits says EOBn, n = 0 to 14: table 0 of the second class.
_RUNS_TABLE: Final = bytes([0x10, 0, 0, 0, 15, *([0] * 12), *(n << 4 for n in range(_LONGEST_RUN + 1))])


def means_only(data: bytes, header: JpegHeader) -> bytes | None:
    """The file with the blocks' means and nothing else; None for one that is not progressive in the usual way.

    Raises: BadMedia where a segment is cut short.
    """
    kept, frame, scans = [data[:2]], b"", 0
    for marker, at, end, body in segments(data):
        if marker == _EOI:
            if not scans:
                return None
            empty = _empty_scans(frame, header)
            return b"".join([*kept, _segment(_DRI, bytes(2)), _segment(_DHT, _RUNS_TABLE), *empty, b"\xff\xd9"])
        if marker == _SOS:
            if len(body) < 4 or len(body) != 4 + 2 * body[0]:
                return None
            if body[-3]:
                continue  # a scan of other coefficients
            if body[-2]:
                return None
            scans += 1
        elif 0xC0 <= marker <= 0xCF and marker not in {_DHT, 0xC8, 0xCC}:
            if frame or marker != _SOF2 or len(body) < 6 or body[0] != 8 or len(body) != 6 + 3 * body[5]:
                return None
            frame = body
        kept.append(data[at:end])
    return None  # cut short: the decoder should say so


def _empty_scans(frame: bytes, header: JpegHeader) -> list[bytes]:
    """For each component a scan that says that all its other coefficients are 0."""
    components = [frame[at : at + 3] for at in range(6, len(frame), 3)]
    across = max(1, *(factors >> 4 for _, factors, _ in components))
    down = max(1, *(factors & 15 for _, factors, _ in components))
    scans = []
    for name, factors, _ in components:
        columns = _blocks(header.width * (factors >> 4), across)
        rows = _blocks(header.height * (factors & 15), down)
        scans.append(_segment(_SOS, bytes([1, name, 0, 1, 63, 0])) + _runs(columns * rows))
    return scans


def _blocks(scaled: int, most: int) -> int:
    """Blocks along an axis of ``scaled / most`` pixels, both rounded up."""
    pixels = -(-scaled // most)
    return -(-pixels // 8)


def _runs(blocks: int) -> bytes:
    """The entropy-coded data of so many blocks without a coefficient."""
    bits = ""
    while blocks:
        size = min(blocks.bit_length() - 1, _LONGEST_RUN)
        run = min(blocks, (2 << size) - 1)
        bits += f"{size:04b}" + (f"{run - (1 << size):0{size}b}" if size else "")
        blocks -= run
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00") if bits else b""


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body
