"""Makes the list of common regions: ``python -m tools.common_regions.make [--fonts FOLDER ...]``.

1. Each drawing is drawn by its own seed: the kind and the font take turns.  2. All of its regions are taken, as for a
bank and as for an upload.  3. A region's worth is the number of other drawings with one within ``SAME_BITS``, in either
mirror.  4. From the most common on, a region is listed unless a listed one covers it already (within ``SAME_BITS``),
until ``MOST`` are listed or the rest is seen in fewer than ``LEAST_DRAWINGS`` others.  5. The file says which version,
Pillow and FreeType, how many drawings, and which fonts made it.

The same seed, fonts and libraries give the same file; another FreeType draws letters a little differently, and the
list with them, which is no reason to make it again.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from PIL import ImageFilter, features
from PIL import __version__ as pillow_version
from tools.common_regions import graphics, interfaces
from tools.common_regions.sheet import BUNDLED, Sheet

from unseen.fingerprint.region import BANKED, SOUGHT, Plan
from unseen.fingerprint.region.common import PATH, VERSION, popcount
from unseen.fingerprint.region.fingerprint import fingerprint_regions

DRAWINGS: Final = 600
SEED: Final = 1
MOST: Final = 6000  #: 192 KB, and two milliseconds for 200 regions
SAME_BITS: Final = 40
LEAST_DRAWINGS: Final = 1
_EVERY: Final = 240  #: regions of a drawing at a size: more than any plan keeps

KINDS: Final[tuple[Callable[[Sheet, np.random.Generator], None], ...]] = (
    interfaces.chat,
    interfaces.keyboard,
    interfaces.listing,
    interfaces.keyboard,
    interfaces.profile,
    graphics.page,
    interfaces.feed,
    graphics.caption,
    interfaces.dialog,
    graphics.logos,
    graphics.page,
    graphics.squares,
    interfaces.keyboard,
    graphics.table,
    graphics.pattern,
    graphics.poster,
    graphics.frames,
    graphics.caption,
    graphics.chart,
)

U8Array = NDArray[np.uint8]
U64Array = NDArray[np.uint64]
I64Array = NDArray[np.int64]


def fonts_of(folders: list[Path]) -> list[str]:
    """The bundled font, which counts double, and those of the folders that have plain letters, by file name."""
    found = sorted((path for folder in folders for path in folder.rglob("*.[to]tf")), key=lambda path: path.name)
    kept = [path for path in found if path.stem.endswith(("-Regular", "-Bold", "-Medium", "Sans", "SansMono", "Serif"))]
    return [
        BUNDLED,
        BUNDLED,
        *(str(path) for path in kept if "Condensed" not in path.stem and "Narrow" not in path.stem),
    ]


def drawing(number: int, fonts: list[str], seed: int = SEED) -> U8Array:
    """The luma of one drawing; some are blurred or lose contrast, as screens that were sent on do."""
    rng = np.random.default_rng([seed, number])
    sheet = Sheet.drawn(rng, fonts)
    KINDS[number % len(KINDS)](sheet, rng)
    picture = sheet.canvas
    if rng.random() < 0.3:
        picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.4, 1.2))))
    if rng.random() < 0.2:
        low, high = float(rng.uniform(0, 90)), float(rng.uniform(150, 255))
        picture = picture.point([round(low + (high - low) * value / 255) for value in range(256)])
    return np.ascontiguousarray(np.asarray(picture, np.uint8))


def codes_of(luma: U8Array) -> U8Array:
    """Codes of all regions at both sizes.  Returns: (n, 32) uint8."""
    sizes = (BANKED.long_side, SOUGHT.long_side)
    return np.concatenate(
        [fingerprint_regions(luma, plan=Plan(most=_EVERY, long_side=side), with_drawn=True).codes for side in sizes]
    )


def all_codes(numbers: range, fonts: list[str]) -> tuple[U8Array, I64Array]:
    """Codes of many drawings (n, 32) uint8, upright only, and the drawing of each (n,) int64."""
    codes, owners = [np.empty((0, 32), np.uint8)], [np.empty(0, np.int64)]
    for number in numbers:
        found = codes_of(drawing(number, fonts))
        codes.append(found)
        owners.append(np.full(len(found), number))
    return np.concatenate(codes), np.concatenate(owners)


@njit(nogil=True, cache=True)
def support(codes: U64Array, owners: I64Array, radius_bits: int) -> I64Array:
    """In how many other drawings each code has one within the radius.

    codes: (n, 4) uint64; owners: (n,) int64, ascending.  Returns: (n,) int64.
    """
    found = np.zeros(len(codes), np.int64)
    for row in range(len(codes)):
        last = -1
        for other in range(len(codes)):
            if owners[other] == last or owners[other] == owners[row]:
                continue
            apart = popcount(codes[row, 0] ^ codes[other, 0]) + popcount(codes[row, 1] ^ codes[other, 1])
            if apart > radius_bits:
                continue
            apart += popcount(codes[row, 2] ^ codes[other, 2]) + popcount(codes[row, 3] ^ codes[other, 3])
            if apart <= radius_bits:
                found[row] += 1
                last = owners[other]
    return found


@njit(nogil=True, cache=True)
def thinned(codes: U64Array, radius_bits: int, most: int) -> I64Array:
    """Rows, in order, that no row kept before is within the radius of; at most ``most``.  codes: (n, 4) uint64."""
    kept = np.empty(most, np.int64)
    count = 0
    for row in range(len(codes)):
        if count == most:
            break
        is_new = True
        for before in kept[:count]:
            apart = popcount(codes[row, 0] ^ codes[before, 0]) + popcount(codes[row, 1] ^ codes[before, 1])
            apart += popcount(codes[row, 2] ^ codes[before, 2]) + popcount(codes[row, 3] ^ codes[before, 3])
            if apart <= radius_bits:
                is_new = False
                break
        if is_new:
            kept[count] = row
            count += 1
    return kept[:count].copy()


def chosen(codes: U8Array, owners: I64Array, *, most: int = MOST) -> U8Array:
    """The list made of these codes, most common first.  Returns: (m, 32) uint8."""
    words = np.ascontiguousarray(codes).view(np.uint64)
    seen = support(words, owners, SAME_BITS)
    order = np.lexsort((*codes.T[::-1], -seen))
    order = order[seen[order] >= LEAST_DRAWINGS]
    return codes[order[thinned(words[order], SAME_BITS, most)]]


def main() -> None:
    """Draw, choose, write."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--fonts", type=Path, nargs="*", default=[Path("/usr/share/fonts")], help="folders of fonts")
    options.add_argument("--drawings", type=int, default=DRAWINGS)
    options.add_argument("--into", type=Path, default=PATH)
    given = options.parse_args()
    fonts = fonts_of(given.fonts)
    codes, owners = all_codes(range(given.drawings), fonts)
    listed = chosen(codes, owners)
    about = {
        "version": VERSION,
        "codes": len(listed),
        "drawings": given.drawings,
        "seed": SEED,
        "pillow": pillow_version,
        "freetype": features.version("freetype2"),
        "fonts": [Path(font).name for font in fonts[1:]],
    }
    given.into.write_bytes(json.dumps(about).encode() + b"\n" + listed.tobytes())
    print(f"{len(codes)} regions of {given.drawings} drawings in {len(fonts) - 1} fonts; {len(listed)} are listed")


if __name__ == "__main__":
    main()
