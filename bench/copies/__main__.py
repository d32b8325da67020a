"""Recall, false positives and cost of each matcher, side by side, in one run: ``python -m bench.copies``.

    python -m bench.copies --quick
    python -m bench.copies --pictures 0 --crowd DIR --kept DIR --minutes 0
    python -m bench.copies --unrelated DIR --scenes DIR --crowd DIR --kept DIR --chart recall.png --missed missed.png

Photographs are protected (by default those of ``$UNSEEN_TEST_DATA``), copied in every way that ``edits`` knows, and
asked for.  A fifth of them is banked nowhere and stands beside the others in collages.  ``--split`` copies only every
second one: ``development`` is for choosing by, ``held-out``, drawn by another seed, for the figure that counts.
Then screens of one kind, which nobody brings, and what the folders for innocent pictures hold: ``corpus`` says what
that is, ``crowd`` and ``rates`` how a rate is counted, bounded and estimated that is small.  A match of the whole
picture may block, one of regions alone asks for review.  With ``--kept``, a run that was stopped goes on where it was,
and another rule is tried on all pairs that a crowd met in minutes: the second line above asks for no more.
A machine with other work to do changes the times only.
"""

import argparse
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench._report import parser
from bench.copies import printed
from bench.copies.corpus import loaded, mark_of, photographs
from bench.copies.cost import costs
from bench.copies.crowd import Asked, asked_of
from bench.copies.crowd import banked as banked_crowd
from bench.copies.edits import EDITS, Edit, Picture
from bench.copies.innocents import Innocents, same_kind_of_screen, same_scene, unrelated
from bench.copies.kept import version, weighing
from bench.copies.matchers import PEERS, Matcher, named
from bench.copies.nearness import Nearness, nearness_of
from bench.copies.pictures_of import chart, missed_sheet, wrong_sheet
from bench.copies.pieces import Pool
from bench.copies.printed import SCENES
from bench.copies.recall import measure
from bench.copies.regions import Ours


def main() -> None:
    options = arguments()
    if options.crowd and options.pictures == 0:
        printed.report_crowd(options, *asked_crowd(options))
        return
    edits = chosen(options.only)
    makers = [*PEERS, Ours, *(named(path) for path in options.matcher)]
    matchers = [make() for make in makers]
    banked, others = prepared(options, matchers)
    measured = measure(banked, wanted(options), edits, others, matchers, copies_seed(options), answers_file(options))
    priced = costs([picture for path in banked[:20] if (picture := loaded(path)) is not None], makers)
    strangers = asked_strangers(options, matchers, banked)
    neighbours = same_scene(options.scenes, makers) if options.scenes else []
    screens = same_kind_of_screen(
        [picture for path in banked[: 6 if options.quick else 24] if (picture := loaded(path))], makers, options.seed
    )
    asked, nearness = asked_crowd(options) if options.crowd else ([], None)
    groups = {"unrelated pictures": strangers, SCENES: neighbours, "screens of one kind": screens}
    printed.report(options, edits, measured, priced, groups, asked, nearness, matchers)
    if options.chart:
        chart(measured, edits, [matcher.name for matcher in matchers], options.chart)
    if options.missed:
        missed_sheet(measured.missed, options.missed)
    if options.wrong:
        wrong = [pair for group in (strangers, neighbours) if group for pair in group[-1].wrong]  # screens are no files
        wrong_sheet(wrong, measured.mistaken, options.wrong)


def arguments() -> argparse.Namespace:
    options = parser("which copies of a picture are caught, of those that people make")
    options.add_argument("--data", help="a folder of photographs to protect (default $UNSEEN_TEST_DATA/photos)")
    options.add_argument(
        "--pictures", type=int, help="how many of them to copy (default 60, with --quick 4; 0 for the crowd alone)"
    )
    options.add_argument(
        "--only", action="append", default=[], metavar="EDIT", help="an edit or theme; may be repeated"
    )
    options.add_argument("--unrelated", type=Path, help="a folder with bank/ and uploads/")
    options.add_argument("--uploads", type=int, help="at most so many pictures of each of these (with --quick 100)")
    options.add_argument("--scenes", type=Path, help="a folder with a subfolder a scene")
    options.add_argument("--crowd", type=Path, help="a folder with a subfolder a collection")
    options.add_argument("--minutes", type=float, default=60, help="to ask for pictures of these (default 60)")
    options.add_argument("--kept", type=Path, help="a folder for what was done, to go on from")
    options.add_argument("--split", choices=("all", "development", "held-out"), default="all", help="what to copy")
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


def copies_seed(options: argparse.Namespace) -> int:
    """Of the edits: another one for what was held out."""
    return int(options.seed) + (1000 if options.split == "held-out" else 0)


def answers_file(options: argparse.Namespace) -> Path | None:
    """Where answers for copies are kept: with the code that gave them, and the photographs that were banked."""
    if options.kept is None:
        return None
    options.kept.mkdir(parents=True, exist_ok=True)
    which = f"{options.seed}-{options.split}-{mark_of_folder(photographs(options.data))}-{wanted(options)}"
    return Path(options.kept) / f"copies-{version()}-{weighing()}-{which}.jsonl"


def mark_of_folder(paths: Sequence[Path]) -> str:
    """Of the photographs in it."""
    return f"{zlib.crc32(' '.join(str(mark_of(path)) for path in paths).encode()):08x}"


def asked_crowd(options: argparse.Namespace) -> tuple[list[Asked], Nearness]:
    """Bank and ask for the pieces of photographs of many collections."""
    kept = options.kept or Path(tempfile.mkdtemp(prefix="copies-"))
    pool = Pool.under(options.crowd)
    order = np.random.default_rng(options.seed).permutation(len(pool.paths)).tolist()
    most = options.uploads or (60 if options.quick else None)
    crowd = banked_crowd(pool, kept, order[:most])
    asked = list(asked_of(crowd, kept, options.seed, options.minutes))
    return asked, nearness_of(crowd, [each.met for each in asked], kept)


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
    order = np.random.default_rng(options.seed).permutation(len(paths)).tolist()
    if options.split != "all":  # those that are to be copied first: every second one
        order.sort(key=lambda at: mark_of(paths[at]) % 2 == (options.split == "held-out"))
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
