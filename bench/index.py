"""Exact search within 31 bits, one thread, against faiss: its flat index and the multi-index hash that HMA uses.

Every engine gets the same codes and queries in the same run, in turns; figures are medians over the turns.  Queries
come all at once, eight at once (the views of a picture: our unit), and alone.  Ours is searched in mapped files, as
the workers of a node do.  The codes: random; synthetic clusters; near-equal ones; and, where UNSEEN_TEST_DATA names
the test photographs, those of their patches (``bench.corpora`` says how), asked for with edited copies of them.
"""

import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import faiss
import numpy as np
import psutil
from numpy.typing import NDArray

from bench._report import Report, parser
from bench.corpora import (
    Codes,
    clustered_codes,
    edited_copies,
    near_equal_codes,
    noisy,
    patch_codes,
    photographs,
    queries_for,
    random_codes,
)
from bench.region_lookup import look_up
from unseen.match import reference
from unseen.match.files import IndexFiles
from unseen.match.layout import to_words
from unseen.match.live import LiveIndex
from unseen.match.manifest import Manifest

RADIUS_BITS: Final = 31
_SIZES: Final = (100_000, 1_000_000)
_FULL: Final = 10_000_000
_PLOTTED: Final = (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
_TURNS: Final = 7
_FEW_TURNS: Final = 3  # for ten million, and quick runs
_QUERIES: Final = 200
_VIEWS: Final = 8
_ALONE: Final = 48
_REFERENCE_QUERIES: Final = 4
_BLOCK: Final = 1 << 16
_NEAR_EQUAL: Final = 1_000_000

Answer = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]  # offsets, ids, distances


@dataclass(frozen=True, slots=True)
class Engine:
    """Something that answers queries, and how long it took to fill."""

    name: str
    search: Callable[[Codes], Answer]
    build_s: float


def ours(codes: Codes, folder: Path, name: str, report: Report) -> Engine:
    """Written to a file and mapped; says what that took."""
    files = IndexFiles(folder, "index")
    blocks = (
        (np.arange(begin, min(begin + _BLOCK, len(codes))), to_words(codes[begin : begin + _BLOCK]))
        for begin in range(0, len(codes), _BLOCK)
    )
    process, begin = psutil.Process(), time.perf_counter()
    with files.written(blocks, len(codes), 1) as member:
        files.commit(lambda _: Manifest(seq=1, mark="", erased_seq=0, clean_seq=1, members=(member,)), anew=True)
    build_s = time.perf_counter() - begin
    begin = time.perf_counter()
    files.open(noting=False)
    report.row(f"{name}: open, every byte checked", "s", time.perf_counter() - begin)
    private = private_bytes(process)
    begin = time.perf_counter()
    live = LiveIndex(files.open())
    report.row(f"{name}: open, checked before on this node", "s", time.perf_counter() - begin)
    size = sum(path.stat().st_size for path in folder.glob("index*"))
    report.row(f"{name}: mapped", "bytes a code", size / len(codes))

    def search(queries: Codes) -> Answer:
        hits = live.search(queries, RADIUS_BITS)
        return hits.offsets, hits.ids, hits.distances.astype(np.int64)

    search(codes[:1])
    report.row(f"{name}: private memory for it", "MiB", (private_bytes(process) - private) / 2**20)
    return Engine("unseen", search, build_s)


def private_bytes(process: psutil.Process) -> int:
    """Without the files that are mapped, which all processes of a node share."""
    memory = process.memory_info()
    return int(memory.rss - getattr(memory, "shared", 0))


def peer(name: str, index: faiss.IndexBinary, codes: Codes) -> Engine:
    begin = time.perf_counter()
    index.add(codes)
    took = time.perf_counter() - begin

    def search(queries: Codes) -> Answer:
        offsets, distances, ids = index.range_search(queries, RADIUS_BITS + 1)  # faiss: strictly below
        return offsets.astype(np.int64), ids, distances

    return Engine(name, search, took)


def flat(codes: Codes) -> Engine:
    return peer("faiss flat", faiss.IndexBinaryFlat(256), codes)


def multihash(codes: Codes) -> Engine:
    multi = faiss.IndexBinaryMultiHash(256, 16, 16)
    multi.nflip = 1
    return peer("faiss multihash", multi, codes)


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


def check(name: str, codes: Codes, queries: Codes, engines: Sequence[Engine], report: Report) -> None:
    """End the run unless all answers are equal, and those of a few queries the plain reference's."""
    answers = [hits_of(engine.search(queries)) for engine in engines]
    plain = reference.search(codes, np.arange(len(codes)), queries[:_REFERENCE_QUERIES], RADIUS_BITS)
    expected = hits_of((plain.offsets, plain.ids, plain.distances.astype(np.int64)))
    for engine, answer in zip(engines[1:], answers[1:], strict=True):
        if answer != answers[0]:
            sys.exit(f"{name}: our answers are not those of {engine.name}")
    if answers[0][:_REFERENCE_QUERIES] != expected:
        sys.exit(f"{name}: our answers are not the reference's")
    report.agreement(
        f"{name}: {sum(map(len, answers[0])):,} hits of {len(queries)} queries, "
        "the same ids and distances from all and the plain reference: recall 1"
    )


