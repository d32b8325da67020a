"""An upload comes in: is it near anything banked, and what should be done with it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.act.policy import MAX_FINDINGS, decide, how_near
from unseen.act.records import Finding, Matched, Sighting, Verdict, matched_by
from unseen.bank.records import Bank, Entry, EntryState, Response
from unseen.base import BadRequest, Clock, NotReady, StorageFull, StoreUnavailable
from unseen.base.ids import RandomBits, random_crockford
from unseen.desk.indexes import Indexes
from unseen.desk.ports import FRAME_BITS, Reader, Store
from unseen.desk.recall import Recall
from unseen.fingerprint.records import VIEWS, Box, Fingerprint, Kind, PictureFingerprints, View
from unseen.match.records import Segment

MAX_PLACE: Final = 200
_HIT_SYMBOLS: Final = 26  # 130 random bits: nobody guesses another platform's hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One fingerprint of an upload, and how the upload was turned for it (None for sha256 and md5)."""

    fingerprint: Fingerprint
    view: View | None
    box: Box | None = None  #: the part of the upload that it is of; None for all of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one upload is near to, and what to do with it."""

    verdict: Verdict
    as_of_seq: int
    is_featureless: bool  #: True: too little in the picture to compare it; only exact copies were looked for
    stages_s: dict[str, float] = field(default_factory=dict)  #: seconds spent in each stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened(Looked):
    """The answer to one upload.  ``sightings`` stand beside ``verdict.findings``, one each."""

    sightings: tuple[Sighting, ...]
    is_recorded: bool = True  #: False: the sightings could not be kept, so that nobody can decide on them later


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """An entry that an upload is near to, of which nothing more is known while the store is away."""

    entry_id: int
    distance: int  #: bits; 0 for sha256 and md5
    view: View | None
    box: Box | None = None  #: the part of the upload that is near it; None for all of it, or where it is not known
    regions: int = 0  #: parts that agreed; 0 where a whole picture or file did

    @property
    def matched(self) -> Matched:
        """What of the upload matched."""
        return matched_by(self.view, self.box, self.regions)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedAlone(Looked):
    """What was found without the store; the verdict's findings are empty, since no entry's standing is known."""

    glimpses: tuple[Glimpse, ...]  #: nearest first


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
    index: Indexes,
    clock: Clock,
    random_bits: RandomBits,
) -> Screened:
    """Look up every fingerprint of an upload, decide, and remember what was seen (never the picture).

    Raises: BadRequest (place), NotReady, StoreUnavailable.
    """
    require_place(place)
    looked = look_up(queries, store=store, index=index)
    return record(looked, place=place, platform=platform, store=store, clock=clock, random_bits=random_bits)


def require_place(place: str | None) -> None:
    """Raises: BadRequest for a name that is too long."""
    if place is not None and len(place) > MAX_PLACE:
        raise BadRequest(f"A place is named with at most {MAX_PLACE} characters.")


def look_up(queries: Sequence[Query], *, store: Store, index: Indexes, recall: Recall | None = None) -> Looked:
    """Every entry that an upload is near to, and the verdict.

    1. Bring the index up to the store.  2. Exact digests.  3. PDQ of pictures and of videos' frames within each bank's
    radius.  4. Policy.  What is asked of regions is left for ``look_closer``.
    ``recall``: what was just found to be exactly what the store has; an upload that is near nothing is then answered
    from memory alone.

    Raises: NotReady, StoreUnavailable.
    """
    if recall is not None and (nothing := _nothing_near(queries, index, recall)) is not None:
        return nothing
    started = time.perf_counter()
    as_of_seq = index.catch_up()  # (1)
    perceptual = _perceptual(queries)
    with store.read() as reader:
        banks = {bank.name: bank for bank in reader.banks()}
        found = exact_findings(queries, reader, banks)  # (2)
        exact_done = time.perf_counter()
        found += near_findings(perceptual, index, reader, banks)  # (3)
    verdict = verdict_on(found)  # (4)
    searched = time.perf_counter()
    return Looked(
        verdict=verdict,
        as_of_seq=as_of_seq,
        is_featureless=_is_featureless(queries),
        stages_s={"exact": exact_done - started, "search": searched - exact_done},
    )


