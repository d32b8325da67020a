"""The run in words and numbers."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Final

from bench._report import Report, machine
from bench.copies import rates
from bench.copies.cost import Cost
from bench.copies.crowd import Asked
from bench.copies.edits import Edit
from bench.copies.innocents import Innocents
from bench.copies.matchers import Matcher
from bench.copies.nearness import STEPS, STEPS_OF_PLAIN, Nearness
from bench.copies.recall import Recall

SCENES: Final = "different pictures of the same scene"
_LARGE_BANK: Final = 1_000_000  # pictures, for the estimate


def report(
    options: argparse.Namespace,
    edits: Sequence[Edit],
    recall: Recall,
    costs: Sequence[Cost],
    innocents: Mapping[str, Sequence[Innocents]],
    crowd: Sequence[Asked],
    nearness: Nearness | None,
    matchers: Sequence[Matcher],
) -> None:
    """Print everything; with ``--json``, end with one line of it."""
    numbers = Report(benchmark="copies", n=recall.copies, seed=options.seed)
    print(f"copies: n = {recall.copies:,} copies of {recall.photographs} photographs, seed {options.seed}")
    print(f"machine: {machine()}")
    for matcher in matchers:
        print(f"{matcher.name}: a match is {matcher.rule}")
    _recall(numbers, edits, recall, [matcher.name for matcher in matchers])
    for what, found in innocents.items():
        _innocents(numbers, what, found)
    _crowd(numbers, crowd, nearness, options.seed)
    _costs(numbers, costs)
    if options.json:
        numbers.json()


def report_crowd(options: argparse.Namespace, asked: Sequence[Asked], nearness: Nearness) -> None:
    """The same of a crowd alone."""
    numbers = Report(benchmark="copies", n=len(asked), seed=options.seed)
    print(f"machine: {machine()}")
    _crowd(numbers, asked, nearness, options.seed)
    if options.json:
        numbers.json()


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Words at the left, numbers at the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    print()
    for row in (head, *rows):
        cells = [
            cell.ljust(width) if _is_words(cell) else cell.rjust(width) for cell, width in zip(row, widths, strict=True)
        ]
        print("  ".join(cells).rstrip())


def _is_words(cell: str) -> bool:
    return cell[:1].isalpha()


def _recall(numbers: Report, edits: Sequence[Edit], recall: Recall, names: Sequence[str]) -> None:
    rows = []
    for edit in edits:
        cells = []
        for name in names:
            caught = recall.caught[edit.name, name]
            low, high = caught.interval
            cells.append(f"{caught.recall:.3f} [{low:.2f}, {high:.2f}]")
            numbers.figures[f"recall, {edit.name} ({name})"] = caught.recall
        rows.append((edit.name, *cells, edit.says))
    whole, worst, wrong = [], [], []
    for name in names:
        suite = recall.over_suite(name)
        low, high = suite.interval
        whole.append(f"{suite.recall:.3f} [{low:.2f}, {high:.2f}]")
        least = min(recall.caught[edit.name, name].recall for edit in edits)
        worst.append(f"{least:.3f}")
        others = {edit.name: count for edit in edits if (count := recall.wrong[edit.name, name])}
        wrong.append(f"{sum(others.values())}")
        numbers.figures[f"recall ({name})"] = suite.recall
        numbers.figures[f"recall, worst edit ({name})"] = least
        numbers.figures[f"copies that matched another photograph ({name})"] = sum(others.values())
    rows += [("ALL EDITS", *whole, ""), ("worst edit", *worst, ""), ("copies that matched another", *wrong, "")]
    _table(("copies caught [95 %]", *names, "drawn from"), rows)
    if others:  # of the last
        print(f"matched another, {names[-1]}: " + ", ".join(f"{edit} {count}" for edit, count in others.items()))
    for name in names[:-1]:
        ours, peer = numbers.figures[f"recall ({names[-1]})"], numbers.figures[f"recall ({name})"]
        if peer:
            numbers.ratios[f"recall vs {name}"] = ours / peer


def _innocents(numbers: Report, what: str, found: Sequence[Innocents]) -> None:
    if not found:
        return
    rows = []
    for each in found:
        cells = [
            f"{each.pictures:,}",
            f"{each.pairs:,}",
            f"{len(each.wrong):,}",
            f"{each.per_million:.3g}",
            f"{each.per_million_at_most:.3g}",
        ]
        numbers.figures[f"wrong pairs, {what} ({each.matcher})"] = len(each.wrong)
        numbers.figures[f"wrong per million pairs, {what} ({each.matcher})"] = each.per_million
        numbers.figures[f"wrong per million pairs at most, {what} ({each.matcher})"] = each.per_million_at_most
        if each.uploads:
            cells += [f"{each.code_pairs:.3g}", *_estimate(numbers, each)]
            numbers.figures[f"code pairs, {what} ({each.matcher})"] = each.code_pairs
        rows.append((each.matcher, *cells))
    head = [what, "pictures", "pairs", "wrong", "per million", "at most (95 %)"]
    if found[0].uploads:
        head += ["code pairs", "wrong per 1,000 uploads at 1M, from the tail", "at most (95 %)"]
    _table(head, rows)
    if scenes := found[0].pairs_by_scene:
        print("pairs by group: " + ", ".join(f"{scene} {pairs}" for scene, pairs in scenes.items()))
        for each in found:
            places = [pair.banked.parent.name for pair in each.wrong]
            counts = ", ".join(f"{place} {places.count(place)}" for place in sorted(set(places)))
            print(f"wrong by group, {each.matcher}: {counts or 'none'}")


def _estimate(numbers: Report, each: Innocents) -> tuple[str, str]:
    """Wrong matches per 1,000 innocent uploads at a bank of a million pictures; ``statistics`` says how."""
    tail = each.tail
    if tail is None:
        return "too few close pairs", ""
    scale = 1000 * _LARGE_BANK
    numbers.figures[f"wrong per 1,000 uploads at 1M, from the tail ({each.matcher})"] = scale * tail.rate
    return f"{scale * tail.rate:.3g}", f"{scale * tail.at_most:.3g}"


def _crowd(numbers: Report, asked: Sequence[Asked], nearness: Nearness | None, seed: int) -> None:
    """Wrong answers at a bank of a million; ``rates`` says how."""
    if not asked or nearness is None:
        return
    held = rates.reviews(asked)
    photographs = len({each.met.photograph for each in asked})
    print(
        f"\na crowd: {len(asked):,} pictures of {photographs:,} photographs asked for, {held.pairs:,} pairs, "
        f"{sum(each.met.others * each.met.codes for each in asked) / len(asked):.3g} codes times pictures an upload"
    )
    rows = [(f"{step:g} bans", f"{pairs:,}", f"{alike:,}") for step, pairs, alike in rates.by_bans(asked)]
    _table(("pairs with at least", "of any likeness", "of likeness 0 and more"), rows)
    steps = [f"{bits} bits" for bits in STEPS]
    plain = [(f"at most {most:g}", *(f"{nearness.within(bits, most):,}" for bits in STEPS)) for most in STEPS_OF_PLAIN]
    _table(("pairs by PDQ, of codes as plain as", *steps), plain)
    wrong = []
    for what, rate in (
        ("review, by regions", held),
        ("match of a whole picture or an inset", rates.matches(nearness)),
        ("block", rates.blocks(nearness)),
    ):
        wrong.append((what, f"{rate.wrong:,}", f"{rate.counted:.3g}", f"{rate.at_most:.3g}"))
        numbers.figures[f"wrong per 1,000 uploads at 1M, {what}, at most"] = rate.at_most
    _table(("wrong per 1,000 uploads at 1M", "pairs", "counted", "at most (95 %)"), wrong)
    if expected := rates.blocks_expected(nearness):
        numbers.figures["wrong blocks per 1,000 uploads at 1M, from the tail, most"] = expected[1]
        print("blocks from the tail: {:.2g} to {:.2g}, by where it begins".format(*expected))
    found = rates.estimate(asked, seed)
    if found is None:
        print("reviews from the tail: too few pairs come near")
        return
    numbers.figures["wrong reviews per 1,000 uploads at 1M, from the tail"] = found.rate
    low, high, tail = found.low, found.high, found.tail
    print(
        f"reviews from the tail: {found.rate:.2g} [{low:.2g}, {high:.2g}]; {tail.exceeding} pairs above {tail.start:g} "
        f"bans, scale {tail.scale:.3f}, shape {tail.shape:+.2f}; of the second half's pairs {found.held} are above "
        f"{found.beyond:g} bans, the first half's tail says {found.told:.1f}"
    )


def _costs(numbers: Report, costs: Sequence[Cost]) -> None:
    rows = []
    for each in costs:
        rows.append((each.matcher, f"{each.bank_ms:.1f}", f"{each.ask_ms:.1f}", f"{each.codes:.1f}"))
        numbers.figures[f"ms to bank a picture ({each.matcher})"] = each.bank_ms
        numbers.figures[f"ms to ask with a picture ({each.matcher})"] = each.ask_ms
        numbers.figures[f"codes a picture ({each.matcher})"] = each.codes
    pictures = costs[0].banked if costs else 0
    _table((f"cost (medians, {pictures} pictures)", "ms to bank", "ms to ask", "codes a picture"), rows)
