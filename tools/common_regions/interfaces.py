"""Screens of programs that everyone uses, no one program's own: bars, bubbles, keys, lists, dialogs."""

from typing import Final

import numpy as np
from tools.common_regions.sheet import Sheet
from tools.common_regions.words import sentence, some, word

_KEYS: Final = (
    ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    ("azertyuiop", "qsdfghjklm", "wxcvbn"),
    ("qwertzuiop", "asdfghjkl", "yxcvbnm"),
    ("1234567890", "@#$_&-+()/", "*\"':;!?"),
    ("1234567890", '-/:;()$&@"', ".,?!'"),
)
_LOW_KEYS: Final = (
    (3, 80, ("123", "?123", "ABC", "123")),
    (86, 270, ("space", "", "EN", "space")),
    (276, 357, ("return", "Go", "Send", "return")),
)
ICONS: Final = 16


def icon(sheet: Sheet, kind: int, x: float, y: float, size: float, fill: int | None = None) -> None:
    """One of sixteen signs around a point, ``size`` from its middle to its edge."""
    s = size / 8

    def path(*points: tuple[float, float]) -> None:
        sheet.strokes([(x + px * s, y + py * s) for px, py in points], fill, max(1.2, 1.4 * s))

    def ring(px: float, py: float, radius: float) -> None:
        line = sheet.ink if fill is None else fill
        sheet.disc((x + px * s, y + py * s), radius * s, None, line, max(1.2, 1.4 * s))

    match kind % ICONS:
        case 0:
            path((5, -8), (-4, 0), (5, 8))
        case 1:
            path((8, 0), (-8, 0), (-1, -7), (-8, 0), (-1, 7))
        case 2:
            for dy in (-6, 0, 6):
                ring(0, dy, 1.3)
        case 3:
            for dy in (-6, 0, 6):
                path((-8, dy), (8, dy))
        case 4:
            ring(-1.5, -1.5, 6)
            path((3, 3), (8, 8))
        case 5:
            path((0, -8), (0, 8), (0, 0), (-8, 0), (8, 0))
        case 6:
            path((-6, -6), (6, 6), (0, 0), (6, -6), (-6, 6))
        case 7:
            path((0, 8), (-8, 0), (-8, -4), (-4, -7), (0, -3), (4, -7), (8, -4), (8, 0), (0, 8))
        case 8:
            path((-8, 0), (0, -8), (8, 0), (6, 0), (6, 8), (-6, 8), (-6, 0))
        case 9:
            ring(0, -4, 4)
            path((-8, 8), (-6, 3), (0, 1), (6, 3), (8, 8))
        case 10:
            path((-8, -4), (-4, -4), (-2, -7), (2, -7), (4, -4), (8, -4), (8, 6), (-8, 6), (-8, -4))
            ring(0, 1, 3.5)
        case 11:
            path((-8, -6), (8, -6), (8, 4), (-2, 4), (-6, 8), (-6, 4), (-8, 4), (-8, -6))
        case 12:
            path((-8, 0), (8, -8), (2, 8), (-1, 1), (-8, 0))
        case 13:
            path((-6, -5), (6, -5), (5, 8), (-5, 8), (-6, -5), (-8, -5), (8, -5))
        case 14:
            path((-8, 1), (-3, 6), (8, -6))
        case _:
            path((-5, -8), (8, 0), (-5, 8), (-5, -8))


def status_bar(sheet: Sheet, rng: np.random.Generator) -> None:
    """Time, signal, battery along the top: 24 units."""
    at = 180 if rng.random() < 0.2 else 34
    sheet.text((at, 13), f"{some(rng, 0, 23)}:{some(rng, 0, 59):02d}", some(rng, 10, 14), anchor="mm")
    left = some(rng, 262, 290)
    for bar in range(4):
        sheet.box((left + 5 * bar, 17 - 2.5 * bar, left + 3.5 + 5 * bar, 18), sheet.ink)
    sheet.text((left + 24, 13), ("5G", "4G", "LTE", "")[some(rng, 0, 3)], 9, anchor="lm")
    sheet.box((left + 44, 8, left + 64, 18), sheet.faint if rng.random() < 0.5 else None, 2.5, sheet.ink)
    sheet.box((left + 46, 10, left + 46 + some(rng, 3, 16), 16), sheet.ink, 1)


