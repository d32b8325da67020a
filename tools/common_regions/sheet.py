"""What is drawn on: a canvas of greys in units of 1/360 of its width, with its colours and its font."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from tools.common_regions.words import sentence, some

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Point = tuple[float, float]
BUNDLED: Final = ""  #: stands for Pillow's own font

_DARK: Final = (0, 0, 0, 12, 18, 24, 32, 45)
_LIGHT: Final = (255, 255, 255, 250, 245, 240, 230, 215)


@lru_cache(maxsize=256)
def font_of(path: str, size: int) -> Font:
    """A font at a size in pixels, at least 6; ``BUNDLED`` is the one that Pillow brings along."""
    return ImageFont.truetype(path, max(size, 6)) if path else ImageFont.load_default(max(size, 6))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A canvas being drawn on, mode L; all measures in units."""

    canvas: Image.Image
    draw: ImageDraw.ImageDraw
    font: str
    ground: int
    panel: int
    ink: int
    faint: int
    accent: int

    @classmethod
    def drawn(cls, rng: np.random.Generator, fonts: list[str], tallest: float = 2.2) -> Self:
        """Of a size, colours and font by chance; half of them dark."""
        wide = some(rng, 320, 900)
        canvas_size = (wide, round(wide * rng.uniform(0.7, tallest)))
        is_dark = rng.random() < 0.5
        ground = (_DARK if is_dark else _LIGHT)[some(rng, 0, 7)]
        away = 1 if is_dark else -1
        canvas = Image.new("L", canvas_size, ground)
        return cls(
            canvas=canvas,
            draw=ImageDraw.Draw(canvas),
            font=fonts[some(rng, 0, len(fonts) - 1)],
            ground=ground,
            panel=ground + away * some(rng, 6, 50),
            ink=some(rng, 225, 255) if is_dark else some(rng, 0, 40),
            faint=some(rng, 120, 175) if is_dark else some(rng, 90, 150),
            accent=some(rng, 50, 200),
        )

    @property
    def unit(self) -> float:
        """Pixels of a unit."""
        return self.canvas.width / 360

    @property
    def height(self) -> float:
        """In units."""
        return self.canvas.height / self.unit

    @property
    def is_cyrillic(self) -> bool:
        """Whether its font has Cyrillic letters for sure."""
        return Path(self.font).name.startswith("DejaVu")

    @property
    def luma(self) -> NDArray[np.uint8]:
        """(h, w) uint8."""
        return np.ascontiguousarray(np.asarray(self.canvas))

    def text(self, at: Point, words: str, size: float, fill: int | None = None, anchor: str = "la") -> None:
        """Words at a point."""
        self.draw.text(
            (at[0] * self.unit, at[1] * self.unit),
            words,
            fill=self.ink if fill is None else fill,
            font=font_of(self.font, round(size * self.unit)),
            anchor=anchor,
        )

    def wide(self, words: str, size: float) -> float:
        """How wide they are."""
        return font_of(self.font, round(size * self.unit)).getlength(words) / self.unit

    def box(
        self, sides: tuple[float, float, float, float], fill: int | None, radius: float = 0, line: int = -1
    ) -> None:
        """A rectangle: left, top, right, bottom; ``line``: of its border, none below 0."""
        left, top, right, bottom = (side * self.unit for side in sides)
        if right <= left or bottom <= top:
            return
        radius = min(radius * self.unit, (right - left) / 2, (bottom - top) / 2)
        border = {} if line < 0 else {"outline": line, "width": max(1, round(1.4 * self.unit))}
        self.draw.rounded_rectangle((left, top, right, bottom), radius, fill=fill, **border)

    def strokes(self, points: list[Point], fill: int | None = None, width: float = 1.6) -> None:
        """A line through points."""
        scaled = [(x * self.unit, y * self.unit) for x, y in points]
        stroke = max(1, round(width * self.unit))
        self.draw.line(scaled, fill=self.ink if fill is None else fill, width=stroke, joint="curve")

    def disc(self, at: Point, radius: float, fill: int | None, line: int = -1, width: float = 1.6) -> None:
        """A circle, filled or as a line."""
        sides = [each * self.unit for each in (at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius)]
        border = {} if line < 0 else {"outline": line, "width": max(1, round(width * self.unit))}
        self.draw.ellipse(sides, fill=fill, **border)

    def lines_of(self, words: str, size: float, width: float) -> list[str]:
        """The words broken into lines of at most ``width``."""
        lines: list[str] = []
        for each in words.split():
            longer = f"{lines[-1]} {each}" if lines else each
            if lines and self.wide(longer, size) <= width:
                lines[-1] = longer
            else:
                lines.append(each)
        return lines

    def paragraph(
        self, rng: np.random.Generator, at: Point, size: float, width: float, *, least: int = 5, most: int = 40
    ) -> float:
        """Lines of words by chance from a point down; returns where they end."""
        words = sentence(rng, least, most, is_cyrillic=self.is_cyrillic and rng.random() < 0.3)
        fill = self.ink if rng.random() < 0.8 else self.faint
        for number, line in enumerate(self.lines_of(words, size, width)):
            self.text((at[0], at[1] + 1.3 * size * number), line, size, fill)
        return at[1] + 1.3 * size * len(self.lines_of(words, size, width))
