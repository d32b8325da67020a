"""What a pack may hold of an answer where originals were not chosen: text, without the pictures that are inside it."""

import re
from dataclasses import dataclass
from typing import Final

#: A picture, sound or video as an address.
_INLINE: Final = re.compile(rb"data:(?:image|video|audio|application/octet-stream)[^\"'()\s<>\\]*", re.IGNORECASE)
#: Base64 or hex for so long that it can be a picture; words, addresses and digests are shorter.
_RUN: Final = re.compile(rb"[A-Za-z0-9+/_\-]{1500,}={0,2}")
_REMOVED: Final = b"data:,removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of a payload."""

    content: bytes | None
    changed: bool = False


def is_media(content_type: str, content: bytes) -> bool:
    """Whether it is, or may be, a picture, a sound or a video: whatever says so, and whatever is no text."""
    if content_type.lower().startswith(("image/", "video/", "audio/")):
        return True
    if b"\0" in content:
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return not content_type.lower().startswith(("text/", "application/json", "application/javascript"))
    return False


def kept_of(content_type: str, content: bytes, *, media: bool) -> Kept:
    """What is kept of ``content``; all of it where ``media`` may be kept."""
    if media:
        return Kept(content=content)
    if is_media(content_type, content):
        return Kept(content=None)
    without = _RUN.sub(_REMOVED, _INLINE.sub(_REMOVED, content))
    return Kept(content=without, changed=without != content)
