"""Which kind of video the bytes are, told by their first few and never by a name; and how to say that they are none.

Sources: ISO/IEC 14496-12, 4.3 (``ftyp``); RFC 8794 and 9559 (EBML, Matroska); GIF89a, 20 to 24; the WebP container
specification (``VP8X``, ``ANMF``); ISO/IEC 13818-1, 2.4.3 and 2.5.3 (MPEG streams).
"""

from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from typing import Final

from unseen.base import BadMedia
from unseen.fingerprint.video.sources import Source


class VideoFormat(StrEnum):
    """A kind of video file that is read; the value is its media type."""

    MP4 = "video/mp4"
    MOV = "video/quicktime"
    WEBM = "video/webm"
    MKV = "video/x-matroska"
    AVI = "video/x-msvideo"
    GIF = "image/gif"
    WEBP = "image/webp"
    MPEG = "video/mpeg"
    TS = "video/mp2t"

    @property
    def demuxer(self) -> str:
        """FFmpeg's name of what reads it; no other is ever asked."""
        return _DEMUXERS[self]


_DEMUXERS: Final = {
    VideoFormat.MP4: "mov",
    VideoFormat.MOV: "mov",
    VideoFormat.WEBM: "matroska",
    VideoFormat.MKV: "matroska",
    VideoFormat.AVI: "avi",
    VideoFormat.GIF: "gif",
    VideoFormat.WEBP: "",  # Pillow's, since FFmpeg decodes no animated ones
    VideoFormat.MPEG: "mpeg",
    VideoFormat.TS: "mpegts",
}
ACCEPTED: Final = "Send a video: MP4, MOV, WebM, MKV, AVI, MPEG, or an animated GIF or WebP."
_RE_EXPORT: Final = "Export or convert it to MP4 and try again, or send a shorter part of it."

_HEAD_BYTES: Final = 4096
_QUICKTIME_BOXES: Final = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_PICTURE_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis", b"crx "}
)
_TS_PACKET: Final = 188


def sniff_video(source: Source) -> VideoFormat | None:
    """Which kind of video it is; None for anything else, a GIF or WebP of one picture among it."""
    head = source.read_at(0, _HEAD_BYTES)
    if head[:6] in {b"GIF87a", b"GIF89a"}:
        return VideoFormat.GIF if _is_longer_than_one(_gif_pictures(source)) else None
    if head[:4] == b"RIFF":
        if head[8:12] == b"AVI ":
            return VideoFormat.AVI
        is_animated = head[8:16] == b"WEBPVP8X" and bool(head[20:21] and head[20] & 2)
        return VideoFormat.WEBP if is_animated and _is_longer_than_one(webp_frames_ms(source)) else None
    if head[4:8] == b"ftyp":
        if head[8:12] in _PICTURE_BRANDS:
            return None
        return VideoFormat.MOV if head[8:12] == b"qt  " else VideoFormat.MP4
    if head[4:8] in _QUICKTIME_BOXES:
        return VideoFormat.MOV
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return VideoFormat.WEBM if b"webm" in head[:64] else VideoFormat.MKV
    if head.startswith(b"\x00\x00\x01\xba"):
        return VideoFormat.MPEG
    if len(head) > 2 * _TS_PACKET and {head[at] for at in (0, _TS_PACKET, 2 * _TS_PACKET)} == {0x47}:
        return VideoFormat.TS
    return None


def webp_frames_ms(source: Source) -> Iterator[int]:
    """How long each frame of an animated WebP is shown, in milliseconds, as its chunks say."""
    at = 12
    while len(head := source.read_at(at, 24)) == 24:
        if head[:4] == b"ANMF":
            yield int.from_bytes(head[20:23], "little")
        size = int.from_bytes(head[4:8], "little")
        at += 8 + size + size % 2


def _is_longer_than_one(frames: Iterator[int]) -> bool:
    return len(list(islice(frames, 2))) == 2


def _gif_pictures(source: Source) -> Iterator[int]:
    """Where each picture of a GIF begins."""
    cursor = _Cursor(source)
    screen = cursor.take(13)
    cursor.skip(_table_bytes(screen[10]) if len(screen) == 13 else 0)
    while kind := cursor.take(1):
        if kind == b"\x2c":
            begins = cursor.at - 1
            descriptor = cursor.take(9)
            cursor.skip((_table_bytes(descriptor[8]) if len(descriptor) == 9 else 0) + 1)
            yield begins
        elif kind == b"\x21":
            cursor.skip(1)
        else:
            return  # the trailer, or no GIF any more
        while length := cursor.take(1)[:1]:
            if length[0] == 0:
                break
            cursor.skip(length[0])


def _table_bytes(packed: int) -> int:
    """Of the colour table that a packed field announces."""
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


class _Cursor:
    """Small reads from a source, one window at a time."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._window, self._begins = b"", 0
        self.at = 0

    def take(self, size: int) -> bytes:
        inside = self.at - self._begins
        if inside + size > len(self._window):
            self._window, self._begins, inside = self._source.read_at(self.at, 1 << 16), self.at, 0
        taken = self._window[inside : inside + size]
        self.at += len(taken)
        return taken

    def skip(self, size: int) -> None:
        self.at += size


def unreadable_video(why: str) -> BadMedia:
    """The error for a file that claims to be a video and cannot be decoded; ``why`` in a few words."""
    return BadMedia(f"not readable as a video ({why}).", hint=_RE_EXPORT)


def too_costly(what: str, setting: str) -> BadMedia:
    """The error for a video beyond a limit: ``what`` it is, and the setting whose value it exceeds."""
    return BadMedia(f"too large a video ({what}).", hint=f"Send a shorter or smaller copy. The limit is {setting}.")
