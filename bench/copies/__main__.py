"""Recall, false positives and cost of each matcher, side by side: ``python -m bench.copies``.

    python -m bench.copies --quick
    python -m bench.copies --unrelated DIR --scenes DIR --chart recall.png --missed missed.png

Photographs are protected (by default those of ``$UNSEEN_TEST_DATA``), copied in every way that ``edits`` knows, and
asked for.  A fifth of them is banked nowhere and stands beside the others in collages.  ``corpus`` says what the
folders for innocent pictures hold and where to get them; ``statistics`` says how a rate is estimated that is too
small to count.  A match of the whole picture may block, one of regions alone asks for review: so the row of "PDQ, eight
views" bears on wrong blocks, and that of the last matcher on wrong reviews.  A machine with other work to do changes
the times only.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench._report import parser
from bench.copies import printed
from bench.copies.corpus import loaded, photographs
from bench.copies.cost import costs
from bench.copies.edits import EDITS, Edit, Picture
from bench.copies.innocents import Innocents, same_scene, unrelated
from bench.copies.matchers import PEERS, Matcher, named
from bench.copies.pictures_of import chart, missed_sheet, wrong_sheet
from bench.copies.recall import measure


def main() -> None:
    options = arguments()
    edits = chosen(options.only)
    makers = [*PEERS, *(named(path) for path in options.matcher)]
    matchers = [make() for make in makers]
    banked, others = prepared(options, matchers)
    measured = measure(banked, wanted(options), edits, others, matchers, options.seed)
    priced = costs([picture for path in banked[:20] if (picture := loaded(path)) is not None], makers)
    strangers = asked_strangers(options, matchers, banked)
    neighbours = same_scene(options.scenes, makers) if options.scenes else []
    printed.report(options, edits, measured, priced, strangers, neighbours, matchers)
    if options.chart:
        chart(measured, edits, [matcher.name for matcher in matchers], options.chart)
    if options.missed:
        missed_sheet(measured.missed, options.missed)
    if options.wrong:
        wrong = [pair for group in (strangers, neighbours) if group for pair in group[-1].wrong]
        wrong_sheet(wrong, measured.mistaken, options.wrong)


def arguments() -> argparse.Namespace:
    options = parser("which copies of a picture are caught, of those that people make")
    options.add_argument("--data", help="a folder of photographs to protect (default $UNSEEN_TEST_DATA/photos)")
    options.add_argument("--pictures", type=int, help="how many of them to copy (default 60, with --quick 4)")
    options.add_argument(
        "--only", action="append", default=[], metavar="EDIT", help="an edit or theme; may be repeated"
    )
    options.add_argument("--unrelated", type=Path, help="a folder with bank/ and uploads/")
    options.add_argument("--uploads", type=int, help="at most so many pictures of each of these (with --quick 100)")
    options.add_argument("--scenes", type=Path, help="a folder with a subfolder a scene")
    options.add_argument("--matcher", action="append", default=[], metavar="MODULE:CLASS", help="one more to ask")
    options.add_argument("--chart", type=Path, help="write recall as a PNG")
    options.add_argument("--missed", type=Path, help="write a PNG of copies that the last matcher missed")
    options.add_argument("--wrong", type=Path, help="write a PNG of what the last matcher wrongly took for copies")
    return options.parse_args()


def chosen(names: Sequence[str]) -> list[Edit]:
    """The edits of these names or themes; all where none is named.  Raises: SystemExit for an unknown name."""
    known = {edit.name for edit in EDITS} | {edit.theme.value for edit in EDITS}
    if unknown := set(names) - known:
        raise SystemExit(f"No edit or theme {min(unknown)!r}. There are: {', '.join(sorted(known))}.")
    return [edit for edit in EDITS if not names or edit.name in names or edit.theme.value in names]


def wanted(options: argparse.Namespace) -> int:
    """How many photographs to copy."""
    return int(options.pictures or (4 if options.quick else 60))


def prepared(options: argparse.Namespace, matchers: Sequence[Matcher]) -> tuple[list[Path], list[Picture]]:
    """Bank four fifths of the photographs.

    Returns: those banked, in the order of their ids, and the others as pictures.  Of these, any that a matcher takes
    for a banked one is left out, and it is said how many: photographs of a collection may be near copies, and a
    collage with one would be a match that is right.
    """
    paths = photographs(options.data)
    order = np.random.default_rng(options.seed).permutation(len(paths))
    banked: list[Path] = []
    others: list[Picture] = []
    for place, at in enumerate(order):
        is_other = place % 5 == 0
        if (is_other and len(others) == 24) or (options.quick and not is_other and len(banked) >= wanted(options)):
            continue
        if (picture := loaded(paths[at])) is None:
            continue
        if is_other:
            picture.thumbnail((1280, 1280))
            others.append(picture)
            continue
        banked.append(paths[at])
        for matcher in matchers:
            matcher.bank(picture)
    if not others or not banked:
        raise SystemExit("That are too few photographs: bring at least ten.")
    strangers = [other for other in others if not any(matcher.matches(other).matched for matcher in matchers)]
    print(
        f"{len(strangers)} photographs stand beside others; {len(others) - len(strangers)} match a banked one: left out"
    )
    return banked, strangers


def asked_strangers(
    options: argparse.Namespace, matchers: Sequence[Matcher], banked: Sequence[Path]
) -> list[Innocents]:
    if not options.unrelated:
        return []
    limit = options.uploads or (100 if options.quick else None)
    return unrelated(options.unrelated, matchers, banked, limit, options.seed)


if __name__ == "__main__":
    main()
