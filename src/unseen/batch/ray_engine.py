"""A Ray cluster: examiners as actors of Ray Data, the index in the object store that each node's actors map.

Every node needs Unseen of this version with the ``scan`` extra, the sources under the same names, and memory for the
index in Ray's object store (where it leaves no file behind).  Nodes get codes and ids, never the store, a bank or a
case; what they say of each object comes back here to be decided.
"""

import logging
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from unseen.base import Misconfigured, NodeError
from unseen.batch import columns
from unseen.batch.examiner import Examiner, Task, crashed
from unseen.desk.scan_ports import Examined, Readings, Shard
from unseen.match.files import IndexFiles, Stack
from unseen.match.snapshot import Snapshot

if TYPE_CHECKING:
    from ray import ObjectRef

_KNOCK_S: Final = 5.0
_WAVE_SHARDS: Final = 4096  # of one Ray dataset: a quarter of a million objects, so that the list needs little memory


class RayEngine:
    """The engine for a cluster.

    1. The index is put into the object store once; each node fetches it once, its actors map it there.
    2. Shards go out as blocks, and come back in any order, in pieces.  3. A block that fails (an actor died, and
    died again) is left out by Ray; its objects then go out one by one.  4. What is missing still goes out alone, so
    that no other object takes it along, and what then is missing is told as crashed.
    """

    def __init__(self, task: Task, files: IndexFiles, *, address: str) -> None:
        """``address``: of a running cluster, ``auto`` for the one of this machine.  Nothing is connected yet."""
        self._task = task
        self._files = files
        self._address = address

    def examine(self, shards: Iterable[Shard]) -> Iterator[Examined]:
        """Each shard once.  Raises: Misconfigured where Ray is missing or not there; NodeError where it fails."""
        with _connected(self._address) as ray:
            stack = self._files.open()
            columns_of = [{field.name: getattr(one, field.name) for field in fields(one)} for one in stack.snapshots]
            arrays = ray.put((stack.manifest, columns_of))  # (1)
            waiting = iter(shards)
            while wave := {shard.number: shard for shard in islice(waiting, _WAVE_SHARDS)}:
                yield from self._wave(wave, arrays, stack.manifest.seq)

    def _wave(self, wave: dict[int, Shard], arrays: "ObjectRef[Any]", seq: int) -> Iterator[Examined]:
        pieces: dict[int, list[pa.Table]] = {number: [] for number in wave}
        blocks = [columns.of_shard(shard) for shard in wave.values()]
        yield from self._whole(wave, pieces, blocks, arrays, queued=None)  # (2)
        if lost := _lost(wave, pieces):
            yield from self._whole(wave, pieces, lost, arrays, queued=1)  # (3)
        for alone in _lost(wave, pieces):
            yield from self._whole(wave, pieces, [alone], arrays, queued=1)  # (4)
        for number, held in pieces.items():
            yield _joined(wave[number], [*held, *_missing(wave[number], held, seq)])

    def _whole(
        self,
        wave: dict[int, Shard],
        pieces: dict[int, list[pa.Table]],
        blocks: list[pa.Table],
        arrays: "ObjectRef[Any]",
        *,
        queued: int | None,
    ) -> Iterator[Examined]:
        """Send blocks out; gives each shard that is whole and takes it out of ``pieces``, where the others stay."""
        for answer in _run(blocks, self._task, arrays, queued=queued):
            for number in answer.column("shard").unique().to_pylist():
                mine = answer.filter(pc.equal(answer.column("shard"), number))
                pieces[number].append(mine)
                if sum(piece.num_rows for piece in pieces[number]) == len(wave[number]):
                    yield _joined(wave[number], pieces.pop(number))


def _lost(wave: dict[int, Shard], pieces: dict[int, list[pa.Table]]) -> list[pa.Table]:
    """The objects that nothing was said of, each as a block."""
    return [
        table.slice(at, 1)
        for number in pieces
        for table in [columns.of_shard(wave[number])]
        for at in sorted(set(range(len(wave[number]))) - _places(pieces[number]))
    ]


