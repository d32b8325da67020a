"""A video comes in: which of its seconds are near anything banked, and what should be done with it.

1. Keyframes are looked up, and frames a second apart where keyframes are farther apart than two.  2. Around those near
something, more are decoded: where it begins and ends, and where only one frame says so.  3. Frames that are near
something harmless say nothing: intros and title cards that thousands of videos share.  4. What is left is weighed
against every banked video that was touched, and against pictures.  5. Where nothing is decided, some frames are looked
at closely, as pictures are: pictures set inside them that stay in their place, then regions.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.act.records import Finding, Verdict
from unseen.desk.indexes import Indexes
from unseen.desk.look_closer import INSETS, closer_look_at_frame, is_decided
from unseen.desk.near_videos import Codes, Layer, near_findings, near_something
from unseen.desk.ports import Store
from unseen.desk.screen import Looked, Query, exact_findings, verdict_on
from unseen.fingerprint.closer import LONG_SIDE, shrunk
from unseen.fingerprint.pdq import pdq_views
from unseen.fingerprint.records import MIN_QUALITY, VIEWS, Box, Fingerprint
from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.places import INSETS_SIDE, between_bars, lasting_places, part_of
from unseen.fingerprint.video.reader import GAP_S, Video, open_video, require_frames
from unseen.fingerprint.video.records import VideoFrame
from unseen.fingerprint.video.sources import Source, digests_of
from unseen.match.records import Segment

SPARSE_S: Final = 1.0  #: how far frames between keyframes are apart
DENSE_S: Final = 0.5  #: and those around a frame that is near something
_AROUND_S: Final = 3.0  # on both sides of it
_MOST_DENSE: Final = 400  # frames
_MOST_KEPT: Final = 64  # frames whose luma is kept for a closer look, evenly spread
_PROBED: Final = 8  # of these, looked through for pictures set inside
_MOST_BARRED: Final = 24  # different parts between bars that are told apart
LOOKED_CLOSELY: Final = 6  #: frames of a video whose regions are looked for
_KEYFRAMES_SHARE: Final = 0.7  # of the progress

Luma = NDArray[np.uint8]
OnProgress = Callable[[float], None]


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

    def layers(self) -> list[Layer]:
        """All of it, whole frames first, each in the order of time; of two of one moment, one."""
        made = []
        for box, rows in self.parts.items():
            at_s, first = np.unique(np.array([at_s for at_s, _ in rows], np.float64), return_index=True)
            views = np.array([codes for _, codes in rows], np.uint8).reshape(-1, len(VIEWS), 32)
            made.append(Layer(at_s=at_s, views=views[first], box=box))
        return made


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenVideo:
    """What was seen of a video, enough to look it up again without it."""

    digests: tuple[Fingerprint, Fingerprint]  #: SHA-256 and MD5
    frames: Layer  #: whole ones, of those that show enough


def look_up_video(
    source: Source,
    *,
    decoder: VideoDecoder,
    store: Store,
    index: Indexes,
    on_progress: OnProgress = lambda _: None,
    on_seen: Callable[[SeenVideo], None] = lambda _: None,
) -> Looked:
    """Every entry that a video is near to, with the seconds, and the verdict.

    on_progress: given 0 to 1 now and then; what it raises ends the work.  on_seen: told once what was seen.
    Raises: BadMedia, NodeError, NotReady, StoreUnavailable.
    """
    started = time.perf_counter()
    as_of_seq = index.catch_up()
    with ThreadPoolExecutor(1, thread_name_prefix="unseen-digests") as beside:
        digesting = beside.submit(digests_of, source)
        gathered = _Gathered()
        with open_video(source, decoder=decoder, long_side=_long_side_for(index)) as video:
            _look_through(video, gathered, index, on_progress)
        digests = digesting.result()
    decoded = time.perf_counter()
    layers = gathered.layers()
    on_seen(SeenVideo(digests=digests, frames=layers[0]))
    looked = Looked(
        verdict=_verdict(digests, layers, store, index),
        as_of_seq=as_of_seq,
        is_featureless=not any(map(len, layers)),
        stages_s={"decode": decoded - started, "search": time.perf_counter() - decoded},
    )
    looked = _look_closer(looked, gathered, store, index)
    on_progress(1.0)
    return looked


def look_up_seen(seen: SeenVideo, *, store: Store, index: Indexes) -> Looked:
    """What a video that was seen before is near to today, by whole frames and digests.

    Raises: NotReady, StoreUnavailable.
    """
    as_of_seq = index.catch_up()
    return Looked(
        verdict=_verdict(seen.digests, [seen.frames], store, index),
        as_of_seq=as_of_seq,
        is_featureless=not len(seen.frames),
    )


def _verdict(digests: Sequence[Fingerprint], layers: Sequence[Layer], store: Store, index: Indexes) -> Verdict:
    with store.read() as reader:
        banks = {bank.name: bank for bank in reader.banks()}
        found = exact_findings([Query(fingerprint=f, view=None) for f in digests], reader, banks)
        for layer in layers:
            found += near_findings(layer, index, reader, banks)
    return verdict_on(found)


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


def _spans_to_see(layer: Layer, index: Indexes) -> list[tuple[float, float]]:
    """Around frames that are near something and have a neighbour that is not."""
    is_near = np.pad(near_something(layer, index), 1)  # one more on either side, near nothing
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
                found += near_findings(layer, index, reader, {bank.name: bank for bank in reader.banks()})
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


def _long_side_for(index: Indexes) -> int:
    """Pixels that a closer look needs of a frame; whole frames are told apart by fewer."""
    if index.regions is None:
        return 0
    return LONG_SIDE if _seeks_regions(index) else INSETS_SIDE


def _seeks_regions(index: Indexes) -> bool:
    return index.regions is not None and len(index.regions) > 0


def _evenly(lumas: Sequence[tuple[float, Luma]], most: int) -> list[tuple[float, Luma]]:
    """So many of them, from the middle of as many equal parts."""
    count = min(most, len(lumas))
    return [lumas[(2 * part + 1) * len(lumas) // (2 * count)] for part in range(count)]


def _inset_layers(lumas: Sequence[tuple[float, Luma]]) -> Iterator[Layer]:
    """One layer for each place in which a picture seems to be set in the frames for longer."""
    for box in lasting_places([luma for _, luma in _evenly(lumas, _PROBED)]):
        at_s, views = list[float](), list[Codes]()
        for moment_s, luma in lumas:
            codes, quality = pdq_views(part_of(luma, box))
            if quality >= MIN_QUALITY:
                at_s.append(moment_s)
                views.append(codes)
        if at_s:
            yield Layer(at_s=np.array(at_s), views=np.stack(views), box=box)