def compare(
    name: str, codes: Codes, queries: Codes, report: Report, turns: int, peers: Sequence[Callable[[Codes], Engine]]
) -> list[float]:
    """Fill and ask every engine, check that the answers are equal, and report; microseconds a query in eights."""
    with tempfile.TemporaryDirectory() as folder:
        engines = [ours(codes, Path(folder), name, report), *(make(codes) for make in peers)]
        check(name, codes, queries, engines, report)
        report.row(f"{name}: build", "s", engines[0].build_s, engines[-1].build_s, engines[-1].name)
        in_eights = [queries[i : i + _VIEWS] for i in range(0, len(queries) - _VIEWS + 1, _VIEWS)]
        for what, batches in (
            ("a query, all at once", [queries]),
            ("a query, asked alone", [queries[i : i + 1] for i in range(min(_ALONE, len(queries)))]),
            ("a query, eight at once", in_eights),
        ):
            figures = in_turns(engines, batches, turns)
            for engine, figure in zip(engines[1:], figures[1:], strict=True):
                report.row(f"{name}: {what}", "us", figures[0], figure, engine.name)
            if len(engines) > 2:
                report.row(f"{name}: {what}", "us", figures[0], min(figures[1:]), "the better")
    return figures


def plot(costs: dict[int, list[float]], path: Path) -> None:
    """Cost against the number of codes, ours and the peers', to a PNG."""
    import matplotlib as mpl  # only where it is asked for

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 5))
    for name, of_engine in zip(
        ("Unseen", "faiss flat", "faiss multihash"), zip(*costs.values(), strict=True), strict=True
    ):
        axes.loglog(list(costs), of_engine, marker="o", label=name)
    axes.set_xlabel("codes")
    axes.set_ylabel("microseconds a query (eight at once, one thread)")
    axes.set_title(f"Exact search within {RADIUS_BITS} bits, random codes")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=150, bbox_inches="tight")


def run(
    sizes: Sequence[int], plotted: Sequence[int], seed: int, report: Report, *, quick: bool
) -> dict[int, list[float]]:
    """Every corpus at every size; costs on random codes, by size."""
    rng, costs = np.random.default_rng(seed), {}
    both = (flat, multihash)
    pictures = [] if quick else photographs()
    if not pictures:
        report.agreement("patches of photographs: left out, UNSEEN_TEST_DATA is not set or this is a quick run")
    for n in sorted({*sizes, *plotted}):
        turns = _FEW_TURNS if quick or n > 3_000_000 else _TURNS
        codes = random_codes(n, rng)
        costs[n] = compare(f"{n:,} random", codes, queries_for(codes, _QUERIES, rng), report, turns, both)
        if n not in sizes or (quick and n > min(sizes)):
            continue
        codes = clustered_codes(n, rng)
        compare(f"{n:,} clustered", codes, queries_for(codes, _QUERIES, rng), report, turns, both)
        if pictures:
            codes = patch_codes(pictures, n, rng)
            queries = queries_for(codes, _QUERIES, rng)
            queries[1::2] = edited_copies(pictures, _QUERIES // 2, rng)
            compare(f"{n:,} patches", codes, queries, report, turns, both)
    if not quick:
        codes = near_equal_codes(_NEAR_EQUAL, rng)
        queries = noisy(np.repeat(codes[:1], _VIEWS, axis=0), 120, rng)
        compare(f"{_NEAR_EQUAL:,} near-equal", codes, queries, report, _FEW_TURNS, (flat,))
    return costs


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--n", type=int, nargs="+", help="how many codes (default 100,000 and 1,000,000)")
    options.add_argument("--full", action="store_true", help="ten million codes too; takes a quarter of an hour")
    options.add_argument("--plot", type=Path, metavar="PATH", help="write a PNG of cost against n, to ten million")
    options.add_argument("--regions", action="store_true", help="the regions of an upload among ten million, alone")
    chosen = options.parse_args()
    if chosen.regions:
        n = chosen.n[0] if chosen.n else 10**6 if chosen.quick else _FULL
        report = Report(benchmark="index of regions", n=n, seed=chosen.seed)
        look_up(n, chosen.seed, report)
        report.print()
        if chosen.json:
            report.json()
        return
    faiss.omp_set_num_threads(1)
    sizes = chosen.n or (*_SIZES, *((_FULL,) if chosen.full else ()))
    report = Report(benchmark="index", n=max(sizes), seed=chosen.seed)
    costs = run(sizes, _PLOTTED if chosen.plot else (), chosen.seed, report, quick=chosen.quick)
    if chosen.plot:
        plot(costs, chosen.plot)
    report.print()
    if chosen.json:
        report.json()


if __name__ == "__main__":
    main()
