"""What is put around a picture: bars, borders, mounts, backdrops."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from bench.copies.edits.drawing import paste_rounded, rounded_mask, sentence, write
from bench.copies.edits.pixels import between, blurred, chance, colour, contained, gradient, some
from bench.copies.edits.records import Picture, Range

BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def bars(picture: Picture, rng: np.random.Generator, *, area_share: Range) -> Picture:
    """Black, white or coloured bars above and below, or left and right; ``area_share`` of the whole is bars."""
    size = _barred_size(picture, between(rng, area_share), across=chance(rng, 0.5))
    canvas = Image.new("RGB", size, (BLACK, WHITE, colour(rng))[int(rng.choice(3, p=(0.5, 0.3, 0.2)))])
    return _set_in(canvas, picture, rng.uniform(0, 1) if chance(rng, 0.25) else 0.5)


def blurred_bars(picture: Picture, rng: np.random.Generator, *, area_share: Range) -> Picture:
    """The space around is the picture itself, larger and blurred, as stories and television show upright video."""
    size = _barred_size(picture, between(rng, area_share), across=chance(rng, 0.5))
    behind = blurred(ImageOps.fit(picture, size, Image.Resampling.BILINEAR), max(size) * rng.uniform(0.015, 0.04))
    return _set_in(behind, picture, 0.5)


def _barred_size(picture: Picture, share: float, *, across: bool) -> tuple[int, int]:
    if across:
        return round(picture.width / (1 - share)), picture.height
    return picture.width, round(picture.height / (1 - share))


def _set_in(canvas: Picture, picture: Picture, where: float) -> Picture:
    canvas.paste(
        picture, (round((canvas.width - picture.width) * where), round((canvas.height - picture.height) * where))
    )
    return canvas


def border(picture: Picture, rng: np.random.Generator, *, width_share: Range) -> Picture:
    """One or two plain borders all around; ``width_share`` is of the shorter side."""
    width = max(1, round(between(rng, width_share) * min(picture.size)))
    outer = colour(rng) if chance(rng, 0.4) else (BLACK, WHITE)[some(rng, 0, 1)]
    if chance(rng, 0.4):
        inner = max(1, width // some(rng, 3, 8))
        picture, width = ImageOps.expand(picture, inner, colour(rng)), max(1, width - inner)
    return ImageOps.expand(picture, width, outer)


def instant_print(picture: Picture, rng: np.random.Generator, *, width_share: Range) -> Picture:
    """A white mount, wide below, with a few words, laid slightly askew on a colour."""
    width = max(2, round(between(rng, width_share) * min(picture.size)))
    below = round(width * rng.uniform(2.5, 4))
    mount = Image.new("RGB", (picture.width + 2 * width, picture.height + width + below), colour(rng, 235, 255))
    mount.paste(picture, (width, width))
    at = (mount.width / 2, mount.height - below / 2)
    write(ImageDraw.Draw(mount), at, sentence(rng, 1, 4), max(6, below // 3), (60, 60, 70), anchor="mm")
    return mount.rotate(rng.uniform(-6, 6), Image.Resampling.BICUBIC, expand=True, fillcolor=colour(rng))


def backdrop(picture: Picture, rng: np.random.Generator, *, margin_share: Range) -> Picture:
    """Round corners and a shadow on a colour gradient, as apps present screenshots and photos."""
    margin = max(4, round(between(rng, margin_share) * max(picture.size)))
    size = (picture.width + 2 * margin, picture.height + 2 * margin)
    canvas = gradient(rng, size)
    radius = rng.uniform(0.02, 0.08) * min(picture.size)
    shadow = Image.new("L", size, 0)
    shadow.paste(rounded_mask(picture.size, radius), (margin, margin + margin // 6))
    shade = shadow.filter(ImageFilter.GaussianBlur(margin / 4)).point(lambda light: light * 0.5)
    canvas = Image.composite(Image.new("RGB", size, BLACK), canvas, shade)
    paste_rounded(canvas, picture, (margin, margin), radius)
    return canvas


def on_canvas(picture: Picture, rng: np.random.Generator, *, scale: Range) -> Picture:
    """Placed anywhere on a large plain or graded canvas of a story's or post's shape, at this share of its sides."""
    size = ((1080, 1920), (1080, 1080), (1080, 1350), (1920, 1080))[some(rng, 0, 3)]
    canvas = gradient(rng, size) if chance(rng, 0.5) else Image.new("RGB", size, colour(rng))
    share = between(rng, scale)
    inner = contained(picture, size[0] * share, size[1] * share)
    canvas.paste(inner, (some(rng, 0, size[0] - inner.width), some(rng, 0, size[1] - inner.height)))
    return canvas
