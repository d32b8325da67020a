"""A phone's screen to draw on: its size, its colours, the bars that every interface has."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from PIL import Image, ImageDraw

from bench.copies.edits.drawing import disc, font, paste_rounded, sentence, write
from bench.copies.edits.pixels import Colour, chance, colour, some
from bench.copies.edits.records import Picture

#: Pixels of common phones, portrait.
SIZES: Final = (
    (720, 1600),
    (750, 1334),
    (828, 1792),
    (1080, 1920),
    (1080, 2340),
    (1080, 2400),
    (1170, 2532),
    (1290, 2796),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A screen being drawn; ``unit`` is 1/360 of its width, so that 16 units are a usual margin."""

    canvas: Picture
    draw: ImageDraw.ImageDraw
    ground: Colour
    is_dark: bool
    accent: Colour

    @classmethod
    def drawn(cls, rng: np.random.Generator, *, is_dark: bool, ground: Colour | None = None) -> Self:
        """A phone of some size with its status bar."""
        own = (18, 18, 20) if is_dark and chance(rng, 0.6) else (0, 0, 0) if is_dark else (255, 255, 255)
        ground = ground or own
        canvas = Image.new("RGB", SIZES[some(rng, 0, len(SIZES) - 1)], ground)
        accents = ((0, 122, 255), (37, 211, 102), (225, 48, 108), (120, 80, 220), (0, 150, 136), (255, 87, 34))
        phone = cls(
            canvas=canvas,
            draw=ImageDraw.Draw(canvas),
            ground=ground,
            is_dark=is_dark,
            accent=accents[some(rng, 0, len(accents) - 1)],
        )
        phone.status_bar(rng)
        return phone

    @property
    def unit(self) -> float:
        """Pixels of a unit."""
        return self.canvas.width / 360

    @property
    def height(self) -> float:
        """In units."""
        return self.canvas.height / self.unit

    @property
    def ink(self) -> Colour:
        """Of text."""
        return (240, 240, 240) if self.is_dark else (20, 20, 20)

    @property
    def faint(self) -> Colour:
        """Of lesser text."""
        return (150, 150, 155) if self.is_dark else (120, 120, 125)

    @property
    def panel(self) -> Colour:
        """Of bars and fields."""
        return (38, 38, 42) if self.is_dark else (240, 240, 243)

    def text(self, x: float, y: float, words: str, size: float, fill: Colour | None = None, anchor: str = "la") -> None:
        """At a point, in units."""
        write(
            self.draw, (x * self.unit, y * self.unit), words, round(size * self.unit), fill or self.ink, anchor=anchor
        )

    def wide(self, words: str, size: float) -> float:
        """How wide a line of text is, in units."""
        return font(round(size * self.unit)).getlength(words) / self.unit

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour, radius: float = 0) -> None:
        """A rectangle, in units."""
        sides = [side * self.unit for side in (left, top, right, bottom)]
        self.draw.rounded_rectangle(sides, radius * self.unit, fill=fill)

    def line(self, points: list[tuple[float, float]], fill: Colour | None = None, width: float = 1.6) -> None:
        """Strokes, in units."""
        scaled = [(x * self.unit, y * self.unit) for x, y in points]
        self.draw.line(scaled, fill=fill or self.ink, width=max(1, round(width * self.unit)), joint="curve")

    def ring(self, x: float, y: float, radius: float, fill: Colour | None = None, width: float = 1.6) -> None:
        """A circle's outline, in units."""
        sides = [side * self.unit for side in (x - radius, y - radius, x + radius, y + radius)]
        self.draw.ellipse(sides, outline=fill or self.ink, width=max(1, round(width * self.unit)))

    def avatar(self, x: float, y: float, radius: float, fill: Colour | Picture) -> None:
        """A disc around a point, in units."""
        disc(self.canvas, (x * self.unit, y * self.unit), radius * self.unit, fill)

    def paste(self, picture: Picture, x: float, y: float, radius: float = 0) -> None:
        """A picture with its top left corner there, in units; it keeps its pixels."""
        paste_rounded(self.canvas, picture, (x * self.unit, y * self.unit), radius * self.unit)

    def icon(self, kind: int, x: float, y: float, fill: Colour | None = None) -> None:
        """One of eight small signs around a point."""
        match kind % 8:
            case 0:  # back
                self.line([(x + 4, y - 7), (x - 4, y), (x + 4, y + 7)], fill)
            case 1:  # more
                for dy in (-5, 0, 5):
                    self.ring(x, y + dy, 1.2, fill, 2)
            case 2:  # search
                self.ring(x - 1.5, y - 1.5, 5.5, fill)
                self.line([(x + 2.5, y + 2.5), (x + 8, y + 8)], fill)
            case 3:  # heart
                self.line(
                    [
                        (x, y + 7),
                        (x - 8, y - 1),
                        (x - 5, y - 6),
                        (x, y - 3),
                        (x + 5, y - 6),
                        (x + 8, y - 1),
                        (x, y + 7),
                    ],
                    fill,
                )
            case 4:  # share
                self.line([(x - 8, y + 2), (x + 8, y - 7), (x + 2, y + 8), (x, y), (x - 8, y + 2)], fill)
            case 5:  # bin
                self.line([(x - 6, y - 5), (x + 6, y - 5)], fill)
                self.line([(x - 4, y - 5), (x - 3, y + 8), (x + 3, y + 8), (x + 4, y - 5)], fill)
            case 6:  # speech
                self.ring(x, y, 7.5, fill)
                self.line([(x - 5, y + 5), (x - 8, y + 9), (x, y + 7)], fill)
            case _:  # house
                self.line(
                    [(x - 7, y), (x, y - 7), (x + 7, y), (x + 5, y), (x + 5, y + 7), (x - 5, y + 7), (x - 5, y)], fill
                )

    def status_bar(self, rng: np.random.Generator) -> None:
        """Time, signal, battery: 24 units."""
        self.text(20, 13, f"{some(rng, 0, 23):02d}:{some(rng, 0, 59):02d}", 12, anchor="lm")
        for bar in range(4):
            self.box(282 + 5 * bar, 17 - 2.5 * bar, 285 + 5 * bar, 18, self.ink)
        self.text(307, 13, "5G" if chance(rng, 0.5) else "4G", 9, anchor="lm")
        self.box(322, 8, 342, 18, self.faint, 2)
        self.box(323, 9, 323 + some(rng, 3, 18), 17, self.ink, 1)

    def title_bar(self, rng: np.random.Generator, title: str, under: str = "") -> None:
        """Back, an avatar, a name, some icons: units 28 to 80."""
        self.icon(0, 18, 54)
        self.avatar(52, 54, 17, colour(rng, 60, 220))
        self.text(78, 47 if under else 54, title, 15, anchor="lm")
        if under:
            self.text(78, 63, under, 11, self.faint, "lm")
        for place in range(some(rng, 1, 2)):
            self.icon(some(rng, 1, 2), 338 - 34 * place, 54)

    def tabs(self, rng: np.random.Generator) -> None:
        """The row of icons at the bottom: 50 units, and the home line."""
        top = self.height - 50
        self.box(0, top, 360, self.height, self.ground)
        self.line([(0, top), (360, top)], self.panel, 1)
        for place, kind in enumerate(rng.permutation(8)[:5]):
            self.icon(int(kind), 36 + 72 * place, top + 20)
        self.line([(126, self.height - 6), (234, self.height - 6)], self.ink, 3)


def name(rng: np.random.Generator) -> str:
    """Two words as a person's or channel's name."""
    return sentence(rng, 2, 2).title()
