"""Seconds that a video costs, against ``vpdq.computeHash(seconds_per_hash=1)``, with how its hashes agree.

Three ways: what screening an innocent video costs (``look_up_video`` in a bank of other videos and pictures: digests,
keyframes, a frame a second wherever keyframes are further apart, look-ups), what banking costs
(``fingerprint_video``), and the peer.  Screening is measured with and without the closer look, for pictures set inside
and for regions.  All start from a file, in turn, with a decoder process that runs already.  Memory: of a two-hour
video, the node's gain and the decoder process's all.
"""

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import psutil
import vpdq
from PIL import Image

from bench._report import Report, parser
from bench.video.corpus import (
    VARIANTS,
    encoded,
    frame_interval_s,
    longest_gap_s,
    picture_track,
    repeated,
    takes_the_same_track,
    videos,
)
from unseen.bank.records import Bank, Source, SourceKind
from unseen.base import SystemClock
from unseen.desk.indexes import Indexes
from unseen.desk.look_at_video import look_up_video
from unseen.desk.screen import Looked
from unseen.fingerprint.closer import banked_regions
from unseen.fingerprint.image import warm_up
from unseen.fingerprint.pdq import luma_of, pdq
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.fingerprint import fingerprint_video
from unseen.fingerprint.video.limits import VideoLimits
from unseen.fingerprint.video.reader import open_video
from unseen.fingerprint.video.sources import FileSource
from unseen.store import MemoryStore

