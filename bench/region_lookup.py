"""All regions of an upload, both mirrors in one batch, within 31 bits, one thread: ``python -m bench.index --regions``.

The codes are those of regions of photographs (``bench.corpora`` says how), so that some buckets are much fuller than
others; they are mapped from a file and veiled, as the workers of a node search them.  The uploads are photographs:
every second one is among those that were indexed, the others are not.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np

from bench._report import Report
from bench.corpora import Codes, photographs, region_codes
from unseen.fingerprint.region import SOUGHT
from unseen.fingerprint.region.fingerprint import fingerprint_regions
from unseen.match import reference
from unseen.match.files import IndexFiles
from unseen.match.layout import to_words
from unseen.match.live import LiveIndex
from unseen.match.manifest import Manifest
from unseen.match.veil import Veil

RADIUS_BITS: Final = 31
BAR_MS: Final = 60  #: for 256 regions in both mirrors among ten million codes
_REGIONS: Final = (256, 160)
_UPLOADS: Final = 32
_TURNS: Final = 3
_BLOCK: Final = 1 << 16
_CHECKED: Final = 4  # queries that the plain reference answers too


def look_up(n: int, seed: int, report: Report) -> None:
    """Measure and check: for each upload the median over the turns, of these the median and the most.

    Raises: SystemExit without the photographs, or where an answer is not the reference's.
    """
    rng, pictures = np.random.default_rng(seed), photographs()
    if not pictures:
        raise SystemExit("Set UNSEEN_TEST_DATA to the folder that holds photos/.")
    pictures = [pictures[i] for i in rng.permutation(len(pictures))]
    strangers, banked = pictures[: len(pictures) // 8], pictures[len(pictures) // 8 :]
    asked = [fingerprint_regions(np.array(picture.convert("L")), plan=SOUGHT) for picture in strangers + banked]
    known = [i >= len(strangers) for i in range(len(asked))]
    codes, veil = region_codes(banked, n, rng), Veil(rng.bytes(32))
    with tempfile.TemporaryDirectory() as folder:
        live = _opened(Path(folder), veil.over(codes))
        for count in _REGIONS:
            whole = [i for i, regions in enumerate(asked) if len(regions) >= count]
            half = _UPLOADS // 2
            chosen = [i for i in whole if not known[i]][:half] + [i for i in whole if known[i]][:half]
            uploads = [np.concatenate((asked[i].codes[:count], asked[i].mirrored_codes[:count])) for i in chosen]
            taken = _in_turns(live, veil, uploads)
            report.row(f"{n:,} codes, {count} regions in both mirrors, median upload", "ms", statistics.median(taken))
            report.row(f"{n:,} codes, {count} regions in both mirrors, slowest upload", "ms", max(taken))
        _check(live, veil, codes, uploads[-1][:_CHECKED], report)
        began = time.perf_counter()
        for _ in range(100):
            veil.over(uploads[0])
        report.row(f"veiling {len(uploads[0])} queries", "us", (time.perf_counter() - began) * 1e4)


def _opened(folder: Path, veiled: Codes) -> LiveIndex:
    files = IndexFiles(folder, "index")
    blocks = (
        (np.arange(begin, min(begin + _BLOCK, len(veiled))), to_words(veiled[begin : begin + _BLOCK]))
        for begin in range(0, len(veiled), _BLOCK)
    )
    with files.written(blocks, len(veiled), 1) as member:
        files.commit(lambda _: Manifest(seq=1, mark="", erased_seq=0, clean_seq=1, members=(member,)), anew=True)
    return LiveIndex(files.open())


def _in_turns(live: LiveIndex, veil: Veil, uploads: list[Codes]) -> list[float]:
    """Milliseconds of each upload, veiling included: medians over the turns."""
    live.search(veil.over(uploads[0]), RADIUS_BITS)
    taken = np.empty((_TURNS, len(uploads)))
    for turn in range(_TURNS):
        for at, codes in enumerate(uploads):
            began = time.perf_counter()
            live.search(veil.over(codes), RADIUS_BITS, threads=1)
            taken[turn, at] = (time.perf_counter() - began) * 1e3
    return [float(ms) for ms in np.median(taken, axis=0)]


def _check(live: LiveIndex, veil: Veil, codes: Codes, queries: Codes, report: Report) -> None:
    """End the run unless the veiled answers to a few clear queries are those of the plain reference without a veil."""
    found = live.search(veil.over(queries), RADIUS_BITS)
    expected = reference.search(codes, np.arange(len(codes)), queries, RADIUS_BITS)
    if not (np.array_equal(found.ids, expected.ids) and np.array_equal(found.distances, expected.distances)):
        raise SystemExit("our answers are not the reference's")
    report.agreement(f"{len(found.ids):,} hits of {len(queries)} queries, as the plain reference finds without a veil")
