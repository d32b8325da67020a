"""Fingerprints cannot be half-made, and do not leak into a log line."""

import numpy as np
import pytest

from unseen.base import BadFingerprint
from unseen.fingerprint import Box, Fingerprint, Kind, PictureFingerprints

SHA256 = Fingerprint(kind=Kind.SHA256, code=bytes(range(32)))
MD5 = Fingerprint(kind=Kind.MD5, code=bytes(range(16)))


def picture(quality: int) -> PictureFingerprints:
    return PictureFingerprints(
        sha256=SHA256,
        md5=MD5,
        pdq=Fingerprint(kind=Kind.PDQ, code=bytes(32), quality=quality),
        views=np.zeros((8, 32), np.uint8),
        width=8,
        height=8,
        media_type="image/png",
    )


def test_hexadecimal_is_read_in_either_case_and_written_in_lower() -> None:
    text = "00FF" * 16
    assert Fingerprint.from_hex(Kind.PDQ, text, 77).hex == text.lower()
    assert Fingerprint.from_hex(Kind.PDQ, text.lower(), 77) == Fingerprint.from_hex(Kind.PDQ, text, 77)


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 66, "g" * 64, " " * 64, "é" * 64, "0x" + "0" * 62, "0 " * 32])
def test_what_is_no_hexadecimal_code_is_refused(text: str) -> None:
    with pytest.raises(BadFingerprint):
        Fingerprint.from_hex(Kind.SHA256, text)


@pytest.mark.parametrize(
    ("kind", "size", "quality"),
    [(Kind.PDQ, 31, 50), (Kind.MD5, 32, None), (Kind.PDQ, 32, None), (Kind.PDQ, 32, 101), (Kind.SHA256, 32, 50)],
)
def test_a_fingerprint_is_whole_or_refused(kind: Kind, size: int, quality: int | None) -> None:
    with pytest.raises(BadFingerprint):
        Fingerprint(kind=kind, code=bytes(size), quality=quality)


def test_a_log_line_shows_no_code() -> None:
    assert SHA256.hex not in repr(SHA256)
    assert repr(SHA256.code) not in repr(SHA256)


def test_a_featureless_picture_banks_its_sha256_only() -> None:
    assert picture(49).to_bank == (SHA256,)
    assert picture(50).to_bank == (SHA256, MD5, picture(50).pdq)


def codes(*firsts: int) -> bytes:
    return b"".join(bytes([first]) + bytes(31) for first in firsts)


def record(*firsts: int) -> bytes:
    """Codes, and for each the geometry that is its first byte four times."""
    return codes(*firsts) + b"".join(bytes([first]) * 4 for first in firsts)


@pytest.mark.parametrize(
    "code",
    [
        b"",
        codes(1),
        record(1)[:-1],
        record(2, 1),
        record(1, 1),
        b"".join(n.to_bytes(32, "big") for n in range(97)) + bytes(4 * 97),
    ],
)
def test_a_region_fingerprint_has_up_to_96_distinct_codes_that_ascend(code: bytes) -> None:
    with pytest.raises(BadFingerprint):
        Fingerprint(kind=Kind.REGION, code=code)


def test_the_order_of_region_codes_says_nothing() -> None:
    rows = np.frombuffer(codes(3, 1, 2, 3), np.uint8).reshape(-1, 32)
    places = np.array([0x03030303, 0x01010101, 0x02020202, 9], np.uint32)
    made = Fingerprint.of_regions(rows, places)
    assert made == Fingerprint.from_hex(Kind.REGION, record(1, 2, 3).hex())
    assert made == Fingerprint.of_regions(rows[:3][::-1], places[:3][::-1])
    assert made.region_codes[:, 0].tolist() == [1, 2, 3]
    assert made.region_geometry.tolist() == [0x01010101, 0x02020202, 0x03030303]
    with pytest.raises(BadFingerprint):
        Fingerprint(kind=Kind.REGION, code=record(1), quality=80)
    with pytest.raises(ValueError, match="no regions"):
        _ = SHA256.region_geometry


@pytest.mark.parametrize("text", ["", "00" * 32, "00" * 35, "00" * 37, "00" * 36 * 97, "zz" * 36])
def test_what_is_no_region_fingerprint_is_refused(text: str) -> None:
    with pytest.raises(BadFingerprint):
        Fingerprint.from_hex(Kind.REGION, text)


def test_a_box_stays_within_its_picture() -> None:
    assert Box.between(-0.2, 0.5, 0.5, 1.7) == Box(left=0.0, top=0.5, width=0.5, height=0.5)
    edge = Box.between(1.4, 1.0, 1.5, 1.0)
    assert edge.left + edge.width <= 1.0001
    with pytest.raises(ValueError, match="within"):
        Box(left=0.5, top=0.0, width=0.0, height=1.0)
