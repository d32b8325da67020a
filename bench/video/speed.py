"""Seconds that a video costs, against ``vpdq.computeHash(seconds_per_hash=1)``, with how its hashes agree.

Three ways: what screening an innocent video costs (both digests, keyframes, and a frame every two seconds wherever
keyframes are further apart), what banking costs (``fingerprint_video``), and the peer.  All start from a file, in turn,
with a decoder process that runs already.  Memory: of a two-hour video, the node's gain and the decoder process's all.
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import psutil
import vpdq

from bench._report import Report, parser
from bench.video.corpus import frame_interval_s, longest_gap_s, repeated, videos, with_keyframes
from unseen.fingerprint.image import warm_up
from unseen.fingerprint.pdq import luma_of, pdq
from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.fingerprint import fingerprint_video
from unseen.fingerprint.video.limits import VideoLimits
from unseen.fingerprint.video.reader import open_video
from unseen.fingerprint.video.sources import FileSource, digests_of

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
    screen_ms: float
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
    report = Report(benchmark="video speed", n=len(paths), seed=options.seed)
    warm_up()
    with VideoDecoder(LIMITS) as decoder, tempfile.TemporaryDirectory() as folder:
        measured = [measure(path, path.name, decoder, options) for path in paths if path.suffix != ".gif"]
        for path in paths if not options.quick else paths[:2]:
            made = Path(folder) / f"{path.stem}.mp4"
            with_keyframes(path, made)
            measured.append(measure(made, f"{path.name}, keyframes every 2 s", decoder, options))
        add_speed(report, measured)
        add_agreement(report, [compare(path, decoder) for path in paths[: 3 if options.quick else None]])
        long_video = Path(folder) / "long.mp4"
        repeated(Path(folder) / f"{paths[0].stem}.mp4", long_video, seconds=LONG_S / 12 if options.quick else LONG_S)
        add_memory(report, long_video, decoder)
    report.print()
    if options.json:
        report.json()


def measure(path: Path, name: str, decoder: VideoDecoder, options: argparse.Namespace) -> Measured:
    gap_s = longest_gap_s(path)
    taken: dict[str, list[float]] = {"screen": [], "bank": [], "peer": []}
    ways: dict[str, Callable[[], object]] = {
        "screen": lambda: screened(path, decoder),
        "bank": lambda: banked(path, decoder),
        "peer": lambda: vpdq.computeHash(str(path), seconds_per_hash=1),
    }
    for _ in range(3 if options.quick else 5):
        for way, run in ways.items():  # in turn, so that a busy machine is busy for all
            started = time.perf_counter()
            run()
            taken[way].append((time.perf_counter() - started) * 1e3)
    return Measured(
        name=name,
        is_close=gap_s <= CLOSE_S + frame_interval_s(path),
        screen_ms=statistics.median(taken["screen"]),
        bank_ms=statistics.median(taken["bank"]),
        peer_ms=statistics.median(taken["peer"]),
    )


def screened(path: Path, decoder: VideoDecoder) -> int:
    with FileSource(path, max_bytes=LIMITS.max_bytes) as source:
        with ThreadPoolExecutor(1) as beside, open_video(source, decoder=decoder) as video:
            beside.submit(digests_of, source)
            seen = sum(1 for _ in video.keyframes())
            for first_s, last_s in video.keyframe_gaps():
                seen += sum(1 for _ in video.frames_between(first_s, last_s, CLOSE_S))
        return seen


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
        decoded = enumerate(file.decode(file.streams.best("video")))
        same = {at: pdq(luma_of(frame.to_ndarray(format="rgb24")))[0] for at, frame in decoded if at in theirs}
    return Agreement(ours=apart(ours, theirs), same_luma=apart(same, theirs))


def apart(some: dict[int, np.ndarray], others: dict[int, np.ndarray]) -> list[int]:
    return [int(np.bitwise_count(some[at] ^ others[at]).sum()) for at in some]


def add_speed(report: Report, measured: list[Measured]) -> None:
    for each in measured:
        group = "close" if each.is_close else "sparse"
        report.row(f"{each.name} ({group}): screen", "ms", each.screen_ms, each.peer_ms, PEER)
        report.row(f"{each.name} ({group}): bank", "ms", each.bank_ms, each.peer_ms, PEER)
    for group, is_close in (("keyframes at most 2 s apart", True), ("keyframes further apart", False)):
        members = [each for each in measured if each.is_close is is_close]
        if members:
            ratios = [each.peer_ms / each.screen_ms for each in members]
            report.row(f"screening, {group} (n={len(members)}): median ratio", "times", statistics.median(ratios))
            report.row(f"screening, {group}: lowest ratio", "times", min(ratios))
    ratios = [each.peer_ms / each.bank_ms for each in measured]
    report.row(f"banking (n={len(ratios)}): median ratio", "times", statistics.median(ratios))
    report.row("banking: lowest ratio", "times", min(ratios))
    for name in ("screen_ms", "bank_ms"):
        whole = sum(each.peer_ms for each in measured) / sum(getattr(each, name) for each in measured)
        report.row(f"all together, {name.removesuffix('_ms')}: ratio", "times", whole)


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


def add_memory(report: Report, path: Path, decoder: VideoDecoder) -> None:
    for name, run in (("screen", screened), ("bank", banked)):
        with memory_watched() as most:
            started = time.perf_counter()
            run(path, decoder)
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
