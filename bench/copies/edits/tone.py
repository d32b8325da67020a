"""Colour, light, sharpness: filters, beauty modes, night."""

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from bench.copies.edits.pixels import F32, as_array, as_picture, between, chance, colour, recoded, some
from bench.copies.edits.pixels import blurred as gaussian
from bench.copies.edits.records import Picture, Range

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def blurred(picture: Picture, rng: np.random.Generator, *, sigma_share: Range) -> Picture:
    """Out of focus; ``sigma_share`` is of the long side."""
    return gaussian(picture, between(rng, sigma_share) * max(picture.size))


def shaken(picture: Picture, rng: np.random.Generator, *, length_share: Range) -> Picture:
    """Blurred along a line, in any direction; ``length_share`` is of the long side."""
    length, angle = between(rng, length_share) * max(picture.size), rng.uniform(0, np.pi)
    by = length / 2
    while by >= 0.25:  # the mean of two, four, eight ... places along the line
        moved = _edges_repeated(picture, (1, 0, float(by * np.cos(angle)), 0, 1, float(by * np.sin(angle))))
        picture, by = Image.blend(picture, moved, 0.5), by / 2
    return picture


def _edges_repeated(picture: Picture, by: tuple[float, ...]) -> Picture:
    """Moved by an affine map; what comes in from outside is the picture itself."""
    moved = picture.convert("RGBA").transform(picture.size, Image.Transform.AFFINE, by, Image.Resampling.BILINEAR)
    return Image.composite(moved.convert("RGB"), picture, moved.getchannel("A"))


def noisy(picture: Picture, rng: np.random.Generator, *, deviation: Range) -> Picture:
    grain = rng.standard_normal((picture.height, picture.width, 3), np.float32)
    if chance(rng, 0.5):
        grain[:] = grain[:, :, :1]  # grey grain, as film filters have it
    return as_picture(as_array(picture) + between(rng, deviation) * grain)


def colour_filtered(picture: Picture, rng: np.random.Generator, *, strength: Range) -> Picture:
    """A preset filter: other saturation, a curve a channel, lifted blacks, a tint, darker corners."""
    strong = between(rng, strength)
    toned = ImageEnhance.Color(picture).enhance(1 + strong * rng.uniform(-1, 1))
    pixels = as_array(toned) / 255
    gamma = np.exp(strong * rng.uniform(-0.6, 0.6, 3)).astype(np.float32)
    pixels = pixels**gamma
    lift = 0.25 * strong * rng.random()
    pixels = lift + (1 - lift) * pixels
    tint = np.array(colour(rng), np.float32) / 255
    share = 0.35 * strong * rng.random()
    pixels = (1 - share) * pixels + share * tint
    return as_picture(255 * pixels * _vignette(picture.size, 0.7 * strong * rng.random())[:, :, None])


def _vignette(size: tuple[int, int], depth: float) -> F32:
    """1 in the middle, 1 - depth in the corners."""
    across, down = (np.linspace(-1, 1, side, dtype=np.float32) for side in size)
    squares: F32 = across[None, :] ** 2 + down[:, None] ** 2
    return 1 - np.float32(depth) * squares / np.float32(2)


def greyed(picture: Picture, rng: np.random.Generator) -> Picture:
    del rng
    return ImageOps.grayscale(picture).convert("RGB")


def duotone(picture: Picture, rng: np.random.Generator) -> Picture:
    """Sepia, or any dark and light colour."""
    grey = ImageOps.grayscale(picture)
    if chance(rng, 0.5):
        return ImageOps.colorize(grey, (40, 26, 13), (255, 240, 214))
    return ImageOps.colorize(grey, colour(rng, 0, 70), colour(rng, 190, 255))


def exposed(picture: Picture, rng: np.random.Generator, *, gain: Range) -> Picture:
    """Brighter or darker, clipped where it runs out."""
    return as_picture(as_array(picture) * between(rng, gain))


def contrasted(picture: Picture, rng: np.random.Generator, *, factor: Range) -> Picture:
    """Harder, or by the same factor flatter."""
    factor_drawn = between(rng, factor)
    return ImageEnhance.Contrast(picture).enhance(factor_drawn if chance(rng, 0.5) else 1 / factor_drawn)


def sharpened(picture: Picture, rng: np.random.Generator, *, percent: Range) -> Picture:
    """With a wide radius, as "HDR" and "clarity" filters do it."""
    radius = rng.uniform(0.001, 0.006) * max(picture.size)
    return picture.filter(ImageFilter.UnsharpMask(radius, round(between(rng, percent)), 2))


def smoothed(picture: Picture, rng: np.random.Generator, *, radius_share: Range) -> Picture:
    """Skin made smooth and bright as beauty modes do it: a guided filter that keeps strong edges (He et al. 2013)."""
    radius = max(1, round(between(rng, radius_share) * max(picture.size)))
    pixels = as_array(picture)
    guide = pixels @ _LUMA
    tolerance = np.float32(rng.uniform(15, 35) ** 2)
    mean = _box(guide, radius)
    spread = _box(guide * guide, radius) - mean * mean
    smooth = np.empty_like(pixels)
    for channel in range(3):
        plane = pixels[:, :, channel]
        level = _box(plane, radius)
        slope = ((_box(guide * plane, radius) - mean * level) / (spread + tolerance)).astype(np.float32)
        smooth[:, :, channel] = _box(slope, radius) * guide + _box(level - slope * mean, radius)
    share = np.float32(rng.uniform(0.7, 1))
    glow = np.float32(rng.uniform(1, 1.12))
    return as_picture(glow * (share * smooth + (1 - share) * pixels))


def _box(plane: F32, radius: int) -> F32:
    """Mean over a square window; at the edges the outermost pixels are repeated."""
    for axis in (0, 1):
        padding = [(0, 0), (0, 0)]
        padding[axis] = (radius + 1, radius)
        sums = np.cumsum(np.pad(plane, padding, mode="edge"), axis=axis, dtype=np.float64)
        ahead, behind = (np.take(sums, range(start, start + plane.shape[axis]), axis) for start in (2 * radius + 1, 0))
        plane = ((ahead - behind) / (2 * radius + 1)).astype(np.float32)
    return plane


def low_light(picture: Picture, rng: np.random.Generator, *, light: Range, photons: Range) -> Picture:
    """As if taken at night: little light, the noise of few photons, a colour cast, the phone's own smoothing.

    light: share of the light that is left; photons: how many a white pixel would have gathered in that light.
    """
    linear = (as_array(picture) / 255) ** 2.2
    cast = np.array([rng.uniform(0.9, 1.25), 1, rng.uniform(0.6, 1)], np.float32)
    gathered = between(rng, photons)
    expected = linear * cast * np.float32(gathered)
    shot = np.sqrt(expected + np.float32(1.5**2))  # of the light and of reading the sensor
    counted = expected + shot * rng.standard_normal(linear.shape, np.float32)
    seen = np.clip(counted / gathered, 0, 1) * between(rng, light)
    dim = as_picture(255 * seen ** (1 / 2.2))
    if chance(rng, 0.7):
        dim = dim.filter(ImageFilter.MedianFilter(3))
    return recoded(dim, "JPEG", some(rng, 65, 88))
