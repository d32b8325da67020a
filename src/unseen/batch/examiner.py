"""The path that every object takes, whatever the engine: read, fingerprint, search."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from unseen.base import BadMedia
from unseen.base.closing import Closing
from unseen.batch.sources import ReadFailure, Source
from unseen.desk.scan_ports import Near, Readings, Shard, Trouble
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.image import fingerprint_picture
from unseen.fingerprint.limits import Limits
from unseen.fingerprint.records import VIEWS, PictureFingerprints
from unseen.match.files import Stack
from unseen.match.live import LiveIndex

#: Objects asked of an object store ahead of the one that is worked on: its answers take longer than decoding does.
_READ_AHEAD: Final = 8

_Read = bytes | ReadFailure
_Said = PictureFingerprints | ReadFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What an examiner must know beside the index; the same for all of a scan."""

    sources: tuple[str, ...]  #: URLs
    limits: Limits
    radius_bits: int  #: the widest of the banks'


class Examiner(Closing):
    """Examines one shard at a time.  A context manager: it has a decoder process of its own."""

    def __init__(self, task: Task, stack: Stack) -> None:
        """``stack``: mapped, and so shared with the other examiners of the machine."""
        self._task = task
        self._sources = [Source(url) for url in task.sources]
        self._index = LiveIndex(stack)
        self._decoder = DecoderPool(task.limits)

    def examine(self, shard: Shard) -> Readings:
        """Read, fingerprint and look up every object.  No object makes it fail.

        Raises: NodeError where no decoder process starts.
        """
        said = [self._fingerprint(read) for read in self._read_all(shard)]
        codes, qualities = np.zeros((len(shard), len(VIEWS), 32), np.uint8), np.zeros(len(shard), np.uint8)
        sha256, md5 = np.zeros((len(shard), 32), np.uint8), np.zeros((len(shard), 16), np.uint8)
        for at, one in enumerate(said):
            if isinstance(one, ReadFailure):
                continue
            codes[at], qualities[at] = one.views, one.pdq.quality or 0
            sha256[at], md5[at] = np.frombuffer(one.sha256.code, np.uint8), np.frombuffer(one.md5.code, np.uint8)
        return Readings(
            troubles=tuple(one.trouble if isinstance(one, ReadFailure) else None for one in said),
            messages=tuple(one.message if isinstance(one, ReadFailure) else "" for one in said),
            sha256=sha256,
            md5=md5,
            codes=codes,
            qualities=qualities,
            near=Near.find(codes, qualities, lambda q: self._index.search(q, self._task.radius_bits)),
            as_of_seq=self._index.seq,
        )

    def close(self) -> None:
        """End the decoder process."""
        self._decoder.close()

    def _fingerprint(self, read: _Read) -> _Said:
        if isinstance(read, ReadFailure):
            return read
        try:
            return fingerprint_picture(read, limits=self._task.limits, decoder=self._decoder)
        except BadMedia as refused:
            return ReadFailure(Trouble.BAD_MEDIA, refused.what)

    def _read_all(self, shard: Shard) -> Iterator[_Read]:
        """The objects' bytes, in order; those of object stores are asked for ahead."""
        if all(self._sources[source].is_local for source in shard.sources):
            yield from (self._read(shard, at) for at in range(len(shard)))
            return
        with ThreadPoolExecutor(_READ_AHEAD) as readers:
            turns = iter(range(len(shard)))
            ahead: list[Future[_Read]] = [readers.submit(self._read, shard, at) for at in islice(turns, _READ_AHEAD)]
            while ahead:
                yield ahead.pop(0).result()
                ahead += [readers.submit(self._read, shard, at) for at in islice(turns, 1)]

    def _read(self, shard: Shard, at: int) -> _Read:
        trouble, max_bytes = shard.troubles[at], self._task.limits.max_bytes
        if trouble is not None:
            return ReadFailure(trouble, "it could not be listed.")
        if shard.sizes[at] > max_bytes:
            return ReadFailure(Trouble.TOO_LARGE, f"too large to read (more than {max_bytes / 1024**2:g} MiB).")
        try:
            return self._sources[shard.sources[at]].read(shard.keys[at], max_bytes)
        except ReadFailure as failure:
            return failure


def crashed(shard: Shard, as_of_seq: int) -> Readings:
    """What is said of objects whose examination killed the process that did it, twice."""
    n = len(shard)
    return Readings(
        troubles=(Trouble.CRASHED,) * n,
        messages=("the process that examined it died.",) * n,
        sha256=np.zeros((n, 32), np.uint8),
        md5=np.zeros((n, 16), np.uint8),
        codes=np.zeros((n, len(VIEWS), 32), np.uint8),
        qualities=np.zeros(n, np.uint8),
        near=Near(
            offsets=np.zeros(n + 1, np.int64),
            entries=np.zeros(0, np.int64),
            distances=np.zeros(0, np.uint16),
            views=np.zeros(0, np.uint8),
        ),
        as_of_seq=as_of_seq,
    )


def put_together(parts: Sequence[Readings]) -> Readings:
    """The readings of a shard that was examined in parts, in order."""
    ends = np.cumsum([0, *(part.near.offsets[-1] for part in parts)])
    return Readings(
        troubles=tuple(trouble for part in parts for trouble in part.troubles),
        messages=tuple(message for part in parts for message in part.messages),
        sha256=np.concatenate([part.sha256 for part in parts]),
        md5=np.concatenate([part.md5 for part in parts]),
        codes=np.concatenate([part.codes for part in parts]),
        qualities=np.concatenate([part.qualities for part in parts]),
        near=Near(
            offsets=np.concatenate(
                [np.zeros(1, np.int64)] + [part.near.offsets[1:] + end for part, end in zip(parts, ends, strict=False)]
            ),
            entries=np.concatenate([part.near.entries for part in parts]),
            distances=np.concatenate([part.near.distances for part in parts]),
            views=np.concatenate([part.near.views for part in parts]),
        ),
        as_of_seq=min(part.as_of_seq for part in parts),
    )
