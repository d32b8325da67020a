"""Frames of an upload against the bank: which they are near to, and which videos and pictures they show.

Frames that are near something harmless say nothing: intros and title cards that thousands of videos share.  What is
left is weighed against every banked video that was touched, and against pictures.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.act.records import Finding
from unseen.bank.records import Bank, Entry, EntryState, Purpose
from unseen.desk.index import BankIndex
from unseen.desk.indexes import Indexes
from unseen.desk.ports import FRAME_BITS, Reader
from unseen.fingerprint.records import VIEWS, Box, Kind, View
from unseen.match.records import Segment
from unseen.match.segments import CANDIDATE_BITS, GAP_MS, Frames, Run, runs_of, segments_of

_MOST_WEIGHED: Final = 64  # banked videos, those that the most frames touch
_STRICT_BITS: Final = 31  # the radius that banks have by default
_PICTURE_BITS: Final = 39  # a picture so near may be nearer in the frames between
_WIDE_WORK: Final = 60_000_000_000  # queries times codes that are looked up widely: some seconds
_LEAST_WIDE: Final = 256  # frames, however many codes there are
_BESIDE: Final = 4  # frames on either side of one that is strictly near

Codes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """All frames that were looked at, whole or one part of each; in the order of time."""

    at_s: NDArray[np.float64]  #: (n,) float64
    views: Codes  #: (n, 8, 32) uint8
    box: Box | None = None

    def __len__(self) -> int:
        return len(self.at_s)

    def where(self, kept: NDArray[np.bool_]) -> "Layer":
        """Only the frames that are marked."""
        return Layer(at_s=self.at_s[kept], views=self.views[kept], box=self.box)

    def turned(self, view: int) -> Frames:
        """Its frames in one view."""
        return Frames(codes=np.ascontiguousarray(self.views[:, view]), at_ms=np.rint(self.at_s * 1000).astype(np.int64))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Touches:
    """Which frame of a layer, in which view, is near which entry.  All (k,)."""

    rows: NDArray[np.int64]
    views: NDArray[np.int64]
    entry_ids: NDArray[np.int64]
    distances: NDArray[np.uint16]


def near_something(layer: Layer, index: Indexes) -> NDArray[np.bool_]:
    """Which frames are near any entry in any view: (n,) bool.  Raises: NotReady."""
    is_near = np.zeros(len(layer), np.bool_)
    for touches in _touched(layer, index, _STRICT_BITS):
        is_near[touches.rows] = True
    return is_near


def near_findings(layer: Layer, index: Indexes, reader: Reader, banks: dict[str, Bank]) -> list[Finding]:
    """What the frames that say something are near to.  Raises: NotReady, StoreUnavailable."""
    if not len(layer) or not banks:
        return []
    of_videos, of_pictures = _touched(layer, index, max(bank.radius_bits for bank in banks.values()))
    ids = np.union1d(of_videos.entry_ids, of_pictures.entry_ids)
    entries = {e.id: e for e in reader.entries(ids.tolist()) if e.state is not EntryState.RETIRED}
    says_something = np.ones(len(layer), np.bool_)
    for touches in (of_videos, of_pictures):
        for row, entry_id, distance in zip(touches.rows, touches.entry_ids, touches.distances, strict=True):
            entry = entries.get(int(entry_id))
            if entry is not None and banks[entry.bank].purpose is Purpose.ALLOW:
                says_something[row] &= distance > banks[entry.bank].radius_bits
    protected = {i: e for i, e in entries.items() if banks[e.bank].purpose is Purpose.PROTECT}
    return [
        *_videos_found(layer, says_something, of_videos, protected, banks),
        *_pictures_found(layer, says_something, of_pictures, protected, banks),
    ]


def _videos_found(
    layer: Layer,
    says_something: NDArray[np.bool_],
    touches: _Touches,
    entries: dict[int, Entry],
    banks: dict[str, Bank],
) -> Iterator[Finding]:
    views: dict[int, set[int]] = defaultdict(set)
    count: dict[int, int] = defaultdict(int)
    for row, view, entry_id in zip(touches.rows, touches.views, touches.entry_ids, strict=True):
        if says_something[row] and int(entry_id) in entries:
            views[int(entry_id)].add(int(view))
            count[int(entry_id)] += 1
    telling = layer.where(says_something)
    for entry_id in sorted(views, key=lambda i: (-count[i], i))[:_MOST_WEIGHED]:
        finding = _video_found(telling, sorted(views[entry_id]), entries[entry_id], banks)
        if finding is not None:
            yield finding


def _video_found(layer: Layer, views: Sequence[int], entry: Entry, banks: dict[str, Bank]) -> Finding | None:
    """What of the layer shows the entry's video, in the view that says most; None where nothing does."""
    if entry.fingerprint is None or entry.fingerprint.kind is not Kind.FRAME:
        return None
    bank, frames = banks[entry.bank], entry.fingerprint.frames
    banked = Frames(codes=np.ascontiguousarray(frames["code"]), at_ms=frames["at_ms"].astype(np.int64))
    best: tuple[int, list[Run], Frames, View] | None = None
    for view in views:
        upload = layer.turned(view)
        runs = runs_of(upload, banked, near_bits=bank.radius_bits)
        centibans = sum(run.centibans for run in runs)
        if runs and (best is None or centibans > best[0]):
            best = centibans, runs, upload, VIEWS[view]
    if best is None:
        return None
    _, runs, upload, turned = best
    return Finding(
        entry=entry,
        bank=bank,
        distance=min(int(run.distances.min()) for run in runs),
        view=turned,
        box=layer.box,
        segments=segments_of(runs, upload, banked),
    )


