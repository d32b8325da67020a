"""Text and flat graphics: pages, captions, tables, charts, codes of squares, patterns, frames, logos."""

from itertools import pairwise

import numpy as np
from PIL import Image
from tools.common_regions.interfaces import ICONS, icon
from tools.common_regions.sheet import Sheet, font_of
from tools.common_regions.words import sentence, some, word


def page(sheet: Sheet, rng: np.random.Generator) -> None:
    """Paragraphs of one size, sometimes in columns or with headings."""
    size, columns = rng.uniform(7, 26), some(rng, 1, 3) if rng.random() < 0.3 else 1
    step = 344 / columns
    for column in range(columns):
        y = rng.uniform(4, 20)
        while y < sheet.height:
            if rng.random() < 0.15:
                sheet.text((10 + step * column, y), sentence(rng, 1, 3), 1.6 * size)
                y += 2.2 * size
            y = sheet.paragraph(rng, (10 + step * column, y), size, step - 12) + size * rng.uniform(0, 1.5)


def caption(sheet: Sheet, rng: np.random.Generator) -> None:
    """A joke's words on a flat or sloping ground: outlined capitals, a bar, or a band across."""
    width, height = sheet.canvas.size
    slope = np.linspace(some(rng, 20, 230), some(rng, 20, 230), height)[:, None] + np.linspace(
        0, some(rng, -60, 60), width
    )
    sheet.canvas.paste(Image.fromarray(np.clip(slope, 0, 255).astype(np.uint8)))
    size, y, kind = rng.uniform(16, 56), rng.uniform(4, 30), some(rng, 0, 2)
    while y < sheet.height - size:
        words = sentence(rng, 1, 6)
        for line in sheet.lines_of(words.upper() if kind == 0 else words, size, 345):
            fill, edge = (255, 0) if rng.random() < 0.9 else (0, 255)
            if kind == 1:
                sheet.box((0, y - 0.1 * size, 360, y + 1.25 * size), edge)
            at = (180 * sheet.unit, (y + size / 2) * sheet.unit)
            face = font_of(sheet.font, round(size * sheet.unit))
            stroke = max(1, round(size * sheet.unit / some(rng, 8, 18))) if kind == 0 else 0
            sheet.draw.text(at, line, fill=fill, font=face, anchor="mm", stroke_width=stroke, stroke_fill=edge)
            y += 1.25 * size
        y += rng.uniform(0, 3) * size


def table(sheet: Sheet, rng: np.random.Generator) -> None:
    """Numbers and words in a grid."""
    columns, step = some(rng, 2, 7), rng.uniform(14, 40)
    wide, size, has_lines = 350 / columns, min(0.55 * step, 18), rng.random() < 0.7
    for row in range(int(sheet.height / step) + 1):
        y = 5 + row * step
        if row == 0 or (not has_lines and row % 2):
            sheet.box((5, y, 355, y + step), sheet.panel)
        for column in range(columns):
            if has_lines:
                sheet.box((5 + column * wide, y, 5 + (column + 1) * wide, y + step), None, 0, sheet.faint)
            words = str(some(rng, 0, 99999)) if column and rng.random() < 0.7 else word(rng)
            sheet.text((9 + column * wide, y + step / 2), words, size, anchor="lm")


def squares(sheet: Sheet, rng: np.random.Generator) -> None:
    """A code of squares with its three finders, and one of bars with digits."""
    n = 21 + 4 * some(rng, 0, 6)
    cells = rng.random((n, n)) < 0.5
    finder = np.zeros((8, 8), bool)
    finder[:7, :7] = True
    finder[1:6, 1:6] = False
    finder[2:5, 2:5] = True
    cells[:8, :8], cells[:8, -8:], cells[-8:, :8] = finder, finder[:, ::-1], finder[::-1]
    side = rng.uniform(120, 330)
    cell = max(1, round(side * sheet.unit / n))
    code = Image.fromarray(np.where(cells, 0, 255).astype(np.uint8)).resize(
        (n * cell, n * cell), Image.Resampling.NEAREST
    )
    quiet = Image.new("L", (code.width + 8 * cell, code.height + 8 * cell), 255)
    quiet.paste(code, (4 * cell, 4 * cell))
    sheet.canvas.paste(quiet, (round(10 * sheet.unit), round(10 * sheet.unit)))
    y, x = 10 + quiet.height / sheet.unit + 20, 20.0
    sheet.box((10, y - 10, 350, y + 80), 255)
    while x < 335:
        bar = rng.uniform(1, 5)
        sheet.box((x, y, x + bar, y + 55), 0)
        x += bar + rng.uniform(1, 5)
    sheet.text((180, y + 66), str(some(rng, 10**8, 10**12)), 15, 0, "mm")


