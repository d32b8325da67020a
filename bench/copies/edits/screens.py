"""Screenshots of a picture in a phone's interface, light or dark; every word, size and colour drawn by chance.

The layouts are those that every app of the kind shares; none is one app's own.
"""

from collections.abc import Sequence

import numpy as np
from PIL import ImageOps

from bench.copies.edits.drawing import lines_of, paragraph, sentence
from bench.copies.edits.phone import Phone, name
from bench.copies.edits.pixels import Colour, blurred, chance, colour, contained, gradient, recoded, resized, some
from bench.copies.edits.records import Picture, Range


def _saved(phone: Phone, rng: np.random.Generator) -> Picture:
    """As the phone saves or the next app sends it."""
    return recoded(phone.canvas, "JPEG", some(rng, 75, 95)) if chance(rng, 0.6) else phone.canvas


def _limited(picture: Picture, tallest: float, widest: float = 3.0) -> Picture:
    """Cut in the middle to a shape that an app shows: height against width, width against height at most so."""
    width, height = picture.size
    size = (min(width, round(height * widest)), min(height, round(width * tallest)))
    return ImageOps.fit(picture, (max(1, size[0]), max(1, size[1])))


def chat(picture: Picture, rng: np.random.Generator, *, width_share: Range) -> Picture:
    """Sent in a chat: messages, the picture in a bubble of ``width_share`` of the screen, more messages."""
    is_dark = chance(rng, 0.5)
    tint: Colour = colour(rng, 10, 40) if is_dark else colour(rng, 215, 255)
    phone = Phone.drawn(rng, is_dark=is_dark, ground=tint)
    phone.box(0, 26, 360, 82, phone.panel)
    phone.title_bar(rng, name(rng), "online" if chance(rng, 0.5) else "")
    width = 360 * rng.uniform(*width_share)
    shown = _limited(picture, 1.4)
    shown = resized(shown, width * phone.unit, width * phone.unit * shown.height / shown.width)
    tall = shown.height / phone.unit
    y, is_mine, is_sent = 96.0, chance(rng, 0.5), False
    while y < phone.height - 90:
        if not is_sent and (y + tall > phone.height - 190 or chance(rng, 0.35)):
            left = 360 - 12 - width if is_mine else 12
            phone.box(left - 3, y - 3, left + width + 3, y + tall + 3, phone.accent if is_mine else phone.panel, 10)
            phone.paste(shown, left, y, 8)
            phone.text(
                left + width - 8,
                y + tall - 6,
                f"{some(rng, 0, 23):02d}:{some(rng, 0, 59):02d}",
                9,
                (255, 255, 255),
                "rs",
            )
            y, is_sent = y + tall + 12, True
        else:
            y = _message(phone, rng, y, is_mine=is_mine) + rng.uniform(5, 14)
        is_mine = chance(rng, 0.5)
    top = phone.height - 62
    phone.box(0, top, 360, phone.height, phone.panel)
    phone.box(44, top + 9, 300, top + 45, phone.ground, 18)
    phone.text(58, top + 27, "Message", 13, phone.faint, "lm")
    phone.icon(4, 330, top + 27, phone.accent)
    return _saved(phone, rng)


def _message(phone: Phone, rng: np.random.Generator, y: float, *, is_mine: bool) -> float:
    """A bubble of text from ``y`` down; returns where it ends, all in units."""
    lines = lines_of(sentence(rng, 2, 16), round(13 * phone.unit), 220 * phone.unit)
    wide = max(phone.wide(line, 13) for line in lines)
    left = 360 - 30 - wide if is_mine else 16
    tall = 14 + 17 * len(lines)
    phone.box(left, y, left + wide + 18, y + tall, phone.accent if is_mine else phone.panel, 12)
    for number, line in enumerate(lines):
        phone.text(left + 9, y + 7 + 17 * number, line, 13, (255, 255, 255) if is_mine else None)
    return y + tall


