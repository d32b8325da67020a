"""Pictures drawn for the tests, saved in every format."""

import io

import numpy as np
import pillow_heif
from PIL import Image

from unseen.fingerprint.limits import Limits

pillow_heif.register_heif_opener()

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF")
LIMITS = Limits()


def draw(width: int, height: int, seed: int = 1) -> Image.Image:
    """A smooth picture without symmetry, in colour, that every encoder keeps well."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    """The picture as a file of a kind (Pillow's name for it), of good quality where that can be said."""
    if kind in {"JPEG", "WEBP", "HEIF", "AVIF"}:
        options = {"quality": 92} | options
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
