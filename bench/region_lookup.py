"""The regions of an upload, both mirrors, within 31 bits, one thread: ``python -m bench.index --regions``.

The codes are those of regions of photographs (``bench.corpora`` says how), so that some buckets are much fuller than
others; they are mapped from a file and veiled, as the workers of a node search them.  The uploads are photographs, some
among those that were indexed, some not.  Asked is what screening asks: of an upload that nothing decides, all regions
of all looks, step by step; of one that is decided at once, the strongest of the first look.

Each of 300,000 regions is there some 33 times, half of them within the radius: a photograph that shares a few with the
indexed ones, as another of the same scissors does, has ten thousands of hits, which cost more than all its look-ups.
So hits are told, and those with few beside the rest.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from bench._report import Report
from bench.corpora import Codes, photographs, region_codes
from unseen.desk.near_regions import FIRST_STEP, STRONGEST, WIDE_CANDIDATE_RADIUS_BITS
from unseen.fingerprint.closer import LOOKS
from unseen.match import reference
from unseen.match.evidence import CANDIDATE_RADIUS_BITS
from unseen.match.files import IndexFiles
from unseen.match.layout import to_words
from unseen.match.live import LiveIndex
from unseen.match.manifest import Manifest
from unseen.match.veil import Veil

BAR_MS: Final = 60  #: for all regions of an upload in both mirrors among ten million codes
_BANKED: Final = 24  # uploads
_TURNS: Final = 5
_BLOCK: Final = 1 << 16
_FEW_HITS: Final = 100  # an upload of a crowd has one or two: what has more is decided by the first step
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
    codes, veil = region_codes(banked, n, rng), Veil(rng.bytes(32))
    with tempfile.TemporaryDirectory() as folder:
        live = _opened(Path(folder), veil.over(codes))
        innocent, known = ([_steps_of(picture) for picture in some] for some in (strangers, banked[:_BANKED]))
        for name, uploads in (
            ("an upload that was not indexed, all looks", innocent),
            ("one that was, first step", [steps[:1] for steps in known]),
            ("one that was, all looks", known),
        ):
            taken = _in_turns(live, veil, uploads)
            asked = statistics.mean(sum(map(len, steps)) for steps in uploads)
            report.row(f"{n:,} codes, {name}, queries, mean", "n", asked)
            report.row(f"{n:,} codes, {name}, median", "ms", statistics.median(taken))
            report.row(f"{n:,} codes, {name}, slowest of {len(uploads)}", "ms", max(taken))
            hits = [_hits(live, veil, steps) for steps in uploads]
            report.row(f"{n:,} codes, {name}, slowest's hits", "n", hits[int(np.argmax(taken))])
            if quiet := [ms for ms, found in zip(taken, hits, strict=True) if found < _FEW_HITS]:
                report.row(f"{n:,} codes, {name}, slowest of {len(quiet)} with few hits", "ms", max(quiet))
        wide = [_strongest_of(steps) for steps in innocent]
        taken = _in_turns(live, veil, wide, WIDE_CANDIDATE_RADIUS_BITS)
        name = f"{n:,} codes, the {STRONGEST} strongest of one that was not, within {WIDE_CANDIDATE_RADIUS_BITS} bits"
        report.row(f"{name}, median", "ms", statistics.median(taken))
        report.row(f"{name}, slowest", "ms", max(taken))
        _check(live, veil, codes, known[-1][0][:_CHECKED], report)
        queries = np.concatenate(known[0])
        began = time.perf_counter()
        for _ in range(100):
            veil.over(queries)
        report.row(f"veiling {len(queries)} queries", "us", (time.perf_counter() - began) * 1e4)


def _hits(live: LiveIndex, veil: Veil, steps: list[Codes]) -> int:
    return sum(len(live.search(veil.over(codes), CANDIDATE_RADIUS_BITS, threads=1).ids) for codes in steps)


def _steps_of(picture: Image.Image) -> list[Codes]:
    """What is asked for one after the other: both mirrors of some regions."""
    luma, steps = np.array(picture.convert("L")), list[Codes]()
    for look in LOOKS:
        regions = look.regions(luma)
        for part in (slice(FIRST_STEP), slice(FIRST_STEP, None)):
            steps.append(np.concatenate((regions.codes[part], regions.mirrored_codes[part])))
    return [step for step in steps if len(step)]


def _strongest_of(steps: list[Codes]) -> list[Codes]:
    """As many as are looked for further out, of the first look."""
    both = [step.reshape(2, -1, 32) for step in steps[:2]]
    return [np.concatenate(both, axis=1)[:, :STRONGEST].reshape(-1, 32)]


def _opened(folder: Path, veiled: Codes) -> LiveIndex:
    files = IndexFiles(folder, "index")
    blocks = (
        (np.arange(begin, min(begin + _BLOCK, len(veiled))), to_words(veiled[begin : begin + _BLOCK]))
        for begin in range(0, len(veiled), _BLOCK)
    )
    with files.written(blocks, len(veiled), 1) as member:
        files.commit(lambda _: Manifest(seq=1, mark="", erased_seq=0, clean_seq=1, members=(member,)), anew=True)
    return LiveIndex(files.open())


def _in_turns(
    live: LiveIndex, veil: Veil, uploads: list[list[Codes]], radius_bits: int = CANDIDATE_RADIUS_BITS
) -> list[float]:
    """Milliseconds of each upload, veiling included: medians over the turns."""
    live.search(veil.over(uploads[0][0]), radius_bits)
    taken = np.empty((_TURNS, len(uploads)))
    for turn in range(_TURNS):
        for at, steps in enumerate(uploads):
            began = time.perf_counter()
            for codes in steps:
                live.search(veil.over(codes), radius_bits, threads=1)
            taken[turn, at] = (time.perf_counter() - began) * 1e3
    return [float(ms) for ms in np.median(taken, axis=0)]


def _check(live: LiveIndex, veil: Veil, codes: Codes, queries: Codes, report: Report) -> None:
    """End the run unless the veiled answers to a few clear queries are those of the plain reference without a veil."""
    found = live.search(veil.over(queries), CANDIDATE_RADIUS_BITS)
    expected = reference.search(codes, np.arange(len(codes)), queries, CANDIDATE_RADIUS_BITS)
    if not (np.array_equal(found.ids, expected.ids) and np.array_equal(found.distances, expected.distances)):
        raise SystemExit("our answers are not the reference's")
    report.agreement(f"{len(found.ids):,} hits of {len(queries)} queries, as the plain reference finds without a veil")