def title_bar(sheet: Sheet, rng: np.random.Generator) -> None:
    """Back, an avatar, a name, icons."""
    if rng.random() < 0.6:
        sheet.box((0, 24, 360, 80), sheet.panel)
    icon(sheet, some(rng, 0, 3), 20, 54, 7)
    at = 44.0
    if rng.random() < 0.7:
        sheet.disc((at + 14, 54), 16, sheet.accent)
        at += 38
    title = sentence(rng, 1, 2).title()
    sheet.text((at, 47), title, 15, anchor="lm")
    sheet.text((at, 64), sentence(rng, 1, 3).lower(), 11, sheet.faint, "lm")
    for place in range(some(rng, 0, 3)):
        icon(sheet, some(rng, 0, 15), 338 - 34 * place, 54, 7)


def field(sheet: Sheet, rng: np.random.Generator, y: float) -> None:
    """A field to write in, with a hint and icons."""
    left, right = some(rng, 8, 48), some(rng, 270, 350)
    line = sheet.faint if rng.random() < 0.4 else -1
    sheet.box((left, y - 18, right, y + 18), sheet.panel, some(rng, 0, 18), line)
    hint = ("Message", "Type a message", "Send message", "Search", "Add a comment...", "Reply...", "Aa")[
        some(rng, 0, 6)
    ]
    sheet.text((left + 14, y), hint, some(rng, 12, 15), sheet.faint, "lm")
    for x in (right + 14, left - 16, right - 16):
        if rng.random() < 0.5:
            icon(sheet, some(rng, 0, 15), x, y, 7, sheet.accent if rng.random() < 0.5 else None)


def tabs(sheet: Sheet, rng: np.random.Generator) -> None:
    """Icons along the bottom, with words or without."""
    top, count, has_words = sheet.height - 52, some(rng, 3, 5), rng.random() < 0.5
    sheet.box((0, top, 360, sheet.height), sheet.panel if rng.random() < 0.5 else sheet.ground)
    for place in range(count):
        x = 360 * (place + 0.5) / count
        icon(sheet, some(rng, 0, 15), x, top + 18, 8)
        if has_words:
            sheet.text((x, top + 38), word(rng).title(), 9.5, sheet.faint, "mm")


def chat(sheet: Sheet, rng: np.random.Generator) -> None:
    """Messages from both sides."""
    status_bar(sheet, rng)
    title_bar(sheet, rng)
    size, radius, y = rng.uniform(11, 17), some(rng, 3, 18), 92.0
    mine_fill = sheet.accent if rng.random() < 0.7 else sheet.panel
    mine_ink = 250 if mine_fill < 140 else 10
    while y < sheet.height - 80:
        is_mine = rng.random() < 0.5
        lines = sheet.lines_of(sentence(rng, 1, 18), size, 225)
        wide = max(sheet.wide(line, size) for line in lines)
        left = 346 - wide - 18 if is_mine else 12
        tall = 14 + 1.3 * size * len(lines)
        sheet.box((left, y, left + wide + 18, y + tall), mine_fill if is_mine else sheet.panel, radius)
        for number, line in enumerate(lines):
            at = (left + 9, y + 6 + 1.3 * size * number)
            sheet.text(at, line, size, mine_ink if is_mine else sheet.ink)
        if rng.random() < 0.5:
            stamp = f"{some(rng, 0, 23)}:{some(rng, 0, 59):02d}"
            sheet.text((left + wide + 16, y + tall - 1), stamp, 8.5, sheet.faint, "rd")
        y += tall + rng.uniform(3, 16)
    field(sheet, rng, sheet.height - 30)


