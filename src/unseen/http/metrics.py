"""What an operator watches, in Prometheus's text form.  Counters live here; gauges are read when they are asked for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from unseen.act.records import DecisionKind
from unseen.bank.records import Response
from unseen.base import NotReady, UnseenError
from unseen.compose import Node
from unseen.http.keeper import Keeper
from unseen.http.lanes import Lane

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
STAGES: Final = ("receive", "fingerprint", "exact", "search", "record")


class Metrics:
    """The figures of one service, in a registry of its own."""

    def __init__(self, node: Node, keeper: Keeper, lanes: Sequence[Lane]) -> None:
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
        registry.register(_NodeGauges(node, keeper, lanes))

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

    def text(self) -> bytes:
        """Everything, as Prometheus reads it.  It asks the store: call it in a thread."""
        return generate_latest(self._registry)


class _NodeGauges(Collector):
    """How the node stands now."""

    def __init__(self, node: Node, keeper: Keeper, lanes: Sequence[Lane]) -> None:
        self._node, self._keeper, self._lanes = node, keeper, lanes

    def describe(self) -> list[Metric]:
        """Nothing: registering must not ask the store."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The gauges; those that cannot be read are left out, and ``unseen_store_up`` says why."""
        depth = GaugeMetricFamily("unseen_queue_depth", "Requests that wait for a thread.", labels=("lane",))
        for lane in self._lanes:
            depth.add_metric((lane.name,), lane.depth)
        yield depth
        yield GaugeMetricFamily("unseen_index_open", "1 when the index is loaded.", float(self._keeper.is_open))
        if self._keeper.forgot_at is not None:
            yield GaugeMetricFamily(
                "unseen_forgot_timestamp_seconds", "When what was due was last erased.", self._keeper.forgot_at
            )
        try:
            index_seq: int | None = self._node.index.seq
            yield GaugeMetricFamily("unseen_index_entries", "Entries in the index.", len(self._node.index))
            yield GaugeMetricFamily("unseen_index_seq", "The seq that the index has reached.", index_seq)
        except NotReady:
            index_seq = None
        yield from self._of_store(index_seq)

    def _of_store(self, index_seq: int | None) -> Iterator[Metric]:
        try:
            with self._node.store.read() as reader:
                store_seq, tallies = reader.last_seq(), reader.tallies()
        except UnseenError:
            yield GaugeMetricFamily("unseen_store_up", "1 when the store answers.", 0.0)
            return
        yield GaugeMetricFamily("unseen_store_up", "1 when the store answers.", 1.0)
        yield GaugeMetricFamily("unseen_store_seq", "The seq of the newest change.", store_seq)
        if index_seq is not None:
            lag = max(0, store_seq - index_seq)
            yield GaugeMetricFamily("unseen_seq_lag", "Changes that are not yet in the index.", lag)
        entries = GaugeMetricFamily("unseen_entries", "Entries by bank and state.", labels=("bank", "state"))
        for tally in tallies:
            entries.add_metric((tally.bank, tally.state.value), tally.entries)
        yield entries
