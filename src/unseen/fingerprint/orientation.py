"""EXIF orientation as one of the eight views: pixels are never turned, rows of codes are permuted.

Source: Exif 2.32 (CIPA DC-008), 4.6.4, tag 0x0112.
"""

from typing import Final

import numpy as np

from unseen.fingerprint.records import VIEWS, View

_ORIENTATION_TAG: Final = 0x0112
_SHORT: Final = 3

#: The view of the stored pixels that is upright, for each value of the tag.
UPRIGHT_VIEW: Final = {
    1: View.UPRIGHT,
    2: View.MIRRORED,
    3: View.ROTATED_180,
    4: View.MIRRORED_180,
    5: View.MIRRORED_90,
    6: View.ROTATED_270,
    7: View.MIRRORED_270,
    8: View.ROTATED_90,
}


def orientation_of(exif: bytes) -> int:
    """The orientation (1 to 8) that an EXIF block states; 1 where it states none, or nothing sensible.

    exif: a TIFF header and what follows, with or without ``Exif`` and two zeros before it.
    """
    tiff = exif.removeprefix(b"Exif\x00\x00")
    if tiff[:2] not in {b"II", b"MM"}:
        return 1
    order: Final = "little" if tiff[:2] == b"II" else "big"

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], order)

    directory = number(4, 4)
    for entry in range(directory + 2, directory + 2 + 12 * number(directory, 2), 12):
        if entry + 12 > len(tiff):
            break
        if number(entry, 2) == _ORIENTATION_TAG and number(entry + 2, 2) == _SHORT:
            value = number(entry + 8, 2)
            return value if value in UPRIGHT_VIEW else 1
    return 1


def is_quarter_turn(orientation: int) -> bool:
    """Whether width and height change places."""
    return orientation >= 5


def _turned(view: View, grid: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> bytes:
    quarters = VIEWS.index(view) % 4
    return np.rot90(np.fliplr(grid) if VIEWS.index(view) >= 4 else grid, quarters).tobytes()


def _row_order(upright: View) -> tuple[int, ...]:
    """Which view of the stored pixels is each view of the picture set upright."""
    grid = np.arange(4).reshape(2, 2)
    stored = {_turned(view, grid): row for row, view in enumerate(VIEWS)}
    set_upright = np.frombuffer(_turned(upright, grid), grid.dtype).reshape(2, 2)
    return tuple(stored[_turned(view, set_upright)] for view in VIEWS)


#: Rows of the stored pixels' views, in the order of the upright picture's, for each value of the tag.
ROW_ORDER: Final = {value: _row_order(view) for value, view in UPRIGHT_VIEW.items()}
