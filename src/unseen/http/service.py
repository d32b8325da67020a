"""What the routes share while the service runs: the node, its lanes, the keeper and the metrics."""

from dataclasses import dataclass
from typing import Final, cast

from starlette.requests import Request

from unseen.compose import Node
from unseen.http.keeper import Keeper
from unseen.http.lanes import Lane
from unseen.http.metrics import Metrics

JSON_BYTES: Final = 1 << 20  #: largest JSON body; longer lists go in as CSV or JSON lines
_UPLOADS_HELD: Final = 4  # of the largest size, at the same time; photographs are far smaller
_CASE_THREADS: Final = 2  # each holds 64 MiB while it stretches a PIN
_DESK_THREADS: Final = 4
_DOOR_THREADS: Final = 2
_WAITING: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One running service."""

    node: Node
    door: Lane  #: looks tokens up
    screening: Lane  #: decodes, hashes, searches
    desk: Lane  #: reads and changes banks
    cases: Lane  #: opens, shows and withdraws cases
    keeper: Keeper
    metrics: Metrics

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """All lanes."""
        return (self.door, self.screening, self.desk, self.cases)


def make_service(node: Node) -> Service:
    """A service over ``node``, not running yet."""
    config = node.config
    screening = Lane(
        "screening",
        threads=config.screen_threads,
        waiting=config.screen_queue,
        memory_bytes=_UPLOADS_HELD * (config.max_bytes + JSON_BYTES),
    )
    door = Lane("door", threads=_DOOR_THREADS, waiting=screening.capacity + 4 * _WAITING, memory_bytes=0)
    desk = Lane("desk", threads=_DESK_THREADS, waiting=_WAITING, memory_bytes=2 * (config.max_bytes + JSON_BYTES))
    cases = Lane("cases", threads=_CASE_THREADS, waiting=_WAITING, memory_bytes=(_WAITING + 2) * JSON_BYTES)
    keeper = Keeper(node)
    return Service(
        node=node,
        door=door,
        screening=screening,
        desk=desk,
        cases=cases,
        keeper=keeper,
        metrics=Metrics(node, keeper, (door, screening, desk, cases)),
    )


def service_of(request: Request) -> Service:
    """The service that this request came to."""
    return cast("Service", request.app.state.service)
