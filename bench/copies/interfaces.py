"""Screens and captions that many people's pictures share without being copies: what all of them have must not match.

The interfaces are those of ``edits``, which the list of common regions is not made from; keys and pages of text are
drawn here.  Two screens of a kind differ in their words, their theme and the picture in them, if there is one.
"""

import io
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from bench.copies.edits import layouts, screens
from bench.copies.edits.drawing import font, paragraph, sentence
from bench.copies.edits.pixels import gradient, some
from bench.copies.edits.records import Picture

Screen = Callable[[Picture, np.random.Generator], Picture]


def flat(rng: np.random.Generator) -> Picture:
    """A picture of one colour or a slope, so that what is around it is all there is."""
    size = some(rng, 300, 900), some(rng, 300, 900)
    return gradient(rng, size) if rng.random() < 0.5 else Image.new("RGB", size, (some(rng, 0, 255),) * 3)


def page(rng: np.random.Generator) -> Picture:
    """Paragraphs, dark on light or light on dark."""
    ground, ink = ((255,) * 3, (15,) * 3) if rng.random() < 0.5 else ((20,) * 3, (235,) * 3)
    drawn = Image.new("RGB", (some(rng, 500, 1000), some(rng, 500, 1400)), ground)
    size, y = some(rng, 14, 44), 20.0
    while y < drawn.height:
        y = paragraph(ImageDraw.Draw(drawn), (20, y), sentence(rng, 10, 40), size, ink, drawn.width - 40) + size / 2
    return drawn


def keyboard(rng: np.random.Generator) -> Picture:
    """Words over a phone's keys, in one of two themes."""
    ground, panel, key, ink = (0, 40, 95, 250) if rng.random() < 0.5 else (255, 212, 255, 0)
    width = (720, 1080)[some(rng, 0, 1)]
    unit = width / 360
    drawn = Image.new("RGB", (width, round(width * rng.uniform(1.2, 2))), (ground,) * 3)
    draw, top, y = ImageDraw.Draw(drawn), drawn.height - 170 * unit, 20.0
    while y < top - 70 * unit:
        y = paragraph(draw, (16 * unit, y), sentence(rng, 3, 20), round(14 * unit), (ink,) * 3, 328 * unit) + 14 * unit
    draw.rectangle((0, top, width, drawn.height), fill=(panel,) * 3)
    for row, letters in enumerate(("qwertyuiop", "asdfghjkl", "zxcvbnm")):
        for place, letter in enumerate(letters):
            x = (180 - 18 * len(letters) + 36 * place + 3) * unit
            up = top + (10 + 52 * row) * unit
            draw.rounded_rectangle((x, up, x + 30 * unit, up + 42 * unit), 5 * unit, fill=(key,) * 3)
            at = (x + 15 * unit, up + 21 * unit)
            draw.text(at, letter, fill=(ink,) * 3, font=font(round(20 * unit)), anchor="mm")
    return drawn


def sent(picture: Picture, rng: np.random.Generator) -> Picture:
    """As apps pass it on: smaller, and a JPEG."""
    scale = rng.uniform(0.5, 1)
    smaller = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    smaller.save(file, "JPEG", quality=some(rng, 65, 90))
    return Image.open(file)


#: By name, what draws one around a picture; those that need none draw it over.
KINDS: Final[dict[str, Screen]] = {
    "chat with pictures": lambda shown, rng: screens.chat(shown, rng, width_share=(0.6, 0.8)),
    "chat": lambda _, rng: screens.chat(flat(rng), rng, width_share=(0.6, 0.8)),
    "story": screens.story,
    "web page": lambda _, rng: screens.web_page(flat(rng), rng),
    "profile": lambda _, rng: screens.profile_grid(flat(rng), rng, others=[flat(rng) for _ in range(9)]),
    "feed": lambda _, rng: screens.feed_post(flat(rng), rng),
    "feed with pictures": screens.feed_post,
    "meme": lambda _, rng: layouts.meme(flat(rng).resize((800, 600)), rng, text_share=(0.06, 0.14)),
    "meme with pictures": lambda shown, rng: layouts.meme(shown, rng, text_share=(0.06, 0.14)),
    "page": lambda _, rng: page(rng),
    "keyboard": lambda _, rng: keyboard(rng),
}


def screens_of(kind: str, shown: Sequence[Picture], seed: int) -> list[Picture]:
    """A screen of this kind around each of these pictures, every second one as apps pass it on."""
    drawn = []
    for number, picture in enumerate(shown):
        rng = np.random.default_rng([seed, list(KINDS).index(kind), number])
        screen = KINDS[kind](picture, rng)
        drawn.append(sent(screen, rng).convert("RGB") if number % 2 else screen)
    return drawn
