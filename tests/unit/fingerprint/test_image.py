"""Whatever way a picture is saved, its fingerprint is the fingerprint of what a person sees."""

import hashlib
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin

from support.pictures import FORMATS, LIMITS, draw, saved
from unseen.base import BadMedia, BadRequest, NotFound
from unseen.fingerprint import Kind, PictureFingerprints
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.image import fingerprint_luma, fingerprint_picture, read_picture
from unseen.fingerprint.limits import Limits
from unseen.fingerprint.pdq import luma_of, pdq

Fingerprint = Callable[[bytes], PictureFingerprints]

MEDIA_TYPES = {"HEIF": "image/heic"} | {kind: f"image/{kind.lower()}" for kind in FORMATS if kind != "HEIF"}


def bits(found: bytes, picture: Image.Image) -> int:
    """How many bits a code is from the picture's own, decoded in full."""
    code, _ = pdq(luma_of(np.asarray(picture.convert("RGB"))))
    return int(np.bitwise_count(np.frombuffer(found, np.uint8) ^ code).sum())


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_pictures_fingerprint(kind: str, fingerprint: Fingerprint) -> None:
    picture = draw(331, 257)
    data = saved(picture, kind)
    found = fingerprint(data)
    assert bits(found.pdq.code, Image.open(io.BytesIO(data))) <= 4
    assert bits(found.pdq.code, picture) <= 60  # what WebP and the 256 colours of GIF lose, and not another picture
    assert (found.width, found.height, found.media_type) == (331, 257, MEDIA_TYPES[kind])
    assert found.sha256.code == hashlib.sha256(data).digest()
    assert found.md5.code == hashlib.md5(data).digest()
    assert found.views[0].tobytes() == found.pdq.code
    assert [each.kind for each in found.to_bank] == [Kind.SHA256, Kind.MD5, Kind.PDQ]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_orientation_is_applied_once_in_every_format(kind: str, orientation: int, fingerprint: Fingerprint) -> None:
    stored = draw(300, 200)
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(saved(stored, "PNG", exif=exif))))
    found = fingerprint(saved(stored, kind, exif=exif.tobytes()))  # for HEIC, Pillow's plugin makes it a transform
    assert bits(found.pdq.code, upright) <= 6
    assert (found.width, found.height) == upright.size


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_to_a_reduced_jpeg_and_all_its_views(orientation: int, fingerprint: Fingerprint) -> None:
    stored = draw(1205, 1031)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(stored, "JPEG", exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    found = fingerprint(data)
    expected = fingerprint_luma(np.asarray(upright.convert("RGB")))
    assert np.bitwise_count(found.views ^ expected.views).sum(axis=1).max() <= 10
    assert (found.width, found.height) == upright.size


JPEG_KINDS = {
    "progressive": {"progressive": True},
    "4:4:4": {"subsampling": 0},
    "4:2:2": {"subsampling": 1},
    "with restarts": {"restart_marker_blocks": 3},
}


@pytest.mark.parametrize("size", [(331, 257), (1205, 1031)])
@pytest.mark.parametrize("options", JPEG_KINDS.values(), ids=JPEG_KINDS)
def test_every_kind_of_jpeg_is_read(
    options: dict[str, object], size: tuple[int, int], fingerprint: Fingerprint
) -> None:
    picture = draw(*size)
    assert bits(fingerprint(saved(picture, "JPEG", **options)).pdq.code, picture) <= 4


@pytest.mark.parametrize("mode", ["L", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_grey_and_cmyk_jpegs_are_read(mode: str, progressive: bool, fingerprint: Fingerprint) -> None:
    picture = draw(640, 560)
    data = saved(picture.convert(mode), "JPEG", progressive=progressive)
    assert bits(fingerprint(data).pdq.code, Image.open(io.BytesIO(data))) <= 4


def test_a_jpeg_stored_as_rgb_is_read(fingerprint: Fingerprint) -> None:
    picture = draw(640, 560)
    assert bits(fingerprint(saved(picture, "JPEG", keep_rgb=True)).pdq.code, picture) <= 4


def grey16(picture: Image.Image) -> Image.Image:
    grey = np.asarray(picture.convert("L")).astype(np.uint16)
    return Image.fromarray(grey * 256 + (255 - grey))  # the low byte must not matter


def test_a_16_bit_grey_png_is_read_at_its_full_range(fingerprint: Fingerprint) -> None:
    picture = draw(300, 260)
    assert bits(fingerprint(saved(grey16(picture), "PNG")).pdq.code, picture.convert("L")) <= 2


def test_palette_and_one_bit_pngs_are_read(fingerprint: Fingerprint) -> None:
    picture = draw(300, 260)
    palette = picture.quantize(200)
    assert bits(fingerprint(saved(palette, "PNG")).pdq.code, palette) <= 2
    one_bit = picture.convert("1")
    assert bits(fingerprint(saved(one_bit, "PNG")).pdq.code, one_bit) == 0


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_transparency_is_seen_over_white(kind: str, fingerprint: Fingerprint) -> None:
    picture = draw(300, 260)
    alpha = draw(300, 260, seed=2).convert("L").point(lambda value: 255 if value > 120 else 0)
    clear = picture.copy()
    clear.putalpha(alpha)
    over_white = Image.new("RGB", picture.size, "white")
    over_white.paste(picture, mask=alpha)
    assert bits(fingerprint(saved(clear, kind)).pdq.code, over_white) <= 6


def test_a_palette_with_a_transparent_colour_is_seen_over_white(fingerprint: Fingerprint) -> None:
    palette = draw(300, 260).quantize(16)
    data = saved(palette, "PNG", transparency=3)
    over_white = Image.new("RGBA", palette.size, "white")
    over_white.alpha_composite(Image.open(io.BytesIO(data)).convert("RGBA"))
    assert bits(fingerprint(data).pdq.code, over_white) <= 2
    assert bits(fingerprint(data).pdq.code, palette) > 6


def test_an_animation_is_its_first_frame(fingerprint: Fingerprint) -> None:
    first, second = draw(300, 260), draw(300, 260, seed=2)
    for kind in ("GIF", "WEBP", "PNG", "AVIF"):
        data = saved(first, kind, save_all=True, append_images=[second], duration=100)
        assert bits(fingerprint(data).pdq.code, Image.open(io.BytesIO(data))) <= 4, kind
        assert bits(fingerprint(data).pdq.code, first) <= 60, kind


def test_a_flat_picture_keeps_its_sha256_only(fingerprint: Fingerprint) -> None:
    found = fingerprint(saved(Image.new("RGB", (400, 300), "teal"), "PNG"))
    assert found.pdq.is_featureless
    assert found.to_bank == (found.sha256,)


def test_pixels_give_the_same_code_as_the_package_would() -> None:
    colours = np.asarray(draw(400, 300))
    found = fingerprint_luma(colours)
    code, quality = pdq(luma_of(colours))
    assert (found.pdq.code, found.pdq.quality) == (code.tobytes(), quality)
    assert found.views.shape == (8, 32)
    with pytest.raises(ValueError, match="pixels are"):
        fingerprint_luma(np.zeros((8, 8, 2), np.uint8))


def test_a_bomb_is_refused_from_its_header(decoder: DecoderPool) -> None:
    header = bytearray(saved(Image.new("1", (8, 8)), "PNG"))
    header[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(BadMedia, match=r"too large to decode \(PNG, 60,000 x 60,000"):
        fingerprint_picture(bytes(header), limits=LIMITS, decoder=decoder)


@pytest.mark.parametrize("kind", FORMATS)
def test_more_pixels_than_the_limit_are_refused_in_every_format(kind: str) -> None:
    limits = Limits(max_pixels=63 * 64)
    data = saved(draw(64, 64), kind)
    with DecoderPool(limits) as pool, pytest.raises(BadMedia, match="too large to decode"):
        fingerprint_picture(data, limits=limits, decoder=pool)


def test_more_scans_than_the_limit_are_refused(decoder: DecoderPool) -> None:
    data = saved(draw(64, 64), "JPEG", progressive=True)
    fingerprint_picture(data, limits=Limits(max_jpeg_scans=10), decoder=decoder)
    with pytest.raises(BadMedia, match="more than 9 scans"):
        fingerprint_picture(data, limits=Limits(max_jpeg_scans=9), decoder=decoder)


def test_more_bytes_than_the_limit_are_refused(decoder: DecoderPool, tmp_path: Path) -> None:
    data = saved(draw(64, 64), "PNG")
    small = Limits(max_bytes=len(data) - 1)
    path = tmp_path / "picture"
    path.write_bytes(data)
    with pytest.raises(BadMedia, match="too large to read"):
        fingerprint_picture(data, limits=small, decoder=decoder)
    with pytest.raises(BadMedia, match="too large to read"):
        read_picture(path, small)
    assert read_picture(path, Limits(max_bytes=len(data))) == data


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadRequest, match="not a file"):
        read_picture(tmp_path / "pipe", LIMITS)
    with pytest.raises(BadRequest, match="not a file"):
        read_picture(tmp_path, LIMITS)
    with pytest.raises(NotFound, match="no such file"):
        read_picture(tmp_path / "nothing", LIMITS)


def test_a_broken_animation_chunk_does_not_hide_the_picture(fingerprint: Fingerprint) -> None:
    picture = draw(300, 260)
    data = saved(picture, "PNG")
    chunk = io.BytesIO()
    PngImagePlugin.putchunk(chunk, b"acTL", b"\x00" * 8)  # zero frames: Pillow warns
    assert bits(fingerprint(data[:33] + chunk.getvalue() + data[33:]).pdq.code, picture) == 0


def test_extra_bytes_between_jpeg_segments_are_forgiven_and_lost_ones_are_not(fingerprint: Fingerprint) -> None:
    picture = draw(600, 560)
    data = saved(picture, "JPEG")
    at = data.index(b"\xff\xdb")
    assert bits(fingerprint(data[:at] + b"\x00\x00" + data[at:]).pdq.code, picture) <= 4
    with pytest.raises(BadMedia, match="JPEG data cut short or damaged"):
        fingerprint(data[: len(data) * 2 // 3])


def test_digests_made_beside_the_decoding_are_the_same(decoder: DecoderPool) -> None:
    data = saved(draw(331, 257), "JPEG")
    alone = fingerprint_picture(data, limits=LIMITS, decoder=decoder)
    with ThreadPoolExecutor(1) as pool:
        beside = fingerprint_picture(data, limits=LIMITS, decoder=decoder, beside=pool)
    assert (beside.sha256, beside.md5, beside.pdq) == (alone.sha256, alone.md5, alone.pdq)
    assert set(beside.stages_s) == set(alone.stages_s) == {"decode", "hash", "digest"}
