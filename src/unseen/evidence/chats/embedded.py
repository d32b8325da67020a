"""Pictures and videos that are spelled out within text, as pages and mails carry them: their digest stays."""

import base64
import binascii
import hashlib
import re
from typing import Final

_LEAST_CHARS: Final = 256  #: no picture that shows anything is shorter
#: A run of base64 (RFC 4648), in one line or in lines of MIME's length; it begins where no other one goes on.
_RUN: Final = re.compile(
    rf"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]|\r?\n(?=[A-Za-z0-9+/]{{60}})){{{_LEAST_CHARS},}}+={{0,2}}"
)
_MAGIC: Final = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*", b"\x1aE\xdf\xa3")
_BOX: Final = b"ftyp"  #: MP4, MOV, HEIC and AVIF, after four bytes of length


def without_embedded(text: str) -> str:
    """The text with a digest in place of each picture or video in it; what only looks like base64 stays."""
    return _RUN.sub(_in_place_of, text) if len(text) >= _LEAST_CHARS else text


def _in_place_of(run: re.Match[str]) -> str:
    spelled = run[0].replace("\r", "").replace("\n", "").rstrip("=")
    try:
        data = base64.b64decode(spelled[: len(spelled) // 4 * 4])
    except binascii.Error:
        return run[0]
    if not (data.startswith(_MAGIC) or data[4:8] == _BOX):
        return run[0]
    return (
        f"[{len(data):,} bytes of media left out, SHA-256 of the base64 {hashlib.sha256(run[0].encode()).hexdigest()}]"
    )
