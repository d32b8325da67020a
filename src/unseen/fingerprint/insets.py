"""Pictures set inside an upload: between bars, in a screenshot, in a collage's cells.

A whole-picture fingerprint of such a place finds what the upload's own does not.  There are two ways to look:

1. *Cuts*: rows and columns of one flat shade that run right across divide a picture into blocks, and those again
   (recursive X-Y cut: Nagy and Seth, ICPR 1984).  That finds what bars, gutters and plain pages surround.
2. *Sides*: edges that run along most of all four sides of a rectangle.  That finds cells that touch, frames on a
   patterned page, a picture in a picture.  An edge of the upload serves as a side too.

Only where to look comes out: a wrong guess costs a look-up and matches nothing.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST_INSETS: Final = 16
MIN_SHARE: Final = 0.12  #: of the upload's long side, that a side of an inset has at least
MAX_ASPECT: Final = 4.0
MAX_CELL: Final = 0.4  #: of the upload's long side, that a cell among others like it has at most

_USUAL_SIDE: Final = 512  # pixels that an upload's long side is brought to
_FLAT_STD: Final = 3  # grey levels; a JPEG's noise on one shade stays below
_GUTTER: Final = 2  # pixels that part two blocks
_DEPTH: Final = 6  # of cuts within cuts
_MOST_BLOCKS: Final = 12
_EDGE: Final = 10  # grey levels between neighbouring rows or columns
_LINES: Final = 16  # candidates for sides along each axis
_WEIGHED: Final = 300  # rectangles that are looked into
_MIN_SUPPORT: Final = 0.4  # share of each side that has an edge
_SAME_SIDE: Final = 0.04  # by how much of it two cells' sides differ at most
_SAME_OVERLAP: Final = 0.85  # of two rectangles, intersection over union: look at one of them

Luma = NDArray[np.uint8]
Box = tuple[int, int, int, int]  # top, left, bottom, right; the last two are beyond it
_Sums = NDArray[np.int64]
_Shares = NDArray[np.float64]


def insets(luma: Luma) -> NDArray[np.int64]:
    """Where in an upload another picture may be set, likeliest first, never the whole of it.

    luma: (h, w) uint8, best with a long side of about 500 pixels: edges are looked for from one pixel to the next.
    Returns: (n, 4) int64, n <= MOST_INSETS: top, left, bottom, right, the last two exclusive.
    """
    least = max(round(MIN_SHARE * max(luma.shape)), 8)
    found: list[Box] = []
    for box in [*_blocks(luma, least), *_rectangles(luma, least)]:
        if len(found) == MOST_INSETS:
            break
        if _is_apt(box, luma.shape) and all(_overlap(box, other) < _SAME_OVERLAP for other in found):
            found.append(box)
    return np.array(found, np.int64).reshape(-1, 4)


def cells(boxes: NDArray[np.int64], long_side: int) -> NDArray[np.bool_]:
    """Which boxes are small and have another of their size: the cells of a profile, a gallery, a collage.

    boxes: (n, 4), as of ``insets``; long_side: of the upload, in the same unit.  Returns: (n,) bool.
    """
    sides = boxes[:, 2:] - boxes[:, :2]
    play = np.maximum(_SAME_SIDE * sides, 2 * long_side / _USUAL_SIDE)
    is_same = (np.abs(sides[:, None] - sides) <= play[:, None]).all(axis=2)
    return np.asarray((is_same.sum(axis=1) > 1) & (sides.max(axis=1, initial=0) <= MAX_CELL * long_side))


def _is_apt(box: Box, whole: tuple[int, ...]) -> bool:
    top, left, bottom, right = box
    height, width = bottom - top, right - left
    return (height, width) != whole and max(height, width) <= MAX_ASPECT * min(height, width)


def _overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    high, wide = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(high, 0) * max(wide, 0)
    return common / (_area(a) + _area(b) - common)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


# Cuts


def _blocks(luma: Luma, least: int) -> list[Box]:
    """The blocks that flat rows and columns leave, largest first."""
    rows, columns = _line_sums(luma), _line_sums(luma.T)
    blocks = _cut(rows, columns, (0, 0, *luma.shape), least, _DEPTH)
    return sorted(blocks, key=_area, reverse=True)[:_MOST_BLOCKS]


def _cut(rows: tuple[_Sums, _Sums], columns: tuple[_Sums, _Sums], box: Box, least: int, depth: int) -> Iterator[Box]:
    top, left, bottom, right = box
    across = _runs(~_is_flat(rows, top, bottom, left, right), least)
    down = _runs(~_is_flat(columns, left, right, top, bottom), least)
    whole_height, whole_width = [(0, bottom - top)], [(0, right - left)]
    if (across, down) == (whole_height, whole_width):
        yield box
    elif depth and (across != whole_height or not down):
        for first, last in across:
            yield from _cut(rows, columns, (top + first, left, top + last, right), least, depth - 1)
    elif depth:
        for first, last in down:
            yield from _cut(rows, columns, (top, left + first, bottom, left + last), least, depth - 1)


def _line_sums(luma: Luma) -> tuple[_Sums, _Sums]:
    """Running sums of each row's values and of their squares."""
    values = luma.astype(np.int64)
    return _running(values), _running(values * values)


