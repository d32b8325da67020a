"""Which banked pictures an upload shares regions with, and whether that is evidence enough.

Nearly every upload is near nothing, and a copy is near it in many regions.  So regions are looked up in steps, the
strongest first, and entries that several of them touch are weighed after each: where that decides, nothing more is
asked.  What nothing decides is asked in full, and weighed as if it had been asked at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.act.records import Finding
from unseen.bank.records import Bank, Entry, EntryState, Purpose
from unseen.desk.index import BankIndex
from unseen.desk.look_again import seen_again
from unseen.desk.ports import REGION_BITS, Store
from unseen.desk.screen import Glimpse
from unseen.desk.sought_regions import SoughtRegions
from unseen.fingerprint.records import Fingerprint, View
from unseen.fingerprint.region.geometry import unpacked
from unseen.match.agreement import Places, directions
from unseen.match.evidence import CANDIDATE_RADIUS_BITS, Banked, Evidence, evidence_for
from unseen.match.live import NO_CODES
from unseen.match.records import NOBODY

#: Of photographs of screens a third have no region within the candidate radius.  Looking further costs too much among
#: many codes, and chance then touches more pictures than can be weighed.
WIDE_CANDIDATE_RADIUS_BITS: Final = 44
STRONGEST: Final = 160  #: regions of an upload, strongest first, that are looked for so far out
MOST_CODES_WIDE: Final = 2_000_000  #: in the bank: some 20,000 pictures

FIRST_STEP: Final = 64  #: regions, strongest first, that are asked before the rest
_SEVERAL: Final = 2  # of its regions near an entry: worth weighing before all were asked
_MOST_TOUCHED: Final = 256  # entries looked at for one upload: those that the most regions touch
_MOST_WEIGHED: Final = 64  # and of these, protected ones that are weighed, at a few milliseconds each

I64Array = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Touched:
    """The entries with a region near one of the upload's, most touched first."""

    entry_ids: I64Array  #: (e,) int64
    regions: tuple[I64Array, ...]  #: for each, which of the upload's regions are near, ascending


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Speaks:
    """An entry for which the evidence is good enough."""

    finding: Finding
    rows: I64Array  #: the upload's regions that say so


