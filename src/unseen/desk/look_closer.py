"""A closer look at an upload that whole-picture comparison did not decide: its insets, then its regions.

What is dear comes last, and only where nothing stricter than ``allow`` was found before (docs/adr/0011).  Every upload
goes the same way, ``CloserLook``: whoever drives it says in which thread pixels are worked on and in which the store is
asked.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Final, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from unseen.act.records import Finding
from unseen.bank.records import Response
from unseen.desk.index import BankIndex
from unseen.desk.indexes import Indexes
from unseen.desk.near_regions import RegionSearch
from unseen.desk.ports import Store
from unseen.desk.recall import Recall
from unseen.desk.screen import Looked, LookedAlone, Query, look_up, look_up_alone, near_findings, seen_alone, verdict_on
from unseen.desk.sought_regions import SoughtRegions
from unseen.fingerprint.closer import CELLS, LOOKS, Inset, insets_of, regions_of_cells
from unseen.fingerprint.records import VIEWS, Fingerprint, Kind
from unseen.fingerprint.region.records import Regions

INSETS: Final = "insets"  #: stages: finding pictures set inside, their PDQ, and looking that up
SEARCH: Final = "_search"  #: after the name of a look at regions: looking them up and weighing what was found
#: All that an upload may come to here.
STAGES: Final = (
    INSETS,
    *(stage for name in (*(look.name for look in LOOKS), CELLS) for stage in (name, name + SEARCH)),
)

Luma = NDArray[np.uint8]
Seen = TypeVar("Seen", bound=Looked)


class Asker(Protocol[Seen]):
    """Who knows what is near one upload."""

    def insets(self, seen: Seen, queries: Sequence[Query]) -> Seen:
        """What was found so far, and what the pictures set inside are near to.  queries: with their boxes."""
        ...

    def regions(self, seen: Seen, sought: SoughtRegions, *, is_last: bool) -> Seen:
        """What was found so far, and what another look for regions brings.  is_last: no look follows."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Step(Generic[Seen]):
    """One look: at the pixels, and then at what is banked."""

    name: str | None  #: of the stage of its first half; None where that was done elsewhere
    asking: str  #: of the stage of its second half
    prepare: Callable[[], Callable[[Seen], Seen]]


class CloserLook(Generic[Seen]):
    """Looks at one upload, the cheapest first, until one decides; each in two halves, which ``prepare`` and ``ask`` do.

    ``while look.has_more: look.prepare(); look.ask()``, one after the other, in whichever threads.
    """

    def __init__(self, seen: Seen, steps: Sequence[_Step[Seen]]) -> None:
        """``seen``: what was found before."""
        self.seen = seen
        self._left = list(steps)
        self._ask: Callable[[Seen], Seen] = _unprepared

    @property
    def has_more(self) -> bool:
        """Whether there is another look to take, and nothing is decided yet."""
        return bool(self._left) and not is_decided(self.seen)

    def prepare(self) -> None:
        """Work on the pixels for the next look."""
        started = time.perf_counter()
        self._ask = self._left[0].prepare()
        self._took(self._left[0].name, started)

    def ask(self) -> None:
        """Look up what was prepared.  Raises: NotReady, StoreUnavailable."""
        started, before = time.perf_counter(), self.seen
        self.seen = replace(self._ask(before), stages_s=before.stages_s)
        self._took(self._left.pop(0).asking, started)

    def whole(self) -> Seen:
        """Take all looks that there are to take, here and now.  Raises: NotReady, StoreUnavailable."""
        while self.has_more:
            self.prepare()
            self.ask()
        return self.seen

    def _took(self, stage: str | None, started: float) -> None:
        if stage is not None:
            taken = self.seen.stages_s.get(stage, 0.0) + time.perf_counter() - started
            self.seen = replace(self.seen, stages_s=self.seen.stages_s | {stage: taken})


class _InTheStore:
    """What is banked, as the store knows it."""

    def __init__(self, store: Store, index: Indexes, regions: BankIndex) -> None:
        self._store, self._index, self._search = store, index, RegionSearch(regions)

    def insets(self, seen: Looked, queries: Sequence[Query]) -> Looked:
        with self._store.read() as reader:
            found = near_findings(queries, self._index, reader, {bank.name: bank for bank in reader.banks()})
        return _with(seen, found)

    def regions(self, seen: Looked, sought: SoughtRegions, *, is_last: bool) -> Looked:
        return _with(
            seen,
            self._search.findings(
                sought, self._store, is_last=is_last, decides=lambda found: is_decided(_with(seen, found))
            ),
        )