def keyboard(sheet: Sheet, rng: np.random.Generator) -> None:
    """A phone's keys under some words: raised, flat or without edges; their measures vary little among phones."""
    rows, is_upper, style = _KEYS[some(rng, 0, len(_KEYS) - 1)], rng.random() < 0.4, some(rng, 0, 5)
    pitch, gap, size = rng.uniform(49, 57), rng.uniform(5, 7), rng.uniform(18, 24)
    bar = 0.0 if rng.random() < 0.4 else rng.uniform(36, 48)  # suggestions
    top = sheet.height - 4 * pitch - some(rng, 0, 60)
    y = 20.0
    while y < top - bar - 30:
        y = sheet.paragraph(rng, (16, y), rng.uniform(13, 15), 330) + 12
    is_dark = sheet.ground < 128
    ground = some(rng, 0, 50) if is_dark else some(rng, 205, 240)
    key, ink = (ground + some(rng, 25, 65), 250) if is_dark else (255 if style else 245, some(rng, 0, 30))
    sheet.box((0, top - bar - 6, 360, sheet.height), ground)
    for place in range(3 if bar else 0):
        sheet.text((60 + 120 * place, top - bar / 2 - 6), word(rng), 15, ink, "mm")
    tall, radius = pitch - rng.uniform(8, 12), some(rng, 4, 7)

    def put(left: float, right: float, up: float, words: str, scale: float = 1.0) -> None:
        if style > 1:
            sheet.box((left, up + 1.2, right, up + tall + 1.2), max(0, ground - 60), radius)
        if style:
            sheet.box((left, up, right, up + tall), key, radius)
        sheet.text(((left + right) / 2, up + tall / 2), words, scale * size, ink, "mm")

    for number, row in enumerate(rows):
        left = (360 - 36 * len(row)) / 2
        for place, letter in enumerate(row.upper() if is_upper else row):
            x = left + 36 * place
            put(x + gap / 2, x + 36 - gap / 2, top + pitch * number, letter)
    for left, right, words in _LOW_KEYS:
        put(left, right, top + 3 * pitch, words[some(rng, 0, 3)], 0.72)
    for left, right, kind in ((3, 45, 8), (315, 357, 6)):
        put(left, right, top + 2 * pitch, "")
        icon(sheet, kind, (left + right) / 2, top + 2 * pitch + tall / 2, 8, ink)


def listing(sheet: Sheet, rng: np.random.Generator) -> None:
    """Rows with an icon or avatar, a title, words under it, a switch, an arrow or a time."""
    status_bar(sheet, rng)
    title_bar(sheet, rng)
    step, has_discs, ending = rng.uniform(44, 76), rng.random() < 0.6, some(rng, 0, 3)
    y = 88.0
    while y < sheet.height - 60:
        middle = y + step / 2
        if has_discs:
            sheet.disc((34, middle), 0.36 * step, some(rng, 50, 210))
        else:
            icon(sheet, some(rng, 0, 15), 32, middle, 8)
        sheet.text((66, middle - 9), sentence(rng, 1, 3), 14.5, anchor="lm")
        sheet.text((66, middle + 11), sentence(rng, 2, 5), 11.5, sheet.faint, "lm")
        if ending == 0:
            is_on = rng.random() < 0.5
            sheet.box((308, middle - 10, 346, middle + 10), sheet.accent if is_on else sheet.faint, 10)
            sheet.disc((336 if is_on else 318, middle), 8.5, 255)
        elif ending == 1:
            sheet.strokes([(336, middle - 6), (342, middle), (336, middle + 6)], sheet.faint)
        elif ending == 2:
            sheet.text((346, middle - 9), f"{some(rng, 0, 23)}:{some(rng, 0, 59):02d}", 10.5, sheet.faint, "rm")
            if rng.random() < 0.4:
                sheet.disc((336, middle + 11), 9, sheet.accent)
                sheet.text((336, middle + 11), str(some(rng, 1, 20)), 10, 255, "mm")
        if rng.random() < 0.7:
            sheet.strokes([(60, y + step), (360, y + step)], sheet.panel, 1)
        y += step
    tabs(sheet, rng)


