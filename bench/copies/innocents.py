"""How often innocent pictures match: unrelated photographs, and different photographs of the same scene."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.copies.corpus import load_all, pictures_under
from bench.copies.edits import Picture
from bench.copies.interfaces import KINDS, screens_of
from bench.copies.matchers import Answer, Matcher
from bench.copies.statistics import TailEstimate, rate_at_most, tail_estimate

_KEPT_CLOSEST: Final = 20_000  # pairs, for the tail


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongPair:
    """Two pictures that one matcher takes for copies."""

    banked: Path
    uploaded: Path
    closeness: float
    what: str


@dataclass(slots=True, kw_only=True, eq=False)
class Innocents:
    """What one matcher said of pairs that are no copies."""

    matcher: str
    threshold: float
    uploads: int = 0
    pictures: int = 0  #: different ones, banked or uploaded
    pairs: int = 0
    wrong: list[WrongPair] = field(default_factory=list)
    distances: NDArray[np.int64] = field(default_factory=lambda: np.zeros(257, np.int64))
    closest: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))  #: of the closest pairs
    pairs_by_scene: dict[str, int] = field(default_factory=dict)

    @property
    def code_pairs(self) -> int:
        """Pairs of codes compared."""
        return int(self.distances.sum())

    @property
    def per_million(self) -> float:
        """Wrong pairs per million pairs."""
        return 1e6 * len(self.wrong) / self.pairs

    @property
    def per_million_at_most(self) -> float:
        """The same, 95 % upper bound."""
        return 1e6 * rate_at_most(len(self.wrong), self.pairs)

    @property
    def tail(self) -> TailEstimate | None:
        """The rate at the threshold, from the pairs that came closest to it."""
        return tail_estimate(self.closest, self.threshold, trials=self.pairs)

    def add_closest(self, closeness: NDArray[np.float64]) -> None:
        """Keep the closest pairs of all so far."""
        both = np.concatenate([self.closest, closeness[np.isfinite(closeness)]])
        if len(both) > _KEPT_CLOSEST:
            both = np.partition(both, len(both) - _KEPT_CLOSEST)[-_KEPT_CLOSEST:]
        self.closest = both


def unrelated(
    folder: Path, matchers: Sequence[Matcher], banked: Sequence[Path], limit: int | None, seed: int
) -> list[Innocents]:
    """Each picture of ``folder/uploads`` against each of ``folder/bank`` and those that are banked already.

    banked: the latter, in the order of their ids; limit: at most so many of either folder, drawn by the seed.
    """
    rng = np.random.default_rng(seed)
    to_bank, to_upload = (_drawn(pictures_under(folder / side), limit, rng) for side in ("bank", "uploads"))
    names = list(banked)
    for path, picture in load_all(to_bank):
        names.append(path)
        for matcher in matchers:
            matcher.bank(picture)
    found = [Innocents(matcher=matcher.name, threshold=matcher.threshold) for matcher in matchers]
    for path, picture in load_all(to_upload):
        for matcher, innocents in zip(matchers, found, strict=True):
            _count(innocents, matcher.matches(picture), path, names)
    return found


def _count(innocents: Innocents, answer: Answer, path: Path, names: Sequence[Path]) -> None:
    innocents.uploads += 1
    innocents.pictures = len(names) + innocents.uploads
    innocents.pairs += len(names)
    innocents.distances += answer.distances
    innocents.add_closest(answer.closeness)
    innocents.wrong += [
        WrongPair(banked=names[at], uploaded=path, closeness=float(answer.closeness[at]), what=what)
        for at, what in answer.matched.items()
    ]


def same_scene(folder: Path, makers: Sequence[Callable[[], Matcher]]) -> list[Innocents]:
    """Each pair of pictures within each subfolder; a pair is wrong when either matches the other."""
    scenes = sorted(path for path in folder.iterdir() if path.is_dir())
    return within_groups(((scene.name, list(load_all(pictures_under(scene)))) for scene in scenes), makers)


def same_kind_of_screen(
    shown: Sequence[Picture], makers: Sequence[Callable[[], Matcher]], seed: int
) -> list[Innocents]:
    """Each pair of screens of each kind, with another picture each; a pair is wrong when either matches the other."""
    kinds = (
        (kind, [(Path(kind, f"{at}.png"), drawn) for at, drawn in enumerate(screens_of(kind, shown, seed))])
        for kind in KINDS
    )
    return within_groups(kinds, makers)


def within_groups(
    groups: Iterable[tuple[str, Sequence[tuple[Path, Picture]]]], makers: Sequence[Callable[[], Matcher]]
) -> list[Innocents]:
    """Each pair of pictures within each group; a pair is wrong when either matches the other."""
    found = []
    for make in makers:
        probe = make()
        found.append(Innocents(matcher=probe.name, threshold=probe.threshold))
    for name, members in groups:
        pairs = len(members) * (len(members) - 1) // 2
        for make, innocents in zip(makers, found, strict=True):
            innocents.wrong += _wrong_in(members, make)
            innocents.pairs += pairs
            innocents.pictures += len(members)
            innocents.pairs_by_scene[name] = pairs
    return found


def _wrong_in(members: Sequence[tuple[Path, Picture]], make: Callable[[], Matcher]) -> list[WrongPair]:
    """Each asks for those before it, then for those after it.

    A matcher that finds the picture itself may look no further.
    """
    wrong: dict[frozenset[Path], WrongPair] = {}
    for turn in (members, members[::-1]):
        matcher = make()
        for path, picture in turn:
            answer = matcher.matches(picture)
            for at, what in answer.matched.items():
                other, closeness = turn[at][0], float(answer.closeness[at])
                pair = WrongPair(banked=other, uploaded=path, closeness=closeness, what=what)
                wrong.setdefault(frozenset((other, path)), pair)
            matcher.bank(picture)
    return list(wrong.values())


def _drawn(paths: list[Path], limit: int | None, rng: np.random.Generator) -> list[Path]:
    if limit is None or len(paths) <= limit:
        return paths
    return [paths[at] for at in np.sort(rng.permutation(len(paths))[:limit])]