class _InMemory:
    """What is banked, as memory knows it without the store."""

    def __init__(self, queries: Sequence[Query], recall: Recall, index: Indexes, regions: BankIndex) -> None:
        self._queries, self._recall, self._index, self._search = queries, recall, index, RegionSearch(regions)

    def insets(self, seen: LookedAlone, queries: Sequence[Query]) -> LookedAlone:
        del seen  # found again
        return look_up_alone([*self._queries, *queries], index=self._index, recall=self._recall)

    def regions(self, seen: LookedAlone, sought: SoughtRegions, *, is_last: bool) -> LookedAlone:
        return seen_alone(
            self._search.glimpses(sought, is_last=is_last),
            as_of_seq=seen.as_of_seq,
            is_featureless=seen.is_featureless,
            stages_s=seen.stages_s,
        )


def closer_look(
    seen: Looked, luma: Luma | None, *, store: Store, index: Indexes, sent: SoughtRegions | None = None
) -> CloserLook[Looked]:
    """What is left to look at: of a luma, (h, w) uint8, or of regions that were ``sent`` in its place."""
    if index.regions is None:
        return CloserLook(seen, ())
    return CloserLook(seen, _steps(_InTheStore(store, index, index.regions), luma, sent))


def closer_look_at_frame(luma: Luma, *, store: Store, index: Indexes) -> CloserLook[Looked]:
    """The regions of one frame of a video, by itself: its other looks are at many frames together."""
    nothing = Looked(verdict=verdict_on([]), as_of_seq=index.seq, is_featureless=False)
    if index.regions is None:
        return CloserLook(nothing, ())
    return CloserLook(nothing, _region_steps(_InTheStore(store, index, index.regions), luma))


def look_up_closely(queries: Sequence[Query], luma: Luma | None, *, store: Store, index: Indexes) -> Looked:
    """``look_up``, and where that decides nothing, a closer look at the luma: (h, w) uint8, or None for none.

    Raises: NotReady, StoreUnavailable.
    """
    return closer_look(look_up(queries, store=store, index=index), luma, store=store, index=index).whole()


def look_up_alone_closely(
    queries: Sequence[Query], luma: Luma | None, sent: SoughtRegions | None, *, index: Indexes, recall: Recall
) -> LookedAlone:
    """``look_up_alone``, and where nothing is near, a closer look at the luma, or at regions found elsewhere.

    Raises: NotReady.
    """
    seen = look_up_alone(queries, index=index, recall=recall)
    if index.regions is None:
        return seen
    return CloserLook(seen, _steps(_InMemory(queries, recall, index, index.regions), luma, sent)).whole()


def is_decided(looked: Looked) -> bool:
    """Whether nothing that is found later could matter."""
    return looked.verdict.response is not Response.ALLOW


def _steps(asker: Asker[Seen], luma: Luma | None, sent: SoughtRegions | None) -> list[_Step[Seen]]:
    if luma is not None:
        found = cache(lambda: insets_of(luma))  # two looks ask for them
        of_insets = _Step(
            name=INSETS, asking=INSETS, prepare=lambda: partial(asker.insets, queries=_queries_of_all(found()))
        )
        return [of_insets, *_region_steps(asker, luma, lambda: regions_of_cells(luma, found()))]
    if sent is not None:
        ask = partial(asker.regions, sought=sent, is_last=True)
        return [_Step(name=None, asking=LOOKS[0].name + SEARCH, prepare=lambda: ask)]
    return []


def _region_steps(asker: Asker[Seen], luma: Luma, of_cells: Callable[[], Regions] | None = None) -> list[_Step[Seen]]:
    looks: list[tuple[str, Callable[[], Regions]]] = [(look.name, partial(look.regions, luma)) for look in LOOKS]
    if of_cells is not None:
        looks.append((CELLS, of_cells))

    def prepared(name: str, regions: Callable[[], Regions]) -> Callable[[Seen], Seen]:
        sought = SoughtRegions.of(regions(), luma.shape, luma)
        return partial(asker.regions, sought=sought, is_last=name == looks[-1][0])

    return [_Step(name=look[0], asking=look[0] + SEARCH, prepare=partial(prepared, *look)) for look in looks]


def inset_queries(luma: Luma) -> tuple[Query, ...]:
    """What to look for of the pictures set inside."""
    return _queries_of_all(insets_of(luma))


def _queries_of_all(insets: Sequence[Inset]) -> tuple[Query, ...]:
    return tuple(query for inset in insets for query in _queries_of(inset))


def _with(looked: Looked, found: Sequence[Finding]) -> Looked:
    return replace(looked, verdict=verdict_on([*looked.verdict.findings, *found])) if found else looked


def _queries_of(inset: Inset) -> list[Query]:
    return [
        Query(
            fingerprint=Fingerprint(kind=Kind.PDQ, code=row.tobytes(), quality=inset.quality), view=view, box=inset.box
        )
        for view, row in zip(VIEWS, inset.views, strict=True)
    ]


def _unprepared(seen: Seen) -> Seen:
    raise AssertionError("a look is prepared before it asks")