def profile(sheet: Sheet, rng: np.random.Generator) -> None:
    """A person's page: avatar, counts with words under them, buttons, flat tiles."""
    status_bar(sheet, rng)
    sheet.text((180, 46), word(rng).lower() + "_" + word(rng).lower(), 15, anchor="mm")
    sheet.disc((56, 110), rng.uniform(30, 42), sheet.accent, sheet.faint)
    for place in range(3):
        x = 150 + 75 * place
        count = (str(some(rng, 0, 999)), f"{some(rng, 1, 99)}.{some(rng, 0, 9)}K")[some(rng, 0, 1)]
        sheet.text((x, 102), count, 15, anchor="mm")
        sheet.text((x, 121), ("posts", "followers", "following", "likes", "friends")[some(rng, 0, 4)], 11, anchor="mm")
    y = 160.0
    for _ in range(some(rng, 1, 3)):
        y = sheet.paragraph(rng, (18, y), 12.5, 320, least=2, most=9) + 3
    buttons = some(rng, 1, 3)
    for place in range(buttons):
        left = 14 + 332 * place / buttons
        fill = sheet.accent if place == 0 else sheet.panel
        sheet.box((left, y + 8, left + 332 / buttons - 8, y + 38), fill, some(rng, 0, 10))
        words = ("Follow", "Message", "Edit profile", "Subscribe", "Share")[some(rng, 0, 4)]
        sheet.text((left + 166 / buttons - 4, y + 23), words, 13, 255 if place == 0 else sheet.ink, "mm")
    y += 56
    columns, gap = some(rng, 2, 4), rng.uniform(1, 6)
    step = 360 / columns
    while y < sheet.height:
        for place in range(columns):
            sheet.box((step * place, y, step * (place + 1) - gap, y + step - gap), some(rng, 30, 225))
        y += step
    tabs(sheet, rng)


def feed(sheet: Sheet, rng: np.random.Generator) -> None:
    """Posts: a name, a flat picture, icons, words."""
    status_bar(sheet, rng)
    sheet.text((16, 48), word(rng).title(), 22, anchor="lm")
    for place in range(some(rng, 1, 3)):
        icon(sheet, some(rng, 0, 15), 338 - 36 * place, 48, 8)
    y = rng.uniform(70, 110)
    while y < sheet.height - 70:
        sheet.disc((30, y + 20), 16, some(rng, 50, 220))
        sheet.text((54, y + 20), sentence(rng, 1, 2).lower(), 13, anchor="lm")
        icon(sheet, 2, 342, y + 20, 6)
        tall = rng.uniform(0, 330)
        sheet.box((0, y + 44, 360, y + 44 + tall), some(rng, 30, 225))
        y += 66 + tall
        for place in range(some(rng, 2, 4)):
            icon(sheet, some(rng, 0, 15), 24 + 38 * place, y, 8)
        sheet.text((16, y + 16), f"{some(rng, 1, 9999)} likes", 13)
        y = sheet.paragraph(rng, (16, y + 36), 13, 328) + 12
    tabs(sheet, rng)


def dialog(sheet: Sheet, rng: np.random.Generator) -> None:
    """Words and buttons in a box over something dimmed."""
    y = 10.0
    while y < sheet.height:
        y = sheet.paragraph(rng, (12, y), 13, 336) + 14
    middle, half = sheet.height / 2, min(rng.uniform(60, 120), sheet.height / 2 - 6)
    margin = rng.uniform(20, 60)
    fill = (sheet.panel, sheet.ground)[some(rng, 0, 1)]
    sheet.box((margin, middle - half, 360 - margin, middle + half), fill, some(rng, 0, 16), sheet.faint)
    sheet.text((180, middle - half + 24), sentence(rng, 1, 4), 17, anchor="mm")
    sheet.paragraph(rng, (margin + 16, middle - half + 42), 12.5, 328 - 2 * margin, least=4, most=12)
    words = ("OK", "Cancel", "Delete", "Allow", "Yes", "No", "Not now", "Save", "Close")
    sheet.strokes([(margin, middle + half - 40), (360 - margin, middle + half - 40)], sheet.faint, 1)
    for place in range(2):
        at = 180 + (place - 0.5) * (180 - margin)
        sheet.text((at, middle + half - 20), words[some(rng, 0, len(words) - 1)], 15, sheet.accent, "mm")
