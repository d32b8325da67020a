"""Region fingerprints of a picture against OpenCV's SIFT on the same pixels, one core: ``python -m bench.region``.

Both get the same luma, its longer side scaled to 640 pixels, and give keypoints with what surrounds each: SIFT its
128 numbers (``detectAndCompute``, as OpenCV makes it by default), ours at most 96 codes as for a bank, each with the
code of its mirror image.  Ours is also measured as for an upload: up to 1,280 pixels, at most 256 codes.  The two
take turns on each photograph under ``$UNSEEN_TEST_DATA/photos``; medians over the turns make a photograph's ratio, and
the median and the least of these are reported.  Photographs of fewer than 640 pixels are reported apart, as they are.
"""

import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from bench._report import Report, parser
from unseen.fingerprint.region import BANKED, SOUGHT
from unseen.fingerprint.region.fingerprint import fingerprint_regions

LONG_SIDE = 640
PEER = "OpenCV SIFT"
_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp"})


def main() -> None:
    options = parser("Region fingerprints against OpenCV's SIFT").parse_args()
    folder = os.environ.get("UNSEEN_TEST_DATA")
    if not folder:
        raise SystemExit("Set UNSEEN_TEST_DATA to the folder that holds photos/.")
    cv2.setNumThreads(1)
    paths = sorted(path for path in (Path(folder) / "photos").rglob("*") if path.suffix.lower() in _ENDINGS)
    rng = np.random.default_rng(options.seed)
    chosen = [paths[at] for at in rng.permutation(len(paths))[: 20 if options.quick else 60]]
    sift = cv2.SIFT.create()
    rounds = 3 if options.quick else 9
    taken: list[tuple[float, float, float, int, int]] = []
    smaller: list[float] = []  # ratios
    fingerprint_regions(luma_of(chosen[0], LONG_SIDE), plan=BANKED)  # compile before the clock runs
    for path in chosen:
        small, large = luma_of(path, LONG_SIDE), luma_of(path, SOUGHT.long_side)
        peer_ms, ours_ms = in_turns(
            partial(sift.detectAndCompute, small, None),
            partial(fingerprint_regions, small, plan=BANKED),
            rounds=rounds,
        )
        if max(small.shape) < LONG_SIDE:
            smaller.append(peer_ms / ours_ms)
            continue
        (sought_ms,) = in_turns(partial(fingerprint_regions, large, plan=SOUGHT), rounds=rounds)
        regions = fingerprint_regions(small, plan=BANKED), fingerprint_regions(large, plan=SOUGHT)
        taken.append((ours_ms, peer_ms, sought_ms, len(regions[0]), len(regions[1])))
    report = Report(benchmark="region", n=len(taken), seed=options.seed)
    ours, peers, sought, banked_codes, sought_codes = (list(column) for column in zip(*taken, strict=True))
    report.row("a 640-pixel picture, to bank", "ms", statistics.median(ours), statistics.median(peers), PEER)
    ratios = [peer / own for own, peer in zip(ours, peers, strict=True)]
    report.row("median of each picture's ratio", "times", statistics.median(ratios))
    report.row("least of each picture's ratio", "times", min(ratios))
    if smaller:
        report.row(
            f"{len(smaller)} smaller pictures, as they are: median of their ratios", "times", statistics.median(smaller)
        )
    report.row("an upload of up to 1,280 pixels", "ms", statistics.median(sought))
    report.row("codes to bank, mean", "n", statistics.mean(banked_codes))
    report.row("codes to ask with, mean (each with its mirror image)", "n", statistics.mean(sought_codes))
    report.ratios[f"each picture's time vs {PEER}"] = statistics.median(ratios)
    report.print()
    if options.json:
        report.json()


def luma_of(path: Path, long_side: int) -> NDArray[np.uint8]:
    """A photograph's luma, upright, its longer side at most ``long_side``."""
    with Image.open(path) as picture:
        upright = ImageOps.exif_transpose(picture).convert("L")
    upright.thumbnail((long_side, long_side), Image.Resampling.LANCZOS)
    return np.ascontiguousarray(np.asarray(upright))


def in_turns(*runs: Callable[[], object], rounds: int = 5) -> list[float]:
    """Median milliseconds of each, run in turns so that what else the machine does falls on all of them."""
    taken: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for run, times in zip(runs, taken, strict=True):
            started = time.perf_counter()
            run()
            times.append(time.perf_counter() - started)
    return [statistics.median(times) * 1e3 for times in taken]


if __name__ == "__main__":
    main()
