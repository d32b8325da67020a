"""One picture among others, or part of a joke: collages, insets, memes."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from bench.copies.edits.drawing import font, lines_of, paste_rounded, sentence, write
from bench.copies.edits.pixels import Colour, between, chance, colour, contained, recoded, some, with_long_side
from bench.copies.edits.records import Picture, Range

BLACK, WHITE = (0, 0, 0), (255, 255, 255)
Cells = tuple[tuple[float, float, float, float], ...]  # left, top, right, bottom, of the canvas's width and height

# Each arrangement with the height of its canvas against the width.
_HALVES: Final = (((0, 0, 0.5, 1), (0.5, 0, 1, 1)), ((0, 0, 1, 0.5), (0, 0.5, 1, 1)))
_THREES: Final = (
    ((0, 0, 1, 0.5), (0, 0.5, 0.5, 1), (0.5, 0.5, 1, 1)),
    ((0, 0, 0.5, 1), (0.5, 0, 1, 0.5), (0.5, 0.5, 1, 1)),
    ((0, 0, 1 / 3, 1), (1 / 3, 0, 2 / 3, 1), (2 / 3, 0, 1, 1)),
    ((0, 0, 1, 1 / 3), (0, 1 / 3, 1, 2 / 3), (0, 2 / 3, 1, 1)),
)
_SHAPES: Final = (1.0, 1.25, 0.8, 4 / 3, 0.75, 16 / 9)


def _grid(columns: int, rows: int) -> Cells:
    return tuple(
        (column / columns, row / rows, (column + 1) / columns, (row + 1) / rows)
        for row in range(rows)
        for column in range(columns)
    )


def collage(
    picture: Picture, rng: np.random.Generator, *, others: Sequence[Picture], cells: Range, width: Range
) -> Picture:
    """This picture in one cell, other photographs in the rest; each fills its cell.

    Of a few arrangements, canvas shapes and cells, one is drawn that keeps nearly as much of this picture as any
    does; so it loses what a person arranging it would accept.
    """
    arrangements = {
        2: _HALVES,
        3: _THREES,
        4: (_grid(2, 2),),
        6: (_grid(2, 3), _grid(3, 2)),
        9: (_grid(3, 3),),
    }[round(between(rng, cells))]
    across = round(between(rng, width))
    choices = [(layout, shape, at) for layout in arrangements for shape in _SHAPES for at in range(len(layout))]
    kept = [_kept(picture, layout[at], shape) for layout, shape, at in choices]
    good = [choice for choice, share in zip(choices, kept, strict=True) if share >= 0.9 * max(kept)]
    layout, shape, own = good[some(rng, 0, len(good) - 1)]
    gap = some(rng, 0, round(across / 80))
    canvas = Image.new("RGB", (across, round(across * shape)), (WHITE, BLACK, colour(rng))[some(rng, 0, 2)])
    order = rng.permutation(len(others))
    for number, cell in enumerate(layout):
        member = picture if number == own else others[int(order[number % len(others)])]
        _fill(canvas, member, cell, gap)
    return recoded(canvas, "JPEG", some(rng, 80, 95))


def _kept(picture: Picture, cell: tuple[float, float, float, float], shape: float) -> float:
    """The share of a picture that is seen when it fills a cell."""
    cell_shape = (cell[2] - cell[0]) / ((cell[3] - cell[1]) * shape)
    own = picture.width / picture.height
    return min(own / cell_shape, cell_shape / own)


def _fill(canvas: Picture, picture: Picture, cell: tuple[float, float, float, float], gap: int) -> None:
    left, right = (round(side * canvas.width) for side in (cell[0], cell[2]))
    top, bottom = (round(side * canvas.height) for side in (cell[1], cell[3]))
    left, top = left + (gap if left else 0), top + (gap if top else 0)
    fitted = ImageOps.fit(picture, (max(1, right - left), max(1, bottom - top)), Image.Resampling.BICUBIC)
    canvas.paste(fitted, (left, top))


def inset_over(picture: Picture, rng: np.random.Generator, *, others: Sequence[Picture], side_share: Range) -> Picture:
    """This picture small, over another photograph; ``side_share``: its long side against the other's."""
    host = with_long_side(others[some(rng, 0, len(others) - 1)], some(rng, 1080, 1600))
    return _inset(host, picture, between(rng, side_share), rng)


def with_inset(picture: Picture, rng: np.random.Generator, *, others: Sequence[Picture], side_share: Range) -> Picture:
    """Another photograph small, over this one."""
    return _inset(picture, others[some(rng, 0, len(others) - 1)], between(rng, side_share), rng)


def _inset(host: Picture, guest: Picture, share: float, rng: np.random.Generator) -> Picture:
    host = host.copy()
    longest = share * max(host.size)
    small = contained(guest, min(longest, 0.96 * host.width), min(longest, 0.96 * host.height))
    if chance(rng, 0.4):
        small = ImageOps.expand(small, max(1, round(0.015 * max(small.size))), WHITE)
    margin = round(0.02 * min(host.size))
    lefts, tops = (
        sorted((min(margin, space), max(0, space - margin)))
        for space in (max(0, host.width - small.width), max(0, host.height - small.height))
    )
    at = (some(rng, *lefts), some(rng, *tops)) if chance(rng, 0.4) else (lefts[some(rng, 0, 1)], tops[some(rng, 0, 1)])
    paste_rounded(host, small, at, rng.uniform(0, 0.08) * min(small.size))
    return host


def meme(picture: Picture, rng: np.random.Generator, *, text_share: Range) -> Picture:
    """Capitals above and below on the picture, or words on a white or black bar above it."""
    size = max(8, round(between(rng, text_share) * min(picture.size)))
    if chance(rng, 0.5):
        return _words_above_and_below(picture, rng, size)
    ground, ink = (WHITE, BLACK) if chance(rng, 0.7) else (BLACK, WHITE)
    text = lines_of(sentence(rng, 6, 16), size, 0.94 * picture.width)
    bar = round((len(text) + 0.6) * 1.25 * size)
    canvas = Image.new("RGB", (picture.width, picture.height + bar), ground)
    canvas.paste(picture, (0, bar))
    draw = ImageDraw.Draw(canvas)
    for number, line in enumerate(text):
        write(draw, (0.03 * picture.width, (number + 0.3) * 1.25 * size), line, size, ink)
    return canvas


def _words_above_and_below(picture: Picture, rng: np.random.Generator, size: int) -> Picture:
    picture = picture.copy()
    draw = ImageDraw.Draw(picture)
    for is_above in (True, False):
        text = sentence(rng, 2, 6).upper()
        lines = lines_of(text, size, 0.94 * picture.width)[:2]
        for number, line in enumerate(lines):
            fits = min(1, 0.96 * picture.width / max(1.0, font(size).getlength(line)))
            row = number + 0.6 if is_above else number - len(lines) + 0.4
            at = (picture.width / 2, row * 1.15 * size if is_above else picture.height + row * 1.15 * size)
            _outlined(draw, at, line, round(size * fits))
    return picture


def _outlined(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, fill: Colour = WHITE) -> None:
    write(draw, at, text, size, fill, anchor="mm", stroke_width=max(1, size // 12), stroke_fill=BLACK)