def gallery(picture: Picture, rng: np.random.Generator, *, others: Sequence[Picture]) -> Picture:
    """In the phone's own viewer: as large as it fits, a date above, small neighbours and buttons below."""
    phone = Phone.drawn(rng, is_dark=chance(rng, 0.5))
    phone.icon(0, 18, 52)
    phone.text(
        180, 46, f"{some(rng, 1, 28)} {('January', 'May', 'August', 'October')[some(rng, 0, 3)]}", 14, anchor="mm"
    )
    phone.text(180, 62, f"{some(rng, 0, 23):02d}:{some(rng, 0, 59):02d}", 10, phone.faint, "mm")
    phone.icon(1, 340, 52)
    top, bottom = 80, phone.height - 122
    shown = contained(picture, phone.canvas.width, (bottom - top) * phone.unit)
    wide, tall = shown.width / phone.unit, shown.height / phone.unit
    phone.paste(shown, (360 - wide) / 2, top + (bottom - top - tall) / 2)
    if chance(rng, 0.7):
        side = round(30 * phone.unit)
        for place in range(11):
            phone.paste(
                ImageOps.fit(others[place % len(others)], (side, round(1.4 * side))), 2 + 32.5 * place, bottom + 16
            )
    for place, kind in enumerate((4, 3, 6, 5)):
        phone.icon(kind, 45 + 90 * place, phone.height - 36)
    return _saved(phone, rng)


