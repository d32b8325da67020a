"""What happens to a picture that is only passed on: codecs, sizes, chat apps."""

import numpy as np
from PIL import Image

from bench.copies.edits.pixels import between, chance, recoded, scaled, some, with_long_side
from bench.copies.edits.records import Picture, Range

_RESAMPLERS = (Image.Resampling.NEAREST, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)


def jpeg(picture: Picture, rng: np.random.Generator, *, quality: Range) -> Picture:
    return recoded(picture, "JPEG", round(between(rng, quality)), subsampling=some(rng, 0, 2))


def webp(picture: Picture, rng: np.random.Generator, *, quality: Range) -> Picture:
    return recoded(picture, "WEBP", round(between(rng, quality)))


def avif(picture: Picture, rng: np.random.Generator, *, quality: Range) -> Picture:
    return recoded(picture, "AVIF", round(between(rng, quality)))


def palette(picture: Picture, rng: np.random.Generator, *, colours: Range) -> Picture:
    """As a GIF has it."""
    count = round(between(rng, colours))
    dither = Image.Dither.FLOYDSTEINBERG if chance(rng, 0.5) else Image.Dither.NONE
    return (
        picture.quantize(count, Image.Quantize.FASTOCTREE).convert("RGB")
        if dither is Image.Dither.NONE
        else _dithered(picture, count)
    )


def _dithered(picture: Picture, count: int) -> Picture:
    return picture.quantize(
        palette=picture.quantize(count, Image.Quantize.FASTOCTREE), dither=Image.Dither.FLOYDSTEINBERG
    ).convert("RGB")


def reduced(picture: Picture, rng: np.random.Generator, *, scale: Range) -> Picture:
    """Made smaller, one way or another (also without a filter), and saved."""
    factor = between(rng, scale)
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    smaller = picture.resize(size, _RESAMPLERS[some(rng, 0, 3)])
    return recoded(smaller, "JPEG", some(rng, 70, 92))


def thumbnail(picture: Picture, rng: np.random.Generator, *, long_side: Range) -> Picture:
    return recoded(with_long_side(picture, between(rng, long_side)), "JPEG", some(rng, 70, 90))


def enlarged(picture: Picture, rng: np.random.Generator, *, scale: Range) -> Picture:
    """Made larger, or small and then large again, which leaves it soft."""
    if chance(rng, 0.5):
        return scaled(scaled(picture, 1 / between(rng, scale)), between(rng, scale))
    return scaled(picture, between(rng, scale))


def chat_chain(picture: Picture, rng: np.random.Generator, *, passes: Range, quality: Range) -> Picture:
    """Forwarded from app to app: each brings it to its own size and saves it again, some as WebP."""
    for _ in range(round(between(rng, passes))):
        side = (960, 1280, 1600)[some(rng, 0, 2)]
        if max(picture.size) > side:
            picture = with_long_side(picture, side)
        if chance(rng, 0.25):
            picture = recoded(picture, "WEBP", round(between(rng, quality)))
        picture = recoded(picture, "JPEG", round(between(rng, quality)), subsampling=some(rng, 0, 2))
    return picture
