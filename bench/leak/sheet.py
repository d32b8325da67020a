"""The contact sheet: originals and what was made of their codes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from bench.copies.edits.drawing import write
from bench.leak.codes import F64Array
from bench.leak.likeness import fitted, resized

_CELL: Final = 208


def contact_sheet(rows: Sequence[Sequence[tuple[str, F64Array, F64Array]]], path: Path) -> None:
    """A row a photograph; each cell a title, a picture, and the original whose brightness and contrast it is given."""
    across = max(len(row) for row in rows)
    sheet = Image.new("RGB", (across * _CELL, len(rows) * (_CELL + 18)), (250, 250, 250))
    draw = ImageDraw.Draw(sheet)
    for down, row in enumerate(rows):
        for column, (title, image, original) in enumerate(row):
            left, top = column * _CELL, down * (_CELL + 18)
            write(draw, (left + 3, top + 2), title, 11, (20, 20, 20))
            ratio = (_CELL - 6) / max(image.shape)
            shown = resized(fitted(image, original), round(image.shape[0] * ratio), round(image.shape[1] * ratio))
            sheet.paste(Image.fromarray(np.clip(shown, 0, 255).astype(np.uint8)), (left + 3, top + 16))
    sheet.save(path)
