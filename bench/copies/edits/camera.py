"""Photographed again: off a screen, off paper."""

import math
from typing import Final

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from bench.copies.edits.pixels import (
    F32,
    as_array,
    as_picture,
    between,
    blurred,
    chance,
    field,
    gradient,
    moved_corners,
    placed,
    recoded,
    shifted,
    some,
    with_long_side,
)
from bench.copies.edits.records import Picture, Range

_GLARE_EDGE: Final = 0.3  # of the strength at the middle: where glare is said to end


def photo_of_screen(
    picture: Picture,
    rng: np.random.Generator,
    *,
    corners_moved: Range,
    moire: Range,
    glare_area: Range,
    blur: Range,
    quality: Range,
) -> Picture:
    """A phone photographs a display: seen at an angle, with moire, a reflection, a little out of focus, as JPEG.

    corners_moved: share of the shorter side, each corner; moire: its amplitude, of full white; glare_area: share of
    the picture; blur: pixels (sigma) of a photo 1,200 to 1,600 pixels long; quality: JPEG's.
    """
    shown = with_long_side(picture, some(rng, 900, 1200))
    pixels = as_array(shown) / 255
    pixels = pixels * (1 + between(rng, moire) * _moire(rng, shown.size))
    pixels = pixels * rng.uniform(0.75, 1.15) * _white_balance(rng) * (1 + 0.12 * field(rng, shown.size, 2))[:, :, None]
    light = _glare(rng, shown.size, between(rng, glare_area))[:, :, None]
    pixels = pixels * (1 - light) + light * np.array([1, 1, rng.uniform(0.85, 1)], np.float32)
    bezel = round(rng.uniform(0.01, 0.06) * max(shown.size))
    display = ImageOps.expand(as_picture(255 * pixels), bezel, (some(rng, 4, 26),) * 3)
    photo = _seen_at_an_angle(display, rng, corners_moved, _room(rng, 5, 150))
    return _as_jpeg(blurred(photo, between(rng, blur)), rng, between(rng, quality), rng.uniform(2, 7))


def printed(
    picture: Picture,
    rng: np.random.Generator,
    *,
    corners_moved: Range,
    halftone: Range,
    unevenness: Range,
    quality: Range,
) -> Picture:
    """Printed with a screen of dots on rough paper, then photographed at an angle in uneven light.

    corners_moved: share of the shorter side; halftone: the dots' amplitude, of full white; unevenness: how much less
    light falls on the darkest part.
    """
    sheet = with_long_side(picture, some(rng, 900, 1200))
    ink = as_array(sheet) / 255
    ink = ink + between(rng, halftone) * _dots(rng, sheet.size)[:, :, None] * (4 * ink * (1 - ink) + 0.15)
    black, white = rng.uniform(0.08, 0.2), rng.uniform(0.85, 0.97)
    paper = np.array([1, rng.uniform(0.96, 1), rng.uniform(0.86, 0.98)], np.float32)
    ink = (black + (white - black) * np.clip(ink, 0, 1)) * paper
    sheet = ImageOps.expand(as_picture(255 * ink), round(rng.uniform(0.0, 0.08) * max(sheet.size)), (238, 236, 228))
    rough = 1 + rng.uniform(0.01, 0.03) * rng.standard_normal((sheet.height, sheet.width, 1), np.float32)
    rough += rng.uniform(0.01, 0.03) * field(rng, sheet.size, 120)[:, :, None]
    photo = _seen_at_an_angle(as_picture(as_array(sheet) * rough), rng, corners_moved, _room(rng, 40, 190))
    pixels = (
        as_array(photo) * _uneven_light(rng, photo.size, between(rng, unevenness))[:, :, None] * _white_balance(rng)
    )
    taken = blurred(as_picture(pixels), rng.uniform(0.5, 1.3))
    return _as_jpeg(taken, rng, between(rng, quality), rng.uniform(1, 5))


def photocopied(picture: Picture, rng: np.random.Generator, *, contrast: Range) -> Picture:
    """Through a copier or a scanning filter: grey, hard, speckled, a little askew."""
    sheet = ImageOps.grayscale(with_long_side(picture, some(rng, 900, 1300)))
    sheet = sheet.rotate(rng.uniform(-2, 2), Image.Resampling.BICUBIC, fillcolor=255)
    grey = (np.asarray(sheet, np.float32) - 128) * between(rng, contrast) + rng.uniform(120, 150)
    grey += 8 * rng.standard_normal(grey.shape, np.float32)
    return recoded(as_picture(np.repeat(grey[:, :, None], 3, axis=2)), "JPEG", some(rng, 65, 88))


