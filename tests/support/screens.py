"""Screens and captions for region fingerprints: what unrelated people's pictures share without being copies.

The interfaces are those of the copies benchmark, which the list of common regions is not made from; keys and pages of
text are drawn here.
"""

import io
from collections.abc import Callable

import numpy as np
from bench.copies.edits import layouts, screens
from bench.copies.edits.drawing import font, paragraph, sentence
from bench.copies.edits.pixels import gradient, some
from bench.copies.edits.records import Picture
from PIL import Image, ImageDraw

from support.drawings import Luma, scenery


def photograph(seed: int) -> Picture:
    """What stands for one: detail everywhere, and noise."""
    return Image.fromarray(scenery(540, 720, seed, shapes=200)).convert("RGB")


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


def luma_of(picture: Image.Image) -> Luma:
    return np.ascontiguousarray(np.asarray(picture.convert("L")))


#: By name, what draws one from a generator and a number: two of a kind are not copies of each other.
SCREENS: dict[str, Callable[[np.random.Generator, int], Picture]] = {
    "chat with pictures": lambda rng, n: screens.chat(photograph(n), rng, width_share=(0.6, 0.8)),
    "chat": lambda rng, _: screens.chat(flat(rng), rng, width_share=(0.6, 0.8)),
    "story": lambda rng, n: screens.story(photograph(n), rng),
    "web page": lambda rng, _: screens.web_page(flat(rng), rng),
    "profile": lambda rng, _: screens.profile_grid(flat(rng), rng, others=[flat(rng) for _ in range(9)]),
    "feed": lambda rng, _: screens.feed_post(flat(rng), rng),
    "meme": lambda rng, _: layouts.meme(flat(rng).resize((800, 600)), rng, text_share=(0.06, 0.14)),
    "meme with pictures": lambda rng, n: layouts.meme(photograph(n), rng, text_share=(0.06, 0.14)),
    "page": lambda rng, _: page(rng),
    "keyboard": lambda rng, _: keyboard(rng),
}
