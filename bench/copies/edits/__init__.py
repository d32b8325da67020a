"""The edits that people make to a picture before they pass it on, each drawn anew for every picture.

An edit is a pure function of a picture, a random generator and its severity; ``table`` lists them all with their
ranges, and the other files hold them by theme.  Nothing here fingerprints, and nothing needs a font or a photograph
from outside: text is set in the font that Pillow brings along, interfaces are drawn.  Start with ``table``.
"""

from typing import Final

from bench.copies.edits.combined import THREE
from bench.copies.edits.records import Edit, Picture, Theme
from bench.copies.edits.table import SINGLE

EDITS: Final[tuple[Edit, ...]] = (*SINGLE, THREE)  #: the whole suite

__all__ = ["EDITS", "SINGLE", "THREE", "Edit", "Picture", "Theme"]