class RegionSearch:
    """One upload's regions, look after look, against an index of regions."""

    def __init__(self, index: BankIndex) -> None:
        self._index = index
        self._sought: SoughtRegions | None = None
        self._is_asked = np.zeros(0, np.bool_)  # which rows were looked up within the candidate radius
        self._hits = np.empty((3, 0), np.int64)  # entries, rows, and bits apart
        self._evidence: dict[int, Evidence] = {}  # by entry, of the telling rows
        self._telling = NOBODY

    def findings(
        self, sought: SoughtRegions, store: Store, *, is_last: bool, decides: Callable[[Sequence[Finding]], bool]
    ) -> list[Finding]:
        """What another look brings: the entries that decide, or after the last look all with evidence enough.

        sought: what this look found.  Raises: NotReady, StoreUnavailable.
        """
        self._take(sought)
        left = np.flatnonzero(~self._is_asked)
        for rows in (left[:FIRST_STEP], left[FIRST_STEP:]):
            self._ask(rows)
            if decides(_found(self._weighed(store, least=_SEVERAL))) and decides(found := self._confirmed(store)):
                return found
        if not is_last:
            return []
        self._ask_further_out()
        return _found(self._weighed(store))

    def glimpses(self, sought: SoughtRegions, *, is_last: bool) -> list[Glimpse]:
        """What memory alone knows: entries that several regions are near, whatever their bank.

        The codes that would weigh it are the store's.  Raises: NotReady.
        """
        self._take(sought)
        self._ask(np.flatnonzero(~self._is_asked))
        found = self._several_near()
        if is_last and not found:
            self._ask_further_out()
            found = self._several_near()
        return found

    def touched(self) -> Touched:
        """What is near so far."""
        entry, row, bits = self._hits
        order = np.lexsort((bits, row, entry))
        entry, row, bits = entry[order], row[order], bits[order]
        is_first = np.r_[True, (entry[1:] != entry[:-1]) | (row[1:] != row[:-1])][: len(entry)]
        entry, row, bits = entry[is_first], row[is_first], bits[is_first]
        entry_ids, starts, counts = np.unique(entry, return_index=True, return_counts=True)
        nearest = np.minimum.reduceat(bits, starts) if len(starts) else bits
        order = np.lexsort((entry_ids, nearest, -counts))[:_MOST_TOUCHED]
        return Touched(
            entry_ids=entry_ids[order],
            regions=tuple(row[starts[at] : starts[at] + counts[at]] for at in order),
        )

    def _take(self, sought: SoughtRegions) -> None:
        """Put the regions of another look among those of the looks before."""
        self._evidence.clear()
        if self._sought is None:
            self._sought, self._is_asked = sought, np.zeros(len(sought), np.bool_)
            return
        self._sought, order = self._sought.joined(sought)
        self._is_asked = np.append(self._is_asked, np.zeros(len(sought), np.bool_))[order]
        self._hits[1] = np.argsort(order)[self._hits[1]]

    def _ask(self, rows: I64Array) -> None:
        self._look_up(rows, CANDIDATE_RADIUS_BITS)
        self._is_asked[rows] = True

    def _ask_further_out(self) -> None:
        """In a small enough bank, the strongest regions of all looks."""
        if self._sought is not None and len(self._index) <= MOST_CODES_WIDE:
            self._look_up(np.arange(len(self._sought))[:STRONGEST], WIDE_CANDIDATE_RADIUS_BITS)

    def _look_up(self, rows: I64Array, radius_bits: int) -> None:
        """Both mirrors of these rows."""
        if self._sought is None or not len(rows):
            return
        asked = self._sought.asked
        hits = self._index.search(np.concatenate([asked.codes[rows], asked.mirrored_codes[rows]]), radius_bits)
        near = np.repeat(np.tile(rows, 2), np.diff(hits.offsets))
        new = np.stack([hits.ids >> REGION_BITS, near, hits.distances.astype(np.int64)])
        self._hits = np.concatenate([self._hits, new], axis=1)

    def _several_near(self) -> list[Glimpse]:
        assert self._sought is not None
        touched = self.touched()
        return [
            Glimpse(
                entry_id=i,
                distance=CANDIDATE_RADIUS_BITS,
                view=View.UPRIGHT,
                box=self._sought.box_of(rows),
                regions=len(rows),
            )
            for i, rows in zip(touched.entry_ids.tolist(), touched.regions, strict=True)
            if len(rows) >= _SEVERAL
        ]

    def _confirmed(self, store: Store) -> list[Finding]:
        """What stands once every region that speaks was looked up: something harmless may have it as well."""
        while True:
            speaking = self._weighed(store)
            rows = np.unique(np.concatenate([NOBODY, *(each.rows for each in speaking)]))
            rows = rows[~self._is_asked[rows]]
            if not len(rows):
                return _found(speaking)
            self._ask(rows)

    def _weighed(self, store: Store, *, least: int = 1) -> list[_Speaks]:
        """The entries for which the evidence is good enough, of those that at least so many regions touch.

        1. Only what matches today counts.  2. Regions that a touched harmless picture has too are common, within the
        same wide radius as evidence: they say nothing.  3. All regions of a touched entry are weighed with those left.
        Raises: StoreUnavailable.
        """
        touched = self.touched()
        near = dict(zip(touched.entry_ids.tolist(), touched.regions, strict=True))
        wanted = {i for i, rows in near.items() if len(rows) >= least}
        if self._sought is None or not wanted:
            return []
        with store.read() as reader:
            banks = {bank.name: bank for bank in reader.banks()}
            entries = {e.id: e for e in reader.entries(list(near)) if e.state is not EntryState.RETIRED}  # (1)
        banked = {i: banked_of(e.fingerprint) for i, e in entries.items() if e.fingerprint is not None}
        harmless = {i for i in banked if banks[entries[i].bank].purpose is Purpose.ALLOW}
        self._hear(self._sought.far_from(np.concatenate([NO_CODES, *(banked[i].codes for i in harmless)])))  # (2)
        protected = [i for i in near if i in banked and i not in harmless][:_MOST_WEIGHED]
        for i in [i for i in protected if i in wanted and i not in self._evidence]:
            self._evidence[i] = self._weigh(banked[i])  # (3)
        spoken = [i for i in protected if i in self._evidence and self._evidence[i].is_for_review]
        return [self._speaks(entries[i], banks, self._evidence[i]) for i in spoken]

    def _weigh(self, banked: Banked) -> Evidence:
        assert self._sought is not None
        evidence = evidence_for(self._sought.only(self._telling).asked, banked)
        return evidence if self._sought.luma is None else seen_again(evidence, banked, self._sought.luma)

    def _hear(self, telling: I64Array) -> None:
        """Weigh by these rows from now on."""
        if not np.array_equal(telling, self._telling):
            self._evidence.clear()
            self._telling = telling

    def _speaks(self, entry: Entry, banks: dict[str, Bank], evidence: Evidence) -> _Speaks:
        assert self._sought is not None
        rows = self._telling[evidence.asked]
        finding = Finding(
            entry=entry,
            bank=banks[entry.bank],
            distance=int(evidence.distances.min()),
            # only this is known: regions are compared whichever way they are turned
            view=View.MIRRORED if evidence.is_mirrored else View.UPRIGHT,
            box=self._sought.box_of(rows),
            regions=len(rows),
        )
        return _Speaks(finding=finding, rows=rows)


def banked_of(fingerprint: Fingerprint) -> Banked:
    """What is weighed of a region fingerprint."""
    points, sides, turns = unpacked(fingerprint.region_geometry)
    places = Places(points=points, sides=sides, turns=directions()[turns])
    return Banked(codes=fingerprint.region_codes, places=places)


def _found(speaking: Sequence[_Speaks]) -> list[Finding]:
    return [each.finding for each in speaking]
