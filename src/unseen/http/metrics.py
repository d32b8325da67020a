"""What an operator watches, in Prometheus's text form.

Each worker counts for itself and lays its counts on the node's board now and then; whichever is asked adds up what all
have counted, and shows how each stands.
"""

import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from unseen.act.records import DecisionKind
from unseen.bank.records import Response
from unseen.base import UnseenError
from unseen.desk.look_closer import STAGES as CLOSER
from unseen.desk.ports import Store
from unseen.http.board import KEEPER, Board
from unseen.http.guard import Guard

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: Of one screening; ``decode``, ``hash`` and ``digest`` are within ``fingerprint``.
STAGES: Final = (
    *("receive", "fingerprint", "decode", "hash", "digest", "exact", "search"),
    *CLOSER,  # of uploads that nothing before decided
    *("record", "total"),
)
_Sample = tuple[str, tuple[tuple[str, str], ...]]


class Metrics:
    """The figures of one worker, in a registry of its own, and of its node."""

    def __init__(self, store: Store, guard: Guard, board: Board, number: int) -> None:
        """``number``: this worker's slot of the board."""
        self._store, self._guard, self._board, self._number = store, guard, board, number
        self._before = board.figures(number)  # what the processes had counted that were this worker before
        self._laying_out = threading.Lock()
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "unseen_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self._latency = Histogram(
            "unseen_request_seconds", "Time to answer.", ("route",), buckets=_SECONDS, registry=registry
        )
        self._verdicts = Counter("unseen_verdicts", "Verdicts given.", ("verdict",), registry=registry)
        self._decisions = Counter("unseen_decisions", "Decisions on hits.", ("decision",), registry=registry)
        self._stages = Histogram(
            "unseen_stage_seconds", "Time in each stage of screening.", ("stage",), buckets=_SECONDS, registry=registry
        )
        for verdict in Response:
            self._verdicts.labels(verdict.value)
        for decision in DecisionKind:
            self._decisions.labels(decision.value)
        for stage in STAGES:
            self._stages.labels(stage)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; ``route`` is the template, so that no address becomes a label."""
        self._requests.labels(method, route, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def screened(self, verdict: Response, stages_s: Mapping[str, float]) -> None:
        """Count a verdict and the seconds of its stages."""
        self._verdicts.labels(verdict.value).inc()
        for stage, seconds in stages_s.items():
            self._stages.labels(stage).observe(seconds)

    def decided(self, kind: DecisionKind) -> None:
        """Count a decision."""
        self._decisions.labels(kind.value).inc()

    def lay_out(self) -> None:
        """Put what was counted so far on the board."""
        with self._laying_out:
            self._board.put_figures(self._number, _added_up([self._before, _figures(self._registry)]))

    def text(self) -> bytes:
        """Everything, as Prometheus reads it.  It asks the store: call it in a thread."""
        self.lay_out()
        told = CollectorRegistry()
        told.register(_Counted(self._board))
        told.register(_Gauges(self._store, self._guard, self._board))
        return generate_latest(told)


def _figures(registry: CollectorRegistry) -> list[Any]:
    """What a registry has counted, as JSON."""
    return [
        [family.name, family.type, family.documentation, [[s.name, s.labels, s.value] for s in family.samples]]
        for family in registry.collect()
    ]


def _added_up(figures: list[list[Any]]) -> list[Any]:
    """Figures of several workers as those of one."""
    families: dict[str, tuple[str, str, dict[_Sample, float]]] = {}
    for name, kind, documentation, samples in (family for each in figures for family in each):
        _, _, sums = families.setdefault(name, (kind, documentation, {}))
        for sample, labels, value in samples:
            if sample.endswith("_created"):
                continue  # a time, and not to be added
            key = sample, tuple(labels.items())
            sums[key] = sums.get(key, 0.0) + value
    return [
        [name, kind, documentation, [[sample, dict(labels), value] for (sample, labels), value in sums.items()]]
        for name, (kind, documentation, sums) in families.items()
    ]


class _Counted(Collector):
    """What all workers of the node, and those before them, have counted."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def collect(self) -> Iterator[Metric]:
        """The sums."""
        workers = range(1, self._board.workers + 1)
        for name, kind, documentation, samples in _added_up([self._board.figures(number) for number in workers]):
            family = Metric(name, documentation, kind)
            for sample, labels, value in samples:
                family.add_sample(sample, labels, value)
            yield family


class _Gauges(Collector):
    """How the node and each of its workers stand now."""

    def __init__(self, store: Store, guard: Guard, board: Board) -> None:
        self._store, self._guard, self._board = store, guard, board

    def collect(self) -> Iterator[Metric]:
        """The gauges; those that cannot be read are left out, and ``unseen_store_up`` says why."""
        try:
            self._guard.require_store()
            with self._store.read() as reader:
                store_seq, tallies = reader.last_seq(), reader.tallies()
        except UnseenError:
            yield GaugeMetricFamily("unseen_store_up", "1 when the store answers.", 0.0)
            yield from self._of_workers(None)
            return
        yield GaugeMetricFamily("unseen_store_up", "1 when the store answers.", 1.0)
        yield GaugeMetricFamily("unseen_store_seq", "The seq of the newest change.", store_seq)
        entries = GaugeMetricFamily("unseen_entries", "Entries by bank and state.", labels=("bank", "state"))
        for tally in tallies:
            entries.add_metric((tally.bank, tally.state.value), tally.entries)
        yield entries
        yield from self._of_workers(store_seq)

    def _of_workers(self, store_seq: int | None) -> Iterator[Metric]:
        yield GaugeMetricFamily("unseen_workers", "Workers that should run.", self._board.workers)
        is_open = _per_worker("unseen_index_open", "1 when the worker's index is loaded.")
        entries = _per_worker("unseen_index_entries", "Entries in the worker's index.")
        seq = _per_worker("unseen_index_seq", "The seq that the worker's index has reached.")
        behind = _per_worker("unseen_seq_lag", "Changes that are not yet in the worker's index.")
        lag = _per_worker("unseen_lag_seconds", "How long ago the worker's index was in step with the store.")
        depth = GaugeMetricFamily("unseen_queue_depth", "Requests that wait for a thread.", labels=("lane", "worker"))
        for number, status in self._board.statuses().items():
            worker = (str(number),)
            is_open.add_metric(worker, float(status.is_open))
            for family, value in ((entries, status.entries), (seq, status.seq), (lag, status.lag_s())):
                if value is not None:
                    family.add_metric(worker, value)
            if store_seq is not None and status.seq is not None:
                behind.add_metric(worker, max(0, store_seq - status.seq))
            for lane, waiting in status.depths.items():
                depth.add_metric((lane, *worker), waiting)
        yield from (is_open, entries, seq, behind, lag, depth)
        keeper = self._board.status(KEEPER)
        if keeper is not None and keeper.forgot_at is not None:
            yield GaugeMetricFamily(
                "unseen_forgot_timestamp_seconds", "When what was due was last erased.", keeper.forgot_at
            )


def _per_worker(name: str, documentation: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, documentation, labels=("worker",))
