"""How many copies are caught: every edit of every photograph, asked of every matcher."""

import json
import sys
import time
import zlib
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from bench.copies.corpus import loaded, mark_of
from bench.copies.edits import Edit, Picture
from bench.copies.matchers import Matcher
from bench.copies.statistics import wilson

_THUMBNAIL: Final = (220, 220)
_KEPT: Final = 8  # of each edit, for the contact sheets


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """How one matcher did on one edit."""

    caught: int
    tried: int

    @property
    def recall(self) -> float:
        """The share that was caught."""
        return self.caught / self.tried

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, 95 %."""
        return wilson(self.caught, self.tried)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """A copy that went through, or was taken for another picture's; small, for looking at."""

    edit: str
    original: Picture  #: what the copy was made of, or what it was taken for
    copy: Picture


@dataclass(slots=True, kw_only=True, eq=False)
class Recall:
    """What came of all copies."""

    caught: dict[tuple[str, str], Caught] = field(default_factory=dict)  #: by edit and matcher
    wrong: dict[tuple[str, str], int] = field(default_factory=dict)  #: by both: copies that matched another photograph
    copies: int = 0
    photographs: int = 0
    missed: list[Shown] = field(default_factory=list)  #: by the last matcher
    mistaken: list[Shown] = field(default_factory=list)  #: by the last matcher

    def over_suite(self, matcher: str) -> Caught:
        """All copies of all edits together."""
        mine = [each for (_, name), each in self.caught.items() if name == matcher]
        return Caught(caught=sum(each.caught for each in mine), tried=sum(each.tried for each in mine))


def rng_for(seed: int, edit: Edit, path: Path) -> np.random.Generator:
    """The same draw for the same seed, edit and file, whatever else is run beside it."""
    return np.random.default_rng([seed, zlib.crc32(edit.name.encode()), mark_of(path)])


def measure(
    banked: Sequence[Path],
    pictures: int,
    edits: Sequence[Edit],
    others: Sequence[Picture],
    matchers: Sequence[Matcher],
    seed: int,
    kept: Path | None = None,
) -> Recall:
    """Edit the first ``pictures`` photographs of those banked every way, and ask.

    banked: in the order of their ids; others: photographs that are in no bank, to stand beside these in collages.
    kept: a file of answers; those in it are not asked for again.
    """
    tried = banked[:pictures]
    known, began = _read(kept), time.monotonic()
    counts = {(edit.name, matcher.name): 0 for edit in edits for matcher in matchers}
    result = Recall(wrong=dict(counts), photographs=len(tried))
    for own, path in enumerate(tried):
        picture = loaded(path)
        if picture is None:  # it was there a moment ago
            raise SystemExit(f"{path} can no longer be read.")
        for edit in edits:
            key, copy = f"{seed} {edit.name} {mark_of(path)}", None
            answers = known.setdefault(key, {})
            for matcher in matchers:
                if matcher.name not in answers:
                    copy = copy or edit(picture, rng_for(seed, edit, path), others)
                    answers[matcher.name] = sorted(matcher.matches(copy).matched)
                matched = set(answers[matcher.name])
                counts[edit.name, matcher.name] += own in matched
                result.wrong[edit.name, matcher.name] += bool(matched - {own})
            if copy is not None:
                _keep(kept, key, answers)
            result.copies += 1
            if matched != {own}:  # what the last matcher said
                copy = copy or edit(picture, rng_for(seed, edit, path), others)
                _show(result, edit.name, picture, copy, own, matched, banked)
        print(f"copied {own + 1} of {len(tried)} photographs, {time.monotonic() - began:.0f} s", file=sys.stderr)
    for which, caught in counts.items():
        result.caught[which] = Caught(caught=caught, tried=len(tried))
    return result


def _read(kept: Path | None) -> dict[str, dict[str, list[int]]]:
    """Answers by copy and matcher: ids of banked photographs."""
    if kept is None or not kept.is_file():
        return {}
    lines = [line for line in kept.read_text(encoding="utf-8").splitlines() if line.endswith("]")]
    return dict(json.loads(line) for line in lines)


def _keep(kept: Path | None, key: str, answers: dict[str, list[int]]) -> None:
    if kept is not None:
        with kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps([key, answers]) + "\n")


def _show(
    result: Recall, edit: str, picture: Picture, copy: Picture, own: int, matched: Set[int], banked: Sequence[Path]
) -> None:
    """Keep what went wrong, a few of each edit."""
    if own not in matched and sum(each.edit == edit for each in result.missed) < _KEPT:
        result.missed.append(Shown(edit=edit, original=_small(picture), copy=_small(copy)))
    if matched - {own} and sum(each.edit == edit for each in result.mistaken) < _KEPT:
        other = loaded(banked[min(matched - {own})])
        if other is not None:
            result.mistaken.append(Shown(edit=edit, original=_small(other), copy=_small(copy)))


def _small(picture: Picture) -> Picture:
    small = picture.copy()
    small.thumbnail(_THUMBNAIL)
    return small
