"""What is laid over a picture: words, marks, stickers, mosaics, scribbles."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from bench.copies.edits.drawing import both, font, laid_over, lines_of, sentence, share_covered, sticker, write
from bench.copies.edits.pixels import Colour, between, chance, colour, some
from bench.copies.edits.records import Picture, Range

BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def caption(picture: Picture, rng: np.random.Generator, *, height_share: Range) -> Picture:
    """A line or two on a band across the picture, as status pictures have it."""
    picture = picture.copy()
    band = max(8, round(between(rng, height_share) * picture.height))
    top = some(rng, 0, picture.height - band)
    shade = Image.new("RGB", (picture.width, band), (BLACK, WHITE, colour(rng))[some(rng, 0, 2)])
    under = picture.crop((0, top, picture.width, top + band))
    picture.paste(Image.blend(under, shade, rng.uniform(0.5, 1)), (0, top))
    light = np.asarray(shade)[0, 0].mean() > 128
    draw, size = ImageDraw.Draw(picture), max(6, round(band * rng.uniform(0.3, 0.6)))
    text = lines_of(sentence(rng, 3, 9), size, picture.width * 0.94)[: max(1, band // round(1.2 * size))]
    for number, line in enumerate(text):
        at = (picture.width / 2, top + band / 2 + (number - (len(text) - 1) / 2) * 1.2 * size)
        write(draw, at, line, size, BLACK if light else WHITE, anchor="mm")
    return picture


def words_over(picture: Picture, rng: np.random.Generator, *, height_share: Range) -> Picture:
    """Big coloured words anywhere, of this share of the picture's height altogether, outlined or not."""
    picture = picture.copy()
    draw, lines = ImageDraw.Draw(picture), some(rng, 1, 4)
    size = max(6, round(between(rng, height_share) * picture.height / lines / 1.2))
    fill: Colour = (WHITE, BLACK, (255, 60, 90), (255, 230, 0), (0, 200, 255))[some(rng, 0, 4)]
    stroke = max(1, size // 14) if chance(rng, 0.6) else 0
    top = rng.uniform(0, max(1.0, picture.height - 1.2 * size * lines))
    for number in range(lines):
        text = sentence(rng, 1, 4)
        fits = min(1, 0.95 * picture.width / max(1.0, font(size).getlength(text)))
        at = (picture.width * rng.uniform(0.4, 0.6), top + (number + 0.5) * 1.2 * size)
        ink = BLACK if fill != BLACK else WHITE
        write(draw, at, text, round(size * fits), fill, anchor="mm", stroke_width=stroke, stroke_fill=ink)
    return picture


def corner_mark(picture: Picture, rng: np.random.Generator, *, width_share: Range) -> Picture:
    """A name or address in a corner, as sites put it there."""
    text = f"@{sentence(rng, 2, 2).lower().replace(' ', '.')}"
    size = max(6, round(10 * between(rng, width_share) * picture.width / max(1.0, font(10).getlength(text))))
    across, down = (0.02 if chance(rng, 0.5) else 0.98 for _ in range(2))
    anchor = ("l" if across < 0.5 else "r") + ("a" if down < 0.5 else "d")
    return _inked(picture, [((across * picture.width, down * picture.height), text, anchor)], size, rng.uniform(0.6, 1))


def tiled_mark(picture: Picture, rng: np.random.Generator, *, opacity: Range) -> Picture:
    """The same words all over, slanted, half transparent."""
    text = sentence(rng, 1, 2)
    size = max(6, round(max(picture.size) * rng.uniform(0.03, 0.06)))
    step_x, step_y = font(size).getlength(text) * rng.uniform(1.3, 2), size * rng.uniform(2.5, 4.5)
    reach = int(1.5 * max(picture.size))
    layer = Image.new("L", (reach, reach), 0)
    draw = ImageDraw.Draw(layer)
    for row in range(int(reach / step_y) + 1):
        for column in range(int(reach / step_x) + 2):
            draw.text(((column - 0.5 * (row % 2)) * step_x, row * step_y), text, fill=255, font=font(size))
    layer = layer.rotate(rng.uniform(15, 45), Image.Resampling.BILINEAR)
    left, top = (reach - picture.width) // 2, (reach - picture.height) // 2
    strength = between(rng, opacity)
    mask = layer.crop((left, top, left + picture.width, top + picture.height)).point(lambda ink: ink * strength)
    ink = Image.new("RGB", picture.size, WHITE if chance(rng, 0.7) else BLACK)
    return Image.composite(ink, picture, mask)


def _inked(picture: Picture, texts: list[tuple[tuple[float, float], str, str]], size: int, opacity: float) -> Picture:
    """White text with a dark edge, so opaque."""
    layer = picture.copy()
    draw = ImageDraw.Draw(layer)
    for at, text, anchor in texts:
        write(draw, at, text, size, WHITE, anchor=anchor, stroke_width=max(1, size // 16), stroke_fill=BLACK)
    return Image.blend(picture, layer, opacity)


def stickers(picture: Picture, rng: np.random.Generator, *, area_share: Range) -> Picture:
    """One to four stickers, turned a little, that together cover this share of the picture."""
    return _stickers(picture, rng, area_share, some(rng, 1, 4))


def small_stickers(picture: Picture, rng: np.random.Generator, *, area_share: Range) -> Picture:
    """Many small ones, scattered."""
    return _stickers(picture, rng, area_share, some(rng, 8, 16))


def _stickers(picture: Picture, rng: np.random.Generator, area_share: Range, count: int) -> Picture:
    wanted, covered = between(rng, area_share), Image.new("L", picture.size, 0)
    for _ in range(60):  # what overlaps has to be made up for
        missing = wanted - share_covered(covered)
        if missing <= 0.002:
            break
        area = max(missing if missing < 1.5 * wanted / count else wanted / count, 0.004)
        side = round(np.sqrt(area / 0.7 * picture.width * picture.height))  # a sticker fills some 0.7 of its square
        side = max(4, min(side, *picture.size))
        layer = sticker(some(rng, 0, 6), side, colour(rng, 60, 255), colour(rng, 0, 90))
        layer = layer.rotate(rng.uniform(-25, 25), Image.Resampling.BILINEAR)
        at = (some(rng, 0, picture.width - side), some(rng, 0, picture.height - side))
        picture, more = laid_over(picture, layer, at)
        covered = both(covered, more)
    return picture


def mosaic(picture: Picture, rng: np.random.Generator, *, area_share: Range) -> Picture:
    """Coarse blocks over an area of a face's size."""
    box, mask = _face_area(picture, rng, between(rng, area_share))
    part = picture.crop(box)
    blocks = some(rng, 5, 10)
    coarse = part.resize((blocks, max(2, round(blocks * part.height / part.width))), Image.Resampling.BOX)
    return _patched(picture, coarse.resize(part.size, Image.Resampling.NEAREST), box, mask)


def face_hidden(picture: Picture, rng: np.random.Generator, *, area_share: Range) -> Picture:
    """A face-sized area painted over or blurred away."""
    box, mask = _face_area(picture, rng, between(rng, area_share))
    part = picture.crop(box)
    if chance(rng, 0.5):
        hidden = part.filter(ImageFilter.GaussianBlur(max(part.size) / 8))
    else:
        hidden = Image.new("RGB", part.size, (BLACK, WHITE, colour(rng))[some(rng, 0, 2)])
    return _patched(picture, hidden, box, mask)


def _face_area(
    picture: Picture, rng: np.random.Generator, share: float
) -> tuple[tuple[int, int, int, int], Image.Image]:
    """A box somewhere, upright as a face is, and its mask: oval or square, of this share of the picture's area."""
    is_oval = chance(rng, 0.5)
    area = share * picture.width * picture.height / (np.pi / 4 if is_oval else 1)
    width = np.sqrt(area / rng.uniform(1, 1.35))
    width = min(max(2, width), picture.width)
    width, height = round(width), min(max(2, round(area / width)), picture.height)
    left, top = some(rng, 0, picture.width - width), some(rng, 0, picture.height - height)
    mask = Image.new("L", (width, height), 0 if is_oval else 255)
    if is_oval:
        ImageDraw.Draw(mask).ellipse((0, 0, width - 1, height - 1), fill=255)
    return (left, top, left + width, top + height), mask


def _patched(picture: Picture, patch: Picture, box: tuple[int, int, int, int], mask: Image.Image) -> Picture:
    picture = picture.copy()
    picture.paste(patch, box[:2], mask)
    return picture


def scribbles(picture: Picture, rng: np.random.Generator, *, area_share: Range) -> Picture:
    """Drawn over with a finger until so much is covered."""
    picture, wanted = picture.copy(), between(rng, area_share)
    draw, covered = ImageDraw.Draw(picture), Image.new("L", picture.size, 0)
    mark, ink = ImageDraw.Draw(covered), colour(rng)
    pen = max(2, round(rng.uniform(0.015, 0.035) * max(picture.size)))
    for _ in range(40):
        turns = np.cumsum(rng.normal(0, 0.5, 24)) + rng.uniform(0, 2 * np.pi)
        step = rng.uniform(0.01, 0.025) * max(picture.size)
        xs = np.clip(rng.uniform(0, picture.width) + np.cumsum(step * np.cos(turns)), 0, picture.width)
        ys = np.clip(rng.uniform(0, picture.height) + np.cumsum(step * np.sin(turns)), 0, picture.height)
        points = [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
        draw.line(points, fill=ink, width=pen, joint="curve")
        mark.line(points, fill=255, width=pen, joint="curve")
        if share_covered(covered) >= wanted:
            break
    return picture
