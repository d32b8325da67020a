"""Pictures: the browser makes of a file what Python makes of it."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from bench._browser import made_in
from PIL import Image
from playwright.sync_api import Page

from support.pictures import draw
from unseen.cli.pictures import to_bank
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.image import fingerprint_picture
from unseen.fingerprint.limits import Limits
from unseen.fingerprint.records import Fingerprint, Kind

LIMITS = Limits()
MAX_BITS, MEAN_BITS, NEAR_SHARE = 12, 3.0, 0.9  # what the page promises, for PDQ of quality 80 and more, and regions
PHOTOGRAPHS = 24
ORIENTATION = 0x0112


@pytest.fixture(scope="module")
def decoder() -> Iterator[DecoderPool]:
    with DecoderPool(LIMITS) as pool:
        yield pool


def photograph(width: int = 700, height: int = 500, seed: int = 1) -> Image.Image:
    """Drawn, with a camera's noise, so that it has regions."""
    noise = np.random.default_rng(seed).integers(-6, 7, (height, width, 1))
    pixels = np.asarray(draw(width, height, seed).convert("RGB")).astype(np.int16) + noise
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def in_browser(page: Page, *files: Path) -> list[tuple[Fingerprint, ...]]:
    answers = made_in(page, files)
    assert [answer["error"] for answer in answers] == [None] * len(files)
    return [fingerprints(answer["made"]) for answer in answers]


def fingerprints(made: dict[str, Any]) -> tuple[Fingerprint, ...]:
    return tuple(
        Fingerprint.from_hex(Kind(each["kind"]), each["code"], each.get("quality")) for each in made["fingerprints"]
    )


def of_kind(kind: Kind, all_of_it: tuple[Fingerprint, ...]) -> Fingerprint | None:
    return next((each for each in all_of_it if each.kind is kind), None)


def bits_apart(one: Fingerprint | None, other: Fingerprint | None) -> int:
    assert one is not None
    assert other is not None
    return (int.from_bytes(one.code) ^ int.from_bytes(other.code)).bit_count()


def near_regions(one: tuple[Fingerprint, ...], other: tuple[Fingerprint, ...]) -> tuple[int, int]:
    """How many of one's regions the other has within 31 bits, and how many there are."""
    ours, theirs = of_kind(Kind.REGION, one), of_kind(Kind.REGION, other)
    assert (ours is None) == (theirs is None)
    if ours is None or theirs is None:
        return 0, 0
    apart = np.bitwise_count(ours.region_codes[:, None] ^ theirs.region_codes[None]).sum(axis=2)
    return int((apart.min(axis=1) <= 31).sum()), len(ours.region_codes)


def test_a_lossless_picture_has_the_same_fingerprints_bit_for_bit(
    page: Page, decoder: DecoderPool, tmp_path: Path
) -> None:
    files = [tmp_path / "colours.png", tmp_path / "grey.png", tmp_path / "small.bmp", tmp_path / "wide.png"]
    photograph().save(files[0])
    photograph(seed=2).convert("L").save(files[1])
    photograph(200, 150, 3).save(files[2])
    photograph(1700, 600, 4).save(files[3])
    ours = [to_bank(file, limits=LIMITS, decoder=decoder) for file in files]
    assert [f.kind for f in ours[0]] == [Kind.SHA256, Kind.MD5, Kind.PDQ, Kind.REGION]
    assert in_browser(page, *files) == ours


@pytest.mark.parametrize("kind", ["jpg", "webp", "png"])
def test_a_picture_is_set_upright_as_its_exif_says(page: Page, decoder: DecoderPool, tmp_path: Path, kind: str) -> None:
    files = []
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        files.append(tmp_path / f"{orientation}.{kind}")
        photograph(900, 640, 5).save(files[-1], quality=92, exif=exif)
    for file, theirs in zip(files, in_browser(page, *files), strict=True):
        ours = to_bank(file, limits=LIMITS, decoder=decoder)
        assert bits_apart(of_kind(Kind.PDQ, theirs), of_kind(Kind.PDQ, ours)) <= 4, file.name
        near, count = near_regions(theirs, ours)
        assert near >= NEAR_SHARE * count > 0


def test_heic_is_read_where_the_browser_cannot(page: Page, decoder: DecoderPool, tmp_path: Path) -> None:
    file = tmp_path / "phone.heic"
    pillow_heif.from_pillow(photograph(800, 600, 6)).save(file, quality=90)
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    (theirs,) = in_browser(page, file)
    ours = to_bank(file, limits=LIMITS, decoder=decoder)
    assert bits_apart(of_kind(Kind.PDQ, theirs), of_kind(Kind.PDQ, ours)) <= 4
    near, count = near_regions(theirs, ours)
    assert near >= NEAR_SHARE * count > 0
    assert any("heic" in url for url in loaded)