def _running(values: NDArray[np.int64 | np.bool_]) -> _Sums:
    sums = np.zeros((values.shape[0], values.shape[1] + 1), np.int64)
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums


def _is_flat(lines: tuple[_Sums, _Sums], first: int, last: int, begin: int, end: int) -> NDArray[np.bool_]:
    """Which of the lines ``first`` to ``last`` have one shade from ``begin`` to ``end``."""
    total, squares = (sums[first:last, end] - sums[first:last, begin] for sums in lines)
    count = end - begin
    return np.asarray(squares * count - total * total <= (_FLAT_STD * count) ** 2)  # their variance, times count^2


def _runs(is_kept: NDArray[np.bool_], least: int) -> list[tuple[int, int]]:
    """Where runs of True begin and end, across gaps narrower than a gutter, if they are ``least`` long."""
    ends = np.flatnonzero(np.diff(is_kept.astype(np.int8), prepend=0, append=0)).tolist()
    runs: list[tuple[int, int]] = []
    for first, last in zip(ends[::2], ends[1::2], strict=True):
        if runs and first - runs[-1][1] < _GUTTER:
            runs[-1] = (runs[-1][0], last)
        else:
            runs.append((first, last))
    return [(first, last) for first, last in runs if last - first >= least]


# Sides


def _rectangles(luma: Luma, least: int) -> list[Box]:
    """Rectangles with an edge along most of each side, best first."""
    ys, across = _edge_lines(luma, least)
    xs, down = _edge_lines(luma.T, least)
    along_rows = _supports(across, xs)  # [line, left, right]
    along_columns = _supports(down, ys)  # [line, top, bottom]
    tops, bottoms = np.nonzero(ys[None, :] - ys[:, None] >= least)
    lefts, rights = np.nonzero(xs[None, :] - xs[:, None] >= least)
    sides = np.stack(  # (4, heights, widths)
        [
            along_rows[tops[:, None], lefts, rights],
            along_rows[bottoms[:, None], lefts, rights],
            along_columns[lefts, tops[:, None], bottoms[:, None]],
            along_columns[rights, tops[:, None], bottoms[:, None]],
        ]
    )
    weakest, mean = sides.min(axis=0), sides.mean(axis=0)
    likely = np.argsort(-(weakest + mean), axis=None, kind="stable")[:_WEIGHED]
    scored = []
    for high, wide in zip(*np.unravel_index(likely, weakest.shape), strict=True):
        top, bottom, left, right = tops[high], bottoms[high], lefts[wide], rights[wide]
        weak = weakest[high, wide]
        if weak >= _MIN_SUPPORT:
            inner = max(
                along_rows[top + 1 : bottom, left, right].max(initial=0.0),
                along_columns[left + 1 : right, top, bottom].max(initial=0.0),
            )
            # an edge right across that is stronger than a side says that there are two pictures
            score = weak + mean[high, wide] - 2 * max(inner - weak, 0.0)
            scored.append((float(score), (int(ys[top]), int(xs[left]), int(ys[bottom]), int(xs[right]))))
    return [box for _, box in sorted(scored, reverse=True)]


def _edge_lines(luma: Luma, least: int) -> tuple[NDArray[np.int64], _Sums]:
    """The lines between rows that have the most edge, the first and last of the picture with them.

    Returns: (n,) int64, ascending, the row below each; (n, w + 1) running counts of its edge pixels, a pixel of play
    to both sides.
    """
    height, width = luma.shape
    steps = np.zeros((height + 1, width), np.int16)
    steps[1:-1] = np.abs(np.diff(luma.astype(np.int16), axis=0))
    is_edge = np.zeros(steps.shape, np.bool_)
    is_edge[1:-1] = (steps[1:-1] >= _EDGE) & (steps[1:-1] >= steps[:-2]) & (steps[1:-1] >= steps[2:])
    left = np.count_nonzero(is_edge, axis=1)
    left[:3] = left[-3:] = 0  # the picture's own edge stands for these
    lines = [0, height]
    for _ in range(_LINES):
        line = int(left.argmax())
        if 2 * left[line] < least:
            break
        lines.append(line)
        left[max(line - 2, 0) : line + 3] = 0
    is_near = is_edge.copy()
    is_near[1:] |= is_edge[:-1]
    is_near[:-1] |= is_edge[1:]
    is_near[[0, -1]] = True
    chosen = np.array(sorted(lines), np.int64)
    return chosen, _running(is_near[chosen])


def _supports(counts: _Sums, ends: NDArray[np.int64]) -> _Shares:
    """The share of each line that is edge between each two of ``ends``: (lines, ends, ends); 0 where not ascending."""
    at_ends = counts[:, ends]
    lengths = ends[None, :] - ends[:, None]
    edges = at_ends[:, None, :] - at_ends[:, :, None]
    return np.where(lengths > 0, edges / np.maximum(lengths, 1), 0.0)
