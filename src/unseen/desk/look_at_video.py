"""A video comes in: which of its seconds are near anything banked, and what should be done with it.

1. Keyframes are looked up, and frames a second apart where keyframes are farther apart than two.  2. Around those near
something, more are decoded: where it begins and ends, and where only one frame says so.  3. Frames that are near
something harmless say nothing: intros and title cards that thousands of videos share.  4. What is left is weighed
against every banked video that was touched, and against pictures.  5. Where nothing is decided, some frames are looked
at closely, as pictures are: pictures set inside them that stay in their place, then regions.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.act.records import Finding
from unseen.bank.records import Bank, Entry, EntryState, Purpose
from unseen.desk.indexes import Indexes
from unseen.desk.look_closer import INSETS, closer_look_at_frame, is_decided
from unseen.desk.ports import FRAME_BITS, Reader, Store
from unseen.desk.screen import Looked, Query, exact_findings, verdict_on
from unseen.fingerprint.closer import LONG_SIDE, shrunk
from unseen.fingerprint.pdq import pdq_views
from unseen.fingerprint.records import MIN_QUALITY, VIEWS, Box, Kind, View
from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.places import between_bars, lasting_places, part_of
from unseen.fingerprint.video.reader import Video, open_video, require_frames
from unseen.fingerprint.video.records import VideoFrame
from unseen.fingerprint.video.sources import Source, digests_of
from unseen.match.records import Segment
from unseen.match.segments import CANDIDATE_BITS, GAP_MS, Frames, Run, runs_of, segments_of

GAP_S: Final = 2.0  #: keyframes farther apart have frames between them looked at
SPARSE_S: Final = 1.0  #: how far those are apart
DENSE_S: Final = 0.5  #: and those around a frame that is near something
_AROUND_S: Final = 3.0  # on both sides of it
_MOST_DENSE: Final = 400  # frames
_MOST_KEPT: Final = 64  # frames whose luma is kept for a closer look, evenly spread
_PROBED: Final = 8  # of these, looked through for pictures set inside
_MOST_BARRED: Final = 24  # different parts between bars that are told apart
LOOKED_CLOSELY: Final = 6  #: frames of a video whose regions are looked for
_MOST_WEIGHED: Final = 64  # banked videos, those that the most frames touch
_KEYFRAMES_SHARE: Final = 0.7  # of the progress

Luma = NDArray[np.uint8]
Codes = NDArray[np.uint8]
OnProgress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Layer:
    """All frames that were looked at, whole or one part of each; in the order of time."""

    at_s: NDArray[np.float64]  #: (n,) float64
    views: Codes  #: (n, 8, 32) uint8
    box: Box | None = None

    def __len__(self) -> int:
        return len(self.at_s)

    def where(self, kept: NDArray[np.bool_]) -> "_Layer":
        """Only the frames that are marked."""
        return _Layer(at_s=self.at_s[kept], views=self.views[kept], box=self.box)

    def turned(self, view: int) -> Frames:
        """Its frames in one view."""
        return Frames(codes=np.ascontiguousarray(self.views[:, view]), at_ms=np.rint(self.at_s * 1000).astype(np.int64))


@dataclass(slots=True, kw_only=True)
class _Gathered:
    """What was seen so far, in any order; of some frames the luma."""

    #: By the part of the frame, None for all of it: moments, and codes in all views
    parts: dict[Box | None, list[tuple[float, Codes]]] = field(default_factory=lambda: {None: []})
    lumas: list[tuple[float, Luma]] = field(default_factory=list)
    every: int = 1  #: of so many frames, the luma of one is kept
    seen: int = 0

    def add(self, frame: VideoFrame) -> None:
        """Take a frame in, whole, and what is between its bars where it has some; one with too little is only seen."""
        if self.seen % self.every == 0:
            self.lumas.append((frame.at_s, shrunk(frame.luma)))
            if len(self.lumas) > _MOST_KEPT:
                self.lumas, self.every = self.lumas[::2], 2 * self.every
        self.seen += 1
        if frame.is_featureless:
            return
        self.parts[None].append((frame.at_s, frame.views))
        for box in between_bars(frame.luma):
            if box in self.parts or len(self.parts) <= _MOST_BARRED:
                codes, quality = pdq_views(part_of(frame.luma, box))
                if quality >= MIN_QUALITY:
                    self.parts.setdefault(box, []).append((frame.at_s, codes))

    def layers(self) -> list[_Layer]:
        """All of it, each in the order of time; of two of one moment, one."""
        made = []
        for box, rows in self.parts.items():
            at_s, first = np.unique(np.array([at_s for at_s, _ in rows], np.float64), return_index=True)
            views = np.array([codes for _, codes in rows], np.uint8).reshape(-1, len(VIEWS), 32)
            made.append(_Layer(at_s=at_s, views=views[first], box=box))
        return made


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Touches:
    """Which frame of a layer, in which view, is near which entry.  All (k,)."""

    rows: NDArray[np.int64]
    views: NDArray[np.int64]
    entry_ids: NDArray[np.int64]
    distances: NDArray[np.uint16]


def look_up_video(
    source: Source,
    *,
    decoder: VideoDecoder,
    store: Store,
    index: Indexes,
    on_progress: OnProgress = lambda _: None,
) -> Looked:
    """Every entry that a video is near to, with the seconds, and the verdict.

    on_progress: given 0 to 1 now and then; what it raises ends the work.
    Raises: BadMedia, NodeError, NotReady, StoreUnavailable.
    """
    started = time.perf_counter()
    as_of_seq = index.catch_up()
    with ThreadPoolExecutor(1, thread_name_prefix="unseen-digests") as beside:
        digesting = beside.submit(digests_of, source)
        gathered = _Gathered()
        with open_video(source, decoder=decoder, long_side=LONG_SIDE if _seeks_regions(index) else 0) as video:
            _look_through(video, gathered, index, on_progress)
        digests = digesting.result()
    decoded = time.perf_counter()
    layers = gathered.layers()
    with store.read() as reader:
        banks = {bank.name: bank for bank in reader.banks()}
        found = exact_findings([Query(fingerprint=f, view=None) for f in digests], reader, banks)
        for layer in layers:
            found += _near_findings(layer, index, reader, banks)
    looked = Looked(
        verdict=verdict_on(found),
        as_of_seq=as_of_seq,
        is_featureless=not any(map(len, layers)),
        stages_s={"decode": decoded - started, "search": time.perf_counter() - decoded},
    )
    looked = _look_closer(looked, gathered, store, index)
    on_progress(1.0)
    return looked


def _look_through(video: Video, gathered: _Gathered, index: Indexes, on_progress: OnProgress) -> None:
    """See enough of the video: keyframes, then between them where they are rare, then around what is near."""
    for frame in video.keyframes():
        gathered.add(frame)
        on_progress(_KEYFRAMES_SHARE * min(frame.at_s / max(video.duration_s, 1e-3), 1.0))
    gaps = video.keyframe_gaps(GAP_S)
    for first_s, last_s in gaps:
        for frame in video.frames_between(first_s, last_s, SPARSE_S):
            gathered.add(frame)
            on_progress(_KEYFRAMES_SHARE)
    require_frames(gathered.seen)
    left = _MOST_DENSE
    spans = [span for layer in gathered.layers() for span in _spans_to_see(layer, index)]
    for first_s, last_s in _merged(spans):
        for frame in video.frames_between(first_s, min(last_s, max(video.duration_s, first_s)), DENSE_S):
            gathered.add(frame)
            left -= 1
            on_progress(0.9)
        if left <= 0:
            return


def _spans_to_see(layer: _Layer, index: Indexes) -> list[tuple[float, float]]:
    """Around frames that are near something and have a neighbour that is not."""
    is_near = np.zeros(len(layer) + 2, np.bool_)  # one more on either side, near nothing
    for touches in (_touches(layer, index, of_frames=True), _touches(layer, index, of_frames=False)):
        is_near[touches.rows + 1] = True
    edges = is_near[1:-1] & ~(is_near[:-2] & is_near[2:])
    return [(max(at_s - _AROUND_S, 0.0), at_s + _AROUND_S) for at_s in layer.at_s[edges].tolist()]


def _merged(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The same moments, each once, ascending."""
    merged: list[tuple[float, float]] = []
    for first_s, last_s in sorted(spans):
        if merged and first_s <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last_s, merged[-1][1]))
        else:
            merged.append((first_s, last_s))
    return merged