def _seen_at_an_angle(flat: Picture, rng: np.random.Generator, moved: Range, around: Picture) -> Picture:
    """Photographed with each corner moved; with some of what is around it."""
    most = moved[1] * min(flat.size)
    left, top = (most * rng.uniform(1, 1.6) for _ in range(2))
    size = (
        round(flat.width + left + most * rng.uniform(1, 1.6)),
        round(flat.height + top + most * rng.uniform(1, 1.6)),
    )
    pixels = as_array(around.resize(size, Image.Resampling.BICUBIC))
    room = as_picture(pixels + 6 * rng.standard_normal((size[1], size[0], 1), np.float32))
    return placed(flat, shifted(moved_corners(rng, flat.width, flat.height, moved), (left, top)), room)


def _room(rng: np.random.Generator, low: int, high: int) -> Picture:
    """A table or a wall, out of focus, of little colour; to be scaled."""
    return ImageEnhance.Color(gradient(rng, (8, 8), low, high)).enhance(0.25)


def _moire(rng: np.random.Generator, size: tuple[int, int]) -> F32:
    """Beats of two grids, a little different in each colour: (h, w, 3), -1 to 1."""
    across, down = np.meshgrid(*(np.arange(side, dtype=np.float32) for side in size))
    bend = 3 * field(rng, size, 3)  # the lens and the angle bend the fringes
    waves = np.zeros((size[1], size[0], 3), np.float32)
    for _ in range(2):
        period, angle = rng.uniform(5, 45), rng.uniform(0, math.pi)
        phase = (across * math.cos(angle) + down * math.sin(angle)) * (2 * math.pi / period) + bend
        for channel, offset in enumerate(np.cumsum(rng.uniform(0, 1.2, 3))):
            waves[:, :, channel] += 0.5 * np.sin(phase + np.float32(offset))
    return waves


def _glare(rng: np.random.Generator, size: tuple[int, int], share: float) -> F32:
    """A reflection on this share of what is shown: (h, w), 0 to 1; a lamp's disc or a window's stripe, soft.

    Inside the share it has at least 0.3 of its strength in the middle, outside it fades.
    """
    across, down = np.meshgrid(*(np.arange(side, dtype=np.float32) for side in size))
    across, down = (axis - side * rng.uniform(0.15, 0.85) for axis, side in zip((across, down), size, strict=True))
    angle, longer = rng.uniform(0, math.pi), math.sqrt(rng.uniform(1, 5))
    along = (across * math.cos(angle) + down * math.sin(angle)) / longer
    beside = (down * math.cos(angle) - across * math.sin(angle)) * longer
    off = along**2 + beside**2
    off = off / np.quantile(off, share)  # 1 where the glare is said to end
    return (rng.uniform(0.65, 0.98) * np.exp(math.log(_GLARE_EDGE) * off**2)).astype(np.float32)


def _dots(rng: np.random.Generator, size: tuple[int, int]) -> F32:
    """A printer's screen: (h, w), -1 to 1."""
    across, down = np.meshgrid(*(np.arange(side, dtype=np.float32) for side in size))
    period, angle = rng.uniform(3, 6), rng.uniform(0.2, 1.2)
    along = (across * math.cos(angle) + down * math.sin(angle)) * (2 * math.pi / period)
    beside = (down * math.cos(angle) - across * math.sin(angle)) * (2 * math.pi / period)
    return np.sin(along) * np.sin(beside)


def _uneven_light(rng: np.random.Generator, size: tuple[int, int], depth: float) -> F32:
    """1 at the lamp, 1 - depth where least falls; half the time with a shadow's edge across."""
    across, down = np.meshgrid(*(np.linspace(-1, 1, side, dtype=np.float32) for side in size))
    angle = rng.uniform(0, 2 * math.pi)
    slope = across * math.cos(angle) + down * math.sin(angle)
    light = 1 - depth * (slope - slope.min()) / (slope.max() - slope.min())
    if chance(rng, 0.5):
        turned = angle + rng.uniform(-0.8, 0.8)
        edge = across * math.cos(turned) + down * math.sin(turned) - rng.uniform(-0.4, 0.7)
        light = light * (1 - rng.uniform(0.15, 0.4) / (1 + np.exp(np.clip(-edge / rng.uniform(0.01, 0.08), -60, 60))))
    return light.astype(np.float32)


def _white_balance(rng: np.random.Generator) -> F32:
    return np.array([rng.uniform(0.9, 1.1), 1, rng.uniform(0.85, 1.12)], np.float32)


def _as_jpeg(photo: Picture, rng: np.random.Generator, quality: float, noise: float) -> Picture:
    grain = noise * rng.standard_normal((photo.height, photo.width, 3), np.float32)
    return recoded(as_picture(as_array(photo) + grain), "JPEG", round(quality))
