"""What the routes share while the service runs: the node, its lanes, the follower and the metrics."""

import os
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, cast

from starlette.requests import Request

from unseen.compose import Node
from unseen.desk.attempts import Attempts, Openings
from unseen.desk.recall import Recall
from unseen.http.board import Board, Status
from unseen.http.follower import Follower
from unseen.http.guard import Guard
from unseen.http.jobs import Jobs
from unseen.http.keeper import Keeper
from unseen.http.lanes import Lane, step_back
from unseen.http.metrics import Metrics

JSON_BYTES: Final = 1 << 20  #: largest JSON body; longer lists go in as CSV or JSON lines
_UPLOADS_HELD: Final = 4  # of the largest size, at the same time; photographs are far smaller
_CASE_THREADS: Final = 2  # each holds 64 MiB while it stretches a PIN
_DESK_THREADS: Final = 4
_DOOR_THREADS: Final = 2
_ASKING_THREADS: Final = 8  # few work at a time; the others may wait for their turn to write
_WAITING: Final = 64
_LAY_OUT_EVERY_S: Final = 1.0  # a worker that is killed takes the counts of so long with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Which of its node's processes this is."""

    board: Board
    number: int = 1  #: its slot of the board
    keeps_house: bool = True  #: whether it also does the node's housekeeping
    is_own_process: bool = False  #: False where a test runs it beside itself

    @classmethod
    def alone(cls, *, is_own_process: bool = False) -> "Seat":
        """The one process of a node."""
        return cls(board=Board.alone(), is_own_process=is_own_process)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One running service."""

    node: Node
    seat: Seat
    door: Lane  #: looks tokens up
    screening: Lane  #: decodes and hashes
    asking: Executor  #: asks index and store on behalf of the screening lane, whose threads must not wait for a store
    beside: Executor  #: makes digests while the screening lane decodes an upload that is alone; writes long uploads
    videos: Lane  #: screens videos, for minutes perhaps
    jobs: Jobs  #: what the videos are told of as
    desk: Lane  #: reads and changes banks
    cases: Lane  #: opens, shows and withdraws cases
    attempts: Attempts  #: at PINs, recovery codes and links
    openings: Openings  #: of cases, on the pages
    follower: Follower
    guard: Guard
    recall: Recall  #: for when the store is away
    keeper: Keeper | None
    metrics: Metrics

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """All lanes."""
        return (self.door, self.screening, self.videos, self.desk, self.cases)

    @property
    def may_answer_alone(self) -> bool:
        """Whether the store was heard of so lately that memory may answer in its place."""
        lag_s = self.follower.lag_s()
        return lag_s is not None and lag_s <= self.node.config.alone_s

    def start(self) -> None:
        """Start what runs by itself."""
        self.follower.start()
        if self.keeper is not None:
            self.keeper.start()

    def stop(self) -> None:
        """End what runs by itself, and let running calls end."""
        self.jobs.stop()
        self.follower.stop()
        if self.keeper is not None:
            self.keeper.stop()
        for lane in self.lanes:
            lane.close()
        for pool in (self.asking, self.beside):
            pool.shutdown(cancel_futures=True)
        self.metrics.lay_out()

    def tell(self) -> None:
        """Write on the board how this worker stands."""
        index = self.node.index
        self.seat.board.put_status(
            self.seat.number,
            Status(
                pid=os.getpid(),
                is_open=self.follower.is_open,
                seq=index.seq if index.is_open else None,
                entries=len(index.pictures) if index.is_open else None,
                in_step_at=self.follower.in_step_at,
                depths={lane.name: lane.depth for lane in self.lanes},
            ),
        )


def make_service(node: Node, seat: Seat) -> Service:
    """A service over ``node``, not running yet."""
    config = node.config
    screening = Lane(
        "screening",
        threads=config.screen_threads,
        waiting=config.screen_queue,
        memory_bytes=_UPLOADS_HELD * (config.max_bytes + JSON_BYTES),
        steps_back=True,
    )
    laid_out_at = 0.0

    def on_step() -> None:
        nonlocal laid_out_at
        service.tell()
        if time.monotonic() - laid_out_at > _LAY_OUT_EVERY_S and seat.board.descriptor is not None:
            service.metrics.lay_out()
            laid_out_at = time.monotonic()

    recall = Recall(node.store, max_digests=config.max_digests)
    follower = Follower(node, recall, is_own_process=seat.is_own_process, on_step=on_step)
    guard = Guard(follower)
    asking = ThreadPoolExecutor(_ASKING_THREADS, thread_name_prefix="unseen-asking")
    videos = Lane(
        "videos",
        threads=config.video_jobs,
        waiting=config.video_queue,
        memory_bytes=config.video_spool_bytes,
        steps_back=True,
    )
    metrics = Metrics(node.store, guard, seat.board, seat.number)
    service = Service(
        node=node,
        seat=seat,
        screening=screening,
        asking=asking,
        videos=videos,
        jobs=Jobs(node, videos, asking, lambda answer: metrics.screened(answer.verdict.response, {})),
        beside=ThreadPoolExecutor(config.screen_threads, thread_name_prefix="unseen-beside", initializer=step_back),
        door=Lane("door", threads=_DOOR_THREADS, waiting=screening.capacity + 4 * _WAITING, memory_bytes=0),
        desk=Lane("desk", threads=_DESK_THREADS, waiting=_WAITING, memory_bytes=2 * (config.max_bytes + JSON_BYTES)),
        attempts=Attempts(seat.board.counts),
        openings=Openings(seat.board.counts, an_hour=config.cases_an_hour),
        cases=Lane("cases", threads=_CASE_THREADS, waiting=_WAITING, memory_bytes=(_WAITING + 2) * JSON_BYTES),
        follower=follower,
        guard=guard,
        recall=recall,
        keeper=Keeper(node, seat.board) if seat.keeps_house else None,
        metrics=metrics,
    )
    return service


def service_of(request: Request) -> Service:
    """The service that this request came to."""
    return cast("Service", request.app.state.service)
