"""Where the processes of one node write how they stand, and read it of each other: shared memory, nothing on disk.

Slot 0 is the keeper's, slots 1 to n the workers'.  A slot has one writer, the process whose number it is; what it
writes carries a checksum, so that a reader never takes half of it.  A slot outlives its process: the one that takes
its place goes on counting from what stands there.  After the slots come the counts of tries (``desk/counts``), which
all processes write in turn.
"""

import fcntl
import json
import mmap
import os
import struct
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from unseen.desk.counts import COUNTS_BYTES, Counts

KEEPER: Final = 0  #: the slot of whoever does the housekeeping
_STATUS_BYTES: Final = 4096
_FIGURES_BYTES: Final = 1 << 19  # of JSON: every route with every status it has answered takes a tenth of it
_SLOT_BYTES: Final = _STATUS_BYTES + _FIGURES_BYTES
_HEAD: Final = struct.Struct("=II")  # bytes, CRC-32
_READS: Final = 5  # while a writer is in the middle


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How one process stands, as it wrote it last."""

    pid: int
    is_open: bool = False  #: whether its index is loaded
    seq: int | None = None  #: that its index has reached
    entries: int | None = None  #: in its index
    in_step_at: float | None = None  #: monotonic; when it last had everything that the store had
    depths: Mapping[str, int] = field(default_factory=dict)  #: requests that wait, by lane
    forgot_at: float | None = None  #: seconds since 1970; the keeper's: when what was due was last erased

    def lag_s(self) -> float | None:
        """How long ago its index was in step with the store; None before it ever was."""
        return None if self.in_step_at is None else max(0.0, time.monotonic() - self.in_step_at)


class Board:
    """The slots of one node."""

    def __init__(self, memory: mmap.mmap, workers: int, descriptor: int | None = None) -> None:
        self._memory = memory
        self.workers = workers
        self.descriptor = descriptor  #: what another process attaches to; None where it is this process's alone
        self._turn = threading.Lock()
        self.counts: Final = Counts(memory, _counts_at(workers), self._my_turn, time.monotonic)

    @classmethod
    def alone(cls) -> Self:
        """The board of a node of one process."""
        return cls(_prepared(mmap.mmap(-1, _size(1)), 1), 1)

    @classmethod
    def shared(cls, workers: int) -> Self:
        """A board that other processes can attach to; it is gone with the last of them.  Raises: OSError."""
        size = _size(workers)
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("unseen-board")
            os.truncate(descriptor, size)
        else:
            with tempfile.TemporaryFile(buffering=0) as file:
                file.write(bytes(size))  # all of it now: a mapped page that the disk has no room for would kill us
                descriptor = os.dup(file.fileno())
        return cls(_prepared(mmap.mmap(descriptor, size), workers), workers, descriptor)

    @classmethod
    def attach(cls, descriptor: int, workers: int) -> Self:
        """The board behind an inherited descriptor."""
        return cls(mmap.mmap(descriptor, _size(workers)), workers, descriptor)

    def put_status(self, number: int, status: Status) -> None:
        """Write how process ``number`` stands."""
        self._write(number * _SLOT_BYTES, _STATUS_BYTES, asdict(status))

    def status(self, number: int) -> Status | None:
        """How process ``number`` stands; None where it does not run."""
        said = self._read(number * _SLOT_BYTES, _STATUS_BYTES)
        return Status(**said) if said else None

    def statuses(self) -> dict[int, Status]:
        """How the workers that run stand, by number."""
        return {number: status for number in range(1, self.workers + 1) if (status := self.status(number)) is not None}

    def put_figures(self, number: int, figures: list[Any]) -> None:
        """Write what process ``number`` has counted, its predecessors' counts included."""
        self._write(number * _SLOT_BYTES + _STATUS_BYTES, _FIGURES_BYTES, figures)

    def figures(self, number: int) -> list[Any]:
        """What process ``number`` and its predecessors have counted."""
        figures: list[Any] | None = self._read(number * _SLOT_BYTES + _STATUS_BYTES, _FIGURES_BYTES)
        return figures or []

    def clear_status(self, number: int) -> None:
        """Note that process ``number`` is gone; only for whoever saw it end."""
        self._write(number * _SLOT_BYTES, _STATUS_BYTES, None)

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        """One thread of one process at a time; a process that is killed gives its turn back."""
        with self._turn:
            if self.descriptor is None:
                yield
                return
            fcntl.lockf(self.descriptor, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self.descriptor, fcntl.LOCK_UN)

    def _write(self, at: int, room: int, value: object) -> None:
        said = json.dumps(value, separators=(",", ":")).encode()
        if len(said) > room - _HEAD.size:
            raise ValueError(f"{len(said)} bytes do not fit a slot of the board")
        self._memory[at : at + _HEAD.size + len(said)] = _HEAD.pack(len(said), zlib.crc32(said)) + said

    def _read(self, at: int, room: int) -> Any:  # noqa: ANN401  (JSON: any of its types)
        for _ in range(_READS):
            size, checksum = _HEAD.unpack(self._memory[at : at + _HEAD.size])
            said = self._memory[at + _HEAD.size : at + _HEAD.size + min(size, room)]
            if size and zlib.crc32(said) == checksum:
                return json.loads(said)
            if not size:
                break
            time.sleep(0.001)
        return None


def _counts_at(workers: int) -> int:
    return (workers + 1) * _SLOT_BYTES


def _size(workers: int) -> int:
    return _counts_at(workers) + COUNTS_BYTES


def _prepared(memory: mmap.mmap, workers: int) -> mmap.mmap:
    Counts.prepare(memory, _counts_at(workers))
    return memory
