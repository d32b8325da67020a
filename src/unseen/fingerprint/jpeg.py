"""JPEG: what its markers say, and the scaled decode of a baseline file straight to luma.

Source: ITU-T T.81 (markers in B.1, frames in B.2.2, scans in B.2.3); JFIF 1.02; Adobe's APP14 segment.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from unseen.fingerprint.formats import Format, unreadable
from unseen.fingerprint.orientation import orientation_of

#: The short side is kept at least this long when decoding at a reduced scale (docs/adr/0002).
REDUCED_SIDE: Final = 256

SOS: Final = 0xDA
_SOI, _EOI, _APP1, _APP14, _TEM = 0xD8, 0xD9, 0xE1, 0xEE, 0x01
_RESTARTS: Final = range(0xD0, 0xD8)
FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BASELINE: Final = frozenset({0xC0, 0xC1})  # Huffman, one pass over the picture
#: Fill bytes before a marker are passed over.  One literal first byte lets the search run at memory's speed.
_MARKER: Final = re.compile(rb"\xff([^\x00\xff])")
_AFTER_SCAN: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


@dataclass(frozen=True, slots=True, kw_only=True)
class JpegHeader:
    """What stands before the first scan."""

    width: int  #: as stored, before orientation
    height: int
    orientation: int  #: of its EXIF, 1 to 8
    is_plain: bool  #: baseline, 8 bits, one interleaved scan, grey or YCbCr: safe and quick to decode in a thread
    first_scan: int  #: where its first scan begins


def read_header(data: bytes) -> JpegHeader:
    """Read the markers before the first scan.

    Raises: BadMedia where there is no frame or no scan.
    """
    frame: tuple[int, bytes] | None = None
    orientation, adobe_transform, has_jfif = 1, None, False
    for marker, at, body in head_segments(data):
        first_scan = at - 2
        if marker in FRAMES:
            if frame is not None:
                raise unreadable(Format.JPEG, "JPEG with more than one frame")
            frame = (marker, body)
        elif marker == _APP1 and body.startswith(b"Exif\x00\x00") and orientation == 1:
            orientation = orientation_of(body)
        elif marker == _APP14 and body.startswith(b"Adobe") and len(body) >= 12:
            adobe_transform = body[11]
        elif body.startswith(b"JFIF\x00"):
            has_jfif = True
    if frame is None or len(frame[1]) < 6 or len(frame[1]) < 6 + 3 * frame[1][5]:
        raise unreadable(Format.JPEG, "JPEG without a picture size")
    process, spec = frame
    height, width = int.from_bytes(spec[1:3], "big"), int.from_bytes(spec[3:5], "big")
    if width == 0 or height == 0:
        raise unreadable(Format.JPEG, "JPEG that says it has no pixels")
    components = spec[5]
    names = spec[6 : 6 + 3 * components : 3]
    is_ycc = adobe_transform == 1 or (adobe_transform is None and (has_jfif or names != b"RGB"))
    return JpegHeader(
        width=width,
        height=height,
        orientation=orientation,
        is_plain=process in _BASELINE
        and spec[0] == 8
        and body[:1] == bytes([components])
        and (components == 1 or (components == 3 and is_ycc)),
        first_scan=first_scan,
    )


def head_segments(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Every segment to the head of the first scan: its marker, where its length stands, its body.

    Raises: BadMedia where there is no scan.
    """
    at, marker = 2, _SOI
    while marker != SOS:
        marker, at = _next_marker(data, at)
        body = _body(data, at)
        yield marker, at, body
        at += len(body) + 2


def count_scans(data: bytes, header: JpegHeader, at_most: int) -> int:
    """How many scans there are, counting no further than one past ``at_most``."""
    at, scans = header.first_scan, 0
    while scans <= at_most and (found := _MARKER.search(data, at)) is not None:
        marker, at = found[1][0], found.end()
        if marker == _EOI:
            break
        if marker in _RESTARTS or marker in {_SOI, _TEM}:
            continue
        scans += marker == SOS
        at += max(int.from_bytes(data[at : at + 2], "big"), 2)
    return scans


def segments(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Every segment after the first marker: its marker, where it begins and ends (a scan's with its data), its body.

    The end of the picture is the last one, if it is there.  Raises: BadMedia where a segment is cut short.
    """
    at = 2
    while (found := _MARKER.search(data, at)) is not None:
        marker, begin, at = found[1][0], found.start(), found.end()
        if marker == _EOI:
            yield marker, begin, at, b""
            return
        if marker in _RESTARTS or marker in {_SOI, _TEM}:
            continue
        body = _body(data, at)
        at += len(body) + 2
        if marker == SOS:
            following = _AFTER_SCAN.search(data, at)
            at = len(data) if following is None else following.start()
        yield marker, begin, at, body


def reduced_eighths(width: int, height: int, long_side: int = 0, *, short_side: int = REDUCED_SIDE) -> int:
    """The smallest scale (1, 2, 4 or 8 eighths) that leaves the short side at least ``short_side`` long.

    ``long_side``: and the long side at least so long.
    """
    for eighths in (1, 2, 4):
        shorter, longer = (scaled(side(width, height), eighths) for side in (min, max))
        if shorter >= short_side and longer >= long_side:
            return eighths
    return 8


def scaled(dim: int, eighths: int) -> int:
    """How many pixels are left of ``dim`` at a reduced scale."""
    return -(-dim * eighths // 8)


def decode_plain(data: bytes, header: JpegHeader, long_side: int = 0) -> tuple[NDArray[np.uint8], int] | None:
    """The luma of a plain JPEG at a reduced scale, and the scale in eighths; never the picture in colour.

    Returns None where the strict decoder objects to anything, be it extra bytes between segments, so that the
    tolerant one can say whether the picture is all there.
    """
    eighths = reduced_eighths(header.width, header.height, long_side)
    shape = (scaled(header.height, eighths), scaled(header.width, eighths))
    try:
        luma: NDArray[np.uint8] = simplejpeg.decode_jpeg(
            data, colorspace="GRAY", min_height=shape[0], min_width=shape[1], strict=True
        )
    except ValueError:
        return None
    return (luma[:, :, 0], eighths) if luma.shape[:2] == shape else None


def _next_marker(data: bytes, at: int) -> tuple[int, int]:
    """The next marker with a segment, and where its length stands."""
    while (found := _MARKER.search(data, at)) is not None:
        marker, at = found[1][0], found.end()
        if marker == _EOI:
            break
        if marker not in _RESTARTS and marker not in {_SOI, _TEM}:
            return marker, at
    raise unreadable(Format.JPEG, "JPEG header without a picture")


def _body(data: bytes, at: int) -> bytes:
    """The segment whose length stands at ``at``, without it."""
    length = int.from_bytes(data[at : at + 2], "big")
    if length < 2 or at + length > len(data):
        raise unreadable(Format.JPEG, "JPEG cut short in its header")
    return data[at + 2 : at + length]
