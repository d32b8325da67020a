"""A progressive JPEG without what an eighth does not need has the same eighth."""

import numpy as np
import pytest

from support.pictures import draw, saved
from unseen.base import BadMedia
from unseen.fingerprint.formats import Format
from unseen.fingerprint.jpeg import read_header, reduced_eighths
from unseen.fingerprint.progressive import means_only
from unseen.fingerprint.raster import decode

SIZES = [(2048, 2048), (2049, 2050), (2101, 2777)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("RGB", {"subsampling": "4:2:0"}),
        ("RGB", {"subsampling": "4:2:2"}),
        ("RGB", {"subsampling": "4:4:4", "restart_marker_rows": 3}),
        ("L", {}),
        ("CMYK", {}),
    ],
)
def test_its_eighth_is_that_of_the_whole_file(size: tuple[int, int], mode: str, options: dict[str, object]) -> None:
    data = saved(draw(*size).convert(mode), "JPEG", progressive=True, **options)
    header = read_header(data)
    assert reduced_eighths(header.width, header.height) == 1
    means = means_only(data, header)
    assert means is not None
    assert len(means) < len(data)
    whole, part = (decode(each, Format.JPEG, max_pixels=10**9) for each in (data, means))
    assert np.array_equal(whole.luma, part.luma)
    assert (whole.width, whole.height, whole.eighths) == (part.width, part.height, part.eighths)


def test_orientation_is_kept() -> None:
    exif = draw(8, 8).getexif()
    exif[0x112] = 6
    data = saved(draw(2048, 2050), "JPEG", progressive=True, exif=exif.tobytes())
    means = means_only(data, read_header(data))
    assert means is not None
    assert decode(means, Format.JPEG, max_pixels=10**9).orientation == 6


def test_a_file_that_is_cut_short_is_left_to_the_decoder() -> None:
    data = saved(draw(2048, 2050), "JPEG", progressive=True)
    assert means_only(data[:-2], read_header(data)) is None
    assert means_only(data[: len(data) // 2], read_header(data)) is None


def test_a_file_that_is_not_progressive_is_left_to_the_decoder() -> None:
    data = saved(draw(2048, 2050), "JPEG")
    assert means_only(data, read_header(data)) is None


def test_damage_ends_in_a_file_a_refusal_or_nothing() -> None:
    data, draw_bytes = saved(draw(2048, 2050), "JPEG", progressive=True), np.random.default_rng(3)
    header = read_header(data)
    for _ in range(300):
        damaged = bytearray(data)
        damaged[int(draw_bytes.integers(2, len(data)))] = int(draw_bytes.integers(0, 256))
        try:
            means = means_only(bytes(damaged), header)
        except BadMedia:
            continue
        assert means is None or means.endswith(b"\xff\xd9")
