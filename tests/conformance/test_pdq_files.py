"""From a file: how far our scaled decoding is from a full decode by Pillow and the ``pdqhash`` package."""

import io
from pathlib import Path

import numpy as np
import pdqhash
import pytest
from PIL import Image, ImageOps

from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.image import fingerprint_picture
from unseen.fingerprint.jpeg import read_header, reduced_eighths
from unseen.fingerprint.limits import Limits

MAX_BITS, MEAN_BITS = 10, 2.5  # what Unseen promises at quality 80 and more
SEEN_MAX, SEEN_MEAN = 6, 1.0  # what it does on these, with some room
FULL_DECODES_MPX = 260  # of the photographs, smallest first: Pillow takes its time


def photographs(folder: Path) -> list[bytes]:
    """Every second JPEG of the test data, smallest picture first, as many as there is time for."""
    paths = sorted(path for path in (folder / "photos").rglob("*") if path.suffix.lower() in {".jpg", ".jpeg"})
    assert len(paths) > 100, "UNSEEN_TEST_DATA has too few JPEGs"
    sized = sorted((read_header(data).width * read_header(data).height, data) for data in map(Path.read_bytes, paths))
    chosen, pixels = [], 0
    for size, data in sized[::2]:
        pixels += size
        if pixels <= FULL_DECODES_MPX * 1_000_000:
            chosen.append(data)
    return chosen


def reference(data: bytes) -> tuple[bytes, int]:
    with Image.open(io.BytesIO(data)) as picture:
        vector, quality = pdqhash.compute(np.asarray(ImageOps.exif_transpose(picture).convert("RGB")))
    return np.packbits(vector.astype(np.uint8)).tobytes(), quality


def distance(left: bytes, right: bytes) -> int:
    return (int.from_bytes(left) ^ int.from_bytes(right)).bit_count()


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_photographs_are_within_ten_bits_of_the_full_decode(test_data: Path) -> None:
    limits, everywhere, reduced = Limits(), [], []
    with DecoderPool(limits) as decoder:
        for data in photographs(test_data):
            code, quality = reference(data)
            found = fingerprint_picture(data, limits=limits, decoder=decoder)
            assert found.pdq.quality is not None
            assert abs(found.pdq.quality - quality) <= 1
            if quality < 80:
                continue
            bits = distance(found.pdq.code, code)
            everywhere.append(bits)
            if reduced_eighths(found.width, found.height) < 8:
                reduced.append(bits)
    assert len(reduced) >= 30
    assert max(everywhere) <= SEEN_MAX <= MAX_BITS
    assert sum(reduced) / len(reduced) <= SEEN_MEAN <= MEAN_BITS


@pytest.mark.parametrize("quality", [30, 60, 95])
@pytest.mark.parametrize("size", [(2061, 2051), (1030, 1500), (4111, 517)])
def test_screenshots_full_of_edges_are_within_ten_bits_too(size: tuple[int, int], quality: int) -> None:
    rng = np.random.default_rng(3)
    height, width = size[1], size[0]
    page = np.full((height, width), 245, np.uint8)
    for _ in range(600):  # letters, rules and buttons: hard edges at every size
        top, left = rng.integers(0, height), rng.integers(0, width)
        tall, wide = rng.integers(2, max(height // 8, 3)), rng.integers(2, max(width // 8, 3))
        page[top : top + tall, left : left + wide] = rng.integers(0, 256)
    buffer = io.BytesIO()
    Image.fromarray(page).save(buffer, "JPEG", quality=quality)
    limits = Limits()
    with DecoderPool(limits) as decoder:
        found = fingerprint_picture(buffer.getvalue(), limits=limits, decoder=decoder)
    assert distance(found.pdq.code, reference(buffer.getvalue())[0]) <= SEEN_MAX
