"""Text, shapes and the parts of a phone's interface, drawn with Pillow alone."""

from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFont

from bench.copies.edits.pixels import Colour, some
from bench.copies.edits.records import Picture

_TEXT: Final = """
about again always around because before better bring call come could day done each even every find first
for friends from get give go good great have here home how just keep know last later let like little long
look love make maybe more much never new next night no not now of ok on one only other our out over photo
please really right said same see seen send she should so some soon still sure take tell than that the then
there they thing this time to today tomorrow too very wait want was we week well were what when where which
who why will with work would yes yesterday you your
"""
WORDS: Final = tuple(_TEXT.split())


@lru_cache(maxsize=64)
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font at this size in pixels, at least 6."""
    return ImageFont.load_default(max(size, 6))


def sentence(rng: np.random.Generator, least: int, most: int) -> str:
    """So many words, between ``least`` and ``most``, beginning with a capital."""
    return " ".join(WORDS[some(rng, 0, len(WORDS) - 1)] for _ in range(some(rng, least, most))).capitalize()


def lines_of(text: str, size: int, width: float) -> list[str]:
    """The text broken into lines of at most ``width`` pixels; a longer word stands alone."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font(size).getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def write(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, fill: Colour, **options: object
) -> None:
    """Text at a point; ``options`` as ``ImageDraw.text`` has them (anchor, stroke)."""
    draw.text(at, text, fill=fill, font=font(size), **options)  # type: ignore[arg-type]  # Pillow's own union


def paragraph(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, fill: Colour, width: float
) -> float:
    """Lines of text from a point down; returns where they end."""
    left, top = at
    for line in lines_of(text, size, width):
        write(draw, (left, top), line, size, fill)
        top += 1.35 * size
    return top


def rounded_mask(size: tuple[int, int], radius: float) -> Image.Image:
    """White inside a rounded rectangle, with a smooth edge."""
    twice = Image.new("L", (2 * size[0], 2 * size[1]), 0)
    ImageDraw.Draw(twice).rounded_rectangle((0, 0, 2 * size[0] - 1, 2 * size[1] - 1), 2 * radius, fill=255)
    return twice.resize(size, Image.Resampling.BOX)


def paste_rounded(onto: Picture, picture: Picture, at: tuple[float, float], radius: float) -> None:
    onto.paste(picture, (round(at[0]), round(at[1])), rounded_mask(picture.size, radius))


def disc(onto: Picture, centre: tuple[float, float], radius: float, fill: Colour | Picture) -> None:
    """A smooth circle: an avatar, of one colour or with a picture in it."""
    side = max(2, round(2 * radius))
    filled = Image.new("RGB", (side, side), fill) if isinstance(fill, tuple) else fill.resize((side, side))
    paste_rounded(onto, filled, (centre[0] - radius, centre[1] - radius), radius)


def sticker(kind: int, side: int, body: Colour, line: Colour) -> Image.Image:
    """One of seven stickers, RGBA, ``side`` pixels square: faces, a heart, a star, a bubble, a label, a flame."""
    big = Image.new("RGBA", (2 * side, 2 * side), (0, 0, 0, 0))
    draw, unit = ImageDraw.Draw(big), 2 * side / 100

    def box(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        return left * unit, top * unit, right * unit, bottom * unit

    match kind % 7:
        case 0 | 1:
            draw.ellipse(box(1, 1, 99, 99), fill=(255, 205, 60))
            for left in (27, 60):
                draw.ellipse(box(left, 30, left + 13, 48), fill=(70, 45, 20))
            if kind % 7 == 0:
                draw.chord(box(24, 40, 76, 82), 0, 180, fill=(120, 40, 30))
            else:
                draw.arc(box(24, 60, 76, 100), 200, 340, fill=(70, 45, 20), width=round(5 * unit))
        case 2:
            draw.ellipse(box(2, 8, 52, 58), fill=body)
            draw.ellipse(box(48, 8, 98, 58), fill=body)
            draw.polygon([(x * unit, y * unit) for x, y in ((7, 47), (93, 47), (50, 97))], fill=body)
        case 3:
            angles = np.pi / 5 * np.arange(10) - np.pi / 2
            reach = np.where(np.arange(10) % 2 == 0, 49, 24)
            points = [
                ((50 + r * np.cos(a)) * unit, (52 + r * np.sin(a)) * unit) for a, r in zip(angles, reach, strict=True)
            ]
            draw.polygon(points, fill=body, outline=line, width=round(3 * unit))
        case 4:
            draw.rounded_rectangle(
                box(1, 5, 99, 75), 18 * unit, fill=(255, 255, 255), outline=line, width=round(3 * unit)
            )
            draw.polygon([(x * unit, y * unit) for x, y in ((20, 73), (45, 73), (22, 98))], fill=(255, 255, 255))
            write(draw, (50 * unit, 40 * unit), "OMG", round(34 * unit), line, anchor="mm")
        case 5:
            draw.rectangle(box(0, 22, 100, 78), fill=body)
            write(draw, (50 * unit, 50 * unit), "LOL", round(46 * unit), line, anchor="mm")
        case _:
            points = [(50, 1), (72, 32), (88, 60), (80, 86), (50, 99), (20, 86), (12, 58), (30, 46), (36, 24)]
            draw.polygon([(x * unit, y * unit) for x, y in points], fill=(240, 90, 30))
            draw.ellipse(box(34, 55, 66, 95), fill=(255, 210, 60))
    return big.resize((side, side), Image.Resampling.BOX)


def laid_over(picture: Picture, layer: Image.Image, at: tuple[int, int]) -> tuple[Picture, Image.Image]:
    """The picture with an RGBA layer on it, and what the layer covers (L, the picture's size)."""
    covered = Image.new("L", picture.size, 0)
    covered.paste(layer.getchannel("A"), at)
    combined = picture.copy()
    combined.paste(layer.convert("RGB"), at, layer.getchannel("A"))
    return combined, covered


def both(first: Image.Image, second: Image.Image) -> Image.Image:
    """What either of two masks covers."""
    return ImageChops.lighter(first, second)


def share_covered(mask: Image.Image) -> float:
    """The share of a mask (L) that is at least half covered."""
    return float((np.asarray(mask) >= 128).mean())
