"""vPDQ's own text: one frame a line, as ``frame,quality,hash,seconds``, so that lists are exchanged with ``vpdq``.

Source: facebook/ThreatExchange, ``vpdq/cpp/vpdq/cpp/io/vpdqio.cpp``: the number of the frame, its quality, PDQ in
hexadecimal, and the second it is shown at, with three decimals.
"""

import math
import re
from collections.abc import Iterable, Iterator
from typing import Final

from unseen.base import BadFingerprint, BadImport
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.fingerprint.video.records import MOST_FRAMES, Frames

_MAX_LINE: Final = 200
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_SECONDS: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


def read_vpdq(lines: Iterable[str]) -> Frames:
    """The frames of one video, as ``vpdq`` lists them; empty lines at the end are let pass.

    Raises: BadImport, naming the line, at the first that cannot be taken, and where there is none.
    """
    codes: list[bytes] = []
    qualities: list[int] = []
    at_s: list[float] = []
    last_frame, ended_at = -1, 0
    for number, line in enumerate(lines, start=1):
        stripped = line.rstrip("\r\n")
        if not stripped:
            ended_at = ended_at or number
            continue
        if ended_at:
            raise _bad(ended_at, "it is empty, and others follow.")
        frame, fingerprint, second = _row(number, stripped)
        if frame <= last_frame or (at_s and second < at_s[-1]):
            raise _bad(number, "frames and their seconds ascend from line to line.")
        if len(codes) == MOST_FRAMES:
            raise _bad(number, f"a list has at most {MOST_FRAMES:,} frames.")
        last_frame = frame
        codes.append(fingerprint.code)
        qualities.append(fingerprint.quality or 0)
        at_s.append(second)
    if not codes:
        raise BadImport("There is no frame in it.", hint="Nothing was imported.")
    return Frames.of(codes, qualities, at_s)


def write_vpdq(frames: Frames, *, rate: float | None = None) -> Iterator[str]:
    """The same frames as lines, each with its line end.

    rate: frames a second of the video, from which the numbers of frames are told; without it they count the lines.
    """
    last = -1
    for row, (code, quality, second) in enumerate(zip(frames.codes, frames.qualities, frames.at_s, strict=True)):
        last = max(last + 1, row if rate is None else round(float(second) * rate))
        yield f"{last},{quality},{code.tobytes().hex()},{second:.3f}\n"


def _row(number: int, line: str) -> tuple[int, Fingerprint, float]:
    if len(line) > _MAX_LINE:
        raise _bad(number, f"it has more than {_MAX_LINE} characters.")
    cells = line.split(",")
    if len(cells) != 4:
        raise _bad(number, "it should read frame,quality,hash,seconds.")
    frame, quality, code, second = (cell.strip(" ") for cell in cells)
    if not _NUMBER.fullmatch(frame):
        raise _bad(number, "the number of the frame is no whole number.")
    if not _NUMBER.fullmatch(quality):
        raise _bad(number, "the quality is no whole number.")
    if not _SECONDS.fullmatch(second) or not math.isfinite(float(second)):
        raise _bad(number, "the seconds are no number.")
    try:
        return int(frame), Fingerprint.from_hex(Kind.PDQ, code, int(quality)), float(second)
    except BadFingerprint as error:
        raise _bad(number, str(error)) from None


def _bad(number: int, what: str) -> BadImport:
    return BadImport(f"Line {number}: {what}", hint="Nothing was imported.")
