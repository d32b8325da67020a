"""Exact search within 31 bits, one thread, against faiss: its flat index and the multi-index hash that HMA uses.

Every engine gets the same codes and queries in the same run, in turns; figures are medians over the turns.
"""

import itertools
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import faiss
import numpy as np
from numpy.typing import NDArray

from bench._report import Report, parser
from unseen.match import reference
from unseen.match.live import LiveIndex
from unseen.match.records import Hits
from unseen.match.snapshot import Snapshot, build

RADIUS_BITS: Final = 31
_TURNS: Final = 7
_QUICK_TURNS: Final = 3
_QUERIES: Final = 200
_REFERENCE_QUERIES: Final = 4
_COPIES: Final = 20  # of each picture, in the clustered corpus

Codes = NDArray[np.uint8]
Answer = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]  # offsets, ids, distances


@dataclass(frozen=True, slots=True)
class Engine:
    """Something that answers queries, and how long it took to fill."""

    name: str
    search: Callable[[Codes], Answer]
    build_s: float


def random_codes(n: int, rng: np.random.Generator) -> Codes:
    return rng.integers(0, 256, (n, 32), np.uint8)


def clustered_codes(n: int, rng: np.random.Generator) -> Codes:
    """Pictures whose bits lean on their neighbours in the 16 x 16, as real ones do, each with edited copies."""
    pictures = -(-n // _COPIES)
    field = rng.standard_normal((pictures, 17, 17), np.float32)
    leaning = field[:, 1:, 1:] + 0.4 * field[:, :-1, 1:] + 0.2 * field[:, 1:, :-1]
    codes = np.packbits(leaning.reshape(pictures, 256) > 0, axis=1)
    return noisy(np.repeat(codes, _COPIES, axis=0)[:n], 60, rng)


def noisy(codes: Codes, most: int, rng: np.random.Generator) -> Codes:
    """Each code with 0 to ``most`` bits turned over (a bit drawn twice turns back)."""
    codes, rows = codes.copy(), np.arange(len(codes))
    flips = rng.integers(0, most + 1, len(codes))
    for turn in range(most):
        bit = rng.integers(0, 256, len(codes))
        mask = np.where(turn < flips, 1 << (bit & 7), 0).astype(np.uint8)
        codes[rows, bit >> 3] ^= mask
    return codes


def queries_for(codes: Codes, rng: np.random.Generator) -> Codes:
    """Strangers and noisy copies of codes, in turn."""
    queries = random_codes(_QUERIES, rng)
    queries[::2] = noisy(codes[rng.integers(0, len(codes), _QUERIES // 2)], 40, rng)
    return queries


def ours(codes: Codes) -> tuple[Engine, Snapshot]:
    begin = time.perf_counter()
    snapshot = build(codes, np.arange(len(codes)), seq=0)
    live = LiveIndex(snapshot)
    took = time.perf_counter() - begin

    def search(queries: Codes) -> Answer:
        hits: Hits = live.search(queries, RADIUS_BITS)
        return hits.offsets, hits.ids, hits.distances

    return Engine("unseen", search, took), snapshot


def peer(name: str, index: faiss.IndexBinary, codes: Codes) -> Engine:
    begin = time.perf_counter()
    index.add(codes)
    took = time.perf_counter() - begin

    def search(queries: Codes) -> Answer:
        offsets, distances, ids = index.range_search(queries, RADIUS_BITS + 1)  # faiss: strictly below
        return offsets.astype(np.int64), ids, distances

    return Engine(name, search, took)


def peers(codes: Codes) -> list[Engine]:
    multi = faiss.IndexBinaryMultiHash(256, 16, 16)
    multi.nflip = 1
    return [peer("faiss flat", faiss.IndexBinaryFlat(256), codes), peer("faiss multihash", multi, codes)]


def hits_of(answer: Answer) -> list[set[tuple[int, int]]]:
    """For each query, the set of (id, distance)."""
    offsets, ids, distances = answer
    pairs = list(zip(ids.tolist(), distances.astype(np.int64).tolist(), strict=True))
    return [set(pairs[a:b]) for a, b in itertools.pairwise(offsets.tolist())]


def in_turns(engines: Sequence[Engine], batches: Sequence[Codes], turns: int) -> list[float]:
    """Median microseconds a query of each engine, over ``turns`` turns of all batches."""
    spent: list[list[float]] = [[] for _ in engines]
    queries = sum(len(batch) for batch in batches)
    for _ in range(turns):
        for engine, figures in zip(engines, spent, strict=True):
            begin = time.perf_counter()
            for batch in batches:
                engine.search(batch)
            figures.append((time.perf_counter() - begin) / queries * 1e6)
    return [statistics.median(figures) for figures in spent]


def compare(name: str, codes: Codes, report: Report, rng: np.random.Generator, turns: int) -> None:
    """Fill and ask every engine, check that the answers are equal, and report."""
    queries = queries_for(codes, rng)
    mine, snapshot = ours(codes)
    engines = [mine, *peers(codes)]
    answers = [hits_of(engine.search(queries)) for engine in engines]
    plain = reference.search(codes, snapshot.ids, queries[:_REFERENCE_QUERIES], RADIUS_BITS)
    expected = hits_of((plain.offsets, plain.ids, plain.distances.astype(np.int64)))
    for engine, answer in zip(engines[1:], answers[1:], strict=True):
        if answer != answers[0]:
            sys.exit(f"{name}: our answers are not those of {engine.name}")
    if answers[0][:_REFERENCE_QUERIES] != expected:
        sys.exit(f"{name}: our answers are not the reference's")
    report.agreement(
        f"{name}: {sum(map(len, answers[0])):,} hits of {len(queries)} queries, "
        "the same ids and distances from all three and the plain reference"
    )
    arrays = (snapshot.ids, snapshot.words, snapshot.starts, snapshot.neighbours, snapshot.rows)
    report.row(f"{name}: build", "s", mine.build_s, engines[2].build_s, engines[2].name)
    report.row(f"{name}: structure", "bytes a code", sum(array.nbytes for array in arrays) / len(codes))
    for what, batches in (
        ("a query", [queries]),
        ("a query, asked alone", [queries[i : i + 1] for i in range(50)]),
    ):
        figures = in_turns(engines, batches, turns)
        for engine, figure in zip(engines[1:], figures[1:], strict=True):
            report.row(f"{name}: {what}", "us", figures[0], figure, engine.name)
        report.row(f"{name}: {what}", "us", figures[0], min(figures[1:]), "the better")


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--n", type=int, nargs="+", default=[100_000, 1_000_000], help="how many codes")
    chosen = options.parse_args()
    faiss.omp_set_num_threads(1)
    report = Report(benchmark="index", n=max(chosen.n), seed=chosen.seed)
    rng = np.random.default_rng(chosen.seed)
    ours(random_codes(1000, rng))[0].search(random_codes(1, rng))  # compile
    turns = _QUICK_TURNS if chosen.quick else _TURNS
    for n in chosen.n:
        compare(f"{n:,} random", random_codes(n, rng), report, rng, turns)
        if n == min(chosen.n) or not chosen.quick:
            compare(f"{n:,} clustered", clustered_codes(n, rng), report, rng, turns)
    report.print()
    if chosen.json:
        report.json()


if __name__ == "__main__":
    main()
