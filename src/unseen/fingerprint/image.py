"""A picture's bytes, path or pixels to its fingerprints.

A plain JPEG is decoded at a reduced scale straight to luma, in the calling thread; a PNG there too; everything else
in a killable process.  Sizes are checked in the header before anything is decoded.
"""

import hashlib
import stat
import time
from concurrent.futures import Executor
from pathlib import Path

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from unseen.base import BadMedia, BadRequest, NotFound
from unseen.fingerprint import jpeg, raster
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.formats import Format, sniff, too_large, unreadable
from unseen.fingerprint.jpeg_means import decode_means, plain_luma
from unseen.fingerprint.limits import Limits
from unseen.fingerprint.orientation import ROW_ORDER, UPRIGHT_VIEW, is_quarter_turn
from unseen.fingerprint.pdq import luma_of, pdq_views, pdq_views_reduced
from unseen.fingerprint.progressive import means_only
from unseen.fingerprint.raster import Decoded
from unseen.fingerprint.records import VIEWS, Fingerprint, Kind, LumaFingerprints, PictureFingerprints

_PNG_SIZE = slice(16, 24)  # of IHDR, which comes first (W3C PNG, 11.2.1)


def fingerprint_picture(
    data: bytes, *, limits: Limits, decoder: DecoderPool, beside: Executor | None = None, long_side: int = 0
) -> PictureFingerprints:
    """Every fingerprint of a picture file, with PDQ of all eight views of its upright picture.

    ``beside``: where the digests are made while the picture is decoded; without it, they are made after that.
    ``long_side``: give its luma too, with a long side of at least so many pixels if the picture has them.
    Raises: BadMedia, saying why, where the bytes are no picture or cost more than the limits; NodeError where the
    decoder pool is closed or cannot start.
    """
    if len(data) > limits.max_bytes:
        raise _too_many_bytes(limits)
    kind = sniff(data)
    digesting = None if beside is None else beside.submit(_digests, data)
    started = time.perf_counter()
    decoded = _decode(data, kind, limits, decoder, long_side)
    decode_done = time.perf_counter()
    codes, quality = views_of(decoded)
    hash_done = time.perf_counter()
    sha256, md5, digest_s = _digests(data) if digesting is None else digesting.result()
    width, height = decoded.width, decoded.height
    if is_quarter_turn(decoded.orientation):
        width, height = height, width
    return PictureFingerprints(
        sha256=Fingerprint(kind=Kind.SHA256, code=sha256),
        md5=Fingerprint(kind=Kind.MD5, code=md5),
        pdq=Fingerprint(kind=Kind.PDQ, code=codes[0].tobytes(), quality=quality),
        views=codes,
        width=width,
        height=height,
        media_type=kind.value,
        stages_s={"decode": decode_done - started, "hash": hash_done - decode_done, "digest": digest_s},
        luma=upright(decoded) if long_side else None,
    )


def upright(decoded: Decoded) -> NDArray[np.uint8]:
    """The luma of a decoded picture, set upright: (h, w) uint8, perhaps not contiguous."""
    view = VIEWS.index(UPRIGHT_VIEW[decoded.orientation])
    return np.rot90(np.fliplr(decoded.luma) if view >= 4 else decoded.luma, view % 4)


def _digests(data: bytes) -> tuple[bytes, bytes, float]:
    """SHA-256 and MD5, and the seconds that they took."""
    started = time.perf_counter()
    sha256, md5 = hashlib.sha256(data).digest(), hashlib.md5(data, usedforsecurity=False).digest()
    return sha256, md5, time.perf_counter() - started


def warm_up() -> None:
    """Have the kernels compiled or loaded, so that the first picture does not wait for them."""
    data = simplejpeg.encode_jpeg(np.zeros((8, 8, 1), np.uint8), colorspace="GRAY")
    decode_means(data, jpeg.read_header(data))
    pdq_views(np.zeros((64, 64), np.uint8))
    pdq_views_reduced(np.zeros((8, 8), np.uint8), 64, 64, 1)


