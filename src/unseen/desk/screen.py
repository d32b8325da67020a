"""An upload comes in: is it near anything banked, and what should be done with it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from unseen.act.policy import decide
from unseen.act.records import Finding, Sighting, Verdict
from unseen.bank.records import Bank, Entry, EntryState
from unseen.base import BadRequest, Clock
from unseen.base.ids import RandomBits, random_crockford
from unseen.desk.index import BankIndex
from unseen.desk.ports import Reader, Store
from unseen.fingerprint.records import VIEWS, Fingerprint, Kind, PictureFingerprints, View

MAX_PLACE: Final = 200
_HIT_SYMBOLS: Final = 26  # 130 random bits: nobody guesses another platform's hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One fingerprint of an upload, and how the upload was turned for it (None for sha256 and md5)."""

    fingerprint: Fingerprint
    view: View | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """The answer to one upload.  ``sightings`` stand beside ``verdict.findings``, one each."""

    verdict: Verdict
    sightings: tuple[Sighting, ...]
    as_of_seq: int
    is_featureless: bool  #: True: too little in the picture to compare it; only exact copies were looked for
    stages_s: dict[str, float] = field(default_factory=dict)  #: seconds spent in each stage


def queries_of(picture: PictureFingerprints) -> tuple[Query, ...]:
    """Everything to look for: the exact digests, and PDQ in all eight views."""
    quality = picture.pdq.quality
    return (
        Query(fingerprint=picture.sha256, view=None),
        Query(fingerprint=picture.md5, view=None),
        *(
            Query(fingerprint=Fingerprint(kind=Kind.PDQ, code=row.tobytes(), quality=quality), view=view)
            for view, row in zip(VIEWS, picture.views, strict=True)
        ),
    )


def screen(
    queries: Sequence[Query],
    *,
    place: str | None,
    platform: str,
    store: Store,
    index: BankIndex,
    clock: Clock,
    random_bits: RandomBits,
) -> Screened:
    """Look up every fingerprint of an upload, decide, and remember what was seen (never the picture).

    1. Bring the index up to the store.  2. Exact digests.  3. PDQ within each bank's radius.  4. Policy.  5. Keep one
    sighting a finding, so that the platform can say later what it decided.

    Raises: BadRequest (place), NotReady, StoreUnavailable, StorageFull.
    """
    if place is not None and len(place) > MAX_PLACE:
        raise BadRequest(f"A place is named with at most {MAX_PLACE} characters.")
    started = time.perf_counter()
    as_of_seq = index.catch_up()  # (1)
    perceptual = [q for q in queries if q.fingerprint.kind.is_perceptual and not q.fingerprint.is_featureless]
    with store.read() as reader:
        banks = {bank.name: bank for bank in reader.banks()}
        found = _exact(queries, reader, banks)  # (2)
        exact_done = time.perf_counter()
        found += _near(perceptual, index, reader, banks)  # (3)
    searched = time.perf_counter()
    verdict = verdict_on(found)  # (4)
    sightings = tuple(
        Sighting(
            hit_id=random_crockford(_HIT_SYMBOLS, random_bits),
            entry_id=finding.entry.id,
            bank=finding.bank.name,
            response=verdict.response,
            distance=finding.distance,
            view=finding.view,
            place=place,
            platform=platform,
            seen_at=clock.now(),
            as_of_seq=as_of_seq,
        )
        for finding in verdict.findings
    )
    if sightings:
        with store.write() as tx:
            tx.put_sightings(sightings)  # (5)
    done = time.perf_counter()
    return Screened(
        verdict=verdict,
        sightings=sightings,
        as_of_seq=as_of_seq,
        is_featureless=not perceptual and any(q.fingerprint.is_featureless for q in queries),
        stages_s={"exact": exact_done - started, "search": searched - exact_done, "record": done - searched},
    )


def _exact(queries: Sequence[Query], reader: Reader, banks: dict[str, Bank]) -> list[Finding]:
    digests = [q.fingerprint for q in queries if not q.fingerprint.kind.is_perceptual]
    return [Finding(entry=entry, bank=banks[entry.bank], distance=0, view=None) for entry in reader.same_code(digests)]


def _near(perceptual: Sequence[Query], index: BankIndex, reader: Reader, banks: dict[str, Bank]) -> list[Finding]:
    if not perceptual or not banks:
        return []
    codes = np.frombuffer(b"".join(q.fingerprint.code for q in perceptual), dtype=np.uint8).reshape(-1, 32)
    hits = index.search(codes, max(bank.radius_bits for bank in banks.values()))
    entries = {entry.id: entry for entry in reader.entries([int(i) for i in np.unique(hits.ids)])}
    found = []
    for number, query in enumerate(perceptual):
        for entry_id, distance in zip(*hits.of(number), strict=True):
            finding = near_finding(entries.get(int(entry_id)), int(distance), query.view, banks)
            if finding is not None:
                found.append(finding)
    return found


def near_finding(entry: Entry | None, distance: int, view: View | None, banks: dict[str, Bank]) -> Finding | None:
    """What a hit of the index is worth: None where its bank's radius is smaller, or the entry matches no longer."""
    # The store has the last word: an entry may have been retired since the index looked.
    if entry is None or entry.state is EntryState.RETIRED:
        return None
    bank = banks[entry.bank]
    if distance > bank.radius_bits:
        return None
    return Finding(entry=entry, bank=bank, distance=distance, view=view)


def verdict_on(found: Sequence[Finding]) -> Verdict:
    """The policy's word on all that was found; of several views of one entry the nearest counts."""
    return decide(_nearest_of_each(found))


def _nearest_of_each(found: Sequence[Finding]) -> list[Finding]:
    nearest: dict[int, Finding] = {}
    for finding in found:
        held = nearest.get(finding.entry.id)
        if held is None or finding.distance < held.distance:
            nearest[finding.entry.id] = finding
    return list(nearest.values())
