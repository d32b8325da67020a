"""The means of a JPEG's blocks are libjpeg's, bit for bit, and nothing unusual is taken for usual."""

import io
import random
from pathlib import Path

import numpy as np
import simplejpeg
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from unseen.base import BadMedia
from unseen.fingerprint import jpeg
from unseen.fingerprint.jpeg_means import decode_means

SAMPLINGS = ("444", "422", "420", "440")


def libjpeg(data: bytes, header: jpeg.JpegHeader) -> NDArray[np.uint8] | None:
    """The strict scaled decode at an eighth, which is the judge; for sides of at least 5, where no other scale fits."""
    shape = jpeg.scaled(header.height, 1), jpeg.scaled(header.width, 1)
    try:
        luma = simplejpeg.decode_jpeg(data, colorspace="GRAY", min_height=shape[0], min_width=shape[1], strict=True)[
            :, :, 0
        ]
    except ValueError:
        return None
    assert luma.shape == shape
    return luma


def picture(width: int, height: int, noise: float, seed: int) -> NDArray[np.uint8]:
    draw = np.random.default_rng(seed)
    coarse = Image.fromarray(draw.integers(0, 256, (4, 4, 3), np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    return np.clip(np.asarray(coarse) + noise * draw.standard_normal((height, width, 3)), 0, 255).astype(np.uint8)


@given(
    width=st.integers(5, 70),
    height=st.integers(5, 70),
    noise=st.sampled_from([0.0, 3.0, 30.0, 500.0]),
    quality=st.integers(1, 100),
    sampling=st.sampled_from(SAMPLINGS),
    seed=st.integers(0, 99),
)
def test_every_mean_is_libjpegs(width: int, height: int, noise: float, quality: int, sampling: str, seed: int) -> None:
    pixels = picture(width, height, noise, seed)
    data = simplejpeg.encode_jpeg(pixels, quality=quality, colorsubsampling=sampling)
    header = jpeg.read_header(data)
    means = decode_means(data, header)
    assert means is not None
    np.testing.assert_array_equal(means, libjpeg(data, header))


@given(st.integers(5, 70), st.integers(5, 70), st.integers(1, 100), st.booleans())
def test_every_mean_is_libjpegs_with_tables_of_its_own_and_in_grey(
    width: int, height: int, quality: int, grey: bool
) -> None:
    file = io.BytesIO()
    Image.fromarray(picture(width, height, 20.0, quality)).convert("L" if grey else "RGB").save(
        file, "JPEG", quality=quality, optimize=True
    )
    header = jpeg.read_header(file.getvalue())
    means = decode_means(file.getvalue(), header)
    assert means is not None
    np.testing.assert_array_equal(means, libjpeg(file.getvalue(), header))


def test_what_is_broken_anywhere_is_never_read_otherwise_than_libjpeg_reads_it() -> None:
    draw = random.Random(7)
    whole = [
        simplejpeg.encode_jpeg(picture(40, 24, 30.0, seed), quality=quality, colorsubsampling=sampling)
        for seed, (quality, sampling) in enumerate((q, s) for q in (30, 95) for s in SAMPLINGS)
    ]
    read = 0
    for _ in range(4_000):
        data = bytearray(draw.choice(whole))
        for _ in range(draw.randint(1, 3)):
            data[draw.randrange(2, len(data))] = draw.choice((0, 255, draw.randrange(256)))
        if draw.random() < 0.2:
            del data[draw.randrange(2, len(data)) :]
        try:
            header = jpeg.read_header(bytes(data))
        except BadMedia:
            continue
        if not header.is_plain or min(header.width, header.height) < 5 or header.width * header.height > 1 << 20:
            continue
        means = decode_means(bytes(data), header)
        if means is not None:
            read += 1
            expected = libjpeg(bytes(data), header)
            assert expected is not None
            np.testing.assert_array_equal(means, expected)
    assert read > 100


def test_restarts_and_what_is_cut_short_are_left_to_libjpeg() -> None:
    data = simplejpeg.encode_jpeg(picture(64, 64, 30.0, 1), quality=90)
    header = jpeg.read_header(data)
    assert decode_means(data, header) is not None
    for cut in (1, 2, 3, 50, len(data) // 2):
        assert decode_means(data[:-cut], header) is None
    assert decode_means(data[:-2] + b"\x00" + data[-2:], header) is None  # more than was announced
    with_restarts = io.BytesIO()
    Image.fromarray(picture(64, 64, 30.0, 1)).save(with_restarts, "JPEG", restart_marker_rows=1)
    assert decode_means(with_restarts.getvalue(), jpeg.read_header(with_restarts.getvalue())) is None


def test_every_mean_of_a_photograph_is_libjpegs(test_data: Path) -> None:
    compared = 0
    for path in sorted(Path(test_data, "photos").rglob("*.[jJ][pP]*[gG]"))[::4]:
        data = path.read_bytes()
        header = jpeg.read_header(data)
        means = decode_means(data, header) if header.is_plain else None
        if means is not None:
            np.testing.assert_array_equal(means, libjpeg(data, header))
            compared += 1
    assert compared > 10