PEER = "vpdq"
CLOSE_S = 2.0
LONG_S = 7200.0
MISCOUNTED_BITS = 5  #: even the same decoded frames differ by more where the peer numbers other frames
LIMITS = VideoLimits(decode_s=3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One video: milliseconds each way (medians)."""

    name: str
    is_close: bool  #: keyframes are at most two seconds apart
    is_alike: bool  #: the peer takes the same track
    is_made: bool  #: it was encoded again for this
    screen_ms: float
    closer_ms: float
    bank_ms: float
    peer_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Bits from the peer's hash of the same frame, where its quality is 50 or more."""

    ours: list[int]
    same_luma: list[int]


def main() -> None:
    options = parser("what a video costs, against vpdq").parse_args()
    paths = videos()
    rounds = 3 if options.quick else 5
    report = Report(benchmark="video speed", n=len(paths), seed=options.seed)
    warm_up()
    with VideoDecoder(LIMITS) as decoder, tempfile.TemporaryDirectory() as folder:
        banks = Banks(Path(folder), options.seed)
        named = [(path, path.name) for path in paths] + list(_made(paths, Path(folder), is_quick=options.quick))
        measured = [measure(path, name, decoder, banks, rounds) for path, name in named]
        add_speed(report, measured)
        add_agreement(report, [compare(path, decoder) for path in paths[: 3 if options.quick else None]])
        long_video = Path(folder) / "long.mp4"
        repeated(named[len(paths)][0], long_video, seconds=LONG_S / 12 if options.quick else LONG_S)
        add_memory(report, long_video, decoder, banks)
    report.print()
    if options.json:
        report.json()


def _made(paths: list[Path], folder: Path, *, is_quick: bool) -> Iterator[tuple[Path, str]]:
    """Every video as one of ``VARIANTS``, in turn; in a whole run as two of them."""
    for step in range(1 if is_quick else 2):
        for number, path in enumerate(paths):
            variant = VARIANTS[(number + (step * len(VARIANTS)) // 2) % len(VARIANTS)]
            made = folder / f"{step}-{number}.{variant.ending}"
            encoded(path, made, variant, most_s=12 if is_quick else 1e9)
            yield made, f"{path.stem}, {variant.name}"


class Banks:
    """What innocent videos are looked up in: entries of noise, with and without regions."""

    def __init__(self, folder: Path, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.store = MemoryStore()
        frames = Fingerprint.of_frames(_codes(rng, 4096), np.arange(4096.0), np.full(4096, 100, np.uint8))
        pictures = [Fingerprint(kind=Kind.PDQ, code=code.tobytes(), quality=100) for code in _codes(rng, 10_000)]
        drawn = np.asarray(Image.fromarray(rng.integers(0, 256, (80, 120), np.uint8)).resize((960, 640)))
        regions = banked_regions(drawn)
        assert regions is not None
        with self.store.write() as tx:
            tx.put_bank(Bank(name="bench"))
            tx.protect(
                "bench",
                [frames, *pictures, regions],
                source=Source(kind=SourceKind.OPERATOR, ref="bench"),
                confirmed_by=None,
                actor="bench",
                reason="bench",
                at=SystemClock().now(),
            )
        self.indexes = {}
        for is_close, key in ((False, None), (True, bytes(32))):
            kept = folder / f"index-{is_close}"
            kept.mkdir()
            self.indexes[is_close] = Indexes(self.store, kept, region_key=key)
            self.indexes[is_close].open()

    def screen(self, path: Path, decoder: VideoDecoder, *, is_close: bool) -> Looked:
        """Look a video up, with or without the closer look."""
        with FileSource(path, max_bytes=LIMITS.max_bytes) as source:
            return look_up_video(source, decoder=decoder, store=self.store, index=self.indexes[is_close])


def _codes(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.integers(0, 256, (count, 32), np.uint8)


def measure(path: Path, name: str, decoder: VideoDecoder, banks: Banks, rounds: int) -> Measured:
    gap_s = longest_gap_s(path)
    ways: dict[str, Callable[[], object]] = {
        "screen": lambda: banks.screen(path, decoder, is_close=False),
        "closer": lambda: banks.screen(path, decoder, is_close=True),
        "bank": lambda: banked(path, decoder),
        "peer": lambda: vpdq.computeHash(str(path), seconds_per_hash=1),
    }
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, run in ways.items():  # in turn, so that a busy machine is busy for all
            started = time.perf_counter()
            run()
            taken[way].append((time.perf_counter() - started) * 1e3)
    return Measured(
        name=name,
        is_close=gap_s <= CLOSE_S + frame_interval_s(path),
        is_alike=takes_the_same_track(path),
        is_made=name != path.name,
        **{f"{way}_ms": statistics.median(each) for way, each in taken.items()},
    )


def banked(path: Path, decoder: VideoDecoder) -> int:
    with FileSource(path, max_bytes=LIMITS.max_bytes) as source:
        return len(fingerprint_video(source, decoder=decoder).frames)


def compare(path: Path, decoder: VideoDecoder) -> Agreement:
    """Hashes of the frames that the peer hashes, by their number."""
    theirs = {
        each.frame_number: np.frombuffer(bytes.fromhex(each.hex), np.uint8)
        for each in vpdq.computeHash(str(path), seconds_per_hash=1)
        if each.quality >= 50
    }
    with FileSource(path, max_bytes=LIMITS.max_bytes) as source, open_video(source, decoder=decoder) as video:
        all_frames = video.frames_between(0, 1e6, 0)
        ours = {at: frame.views[0] for at, frame in enumerate(all_frames) if at in theirs}
    with av.open(str(path)) as file:
        decoded = enumerate(file.decode(picture_track(file)))
        same = {
            at: pdq(luma_of(frame.to_ndarray(format="rgb24").astype(np.uint8)))[0]
            for at, frame in decoded
            if at in theirs
        }
    return Agreement(ours=apart(ours, theirs), same_luma=apart(same, theirs))


def apart(some: dict[int, np.ndarray], others: dict[int, np.ndarray]) -> list[int]:
    return [int(np.bitwise_count(some[at] ^ others[at]).sum()) for at in some]


def add_speed(report: Report, measured: list[Measured]) -> None:
    for each in measured:
        group = "close" if each.is_close else "sparse"
        group += "" if each.is_alike else "; the peer takes a smaller track: not counted"
        report.row(f"{each.name} ({group}): screen", "ms", each.screen_ms, each.peer_ms, PEER)
        report.row(f"{each.name} ({group}): screen, closer look", "ms", each.closer_ms, each.peer_ms, PEER)
        report.row(f"{each.name} ({group}): bank", "ms", each.bank_ms, each.peer_ms, PEER)
    counted = [each for each in measured if each.is_alike]
    for group, is_close in (("keyframes at most 2 s apart", True), ("keyframes further apart", False)):
        members = [each for each in counted if each.is_close is is_close]
        originals = [each for each in members if not each.is_made]
        _add_ratios(report, f"screening, {group}, as they came", originals, "screen_ms")
        for way, name in (("screen_ms", "screening"), ("closer_ms", "screening with the closer look")):
            _add_ratios(report, f"{name}, {group}", members, way)
    _add_ratios(report, "banking", counted, "bank_ms")
    _add_ratios(report, "banking, less than 100 ms by the peer", [e for e in counted if e.peer_ms < 100], "bank_ms")
    _add_ratios(report, "banking, keyframes at most 2 s apart", [e for e in counted if e.is_close], "bank_ms")


def _add_ratios(report: Report, name: str, members: list[Measured], way: str) -> None:
    if not members:
        return
    ratios = [each.peer_ms / getattr(each, way) for each in members]
    whole = sum(each.peer_ms for each in members) / sum(getattr(each, way) for each in members)
    report.row(f"{name} (n={len(members)}): median ratio", "times", statistics.median(ratios))
    report.row(f"{name}: lowest ratio", "times", min(ratios))
    report.row(f"{name}: ratio of all together", "times", whole)


def add_agreement(report: Report, compared: list[Agreement]) -> None:
    agreements = [each for each in compared if each.same_luma and statistics.mean(each.same_luma) <= MISCOUNTED_BITS]
    report.agreement(f"{len(compared) - len(agreements)} of {len(compared)} videos left out: vpdq loses frames")
    for name, found in (
        ("our frames (Y plane, block means)", [bits for each in agreements for bits in each.ours]),
        ("the same decoded frames as red, green, blue", [bits for each in agreements for bits in each.same_luma]),
    ):
        identical = sum(bits == 0 for bits in found) / max(len(found), 1)
        report.agreement(
            f"{name}, quality >= 50 (n={len(found)}): {identical:.0%} identical, "
            f"mean {statistics.mean(found):.2f} bits, 99th percentile {np.percentile(found, 99):.0f}, "
            f"max {max(found)}, from vpdq's"
        )


def add_memory(report: Report, path: Path, decoder: VideoDecoder, banks: Banks) -> None:
    ways: dict[str, Callable[[], object]] = {
        "screen": lambda: banks.screen(path, decoder, is_close=False),
        "screen, closer look": lambda: banks.screen(path, decoder, is_close=True),
        "bank": lambda: banked(path, decoder),
    }
    for name, run in ways.items():
        with memory_watched() as most:
            started = time.perf_counter()
            run()
            taken_s = time.perf_counter() - started
        report.row(f"long video ({path.stat().st_size / 2**20:.0f} MiB): {name}", "s", taken_s)
        report.row(f"long video: {name}, memory", "MiB", most[0] / 2**20)


@contextmanager
def memory_watched() -> Iterator[list[int]]:
    """The most that this process gained and that its decoders had, together, in bytes."""
    me, most, is_done = psutil.Process(os.getpid()), [0], threading.Event()
    before = me.memory_info().rss

    def watch() -> None:
        while not is_done.wait(0.05):
            children = sum(child.memory_info().rss for child in me.children())
            most[0] = max(most[0], me.memory_info().rss - before + children)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        is_done.set()
        watcher.join()


if __name__ == "__main__":
    main()