def _pictures_found(
    layer: Layer,
    says_something: NDArray[np.bool_],
    touches: _Touches,
    entries: dict[int, Entry],
    banks: dict[str, Bank],
) -> Iterator[Finding]:
    """Banked pictures that the layer shows."""
    near: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for row, view, entry_id, distance in zip(
        touches.rows, touches.views, touches.entry_ids, touches.distances, strict=True
    ):
        entry = entries.get(int(entry_id))
        if entry is not None and says_something[row] and distance <= banks[entry.bank].radius_bits:
            near[int(entry_id)].append((int(distance), int(view), int(row)))
    for entry_id, hits in sorted(near.items()):
        distance, view, _ = min(hits)
        entry = entries[entry_id]
        yield Finding(
            entry=entry,
            bank=banks[entry.bank],
            distance=distance,
            view=VIEWS[view],
            box=layer.box,
            segments=_shown(layer.at_s[sorted({row for _, _, row in hits})]),
        )


def _shown(at_s: NDArray[np.float64]) -> tuple[Segment, ...]:
    """When a picture is shown.  at_s: (k,), ascending, k > 0."""
    cuts = np.flatnonzero(np.diff(at_s) > GAP_MS / 1000) + 1
    return tuple(
        Segment(upload_s=(float(part[0]), float(part[-1])), item_s=None, frames=len(part))
        for part in np.split(at_s, cuts)
    )


def _touches(layer: Layer, near: BankIndex, *, strict_bits: int, wide_bits: int) -> _Touches:
    """Every code near a frame in any view: within the strict radius of all frames, within the wide one of some.

    Of all where that is not too much work; else of those beside a frame that is strictly near, and of others spread
    evenly over the layer, as many as the work allows.  The ids are the index's.
    """
    count = len(layer)
    most = max(_WIDE_WORK // (len(VIEWS) * max(len(near), 1)), _LEAST_WIDE)
    if count <= most or strict_bits >= wide_bits:
        return _search(layer, np.arange(count), near, max(strict_bits, wide_bits))
    strict = _search(layer, np.arange(count), near, strict_bits)
    beside = (np.unique(strict.rows)[:, None] + np.arange(-_BESIDE, _BESIDE + 1)).ravel()
    chosen = np.unique(beside[(beside >= 0) & (beside < count)])[:most]
    spread = np.linspace(0, count - 1, most - len(chosen)).astype(np.int64)
    chosen = np.union1d(chosen, spread)
    wide, kept = _search(layer, chosen, near, wide_bits), ~np.isin(strict.rows, chosen)
    return _Touches(
        rows=np.concatenate([wide.rows, strict.rows[kept]]),
        views=np.concatenate([wide.views, strict.views[kept]]),
        entry_ids=np.concatenate([wide.entry_ids, strict.entry_ids[kept]]),
        distances=np.concatenate([wide.distances, strict.distances[kept]]),
    )


def _search(layer: Layer, rows: NDArray[np.int64], near: BankIndex, radius_bits: int) -> _Touches:
    hits = near.search(np.ascontiguousarray(layer.views[rows].reshape(-1, 32)), radius_bits)
    query = np.repeat(np.arange(len(rows) * len(VIEWS)), np.diff(hits.offsets))
    return _Touches(
        rows=rows[query // len(VIEWS)], views=query % len(VIEWS), entry_ids=hits.ids, distances=hits.distances
    )


def _touched(layer: Layer, index: Indexes, strict_bits: int) -> tuple[_Touches, _Touches]:
    """Of videos' frames and of pictures; the ids are the entries'.  Raises: NotReady."""
    of_videos = _touches(layer, index.frames, strict_bits=strict_bits, wide_bits=CANDIDATE_BITS)
    of_pictures = _touches(layer, index.pictures, strict_bits=strict_bits, wide_bits=_PICTURE_BITS)
    return replace(of_videos, entry_ids=of_videos.entry_ids >> FRAME_BITS), of_pictures
