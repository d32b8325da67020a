"""What the bytes are, told by their first few and never by a name; and how to say that they are no picture."""

import codecs
from enum import StrEnum
from typing import Final

from unseen.base import BadMedia


class Format(StrEnum):
    """A kind of picture file that is read; the value is its media type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    GIF = "image/gif"
    BMP = "image/bmp"
    TIFF = "image/tiff"
    HEIC = "image/heic"
    AVIF = "image/avif"

    @property
    def pillow_name(self) -> str:
        """The name of Pillow's plugin for it."""
        return "HEIF" if self is Format.HEIC else self.name


_ACCEPTED: Final = "Send a picture: JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF."
_AS_JPEG: Final = "Save it as JPEG or PNG and try again, or send a screenshot of it."
_RE_EXPORT: Final = {
    Format.HEIC: "Export it again from the phone as JPEG, or send a screenshot of it.",
    Format.AVIF: _AS_JPEG,
    Format.TIFF: _AS_JPEG,
}
_COPY_AGAIN: Final = "Copy or download it again from where it came from, or send a screenshot of it."

_MAGIC: Final = (
    (b"\xff\xd8\xff", Format.JPEG),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"BM", Format.BMP),
    (b"II*\x00", Format.TIFF),
    (b"MM\x00*", Format.TIFF),
    (b"II+\x00", Format.TIFF),
    (b"MM\x00+", Format.TIFF),
)
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})

_OTHERS: Final = (
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"%PDF", "a PDF document"),
    (b"\x1a\x45\xdf\xa3", "a WebM or Matroska video"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL picture, which is not read yet"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture, which is not read yet"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture, which is not read"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"\x00\x00\x01\xba", "an MPEG video"),
    (b"\x00\x00\x01\xb3", "an MPEG video"),
    (b"FLV", "a Flash video"),
    (b"OggS", "an Ogg sound or video"),
    (b"ID3", "a sound file"),
    (b"fLaC", "a sound file"),
)
_HEAD_BYTES: Final = 1024  # far enough to find the <svg> of a drawing behind its comments


def sniff(data: bytes) -> Format:
    """Say which kind of picture these bytes are.

    Raises: BadMedia, naming what they seem to be instead.
    """
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Format.WEBP
    if data[4:8] == b"ftyp" and (boxed := _sniff_boxes(data)) is not None:
        return boxed
    raise BadMedia(f"not a picture that Unseen reads: it seems to be {_seems(data)}.", hint=_ACCEPTED)


def _sniff_boxes(data: bytes) -> Format | None:
    """HEIC or AVIF by the brands of the ``ftyp`` box (ISO/IEC 14496-12, 4.3); None for a video."""
    size = min(int.from_bytes(data[:4], "big"), 256)
    major, *compatible = (data[at : at + 4] for at in (8, *range(16, max(size, 16), 4)))
    if major in _AVIF_BRANDS or (major in {b"mif1", b"msf1"} and not _AVIF_BRANDS.isdisjoint(compatible)):
        return Format.AVIF
    return Format.HEIC if major in _HEIC_BRANDS else None


def _seems(data: bytes) -> str:
    if not data:
        return "an empty file"
    for magic, name in _OTHERS:
        if data.startswith(magic):
            return name
    if data[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}:
        return "an MP4 or QuickTime video"
    if data[:4] == b"RIFF":
        return "an AVI video or a sound file"
    head = data[:_HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in head:
        return "an SVG drawing"
    if head.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if _is_text(head):
        return "text"
    return "something unknown, or a picture whose beginning is lost"


def _is_text(head: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)  # the cut may split a letter
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\r\n\f" for letter in text)


def unreadable(kind: Format, why: str) -> BadMedia:
    """The error for a file that claims to be of a kind and cannot be decoded; ``why`` in a few words."""
    return BadMedia(f"not readable as a picture ({why}).", hint=_RE_EXPORT.get(kind, _COPY_AGAIN))


def too_large(kind: Format, width: int, height: int, max_pixels: int) -> BadMedia:
    """The error for a picture with more pixels than are decoded."""
    return BadMedia(
        f"too large to decode ({kind.name}, {width:,} x {height:,} pixels, at most {max_pixels:,} in all).",
        hint="Send a smaller copy, or a screenshot of it.",
    )
