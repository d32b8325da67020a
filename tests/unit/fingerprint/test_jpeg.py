"""What a JPEG's markers say decides where it is decoded, and at which scale."""

import pytest
from PIL import Image

from support.pictures import draw, saved
from unseen.base import BadMedia
from unseen.fingerprint.jpeg import REDUCED_SIDE, count_scans, decode_plain, read_header, reduced_eighths, scaled

PLAIN = saved(draw(96, 64), "JPEG")


def with_frame(marker: int, precision: int = 8) -> bytes:
    at = PLAIN.index(b"\xff\xc0")
    return PLAIN[: at + 1] + bytes([marker]) + PLAIN[at + 2 : at + 4] + bytes([precision]) + PLAIN[at + 5 :]


def test_a_baseline_jpeg_is_plain() -> None:
    header = read_header(PLAIN)
    assert (header.width, header.height, header.orientation, header.is_plain) == (96, 64, 1, True)
    assert read_header(saved(draw(96, 64).convert("L"), "JPEG")).is_plain


ODD = {
    "progressive": saved(draw(96, 64), "JPEG", progressive=True),
    "CMYK": saved(draw(96, 64).convert("CMYK"), "JPEG"),
    "RGB": saved(draw(96, 64), "JPEG", keep_rgb=True),
    "arithmetic coding": with_frame(0xC9),
    "lossless": with_frame(0xC3),
    "12 bits": with_frame(0xC1, precision=12),
    "several scans": PLAIN.replace(b"\xff\xda\x00\x0c\x03", b"\xff\xda\x00\x08\x01"),
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_anything_else_is_not_and_goes_to_a_process(data: bytes) -> None:
    assert not read_header(data).is_plain


def test_scans_of_an_embedded_thumbnail_do_not_count() -> None:
    exif = Image.Exif()
    exif[0x9286] = ODD["progressive"] * 3  # a comment full of scans
    data = saved(draw(96, 64), "JPEG", progressive=True, exif=exif.tobytes())
    alone = count_scans(ODD["progressive"], read_header(ODD["progressive"]), 64)
    assert alone > 3
    assert count_scans(data, read_header(data), 64) == alone
    assert count_scans(data, read_header(data), 2) == 3


@pytest.mark.parametrize("cut", range(2, PLAIN.index(b"\xff\xda"), 7))
def test_a_header_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(BadMedia, match="JPEG"):
        read_header(PLAIN[:cut])


@pytest.mark.parametrize("size", [(4000, 3000), (2048, 2048), (2047, 9000), (511, 700), (100, 65_000), (1, 1)])
def test_the_smallest_scale_with_a_long_enough_side_is_chosen(size: tuple[int, int]) -> None:
    eighths = reduced_eighths(*size)
    assert eighths == 8 or scaled(min(size), eighths) >= REDUCED_SIDE
    assert eighths == 1 or scaled(min(size), eighths // 2) < REDUCED_SIDE


def test_a_plain_jpeg_is_decoded_at_that_scale() -> None:
    data = saved(draw(2063, 2051), "JPEG")
    decoded = decode_plain(data, read_header(data))
    assert decoded is not None
    assert (decoded[0].shape, decoded[1]) == ((257, 258), 1)
    assert decode_plain(data[:-5000], read_header(data)) is None
