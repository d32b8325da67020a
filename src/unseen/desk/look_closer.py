"""A second and a third look at an upload that whole-picture comparison did not decide: its insets, then its regions.

What is dear comes last, and only where nothing stricter than ``allow`` was found before (docs/adr/0011).
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.act.records import Finding
from unseen.bank.records import Response
from unseen.desk.index import BankIndex
from unseen.desk.indexes import Indexes
from unseen.desk.near_regions import SoughtRegions, region_findings, region_glimpses, touched_by
from unseen.desk.ports import Store
from unseen.desk.recall import Recall
from unseen.desk.screen import Looked, LookedAlone, Query, look_up, look_up_alone, near_findings, seen_alone, verdict_on
from unseen.fingerprint.closer import Inset, insets_of, regions_sought
from unseen.fingerprint.records import VIEWS, Fingerprint, Kind

INSETS: Final = "insets"  #: stages: finding pictures set inside, their PDQ, and looking that up
REGION: Final = "region"  #: fingerprinting regions
REGION_SEARCH: Final = "region_search"  #: looking them up and weighing what was found

Luma = NDArray[np.uint8]


def look_up_alone_closely(
    queries: Sequence[Query], luma: Luma | None, sought: SoughtRegions | None, *, index: Indexes, recall: Recall
) -> LookedAlone:
    """``look_up_alone``, and where nothing is near, a closer look at the luma, or at regions found elsewhere.

    Raises: NotReady.
    """
    looked = look_up_alone(queries, index=index, recall=recall)
    if index.regions is None or looked.glimpses:
        return looked
    if luma is not None:
        insets, taken_s = timed_inset_queries(luma)
        looked = look_up_alone([*queries, *insets], index=index, recall=recall)
        looked.stages_s[INSETS] = taken_s
        if looked.glimpses:
            return looked
        sought, looked.stages_s[REGION] = timed_regions(luma)
    if sought is None:
        return looked
    return seen_alone(
        region_glimpses(sought, index.regions),
        as_of_seq=looked.as_of_seq,
        is_featureless=looked.is_featureless,
        stages_s=looked.stages_s,
    )


def is_decided(looked: Looked) -> bool:
    """Whether nothing that is found later could matter."""
    return looked.verdict.response is not Response.ALLOW


def look_up_closely(queries: Sequence[Query], luma: Luma | None, *, store: Store, index: Indexes) -> Looked:
    """``look_up``, and where that decides nothing, a closer look at the luma: (h, w) uint8, or None for none.

    Raises: NotReady, StoreUnavailable.
    """
    looked = look_up(queries, store=store, index=index)
    if luma is None or index.regions is None:
        return looked
    if not is_decided(looked):
        looked = look_up_insets(looked, *timed_inset_queries(luma), store=store, index=index)
    if not is_decided(looked):
        looked = look_up_regions(looked, *timed_regions(luma), store=store, index=index.regions)
    return looked


def timed_inset_queries(luma: Luma) -> tuple[tuple[Query, ...], float]:
    """What to look for of the pictures set inside, and the seconds that it took to find."""
    started = time.perf_counter()
    queries = tuple(query for inset in insets_of(luma) for query in _queries_of(inset))
    return queries, time.perf_counter() - started


def timed_regions(luma: Luma) -> tuple[SoughtRegions, float]:
    """The regions to look for, and the seconds that it took to find them."""
    started = time.perf_counter()
    return SoughtRegions.of(regions_sought(luma), luma.shape), time.perf_counter() - started


def look_up_insets(looked: Looked, queries: Sequence[Query], taken_s: float, *, store: Store, index: Indexes) -> Looked:
    """What was found so far, and what the pictures set inside are near to.

    queries: with their boxes.  taken_s: to make them.  Raises: NotReady, StoreUnavailable.
    """
    started = time.perf_counter()
    with store.read() as reader:
        banks = {bank.name: bank for bank in reader.banks()}
        found = near_findings(queries, index, reader, banks)
    return _with(looked, found, {INSETS: taken_s + time.perf_counter() - started})


def look_up_regions(
    looked: Looked, sought: SoughtRegions, taken_s: float | None, *, store: Store, index: BankIndex
) -> Looked:
    """What was found so far, and the banked pictures of which the upload has parts.

    index: of regions.  taken_s: to fingerprint them; None where that was done elsewhere.
    Raises: NotReady, StoreUnavailable.
    """
    started = time.perf_counter()
    touched, found = touched_by(sought, index), list[Finding]()
    if len(touched.entry_ids):
        with store.read() as reader:
            found = region_findings(sought, touched, reader)
    stages_s = {} if taken_s is None else {REGION: taken_s}
    return _with(looked, found, stages_s | {REGION_SEARCH: time.perf_counter() - started})


def _with(looked: Looked, found: Sequence[Finding], stages_s: dict[str, float]) -> Looked:
    verdict = verdict_on([*looked.verdict.findings, *found]) if found else looked.verdict
    return replace(looked, verdict=verdict, stages_s=looked.stages_s | stages_s)


def _queries_of(inset: Inset) -> list[Query]:
    return [
        Query(
            fingerprint=Fingerprint(kind=Kind.PDQ, code=row.tobytes(), quality=inset.quality), view=view, box=inset.box
        )
        for view, row in zip(VIEWS, inset.views, strict=True)
    ]
