"""Which banked pictures an upload shares regions with, and whether that is evidence enough."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from unseen.act.records import Finding
from unseen.bank.records import EntryState, Purpose
from unseen.base import BadRequest
from unseen.desk.index import BankIndex
from unseen.desk.ports import REGION_BITS, Reader
from unseen.desk.screen import Glimpse
from unseen.fingerprint.records import Box, Fingerprint, View
from unseen.fingerprint.region.common import is_common
from unseen.fingerprint.region.geometry import unpacked
from unseen.fingerprint.region.records import Regions
from unseen.match.agreement import Places
from unseen.match.evidence import CANDIDATE_RADIUS_BITS, WIDE_RADIUS_BITS, Asked, Banked, Evidence, evidence_for
from unseen.match.live import NO_CODES

#: Of photographs of screens a third have no region within the candidate radius.  Looking further costs too much among
#: many codes, and chance then touches more pictures than can be weighed.
WIDE_CANDIDATE_RADIUS_BITS: Final = 40
STRONGEST: Final = 160  #: regions of an upload, strongest first, that are looked for so far out
MOST_CODES_WIDE: Final = 2_000_000  #: in the bank: some 20,000 pictures

_MOST_TOUCHED: Final = 256  # entries looked at for one upload: those that the most regions touch
_MOST_WEIGHED: Final = 64  # and of these, protected ones that are weighed, at a few milliseconds each

I64Array = NDArray[np.int64]
U8Array = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SoughtRegions:
    """The regions of an upload."""

    asked: Asked

    @classmethod
    def of(cls, regions: Regions, shape: tuple[int, ...]) -> Self:
        """Regions of a luma of this shape: (height, width)."""
        asked = Asked(
            codes=regions.codes,
            mirrored_codes=regions.mirrored_codes,
            centres=regions.centres,
            sides=regions.sides,
            orientations=regions.orientations,
            details=regions.details,
            frame=(shape[1], shape[0]),
        )
        return cls(asked=asked)

    @classmethod
    def sent(
        cls,
        codes: U8Array,
        mirrored_codes: U8Array,
        *,
        places: NDArray[np.float32],
        turns: NDArray[np.uint16],
        details: U8Array,
        height: int,
        width: int,
    ) -> Self:
        """Regions that were found elsewhere; what everyone has is left out here.

        codes, mirrored_codes: (n, 32) uint8.  places: (n, 3) float32, x and y of a centre and the side, in pixels of
        a picture of ``height`` and ``width``.  turns: (n,) uint16, directions in 512ths.  details: (n,) uint8.
        Raises: BadRequest for columns of different lengths, or places outside the picture.
        """
        if not len(codes) == len(mirrored_codes) == len(places) == len(turns) == len(details):
            raise BadRequest("An upload's regions have as many codes, mirrored codes, places, turns and details.")
        # as float32, which has no order with what is no number
        if not ((places >= 0).all() and (places <= (width, height, width + height)).all()):
            raise BadRequest("A region lies within its picture.")
        asked = Asked(
            codes=codes,
            mirrored_codes=mirrored_codes,
            centres=places[:, :2],
            sides=places[:, 2],
            orientations=turns,
            details=details,
            frame=(width, height),
        )
        return cls(asked=asked).without(np.flatnonzero(is_common(codes, mirrored_codes)))

    def near(self, codes: U8Array) -> I64Array:
        """Rows of the regions that are near one of these codes, in either mirror.  codes: (m, 32) uint8."""
        theirs = codes.view(np.uint64)
        is_near = np.zeros(len(self.asked.codes), np.bool_)
        for ours in (self.asked.codes, self.asked.mirrored_codes):
            apart = np.bitwise_count(ours.view(np.uint64)[:, None] ^ theirs).sum(axis=2, dtype=np.uint16)
            is_near |= (apart <= WIDE_RADIUS_BITS).any(axis=1)
        return np.flatnonzero(is_near)

    def without(self, rows: I64Array) -> Self:
        """All but these."""
        return type(self)(asked=self.asked.only(np.setdiff1d(np.arange(len(self.asked.codes)), rows)))

    def box_of(self, rows: I64Array) -> Box:
        """The part of the picture in which these regions lie."""
        centres, halves = self.asked.centres[rows], self.asked.sides[rows, None] / 2
        left, top = (centres - halves).min(axis=0)
        right, bottom = (centres + halves).max(axis=0)
        width, height = self.asked.frame
        return Box.between(left / width, top / height, right / width, bottom / height)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Touched:
    """The entries with a region near one of the upload's, most touched first."""

    entry_ids: I64Array  #: (e,) int64
    regions: tuple[I64Array, ...]  #: for each, which of the upload's regions are near, ascending