def test_libheif_is_not_loaded_for_anything_else(page: Page, tmp_path: Path) -> None:
    photograph().save(tmp_path / "a.jpg")
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    in_browser(page, tmp_path / "a.jpg")
    assert loaded
    assert not any("heic" in url for url in loaded)


def test_transparency_is_seen_over_white(page: Page, decoder: DecoderPool, tmp_path: Path) -> None:
    picture = photograph(400, 300, 7).convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    picture.save(tmp_path / "clear.png")
    (theirs,) = in_browser(page, tmp_path / "clear.png")
    ours = to_bank(tmp_path / "clear.png", limits=LIMITS, decoder=decoder)
    assert bits_apart(of_kind(Kind.PDQ, theirs), of_kind(Kind.PDQ, ours)) <= 4


def test_of_a_featureless_picture_only_the_exact_file_is_protected(
    page: Page, decoder: DecoderPool, tmp_path: Path
) -> None:
    Image.new("RGB", (300, 200), "grey").save(tmp_path / "flat.png")
    (answer,) = made_in(page, [tmp_path / "flat.png"])
    assert answer["made"]["notes"] == ["featureless"]
    assert fingerprints(answer["made"]) == to_bank(tmp_path / "flat.png", limits=LIMITS, decoder=decoder)


def test_photographs_are_near_what_python_makes_of_them(page: Page, decoder: DecoderPool, test_data: Path) -> None:
    files = sorted(
        (path for path in (test_data / "photos").rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"}),
        key=lambda path: (path.stat().st_size, path),
    )
    files = files[:: len(files) // PHOTOGRAPHS][:PHOTOGRAPHS]
    bits, near, count = [], 0, 0
    for file, theirs in zip(files, in_browser(page, *files), strict=True):
        ours = to_bank(file, limits=LIMITS, decoder=decoder)
        assert theirs[0] == ours[0]
        pdq = of_kind(Kind.PDQ, ours)
        if pdq is None:
            continue
        assert pdq.quality is not None
        if pdq.quality >= 80:
            bits.append(bits_apart(of_kind(Kind.PDQ, theirs), pdq))
        found = near_regions(theirs, ours)
        near, count = near + found[0], count + found[1]
    assert len(bits) > PHOTOGRAPHS // 2
    assert max(bits) <= MAX_BITS
    assert sum(bits) / len(bits) <= MEAN_BITS
    assert near >= NEAR_SHARE * count > 0


def test_a_progressive_and_a_cmyk_jpeg_are_read_too(page: Page, decoder: DecoderPool, tmp_path: Path) -> None:
    files = [tmp_path / "progressive.jpg", tmp_path / "cmyk.jpg"]
    photograph(seed=8).save(files[0], progressive=True, quality=90)
    photograph(seed=9).convert("CMYK").save(files[1], quality=90)
    for file, theirs in zip(files, in_browser(page, *files), strict=True):
        data = file.read_bytes()
        ours = fingerprint_picture(data, limits=LIMITS, decoder=decoder)
        assert bits_apart(of_kind(Kind.PDQ, theirs), ours.pdq) <= MAX_BITS


BAD: dict[str, tuple[bytes, str]] = {
    "holiday.jpg": (b"dear diary, this is a text\n" * 40, "not-media"),
    "nothing.png": (b"", "empty"),
    "paper.pdf": (b"%PDF-1.7\n", "not-media"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_picture_is_refused_with_a_code(page: Page, tmp_path: Path, name: str) -> None:
    data, code = BAD[name]
    (tmp_path / name).write_bytes(data)
    (answer,) = made_in(page, [tmp_path / name])
    assert answer["error"] == code


def test_damage_and_sizes_that_no_device_holds_are_refused_and_the_next_file_goes_on(
    page: Page, decoder: DecoderPool, tmp_path: Path
) -> None:
    whole = io.BytesIO()
    photograph().save(whole, "PNG")
    huge = bytearray(whole.getvalue())
    huge[16:24] = (20_000).to_bytes(4) + (10_000).to_bytes(4)
    files = [tmp_path / "cut.png", tmp_path / "huge.png", tmp_path / "broken.heic", tmp_path / "good.png"]
    heic = io.BytesIO()
    pillow_heif.from_pillow(photograph()).save(heic)
    damaged = (whole.getvalue()[:40], bytes(huge), heic.getvalue()[:2000], whole.getvalue())
    for file, data in zip(files, damaged, strict=True):
        file.write_bytes(data)
    answers = made_in(page, files)
    assert [answer["error"] for answer in answers] == ["unreadable", "too-large", "unreadable", None]
    assert fingerprints(answers[3]["made"]) == to_bank(files[3], limits=LIMITS, decoder=decoder)