def _nothing_near(queries: Sequence[Query], index: Indexes, recall: Recall) -> Looked | None:
    """The answer where memory holds everything, as of one change, and nothing there is near; else None."""
    at = recall.at
    if index.at != at:
        return None
    started = time.perf_counter()
    try:
        if recall.find(_digests(queries)):
            return None
    except NotReady:
        return None  # they became too many this moment
    exact_done = time.perf_counter()
    perceptual, banks = _perceptual(queries), recall.banks
    if perceptual and banks:
        codes, radius_bits = _codes(perceptual), max(bank.radius_bits for bank in banks)
        if any(len(near.search(codes, radius_bits).ids) for near in (index.pictures, index.frames)):
            return None
    return Looked(
        verdict=verdict_on([]),
        as_of_seq=at[0],
        is_featureless=_is_featureless(queries),
        stages_s={"exact": exact_done - started, "search": time.perf_counter() - exact_done},
    )


def record(
    looked: Looked, *, place: str | None, platform: str, store: Store, clock: Clock, random_bits: RandomBits
) -> Screened:
    """Keep one sighting a finding, so that the platform can say later what it decided.

    A hit is worth more than its record: where the store cannot take it, the answer stands and says so.
    """
    started = time.perf_counter()
    sightings = tuple(
        Sighting(
            hit_id=random_crockford(_HIT_SYMBOLS, random_bits),
            entry_id=finding.entry.id,
            bank=finding.bank.name,
            response=looked.verdict.response,
            distance=finding.distance,
            view=finding.view,
            place=place,
            platform=platform,
            seen_at=clock.now(),
            as_of_seq=looked.as_of_seq,
        )
        for finding in looked.verdict.findings
    )
    is_recorded = True
    if sightings:
        try:
            with store.write() as tx:
                tx.put_sightings(sightings)
        except (StorageFull, StoreUnavailable):
            is_recorded = False
    return Screened(
        verdict=looked.verdict,
        sightings=sightings,
        is_recorded=is_recorded,
        as_of_seq=looked.as_of_seq,
        is_featureless=looked.is_featureless,
        stages_s=looked.stages_s | {"record": time.perf_counter() - started},
    )


def look_up_alone(queries: Sequence[Query], *, index: Indexes, recall: Recall) -> LookedAlone:
    """What can be said without the store: whether anything is near, and then that a person should look.

    Bank and standing of an entry are the store's to say; without it, a hit neither blocks nor allows.  Nothing near
    is said only where everything that matches was compared.

    Raises: NotReady, also where not all digests are in memory and nothing else is near.
    """
    started = time.perf_counter()
    if not recall.banks:
        raise NotReady("The banks are not in memory yet.", hint="Try again in a moment.")
    perceptual, digests = _perceptual(queries), _digests(queries)
    near: dict[int, Glimpse] = {}
    radius_bits = max(bank.radius_bits for bank in recall.banks)
    for number, entry_id, distance, _ in _hits(perceptual, index, radius_bits):
        query = perceptual[number]
        glimpse = Glimpse(entry_id=entry_id, distance=distance, view=query.view, box=query.box)
        held = near.get(entry_id)
        if held is None or distance < held.distance:
            near[entry_id] = glimpse
    if digests and (recall.is_whole or not near):
        for entry_id in recall.find(digests):
            near[entry_id] = Glimpse(entry_id=entry_id, distance=0, view=None)
    return seen_alone(
        list(near.values()),
        as_of_seq=min(index.seq, recall.seq) if recall.is_whole else index.seq,
        is_featureless=_is_featureless(queries),
        stages_s={"search": time.perf_counter() - started},
    )


def seen_alone(
    near: Sequence[Glimpse], *, as_of_seq: int, is_featureless: bool, stages_s: dict[str, float]
) -> LookedAlone:
    """The answer to an upload that is near to these, as far as memory knows."""
    glimpses = tuple(sorted(near, key=lambda g: (g.distance, g.entry_id)))[:MAX_FINDINGS]
    return LookedAlone(
        verdict=Verdict(
            response=Response.REVIEW if glimpses else Response.ALLOW,
            reasons=tuple(map(_reason_alone, glimpses)) or ("Nothing in the bank is near this upload.",),
            findings=(),
        ),
        glimpses=glimpses,
        as_of_seq=as_of_seq,
        is_featureless=is_featureless,
        stages_s=stages_s,
    )