def touched_by(sought: SoughtRegions, index: BankIndex) -> Touched:
    """All regions in both mirrors within the candidate radius; in a small enough bank, the strongest further out.

    Raises: NotReady.
    """
    near = [_near(sought, index, len(sought.asked.codes), CANDIDATE_RADIUS_BITS)]
    if len(index) <= MOST_CODES_WIDE:
        near.append(_near(sought, index, STRONGEST, WIDE_CANDIDATE_RADIUS_BITS))
    entry, row, bits = np.concatenate(near, axis=1)
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


def _near(sought: SoughtRegions, index: BankIndex, first: int, radius_bits: int) -> I64Array:
    """Entries, rows of the upload's regions, and distances, of the first so many regions: (3, k) int64."""
    ours = (sought.asked.codes[:first], sought.asked.mirrored_codes[:first])
    hits = index.search(np.concatenate(ours), radius_bits)
    rows = np.repeat(np.tile(np.arange(len(ours[0])), 2), np.diff(hits.offsets))
    return np.stack([hits.ids >> REGION_BITS, rows, hits.distances.astype(np.int64)])


def region_findings(sought: SoughtRegions, touched: Touched, reader: Reader) -> list[Finding]:
    """The touched entries for which the evidence is good enough.

    1. Only what matches today counts.  2. Regions that a touched harmless picture has too are common, within the same
    wide radius as evidence: they say nothing.  3. All regions of a touched entry are weighed with those left.
    Raises: StoreUnavailable.
    """
    banks = {bank.name: bank for bank in reader.banks()}
    entries = {e.id: e for e in reader.entries(touched.entry_ids.tolist()) if e.state is not EntryState.RETIRED}  # (1)
    banked = {i: banked_of(entry.fingerprint) for i, entry in entries.items() if entry.fingerprint is not None}
    harmless = {i for i, entry in entries.items() if banks[entry.bank].purpose is Purpose.ALLOW}
    telling = sought.without(sought.near(np.concatenate([NO_CODES, *(banked[i].codes for i in harmless)])))  # (2)
    found = []
    for i in [i for i in touched.entry_ids.tolist() if i in banked and i not in harmless][:_MOST_WEIGHED]:
        entry, evidence = entries[i], evidence_for(telling.asked, banked[i])  # (3)
        if evidence.is_for_review:
            found.append(
                Finding(
                    entry=entry,
                    bank=banks[entry.bank],
                    distance=int(evidence.distances.min()),
                    view=_view(evidence),
                    box=telling.box_of(evidence.asked),
                    regions=len(evidence.asked),
                )
            )
    return found


def banked_of(fingerprint: Fingerprint) -> Banked:
    """What is weighed of a region fingerprint."""
    points, sides, turns = unpacked(fingerprint.region_geometry)
    places = Places(points=points, sizes=np.log2(sides), turns=turns * (2 * np.pi))
    return Banked(codes=fingerprint.region_codes, places=places)


def _view(evidence: Evidence) -> View:
    """Only whether it is mirrored is known: regions are compared whichever way they are turned."""
    return View.MIRRORED if evidence.is_mirrored else View.UPRIGHT


def region_glimpses(sought: SoughtRegions, index: BankIndex) -> list[Glimpse]:
    """What memory alone knows of an upload's regions: entries that several of them are near, whatever their bank.

    The codes that would weigh it are the store's.  Raises: NotReady.
    """
    touched = touched_by(sought, index)
    return [
        Glimpse(
            entry_id=i, distance=CANDIDATE_RADIUS_BITS, view=View.UPRIGHT, box=sought.box_of(rows), regions=len(rows)
        )
        for i, rows in zip(touched.entry_ids.tolist(), touched.regions, strict=True)
        if len(rows) > 1
    ]