def fingerprint_luma(pixels: NDArray[np.uint8 | np.float32]) -> LumaFingerprints:
    """PDQ of all eight views of pixels that are at hand, as a frame of a video is.

    pixels: (h, w) uint8 or float32 luma, or (h, w, 3) uint8 red, green, blue.  Raises: ValueError for others.
    """
    codes, quality = pdq_views(luma_of(pixels))
    return LumaFingerprints(pdq=Fingerprint(kind=Kind.PDQ, code=codes[0].tobytes(), quality=quality), views=codes)


def read_picture(path: Path, limits: Limits) -> bytes:
    """A file's bytes, never more than the limit.

    Raises: NotFound; BadRequest where it cannot be read or is no file; BadMedia where it is too large.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe or a device might never end
            raise BadRequest("not a file.", hint="Name a picture file.")
        with path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
    except FileNotFoundError:
        raise NotFound("no such file.") from None
    except OSError as error:
        raise BadRequest(f"cannot be read ({error.strerror}).") from error
    if len(data) > limits.max_bytes:
        raise _too_many_bytes(limits)
    return data


def views_of(decoded: Decoded) -> tuple[NDArray[np.uint8], int]:
    """PDQ of all eight views, set upright as the orientation says: (8, 32) uint8 as in ``VIEWS``, and quality."""
    if decoded.eighths == 8:
        codes, quality = pdq_views(decoded.luma)
    else:
        codes, quality = pdq_views_reduced(decoded.luma, decoded.height, decoded.width, decoded.eighths)
    return np.ascontiguousarray(codes[list(ROW_ORDER[decoded.orientation])]), quality


def _decode(data: bytes, kind: Format, limits: Limits, decoder: DecoderPool, long_side: int) -> Decoded:
    if kind is Format.JPEG:
        return _decode_jpeg(data, limits, decoder, long_side)
    if kind is Format.PNG and not _is_animated_png(data):
        width, height = (int.from_bytes(data[_PNG_SIZE][at : at + 4], "big") for at in (0, 4))
        if width * height > limits.max_decoded_pixels:
            raise too_large(kind, width, height, limits.max_decoded_pixels)
        return raster.decode(data, kind, max_pixels=limits.max_decoded_pixels)
    return decoder.decode(data, kind)


def _is_animated_png(data: bytes) -> bool:
    """Whether a PNG has an animation chunk; Pillow warns of broken ones, which a thread cannot keep quiet."""
    return data.find(b"acTL", 0, 1 << 16) >= 0


def _decode_jpeg(data: bytes, limits: Limits, decoder: DecoderPool, long_side: int) -> Decoded:
    header = jpeg.read_header(data)
    max_pixels = limits.max_pixels if header.is_plain else limits.max_decoded_pixels
    if header.width * header.height > max_pixels:
        raise too_large(Format.JPEG, header.width, header.height, max_pixels)
    if header.is_plain and (plain := plain_luma(data, header, long_side)) is not None:
        luma, eighths = plain
        return Decoded(
            luma=luma,
            width=header.width,
            height=header.height,
            eighths=eighths,
            orientation=header.orientation,
        )
    if jpeg.count_scans(data, header, limits.max_jpeg_scans) > limits.max_jpeg_scans:
        raise unreadable(Format.JPEG, f"JPEG with more than {limits.max_jpeg_scans} scans")
    if jpeg.reduced_eighths(header.width, header.height, long_side) == 1:
        data = means_only(data, header) or data
    return decoder.decode(data, Format.JPEG, max_pixels=max_pixels, long_side=long_side)


def _too_many_bytes(limits: Limits) -> BadMedia:
    return BadMedia(
        f"too large to read (more than {limits.max_bytes / 1024**2:g} MiB).",
        hint="Send a smaller copy, or a screenshot of it.",
    )
