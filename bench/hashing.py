"""From a JPEG's bytes to its fingerprint, against threatexchange's own path: ``python -m bench.hashing``.

The peer decodes in full with Pillow and hashes the upright view with pdqhash.  Ours is measured twice: the hash
alone (all eight views of it), and everything that ``fingerprint_picture`` makes (with sha256 and md5).  Both on one
thread, on the JPEGs under ``$UNSEEN_TEST_DATA/photos``, by size class.
"""

import argparse
import io
import os
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pdqhash
from PIL import Image, ImageOps
from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_bytes

from bench._report import Report, parser
from unseen.fingerprint import jpeg
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.formats import Format
from unseen.fingerprint.image import fingerprint_picture, views_of
from unseen.fingerprint.jpeg_means import plain_luma
from unseen.fingerprint.limits import Limits
from unseen.fingerprint.progressive import means_only
from unseen.fingerprint.raster import Decoded

CLASSES = (("< 1 Mpx", 0, 1), ("1-4 Mpx", 1, 4), ("4-8 Mpx", 4, 8), (">= 8 Mpx", 8, 1e9))
PEER = "threatexchange"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One photograph: milliseconds each way (medians), and how the bits compare."""

    megapixels: float
    decode_ms: float
    hash_ms: float
    whole_ms: float
    peer_ms: float
    bits: int  #: from Pillow's full decode, upright, over white, and pdqhash
    quality: int
    is_reduced: bool
    is_plain: bool


def main() -> None:
    options = parser("JPEG bytes to fingerprint, against threatexchange's Pillow and pdqhash").parse_args()
    folder = os.environ.get("UNSEEN_TEST_DATA")
    if not folder:
        raise SystemExit("Set UNSEEN_TEST_DATA to the folder that holds photos/.")
    warnings.simplefilter("ignore")  # the peer opens a picture of any size, and Pillow warns
    photos = chosen(Path(folder) / "photos", options)
    with DecoderPool(Limits()) as decoder:
        fingerprint_picture(photos[0], limits=Limits(), decoder=decoder)  # compile before the clock runs
        rounds, peer_rounds = (3, 1) if options.quick else (7, 3)  # the peer is slow
        measured = [measure(data, decoder, rounds, peer_rounds) for data in photos]
    report = Report(benchmark="hashing", n=len(measured), seed=options.seed)
    for name, least, most in CLASSES:
        add_class(report, name, [each for each in measured if least <= each.megapixels < most])
    add_agreement(report, measured)
    report.print()
    if options.json:
        report.json()


def chosen(folder: Path, options: argparse.Namespace) -> list[bytes]:
    """Every JPEG, or with --quick up to ten of each size class, by the seed."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg"})
    if not paths:
        raise SystemExit(f"{folder} holds no JPEGs.")
    files = [path.read_bytes() for path in paths]
    if not options.quick:
        return files
    rng = np.random.default_rng(options.seed)
    picked: list[bytes] = []
    for _, least, most in CLASSES:
        members = [data for data in files if least <= megapixels(data) < most]
        picked += [members[at] for at in rng.permutation(len(members))[:10]]
    return picked


def megapixels(data: bytes) -> float:
    header = jpeg.read_header(data)
    return header.width * header.height / 1e6


def measure(data: bytes, decoder: DecoderPool, rounds: int, peer_rounds: int) -> Measured:
    limits = Limits()
    decoded = decode(data, decoder)
    codes, quality = views_of(decoded)
    expected, _ = reference(data)
    return Measured(
        megapixels=megapixels(data),
        decode_ms=median_ms(lambda: decode(data, decoder), rounds),
        hash_ms=median_ms(lambda: views_of(decode(data, decoder)), rounds),
        whole_ms=median_ms(lambda: fingerprint_picture(data, limits=limits, decoder=decoder), rounds),
        peer_ms=median_ms(lambda: pdq_from_bytes(data), peer_rounds),
        bits=int(np.bitwise_count(codes[0] ^ expected).sum()),
        quality=quality,
        is_reduced=decoded.eighths < 8,
        is_plain=jpeg.read_header(data).is_plain,
    )


def decode(data: bytes, decoder: DecoderPool) -> Decoded:
    """The scaled decode to luma alone, as ``fingerprint_picture`` does it."""
    header = jpeg.read_header(data)
    plain = plain_luma(data, header) if header.is_plain else None
    if plain is None:
        if jpeg.reduced_eighths(header.width, header.height) == 1:
            data = means_only(data, header) or data
        return decoder.decode(data, Format.JPEG)
    luma, eighths = plain
    return Decoded(
        luma=luma,
        width=header.width,
        height=header.height,
        eighths=eighths,
        orientation=header.orientation,
    )


def reference(data: bytes) -> tuple[np.ndarray, int]:
    """The code of the picture decoded in full, set upright, over white."""
    with Image.open(io.BytesIO(data)) as picture:
        vector, quality = pdqhash.compute(np.asarray(ImageOps.exif_transpose(picture).convert("RGB")))
    return np.packbits(vector.astype(np.uint8)), quality


def median_ms(run: Callable[[], object], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1e3


def add_class(report: Report, name: str, measured: list[Measured]) -> None:
    if not measured:
        return
    decode_ms, hash_ms, whole_ms, peer_ms = (
        statistics.median(getattr(each, field) for each in measured)
        for field in ("decode_ms", "hash_ms", "whole_ms", "peer_ms")
    )
    report.row(f"{name}: hash", "ms", hash_ms, peer_ms, PEER)
    report.row(f"{name}: whole fingerprint", "ms", whole_ms, peer_ms, PEER)
    report.row(f"{name}: scaled decode alone", "ms", decode_ms)
    report.row(
        f"{name}: whole / decode", "times", statistics.median(each.whole_ms / each.decode_ms for each in measured)
    )
    ratio = statistics.median(each.peer_ms / each.hash_ms for each in measured)
    report.row(f"{name}: median of each file's ratio, hash", "times", ratio)
    report.ratios[f"{name}: each file's hash vs {PEER}"] = ratio
    report.row(f"{name}: files", "n", len(measured))


def add_agreement(report: Report, measured: list[Measured]) -> None:
    good = [each for each in measured if each.quality >= 80]
    groups = (("decoded at a reduced scale", [each for each in good if each.is_reduced]), ("all", good))
    for name, group in groups:
        if not group:
            continue
        bits = [each.bits for each in group]
        report.agreement(
            f"{name}, quality >= 80 (n={len(group)}): mean {statistics.mean(bits):.2f} bits, max {max(bits)}, "
            "from Pillow's full decode + EXIF orientation + pdqhash"
        )
        report.figures[f"bits, mean, {name}"] = statistics.mean(bits)
        report.figures[f"bits, max, {name}"] = max(bits)
    in_process = sum(not each.is_plain for each in measured)
    report.agreement(f"{in_process} of the {len(measured)} files are progressive or odd: decoded in a process")


if __name__ == "__main__":
    main()