def _reason_alone(glimpse: Glimpse) -> str:
    is_part = glimpse.regions or glimpse.box is not None
    how = how_near(glimpse.view, glimpse.distance, glimpse.regions)
    near = "Part of this upload is near" if is_part else "Near"
    return f"{near} an entry whose standing cannot be looked up now ({how})."


def _perceptual(queries: Sequence[Query]) -> list[Query]:
    return [q for q in queries if q.fingerprint.kind is Kind.PDQ and not q.fingerprint.is_featureless]


def _is_featureless(queries: Sequence[Query]) -> bool:
    return not _perceptual(queries) and any(q.fingerprint.is_featureless for q in queries)


def _digests(queries: Sequence[Query]) -> list[Fingerprint]:
    return [q.fingerprint for q in queries if not q.fingerprint.kind.is_perceptual]


def _codes(perceptual: Sequence[Query]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(q.fingerprint.code for q in perceptual), dtype=np.uint8).reshape(-1, 32)


def exact_findings(queries: Sequence[Query], reader: Reader, banks: dict[str, Bank]) -> list[Finding]:
    """The entries with the very digests of an upload.  Raises: StoreUnavailable."""
    same = reader.same_code(_digests(queries))
    return [Finding(entry=entry, bank=banks[entry.bank], distance=0, view=None) for entry in same]


def near_findings(perceptual: Sequence[Query], index: Indexes, reader: Reader, banks: dict[str, Bank]) -> list[Finding]:
    """What these PDQ queries are near to, each within its bank's radius; of a banked video, the nearest frame.

    Raises: NotReady, StoreUnavailable.
    """
    if not perceptual or not banks:
        return []
    hits = list(_hits(perceptual, index, max(bank.radius_bits for bank in banks.values())))
    entries = {entry.id: entry for entry in reader.entries(sorted({entry_id for _, entry_id, _, _ in hits}))}
    found = []
    for number, entry_id, distance, frame in hits:
        query, entry = perceptual[number], entries.get(entry_id)
        finding = near_finding(entry, distance, query.view, banks, query.box)
        if finding is not None:
            found.append(finding if frame is None else replace(finding, segments=_still(finding.entry, frame)))
    return found


def _hits(perceptual: Sequence[Query], index: Indexes, radius_bits: int) -> Iterator[tuple[int, int, int, int | None]]:
    """Of each query, by its number: the entries near it, the distance, and of a video the place of the frame."""
    if not perceptual:
        return
    codes = _codes(perceptual)
    for near, bits in ((index.pictures, 0), (index.frames, FRAME_BITS)):
        hits = near.search(codes, radius_bits)
        for number in range(len(perceptual)):
            for row_id, distance in zip(*hits.of(number), strict=True):
                frame = int(row_id) & ((1 << bits) - 1) if bits else None
                yield number, int(row_id) >> bits, int(distance), frame


def _still(entry: Entry, frame: int) -> tuple[Segment, ...]:
    """When in the banked video the frame is seen that a picture is near to."""
    if entry.fingerprint is None or frame >= len(entry.fingerprint.frames):
        return ()
    at_s = float(entry.fingerprint.frames["at_ms"][frame]) / 1000
    return (Segment(upload_s=None, item_s=(at_s, at_s)),)


def near_finding(
    entry: Entry | None, distance: int, view: View | None, banks: dict[str, Bank], box: Box | None = None
) -> Finding | None:
    """What a hit of the index is worth: None where its bank's radius is smaller, or the entry matches no longer."""
    # The store has the last word: an entry may have been retired since the index looked.
    if entry is None or entry.state is EntryState.RETIRED:
        return None
    bank = banks[entry.bank]
    if distance > bank.radius_bits:
        return None
    return Finding(entry=entry, bank=bank, distance=distance, view=view, box=box)


def verdict_on(found: Sequence[Finding]) -> Verdict:
    """The policy's word on all that was found; of several views of one entry in one place the nearest counts."""
    return decide(_nearest_of_each(found))


def _nearest_of_each(found: Sequence[Finding]) -> list[Finding]:
    nearest: dict[tuple[int, Box | None], Finding] = {}
    for finding in found:
        key = finding.entry.id, finding.box
        held = nearest.get(key)
        if held is None or finding.distance < held.distance:
            nearest[key] = finding
    return list(nearest.values())