def _touches(layer: _Layer, index: Indexes, *, of_frames: bool) -> _Touches:
    """Every entry near a frame in any view: of videos within a wide radius, of pictures within what banks allow."""
    near, bits = (index.frames, FRAME_BITS) if of_frames else (index.pictures, 0)
    hits = near.search(np.ascontiguousarray(layer.views.reshape(-1, 32)), CANDIDATE_BITS)
    query = np.repeat(np.arange(len(layer) * len(VIEWS)), np.diff(hits.offsets))
    return _Touches(
        rows=query // len(VIEWS),
        views=query % len(VIEWS),
        entry_ids=hits.ids >> bits,
        distances=hits.distances,
    )


def _near_findings(layer: _Layer, index: Indexes, reader: Reader, banks: dict[str, Bank]) -> list[Finding]:
    """What the frames that say something are near to.  Raises: NotReady, StoreUnavailable."""
    if not len(layer) or not banks:
        return []
    of_videos, of_pictures = (_touches(layer, index, of_frames=of_frames) for of_frames in (True, False))
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
    layer: _Layer,
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


def _video_found(layer: _Layer, views: Sequence[int], entry: Entry, banks: dict[str, Bank]) -> Finding | None:
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
    layer: _Layer,
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


def _look_closer(looked: Looked, gathered: _Gathered, store: Store, index: Indexes) -> Looked:
    """What pictures set inside, then regions of a few frames are near to, where nothing stricter was found."""
    if index.regions is None or is_decided(looked) or not gathered.lumas:
        return looked
    lumas = sorted(gathered.lumas, key=lambda kept: kept[0])
    started = time.perf_counter()
    found: list[Finding] = []
    if len(index.pictures) or len(index.frames):
        for layer in _inset_layers(lumas):
            with store.read() as reader:
                found += _near_findings(layer, index, reader, {bank.name: bank for bank in reader.banks()})
    looked = _with(looked, found, {INSETS: time.perf_counter() - started})
    if not _seeks_regions(index):
        return looked
    for at_s, luma in _evenly(lumas, LOOKED_CLOSELY):
        if is_decided(looked):
            break
        looked = _with_regions(looked, at_s, luma, store, index)
    return looked


