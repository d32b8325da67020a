"""A file is told by its bytes, never by its name; what is no picture is called what it seems to be."""

import pytest

from support.pictures import FORMATS, draw, saved
from unseen.base import BadMedia
from unseen.fingerprint.formats import Format, sniff, unreadable
from unseen.fingerprint.limits import Limits


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_told_by_its_bytes(kind: str) -> None:
    assert sniff(saved(draw(64, 48), kind)).pillow_name == kind


OTHERS = {
    "empty file": b"",
    "ZIP archive": b"PK\x03\x04\x14\x00",
    "PDF": b"%PDF-1.7\n",
    "MP4": b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41",
    "WebM": b"\x1a\x45\xdf\xa3\x01\x00",
    "AVI": b"RIFF\x24\x00\x00\x00AVI LIST",
    "SVG": b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "web page": b"\n<!DOCTYPE html><html>",
    "text": "Grüße aus Köln, 42\n".encode(),
    "JPEG XL": b"\xff\x0a\xfa\x7f",
    "JPEG 2000": b"\x00\x00\x00\x0cjP  \r\n\x87\n",
    "unknown": bytes(range(128, 160)),
}


@pytest.mark.parametrize(("name", "data"), OTHERS.items(), ids=OTHERS)
def test_what_is_no_picture_is_named(name: str, data: bytes) -> None:
    with pytest.raises(BadMedia, match=name) as caught:
        sniff(data)
    assert caught.value.hint is not None


def test_brands_decide_between_heic_and_avif() -> None:
    def boxed(major: bytes, *compatible: bytes) -> bytes:
        body = b"ftyp" + major + bytes(4) + b"".join(compatible)
        return (len(body) + 4).to_bytes(4, "big") + body

    assert sniff(boxed(b"heic", b"mif1")) is Format.HEIC
    assert sniff(boxed(b"mif1", b"heic")) is Format.HEIC
    assert sniff(boxed(b"mif1", b"avif", b"miaf")) is Format.AVIF
    assert sniff(boxed(b"avif")) is Format.AVIF
    with pytest.raises(BadMedia, match="video"):
        sniff(boxed(b"qt  ", b"heic"))


def test_the_refusal_says_what_happened_and_what_to_do() -> None:
    refusal = unreadable(Format.HEIC, "HEIC header without image items")
    assert str(refusal) == (
        "not readable as a picture (HEIC header without image items). "
        "Export it again from the phone as JPEG, or send a screenshot of it."
    )


def test_limits_must_be_positive_and_memory_caps_pixels() -> None:
    with pytest.raises(ValueError, match="timeout_s"):
        Limits(timeout_s=0)
    assert Limits(decoder_memory_bytes=2_000_000).max_decoded_pixels == 100_000
    assert Limits(max_pixels=99).max_decoded_pixels == 99
