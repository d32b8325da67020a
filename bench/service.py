"""Our service beside the matcher of Meta's HMA, on the same random corpus: ``python -m bench.service``.

What is compared, exactly: HMA's server is not on PyPI; the index classes and the lookup that it calls are, in
``threatexchange``.  So both sides are measured in a process of their own without HTTP (theirs: ``PdqSignal``'s index
class, ``query`` with a hash in hexadecimal; ours: ``desk.screen.look_up`` over store and index, one fingerprint, which
also gives the verdict), and our service over HTTP besides, where theirs has no figure.  Bank to match is for them what
the library needs: ``add`` to an index that answers, and what HMA does instead, which is to build the index again,
pickle it, and load it where it is searched; HMA's own timers come on top and are not counted.  For us it is an HTTP
call, durable, until every worker has answered with the match.  All on one thread; faiss is told so.

Answers are compared within 31 bits.  ``PDQFlatIndex`` alone always answers within 52: of 1,000 queries, every second
one a copy with up to 40 bits turned over, some 50 have an entry between the two, which is no match at 31.
"""

import argparse
import json
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import faiss
import httpx
import numpy as np
import psutil
from threatexchange.signal_type.pdq.pdq_index import PDQFlatIndex, PDQIndex
from threatexchange.signal_type.pdq.pdq_index2 import PDQIndex2
from threatexchange.signal_type.pdq.signal import PdqSignal

from bench._report import Report, parser
from bench._served import Served, fill, served
from bench.corpora import queries_for, random_codes
from unseen.compose import open_node
from unseen.config import Config
from unseen.desk.screen import Query, look_up
from unseen.fingerprint.records import Fingerprint, Kind, View