def story(picture: Picture, rng: np.random.Generator) -> Picture:
    """Full screen: bars of progress and a name above, a field to reply below, perhaps words across."""
    phone = Phone.drawn(rng, is_dark=True, ground=(0, 0, 0))
    width, height = phone.canvas.size
    tall = min(height, round(width * 16 / 9))
    if 0.5 <= picture.width / picture.height <= 0.68:  # upright: it fills the screen
        phone.canvas.paste(ImageOps.fit(picture, (width, tall)), (0, 0))
    else:
        behind = (
            blurred(ImageOps.fit(picture, (width, tall)), width / 30)
            if chance(rng, 0.4)
            else gradient(rng, (width, tall))
        )
        shown = contained(picture, width * rng.uniform(0.85, 1), 0.8 * tall)
        behind.paste(shown, ((width - shown.width) // 2, (tall - shown.height) // 2))
        phone.canvas.paste(behind, (0, 0))
    parts = some(rng, 1, 6)
    for place in range(parts):
        left = 8 + place * 344 / parts
        phone.box(left, 8, left + 344 / parts - 4, 10.5, (255, 255, 255) if place < parts / 2 else (150, 150, 150), 1)
    phone.avatar(28, 36, 15, colour(rng, 60, 220))
    phone.text(50, 36, f"{name(rng).lower().replace(' ', '_')}  {some(rng, 1, 23)} h", 13, (255, 255, 255), "lm")
    if chance(rng, 0.4):
        words = sentence(rng, 2, 5)
        wide, y = phone.wide(words, 18), tall / phone.unit * rng.uniform(0.2, 0.8)
        phone.box(172 - wide / 2, y - 15, 188 + wide / 2, y + 15, (255, 255, 255), 6)
        phone.text(180, y, words, 18, (20, 20, 20), "mm")
    y = min(phone.height - 30, tall / phone.unit + 30) if tall < height else phone.height - 34
    phone.box(12, y - 19, 270, y + 19, (70, 70, 74), 19)
    phone.box(13, y - 18, 269, y + 18, (22, 22, 24), 18)
    phone.text(28, y, "Send message", 13, (235, 235, 235), "lm")
    phone.icon(3, 298, y, (255, 255, 255))
    phone.icon(4, 334, y, (255, 255, 255))
    return _saved(phone, rng)


def web_page(picture: Picture, rng: np.random.Generator) -> Picture:
    """In an article: address, headline, text, the picture with its caption, text."""
    phone = Phone.drawn(rng, is_dark=chance(rng, 0.4))
    phone.box(12, 32, 348, 66, phone.panel, 17)
    phone.text(180, 49, f"{sentence(rng, 1, 1).lower()}-{sentence(rng, 1, 1).lower()}.example", 12, anchor="mm")
    margin = 16 if chance(rng, 0.6) else 0
    shown = contained(picture, (360 - 2 * margin) * phone.unit, 0.62 * phone.canvas.height)
    unit = phone.unit
    column = (360 - 32) * unit
    y = 84 * unit
    if chance(rng, 0.7):
        y = paragraph(phone.draw, (16 * unit, y), sentence(rng, 4, 10), round(23 * unit), phone.ink, column) + 8 * unit
    room = phone.canvas.height - shown.height - y
    if room > 120 * unit and chance(rng, 0.6):
        y = (
            paragraph(phone.draw, (16 * unit, y), sentence(rng, 10, 30), round(14 * unit), phone.ink, column)
            + 10 * unit
        )
    phone.paste(shown, (360 - shown.width / unit) / 2, y / unit)
    y += shown.height + 6 * unit
    y = paragraph(phone.draw, (16 * unit, y), sentence(rng, 4, 12), round(11 * unit), phone.faint, column) + 10 * unit
    while y < phone.canvas.height - 60 * unit:
        y = (
            paragraph(phone.draw, (16 * unit, y), sentence(rng, 20, 50), round(14 * unit), phone.ink, column)
            + 12 * unit
        )
    phone.tabs(rng)
    return _saved(phone, rng)


def profile_grid(picture: Picture, rng: np.random.Generator, *, others: Sequence[Picture]) -> Picture:
    """A profile: avatar and counts above, three squares a row below; this picture in one of them, cut to it."""
    phone = Phone.drawn(rng, is_dark=chance(rng, 0.5))
    phone.text(180, 46, name(rng).lower().replace(" ", "."), 15, anchor="mm")
    phone.avatar(58, 112, 38, others[0])
    for place, what in enumerate(("posts", "followers", "following")):
        phone.text(150 + 75 * place, 104, f"{some(rng, 3, 999)}", 15, anchor="mm")
        phone.text(150 + 75 * place, 122, what, 11, phone.faint, "mm")
    phone.text(20, 166, name(rng), 13)
    phone.text(20, 184, sentence(rng, 3, 7), 12, phone.faint)
    phone.box(16, 212, 174, 242, phone.accent, 8)
    phone.text(95, 227, "Follow", 13, (255, 255, 255), "mm")
    phone.box(186, 212, 344, 242, phone.panel, 8)
    phone.text(265, 227, "Message", 13, anchor="mm")
    step = 360.7 / 3
    side = round((step - rng.uniform(1, 3)) * phone.unit)
    rows = int((phone.height - 256) // step) + 1
    whole_rows = max(1, int((phone.height - 256 - 50) // step))
    own, order = some(rng, 0, 3 * whole_rows - 1), rng.permutation(len(others))
    for place in range(3 * rows):
        shown = picture if place == own else others[int(order[place % len(others)])]
        phone.paste(ImageOps.fit(shown, (side, side)), step * (place % 3), 256 + step * (place // 3))
    phone.tabs(rng)
    return _saved(phone, rng)


def feed_post(picture: Picture, rng: np.random.Generator) -> Picture:
    """A post in a feed: a name above, the picture across the screen (at most 5:4 tall), likes and words below."""
    phone = Phone.drawn(rng, is_dark=chance(rng, 0.5))
    phone.text(16, 48, sentence(rng, 1, 1), 20, anchor="lm")
    phone.icon(3, 300, 48)
    phone.icon(4, 338, 48)
    y = rng.uniform(70, 110)
    phone.avatar(32, y + 20, 16, colour(rng, 60, 220))
    phone.text(56, y + 20, name(rng).lower().replace(" ", "_"), 13, anchor="lm")
    phone.icon(1, 342, y + 20)
    shown = _limited(picture, 1.25)
    shown = resized(shown, phone.canvas.width, phone.canvas.width * shown.height / shown.width)
    phone.paste(shown, 0, y + 44)
    y += 44 + shown.height / phone.unit + 22
    for place, kind in enumerate((3, 6, 4)):
        phone.icon(kind, 24 + 38 * place, y)
    phone.text(16, y + 20, f"{some(rng, 2, 9999)} likes", 13)
    end = paragraph(
        phone.draw,
        (16 * phone.unit, (y + 40) * phone.unit),
        sentence(rng, 5, 40),
        round(13 * phone.unit),
        phone.ink,
        328 * phone.unit,
    )
    if end / phone.unit < phone.height - 140:
        below = end / phone.unit + 20
        phone.avatar(32, below + 20, 16, colour(rng, 60, 220))
        phone.text(56, below + 20, name(rng).lower().replace(" ", "_"), 13, anchor="lm")
        phone.box(0, below + 44, 360, phone.height, colour(rng, 40, 200))
    phone.tabs(rng)
    return _saved(phone, rng)
