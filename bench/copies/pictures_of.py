"""The run as pictures: a chart of recall, a sheet of copies that were missed, one of wrong pairs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from bench.copies.corpus import loaded
from bench.copies.edits import Edit, Picture
from bench.copies.edits.drawing import write
from bench.copies.innocents import WrongPair
from bench.copies.recall import Recall, Shown

_COLOURS: Final = ("#8c8c8c", "#c9a227", "#3b7dd8", "#c0392b", "#2e8b57")
BARS: Final = {0.85: "bar, each edit", 0.97: "bar, all edits"}  #: recall that is asked of the last matcher
_CELL: Final = 224
_MOST_PAIRS: Final = 80


def chart(recall: Recall, edits: Sequence[Edit], matchers: Sequence[str], path: Path) -> None:
    """Recall of each edit, one mark a matcher with its interval; the worst for the last matcher lowest."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    order = sorted(edits, key=lambda edit: recall.caught[edit.name, matchers[-1]].recall)
    figure, axes = plt.subplots(figsize=(9, 1.6 + 0.24 * len(order)), layout="constrained")
    for number, matcher in enumerate(matchers):
        shift = 0.6 * ((number + 0.5) / len(matchers) - 0.5)
        for row, edit in enumerate(order):
            caught, colour = recall.caught[edit.name, matcher], _COLOURS[number % len(_COLOURS)]
            axes.plot(caught.interval, (row + shift, row + shift), color=colour, linewidth=1)
            label = matcher if row == 0 else None
            axes.plot(caught.recall, row + shift, "o", color=colour, markersize=3.5, label=label)
    for least, what in BARS.items():
        axes.axvline(least, color="#333333", linewidth=0.8, linestyle="--")
        axes.text(least, len(order) - 0.1, what, fontsize=6, ha="right", va="bottom", rotation=30)
    axes.set_yticks(range(len(order)), [edit.name for edit in order], fontsize=7)
    axes.set_ylim(-0.8, len(order) - 0.2)
    axes.set_xlim(-0.01, 1.01)
    axes.set_xlabel(f"share of copies caught, {recall.photographs} photographs an edit, with 95 % intervals")
    axes.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside upper center", ncols=len(matchers), fontsize=8)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def missed_sheet(missed: Sequence[Shown], path: Path) -> None:
    """The original beside the copy that went through, with the edit's name; edits in turn, so that all are seen."""
    _sheet([(each.edit, each.original, each.copy) for each in _in_turn(missed)[:_MOST_PAIRS]], path)


def wrong_sheet(wrong: Sequence[WrongPair], mistaken: Sequence[Shown], path: Path) -> None:
    """Pairs that match and should not, the closest first; then copies of one photograph taken for another's."""
    rows = []
    for pair in sorted(wrong, key=lambda each: -each.closeness)[:_MOST_PAIRS]:
        banked, uploaded = loaded(pair.banked), loaded(pair.uploaded)
        if banked is not None and uploaded is not None:
            rows.append((pair.what, banked, uploaded))
    rows += [(each.edit, each.original, each.copy) for each in _in_turn(mistaken)[:_MOST_PAIRS]]
    _sheet(rows, path)


def _in_turn(missed: Sequence[Shown]) -> list[Shown]:
    seen: dict[str, int] = {}
    turns = []
    for each in missed:
        seen[each.edit] = seen.get(each.edit, 0) + 1
        turns.append((seen[each.edit], each))
    return [each for _, each in sorted(turns, key=lambda turn: turn[0])]


def _sheet(pairs: Sequence[tuple[str, Picture, Picture]], path: Path) -> None:
    across = 3
    rows = max(1, -(-len(pairs) // across))
    sheet = Image.new("RGB", (across * (2 * _CELL + 16), rows * (_CELL + 24)), (250, 250, 250))
    draw = ImageDraw.Draw(sheet)
    for place, (title, left, right) in enumerate(pairs):
        x, y = place % across * (2 * _CELL + 16), place // across * (_CELL + 24)
        write(draw, (x + 4, y + 4), title, 14, (20, 20, 20))
        for offset, picture in ((0, left), (_CELL, right)):
            small = picture.copy()
            small.thumbnail((_CELL - 4, _CELL - 4))
            sheet.paste(small, (x + offset, y + 22))
    sheet.save(path)
