"""Pillow's decoders: a picture's bytes to its luma, over white, for every kind of file but plain JPEG.

Light to import (no kernels): the decoder processes live on it.
"""

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from unseen.base import BadMedia
from unseen.fingerprint.formats import Format, too_large, unreadable
from unseen.fingerprint.jpeg import reduced_eighths
from unseen.fingerprint.orientation import orientation_of

_STRIP_ROWS: Final = 512  # converted at a time, so that only the decoder's own copy is ever whole
_CONTENT: Final = {Format.HEIC: "image items", Format.AVIF: "image items"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decoded:
    """A picture's luma, perhaps at a reduced scale, with what is needed to place it."""

    luma: NDArray[np.uint8]  #: (ceil(height * eighths / 8), ceil(width * eighths / 8)) uint8, C-contiguous
    width: int  #: pixels of the full picture, as stored
    height: int
    eighths: int  #: the scale: 8 is full
    orientation: int  #: of its EXIF, 1 to 8, not applied


def decode(data: bytes, kind: Format, *, max_pixels: int, long_side: int = 0) -> Decoded:
    """Decode a picture's first frame to luma; transparency over white.

    A JPEG is reduced while decoding (``jpeg.reduced_eighths``), its long side to ``long_side`` at least.
    Raises: BadMedia, for anything the decoders object to.
    """
    try:
        with Image.open(io.BytesIO(data), formats=[kind.pillow_name]) as picture:
            return _decode(picture, kind, max_pixels, long_side)
    except BadMedia:
        raise
    except UnidentifiedImageError:
        raise unreadable(kind, f"{kind.name} header without {_CONTENT.get(kind, 'a picture')}") from None
    except (MemoryError, Image.DecompressionBombError):
        raise unreadable(kind, f"{kind.name} that needs more memory than a picture may") from None
    except Exception as error:  # hostile bytes make decoders raise anything, SyntaxError and all
        raise unreadable(kind, f"{kind.name} data cut short or damaged") from error


def _decode(picture: Image.Image, kind: Format, max_pixels: int, long_side: int) -> Decoded:
    width, height = picture.size
    if width * height > max_pixels:
        raise too_large(kind, width, height, max_pixels)
    if width == 0 or height == 0:
        raise unreadable(kind, f"{kind.name} that says it has no pixels")
    eighths = _draft(picture, long_side) if kind is Format.JPEG else 8
    picture.load()
    if kind is not Format.JPEG:  # whose size is that of the draft now; HEIC may learn better while decoding
        width, height = picture.size
    exif = picture.info.get("exif")  # TIFF's and HEIC's plugins turn the pixels themselves and leave nothing to do
    orientation = orientation_of(exif) if isinstance(exif, bytes) else 1
    return Decoded(luma=_luma(picture), width=width, height=height, eighths=eighths, orientation=orientation)


def _draft(picture: Image.Image, long_side: int) -> int:
    """Have Pillow reduce a JPEG while decoding; return the scale in eighths."""
    eighths = reduced_eighths(*picture.size, long_side)
    step = 8 // eighths
    picture.draft("L", (max(picture.width // step, 1), max(picture.height // step, 1)))
    return eighths


def _luma(picture: Image.Image) -> NDArray[np.uint8]:
    """Luma of a picture in any of Pillow's modes, ITU-R BT.601, (h, w) uint8."""
    if picture.mode in {"I", "F"}:
        return _wide_luma(np.asarray(picture, dtype=np.float32))
    luma = np.empty((picture.height, picture.width), np.uint8)
    for top in range(0, picture.height, _STRIP_ROWS):
        strip = picture.crop((0, top, picture.width, min(top + _STRIP_ROWS, picture.height)))
        luma[top : top + _STRIP_ROWS] = _strip_luma(strip)
    return luma


def _strip_luma(strip: Image.Image) -> NDArray[np.uint8]:
    if strip.mode.startswith("I;16"):
        return (np.asarray(strip) >> 8).astype(np.uint8)
    if strip.has_transparency_data:
        white = Image.new("RGBA", strip.size, "white")
        strip = Image.alpha_composite(white, strip.convert("RGBA"))
    if strip.mode not in {"1", "L", "RGB", "RGBX", "YCbCr"}:
        strip = strip.convert("RGB")
    return np.asarray(strip.convert("L"))


def _wide_luma(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """32-bit samples: 0 to 1 in a float picture, 16-bit counts in an integer one, else taken as 0 to 255."""
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    top = values.max()
    if top > 255:
        values = values / np.float32(257)
    elif top <= 1:
        values = values * np.float32(255)
    return np.clip(values, 0, 255).astype(np.uint8)