def _with_regions(looked: Looked, at_s: float, luma: Luma, store: Store, index: Indexes) -> Looked:
    frame = closer_look_at_frame(luma, store=store, index=index).whole()
    shown = Segment(upload_s=(at_s, at_s), item_s=None)
    found = [replace(finding, segments=(shown,)) for finding in frame.verdict.findings]
    return _with(looked, found, frame.stages_s)


def _with(looked: Looked, found: Sequence[Finding], stages_s: dict[str, float]) -> Looked:
    verdict = verdict_on([*looked.verdict.findings, *found]) if found else looked.verdict
    taken = {stage: looked.stages_s.get(stage, 0.0) + s for stage, s in stages_s.items()}
    return replace(looked, verdict=verdict, stages_s=looked.stages_s | taken)


def _seeks_regions(index: Indexes) -> bool:
    return index.regions is not None and len(index.regions) > 0


def _evenly(lumas: Sequence[tuple[float, Luma]], most: int) -> list[tuple[float, Luma]]:
    """So many of them, from the middle of as many equal parts."""
    count = min(most, len(lumas))
    return [lumas[(2 * part + 1) * len(lumas) // (2 * count)] for part in range(count)]


def _inset_layers(lumas: Sequence[tuple[float, Luma]]) -> Iterator[_Layer]:
    """One layer for each place in which a picture seems to be set in the frames for longer."""
    for box in lasting_places([luma for _, luma in _evenly(lumas, _PROBED)]):
        at_s, views = list[float](), list[Codes]()
        for moment_s, luma in lumas:
            codes, quality = pdq_views(part_of(luma, box))
            if quality >= MIN_QUALITY:
                at_s.append(moment_s)
                views.append(codes)
        if at_s:
            yield _Layer(at_s=np.array(at_s), views=np.stack(views), box=box)