QUERIES = 1_000
WORKERS = 2
PEERS = {
    "PDQIndex": PdqSignal.get_index_cls(),  # what HMA uses: faiss's multi-index hash
    "PDQFlatIndex": PDQFlatIndex,
    "PDQIndex2": PDQIndex2,
}
MOST_OF_PEER = {"PDQIndex2": 100_000}  # it keeps a float a bit: a million codes are a gigabyte, a lookup is slow
_LOOKUPS = {"PDQIndex2": 20}
_RADIUS_BITS = 31


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--n", type=int, help="entries (default 1,000,000; --quick 20,000)")
    options.add_argument("--peer", choices=PEERS, help=argparse.SUPPRESS)  # a peer's own process
    options.add_argument("--ours", type=Path, help=argparse.SUPPRESS)  # our own
    chosen = options.parse_args()
    n = chosen.n or (20_000 if chosen.quick else 1_000_000)
    codes, queries = corpus(n, chosen.seed)
    if chosen.peer is not None:
        print(json.dumps(peer(chosen.peer, codes, queries)))
        return
    if chosen.ours is not None:
        print(json.dumps(ours_in_process(chosen.ours, queries)))
        return
    report = Report(benchmark="service", n=n, seed=chosen.seed)
    theirs = {name: in_own_process(chosen, n, "--peer", name) for name in PEERS if n <= MOST_OF_PEER.get(name, n)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        token = fill(folder, codes)
        ours = in_own_process(chosen, n, "--ours", str(folder))
        in_rows(report, ours, theirs)
        with served(folder, token, {"UNSEEN_WORKERS": str(WORKERS)}) as service:
            over_http(report, service, queries, 20 if chosen.quick else 100)
            of_memory(report, service, folder, n, theirs)
    report.print()
    if chosen.json:
        report.json()


def corpus(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = random_codes(n, rng)
    return codes, queries_for(codes, QUERIES, rng)


def in_own_process(chosen: argparse.Namespace, n: int, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.service", "--n", str(n), "--seed", str(chosen.seed), *words]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603  this very module
    said: dict[str, Any] = json.loads(told)
    return said


def peer(name: str, codes: np.ndarray, queries: np.ndarray) -> dict[str, Any]:
    faiss.omp_set_num_threads(1)
    entries = [(row.tobytes().hex(), at) for at, row in enumerate(codes)]
    before = psutil.Process().memory_full_info().uss
    started = time.perf_counter()
    index: PDQIndex[int] = PEERS[name](entries=entries)
    build_s = time.perf_counter() - started
    uss = psutil.Process().memory_full_info().uss - before
    asked = [row.tobytes().hex() for row in queries[: _LOOKUPS.get(name, len(queries))]]
    taken, hits = each_ms(index.query, asked)
    started = time.perf_counter()
    index.add(np.random.default_rng(0).bytes(32).hex(), len(codes))
    add_s = time.perf_counter() - started
    started = time.perf_counter()
    again: PDQIndex[int] = pickle.loads(pickle.dumps(PEERS[name](entries=entries)))  # noqa: S301  as HMA does
    again.query(asked[0])
    return {
        "taken": taken,
        "hits": [sorted(m.metadata for m in found if m.similarity_info.distance <= _RADIUS_BITS) for found in hits],
        "build_s": build_s,
        "add_s": add_s,
        "rebuild_s": time.perf_counter() - started,
        "bytes": uss / len(codes),
    }


def ours_in_process(folder: Path, queries: np.ndarray) -> dict[str, Any]:
    with open_node(Config(data_folder=folder)) as node:
        node.index.open()
        asked = [
            Query(fingerprint=Fingerprint(kind=Kind.PDQ, code=row.tobytes(), quality=100), view=View.UPRIGHT)
            for row in queries
        ]
        taken, found = each_ms(lambda query: look_up([query], store=node.store, index=node.index), asked)
        search_taken, _ = each_ms(lambda row: node.index.pictures.search(row[None], _RADIUS_BITS), list(queries))
        hits = [sorted(f.entry.id - 1 for f in looked.verdict.findings) for looked in found]
        return {"taken": taken, "search_taken": search_taken, "hits": hits}


def each_ms(ask: Callable[[Any], Any], asked: Sequence[Any]) -> tuple[list[float], list[Any]]:
    ask(asked[0])
    taken, answers = list[float](), []
    for each in asked:
        started = time.perf_counter()
        answers.append(ask(each))
        taken.append((time.perf_counter() - started) * 1e3)
    return taken, answers


def in_rows(report: Report, ours: dict[str, Any], theirs: dict[str, dict[str, Any]]) -> None:
    for name, told in theirs.items():
        agree = sum(a == b for a, b in zip(ours["hits"], told["hits"], strict=False))
        report.agreement(
            f"{name}: {agree} of {len(told['hits'])} queries have the same entries within {_RADIUS_BITS} bits as ours"
        )
        for what, mine in (("lookup with verdict", ours["taken"]), ("index search alone", ours["search_taken"])):
            report.row(
                f"in process, {what}: p50", "ms", statistics.median(mine), statistics.median(told["taken"]), name
            )
            report.row(f"in process, {what}: p99", "ms", p99(mine), p99(told["taken"]), name)
        rate, peer_rate = (1e3 / statistics.mean(taken) for taken in (ours["taken"], told["taken"]))
        report.row("in process, lookups with verdict", "a second", rate, peer_rate, name, higher_is_better=True)
        report.row(f"{name}: build", "s", told["build_s"])


def over_http(report: Report, service: Served, queries: np.ndarray, rounds: int) -> None:
    clients = one_for_each(service)
    asked = [as_json(row) for row in queries]
    taken, answers = each_ms(lambda body: clients[0].post("/v1/screen", json=body).raise_for_status().json(), asked)
    is_hit = np.array([bool(answer["hits"]) for answer in answers])
    for what, some in (("near nothing", ~is_hit), ("near something, which is recorded durably", is_hit)):
        of_these = np.array(taken)[some].tolist()
        report.row(f"over HTTP, {what}: p50", "ms", statistics.median(of_these))
        report.row(f"over HTTP, {what}: p99", "ms", p99(of_these))
        report.row(f"over HTTP, {what}, one connection", "a second", 1e3 / statistics.mean(of_these))
    rng, waits, calls = np.random.default_rng(3), list[float](), list[float]()
    for _ in range(rounds):
        row = random_codes(1, rng)[0]
        listed = {"source": "bench", "reason": "bench", "fingerprints": as_json(row)["fingerprints"]}
        began = time.perf_counter()
        clients[0].post("/v1/banks/cases/entries", json=listed).raise_for_status()
        acknowledged = time.perf_counter()
        for client in clients:
            while not client.post("/v1/screen", json=as_json(row)).raise_for_status().json()["hits"]:
                pass
        waits.append((time.perf_counter() - acknowledged) * 1e3)
        calls.append((acknowledged - began) * 1e3)
    report.row("bank to acknowledgement, durable: p50", "ms", statistics.median(calls))
    report.row(f"acknowledgement to a match on each of {WORKERS} workers: p50", "ms", statistics.median(waits))
    report.row(f"acknowledgement to a match on each of {WORKERS} workers: p99", "ms", p99(waits))
    report.figures["bank to match, ms"] = statistics.median(calls) + statistics.median(waits)


def of_memory(report: Report, service: Served, folder: Path, n: int, theirs: dict[str, dict[str, Any]]) -> None:
    mapped = sum(path.stat().st_size for path in folder.glob("*.snapshot")) / n
    workers = [p for p in service.process.children() if p.cmdline()[-5] in map(str, range(1, WORKERS + 1))]
    private = statistics.median(worker.memory_full_info().uss for worker in workers)
    report.row("memory of a worker, not shared, at this size", "MB", private / 1e6)
    for name, told in theirs.items():
        report.row(
            "memory an entry: mapped, shared by all workers", "bytes", mapped, told["bytes"], f"{name}, a process"
        )
        report.row("bank to match", "ms", report.figures["bank to match, ms"], told["add_s"] * 1e3, f"{name}.add")
        report.row(
            "bank to match", "ms", report.figures["bank to match, ms"], told["rebuild_s"] * 1e3, f"{name} built again"
        )


def one_for_each(service: Served) -> list[httpx.Client]:
    """Connections, one to each worker."""
    clients: dict[int, httpx.Client] = {}
    while len(clients) < WORKERS:
        client = service.client()
        clients.setdefault(client.get("/readyz").json()["worker"], client)
    return list(clients.values())


def as_json(row: np.ndarray) -> dict[str, Any]:
    return {"fingerprints": [{"kind": "pdq", "code": row.tobytes().hex(), "quality": 100}]}


def p99(taken: Sequence[float]) -> float:
    return float(np.percentile(taken, 99))


if __name__ == "__main__":
    main()
