"""Three edits after one another."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from bench.copies.edits.pixels import some
from bench.copies.edits.records import Edit, Picture, Theme
from bench.copies.edits.table import SINGLE

#: Edits that set the picture small into something else or photograph it again: one of these is enough.
_SETTINGS: Final = frozenset({Theme.SCREEN, Theme.LAYOUT, Theme.CAMERA, Theme.FRAME})
_ORDER: Final = (
    Theme.GEOMETRY,
    Theme.TONE,
    Theme.COVER,
    Theme.FRAME,
    Theme.LAYOUT,
    Theme.SCREEN,
    Theme.CAMERA,
    Theme.RECODING,
)


def three(picture: Picture, rng: np.random.Generator, *, others: Sequence[Picture]) -> Picture:
    """Three edits of three themes, at most one of which sets the picture into something else.

    Done in the order in which people do them: cut, toned, marked, framed or shown, saved.
    """
    for edit in drawn(rng):
        picture = edit(picture, rng, others)
    return picture


def drawn(rng: np.random.Generator) -> tuple[Edit, ...]:
    """Which three, in order."""
    chosen: list[Edit] = []
    while len(chosen) < 3:
        edit = SINGLE[some(rng, 0, len(SINGLE) - 1)]
        themes = {member.theme for member in chosen}
        if edit.theme in themes or (edit.theme in _SETTINGS and themes & _SETTINGS):
            continue
        chosen.append(edit)
    return tuple(sorted(chosen, key=lambda member: _ORDER.index(member.theme)))


THREE: Final = Edit(name="three combined", theme=Theme.COMBINED, make=three, severity={}, needs_others=True)