def pattern(sheet: Sheet, rng: np.random.Generator) -> None:
    """Checkers, stripes at an angle, a grid of lines or dots, rings, rays."""
    width, height = sheet.canvas.size
    y, x = np.mgrid[:height, :width] / sheet.unit
    step, duty, slope = rng.uniform(8, 70), rng.uniform(0.15, 0.85), some(rng, -3, 3)
    match some(rng, 0, 6):
        case 0:
            inside = (x // step + y // step) % 2 == 0
        case 1:
            inside = (x + slope * y) % step < duty * step
        case 2:
            inside = (x % step < 0.3 * duty * step) | (y % step < 0.3 * duty * step)
        case 3:
            inside = (x % step - step / 2) ** 2 + (y % step - step / 2) ** 2 < (0.5 * duty * step) ** 2
        case 4:
            inside = np.hypot(x - 180, y - sheet.height / 2) % step < duty * step
        case 5:
            inside = (x % step + y % step < step) ^ ((x // step + y // step) % 2 == 0)
        case _:
            odd = (y // step) % 2 * step
            inside = (y % step < 0.15 * step) | ((x + odd) % (2 * step) < 0.15 * step)
    sheet.canvas.paste(Image.fromarray(np.where(inside, sheet.ink, sheet.ground).astype(np.uint8)))


def frames(sheet: Sheet, rng: np.random.Generator) -> None:
    """Frames, cards and corners on a plain ground."""
    for _ in range(some(rng, 3, 14)):
        left, top = rng.uniform(0, 300), rng.uniform(0, sheet.height - 30)
        right, bottom = left + rng.uniform(20, 340), top + rng.uniform(20, 300)
        fill = None if rng.random() < 0.5 else some(rng, 0, 255)
        for inset in range(some(rng, 1, 3)):
            d = inset * rng.uniform(3, 12)
            sides = (left + d, top + d, right - d, bottom - d)
            sheet.box(sides, fill, some(rng, 0, 24), sheet.ink if rng.random() < 0.7 else -1)


def chart(sheet: Sheet, rng: np.random.Generator) -> None:
    """Bars, a line or a cake, with axes and words."""
    bottom = sheet.height - 40
    kind, count = some(rng, 0, 2), some(rng, 3, 14)
    for row in range(6):
        y = 30 + (bottom - 30) * row / 5
        sheet.strokes([(40, y), (350, y)], sheet.panel, 1)
        sheet.text((36, y), str(some(rng, 0, 100) * 10), 10, anchor="rm")
    step, at = 300 / count, rng.uniform(40, bottom, count)
    for place in range(count):
        x = 50 + step * place
        if kind == 0:
            sheet.box((x, float(at[place]), x + 0.7 * step, bottom), sheet.accent)
        sheet.text((x, bottom + 8), word(rng)[:5], 9)
    if kind == 1:
        sheet.strokes([(50 + step * place, float(at[place])) for place in range(count)], sheet.accent, 2.5)
    if kind == 2:
        sides = [side * sheet.unit for side in (90, 30, 270, 210)]
        ends = np.concatenate([[0], np.sort(rng.uniform(0, 360, count)), [360]])
        for begin, end in pairwise(ends.tolist()):
            sheet.draw.pieslice(sides, begin, end, fill=some(rng, 40, 220), outline=sheet.ground)


def logos(sheet: Sheet, rng: np.random.Generator) -> None:
    """Icons, faces and letters in discs and rounded squares, of all sizes."""
    step = rng.uniform(40, 150)
    for row in range(int(sheet.height / step)):
        for column in range(int(360 / step)):
            x, y, size = (column + 0.5) * step, (row + 0.5) * step, 0.42 * step
            fill, kind = some(rng, 30, 225), some(rng, 0, 4)
            ink = 255 if fill < 140 else 0
            if kind == 0:
                sheet.disc((x, y), size, fill)
            elif kind == 1:
                sheet.box((x - size, y - size, x + size, y + size), fill, 0.4 * size)
            if kind == 2:
                sheet.disc((x, y), size, 200)
                for side in (-1, 1):
                    sheet.disc((x + side * 0.35 * size, y - 0.25 * size), 0.12 * size, 40)
                arc = [side * sheet.unit for side in (x - 0.5 * size, y - 0.3 * size, x + 0.5 * size, y + 0.6 * size)]
                sheet.draw.arc(arc, 20, 160, fill=40, width=max(1, round(0.1 * size * sheet.unit)))
            elif rng.random() < 0.6:
                icon(sheet, some(rng, 0, ICONS - 1), x, y, 0.55 * size, ink if kind < 2 else None)
            else:
                sheet.text((x, y), word(rng)[:2].title(), size, ink if kind < 2 else None, "mm")


def poster(sheet: Sheet, rng: np.random.Generator) -> None:
    """A few large words, slides and signs."""
    y = rng.uniform(5, 40)
    while y < sheet.height:
        size = rng.uniform(20, 90)
        words = word(rng) if rng.random() < 0.6 else sentence(rng, 2, 4)
        anchor, x = (("la", 10.0), ("ma", 180.0))[some(rng, 0, 1)]
        sheet.text((x, y), words.upper() if rng.random() < 0.4 else words.title(), size, anchor=anchor)
        y += size * rng.uniform(1.1, 1.8)