class _Actor:
    """An examiner on some node, one for each processor that the cluster lends."""

    def __init__(self, task: Task, boxed: list["ObjectRef[Any]"]) -> None:
        """``boxed``: the index's arrays, in a list so that Ray passes the reference on and maps it here."""
        import ray

        manifest, columns_of = ray.get(boxed[0])
        stack = Stack(manifest=manifest, snapshots=tuple(Snapshot(**one) for one in columns_of))
        self._examiner = Examiner(task, stack)

    def __call__(self, block: pa.Table) -> pa.Table:
        """Examine the objects of one block.  Ray may hand over an empty one."""
        if not block.num_rows:
            return columns.READINGS.empty_table()
        readings = self._examiner.examine(columns.to_shard(block))
        return columns.of_readings(readings, block.column("shard").to_numpy(), block.column("at").to_numpy())


def _run(blocks: list[pa.Table], task: Task, arrays: "ObjectRef[Any]", *, queued: int | None) -> Iterator[pa.Table]:
    """What the examiners say, as it comes.  ``queued``: blocks that one has before it, and loses when it dies."""
    import ray

    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]  # Ray leaves it untyped
    processors = max(1, int(resources.get("CPU", 1)))
    examined = ray.data.from_arrow(blocks).map_batches(
        _Actor,
        batch_size=None,
        batch_format="pyarrow",
        fn_constructor_args=(task, [arrays]),
        compute=ray.data.ActorPoolStrategy(size=processors, max_tasks_in_flight_per_actor=queued),
        num_cpus=1,
        max_restarts=0,  # Ray would give a deadly object to one actor after the other, for ever
        max_task_retries=0,
    )
    try:
        for answer in examined.iter_batches(batch_size=None, batch_format="pyarrow"):
            assert isinstance(answer, pa.Table)  # as asked for
            if answer.num_rows:
                yield answer
    except ray.exceptions.RayError as error:
        raise NodeError(
            f"The Ray cluster failed ({type(error).__name__}).", hint="Start the same scan again: it goes on."
        ) from None


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Ray, connected and quiet.  Raises: Misconfigured where it is not installed or there is no such cluster."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing about a scan is anybody else's business
    try:
        import ray
        import ray.data
    except ImportError:
        raise Misconfigured("Ray is not installed.", hint="Install Unseen with the extra: unseen[scan].") from None
    is_ours = not ray.is_initialized()
    if is_ours:
        _knock(address)
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError):
            raise _no_cluster() from None
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        context.max_errored_blocks = -1  # what is missing is seen, and asked for again (3)
        yield ray
    finally:
        if is_ours:
            ray.shutdown()


def _knock(address: str) -> None:
    """See whether anybody answers, because Ray would ask for minutes.  Raises: Misconfigured."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK_S).close()
    except (OSError, ValueError):
        raise _no_cluster() from None


def _no_cluster() -> Misconfigured:
    return Misconfigured(
        "There is no Ray cluster at that address.", hint="It is HOST:PORT of a running head, or auto: ray start --head."
    )


def _places(held: list[pa.Table]) -> set[int]:
    return {at for piece in held for at in piece.column("at").to_pylist()}


def _missing(shard: Shard, held: list[pa.Table], seq: int) -> Iterator[pa.Table]:
    table = columns.of_shard(shard)
    for at in sorted(set(range(len(shard))) - _places(held)):
        one = table.slice(at, 1)
        yield columns.of_readings(
            crashed(shard.only(at), seq), one.column("shard").to_numpy(), one.column("at").to_numpy()
        )


def _joined(shard: Shard, held: list[pa.Table]) -> Examined:
    readings: Readings = columns.to_readings(pa.concat_tables(held).sort_by("at"))
    return Examined(shard=shard, readings=readings)
