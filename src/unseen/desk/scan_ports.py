"""What a scan of stored uploads needs from outside: engines that examine objects, a log that survives a kill.

Columns throughout: a shard is a few dozen objects, and what is said of them stands in arrays, one row an object.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from unseen.act.records import Verdict
from unseen.fingerprint.records import MIN_QUALITY, VIEWS
from unseen.match.records import Hits

UNKNOWN_BYTES: Final = -1  #: the size of an object whose store does not say it
NO_TIME: Final = -1  #: stands for a picture's time

Search = Callable[[NDArray[np.uint8]], Hits]  #: codes, (q, 32), to the entries near each


class Trouble(StrEnum):
    """Why an object could not be looked at; the word that programs compare."""

    UNLISTED = "unlisted"  #: a folder whose contents cannot be listed; all below it is missing from the scan
    VANISHED = "vanished"  #: listed, and gone when its turn came
    UNREADABLE = "unreadable"  #: no permission, not a file any more, or its store fails
    TOO_LARGE = "too_large"
    BAD_MEDIA = "bad_media"  #: not a picture that can be fingerprinted within the limits
    CRASHED = "crashed"  #: the process that examined it died, twice


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """A few objects of the work list: what is finished or not is counted in shards.  Sequences of n."""

    number: int  #: from 0, in the order of the work list
    keys: tuple[bytes, ...]  #: the object's own key: its path, or its URL in an object store; any bytes
    sources: tuple[int, ...]  #: which of the scan's sources it was listed in
    sizes: tuple[int, ...]  #: bytes when it was listed, or ``UNKNOWN_BYTES``
    troubles: tuple[Trouble | None, ...]  #: what was already wrong when it was listed

    def __len__(self) -> int:
        return len(self.keys)

    def only(self, at: int) -> "Shard":
        """The shard with this one object."""
        one = slice(at, at + 1)
        return Shard(
            number=self.number,
            keys=self.keys[one],
            sources=self.sources[one],
            sizes=self.sizes[one],
            troubles=self.troubles[one],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Near:
    """Entries near objects in any view: those of object ``i`` are ``[offsets[i], offsets[i + 1])``."""

    offsets: NDArray[np.int64]  #: (n + 1,), starts at 0
    entries: NDArray[np.int64]  #: (m,) entry ids
    distances: NDArray[np.uint16]  #: (m,) bits
    views: NDArray[np.uint8]  #: (m,) rows of ``VIEWS``: how the object is turned

    @classmethod
    def find(cls, codes: NDArray[np.uint8], qualities: NDArray[np.uint8], search: Search) -> Self:
        """Look up all views of each object that shows enough to be compared.

        codes: (n, 8, 32) uint8, C-contiguous.  qualities: (n,) uint8.
        """
        clear = np.flatnonzero(qualities >= MIN_QUALITY)
        hits = search(codes[clear].reshape(-1, 32))
        of_query = np.diff(hits.offsets)
        query = np.repeat(np.arange(len(of_query)), of_query)
        counts = np.zeros(len(codes), np.int64)
        counts[clear] = of_query.reshape(-1, len(VIEWS)).sum(axis=1)
        return cls(
            offsets=np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]),
            entries=hits.ids,
            distances=hits.distances,
            views=(query % len(VIEWS)).astype(np.uint8),
        )

    def also(self, other: "Near") -> "Near":
        """What is near the same objects by either."""
        objects = [np.repeat(np.arange(len(near.offsets) - 1), np.diff(near.offsets)) for near in (self, other)]
        order = np.argsort(np.concatenate(objects), kind="stable")
        return Near(
            offsets=self.offsets + other.offsets,
            entries=np.concatenate([self.entries, other.entries])[order],
            distances=np.concatenate([self.distances, other.distances])[order],
            views=np.concatenate([self.views, other.views])[order],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Readings:
    """What examining said of n objects; rows of zeros where there is a trouble."""

    troubles: tuple[Trouble | None, ...]
    messages: tuple[str, ...]  #: the trouble in words, without a name; empty where there is none
    sha256: NDArray[np.uint8]  #: (n, 32)
    md5: NDArray[np.uint8]  #: (n, 16)
    codes: NDArray[np.uint8]  #: (n, 8, 32) PDQ, rows as in ``VIEWS``
    qualities: NDArray[np.uint8]  #: (n,)
    near: Near
    as_of_seq: int  #: the last change in the index that was searched

    def __len__(self) -> int:
        return len(self.troubles)

    def is_featureless(self, at: int) -> bool:
        """Whether that object shows too little to be compared."""
        return self.troubles[at] is None and bool(self.qualities[at] < MIN_QUALITY)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examined:
    """A shard, with what was read of it."""

    shard: Shard
    readings: Readings


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One object's line of the result: a verdict, or the trouble that kept it from one."""

    key: bytes
    verdict: Verdict | None
    is_featureless: bool
    as_of_seq: int
    trouble: Trouble | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many objects had which outcome."""

    allow: int = 0
    review: int = 0
    block: int = 0
    unread: int = 0
    featureless: int = 0  #: among the first three

    def __add__(self, other: "Count") -> "Count":
        return Count(
            allow=self.allow + other.allow,
            review=self.review + other.review,
            block=self.block + other.block,
            unread=self.unread + other.unread,
            featureless=self.featureless + other.featureless,
        )

    @property
    def objects(self) -> int:
        """All of them."""
        return self.allow + self.review + self.block + self.unread


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptRows:
    """Fingerprints that an earlier scan kept: n rows, one a picture, and of a video one for each frame looked at."""

    keys: tuple[bytes, ...]  #: those of a video's rows are the same, and the rows stand together
    sha256: NDArray[np.uint8]  #: (n, 32)
    md5: NDArray[np.uint8]  #: (n, 16)
    codes: NDArray[np.uint8]  #: (n, 8, 32)
    qualities: NDArray[np.uint8]  #: (n,)
    at_ms: NDArray[np.int32]  #: (n,) when a video shows the frame; ``NO_TIME`` for a picture


class Engine(Protocol):
    """Examines objects on as many processors as it was given."""

    def examine(self, shards: Iterable[Shard]) -> Iterator[Examined]:
        """Each shard once, in any order, a bounded number ahead of whoever reads.

        Raises: NodeError where the engine itself fails; what was given back until then stands.
        """
        ...


class ScanLog(Protocol):
    """The work list, and what was finished of it."""

    def unfinished(self) -> Iterator[Shard]:
        """The shards without a result, as of now."""
        ...

    def commit(self, examined: Examined, rows: Sequence[Row], count: Count, videos: Sequence[KeptRows] = ()) -> None:
        """Keep a shard's rows, durably and once; and of its videos what may be kept.  Raises: StorageFull."""
        ...
