"""Where a scan keeps what it has done until its result is whole: the folder ``RESULT.scan``, closed to others.

1. ``scan.json``, written last when the folder is made: which sources, which store, what is asked for.
2. ``worklist``: all objects, listed once, so that a scan that goes on tomorrow means the same objects.
3. ``rows.jsonl``: the finished shards' rows.  4. ``checkpoint``: a record a shard, written when its rows are safe;
what the files have beyond the last record is cut off.  So a kill loses the shards in flight, and no row comes twice.
5. At the end the rows take the result's name, as they are or as Parquet, and the folder goes.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from unseen.base import BadRequest, Conflict
from unseen.batch import checkpoint, kept, rows, worklist
from unseen.batch.checkpoint import Finished, Progress
from unseen.batch.files import disk_errors, make_durable, new_file, opened_at, rename
from unseen.batch.rows import ResultFormat
from unseen.batch.sources import Source
from unseen.desk.scan_ports import Count, Examined, KeptRows, Row, Shard

_VERSION: Final = 1
_ANEW: Final = "Remove the scan's .scan folder to begin anew."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a scan was asked for; one that goes on must be asked for the same."""

    sources: tuple[str, ...]
    lineage: str  #: of the store, hexadecimal
    keep: str | None  #: the file that fingerprints are kept in, or None
    version: int = _VERSION


def write_result(path: Path, as_format: ResultFormat, said: Sequence[Row]) -> None:
    """A result that is there at once, in a new private file.  Raises: Conflict, BadRequest, StorageFull."""
    if path.exists():
        raise _there_already()
    draft = path.with_name(f"{path.name}.partial")
    with disk_errors():
        try:
            with new_file(draft) as out:
                _write(out, as_format, rows.to_lines(said).splitlines(keepends=True))
            rename(draft, path)
        finally:
            draft.unlink(missing_ok=True)


def _write(out: BinaryIO, as_format: ResultFormat, lines: Iterable[bytes]) -> None:
    if as_format is ResultFormat.JSONL:
        out.writelines(lines)
        return
    with pq.ParquetWriter(out, rows.SCHEMA) as writer:
        for batch in rows.to_batches(lines):
            writer.write_batch(batch)


def _there_already() -> Conflict:
    return Conflict("A file of that name is there already.", hint="Name another, or move it away.")


class ScanFolder:
    """One scan's work list, rows and checkpoint; the ``ScanLog`` of the desk.  A context manager: one process a scan.

    ``objects`` is how many there are, ``progress`` what is finished of them.
    """

    def __init__(self, result: Path, asked: Asked, as_format: ResultFormat) -> None:
        """Nothing is opened yet."""
        self._result = result.absolute()
        self._folder = self._result.with_name(f"{self._result.name}.scan")
        self._asked = asked
        self._format = as_format
        self._keep = None if asked.keep is None else Path(asked.keep)
        self._lineage = bytes.fromhex(asked.lineage)
        self._open = ExitStack()
        self.progress = Progress()
        self.objects = 0
        self.is_resumed = False

    def open(self, sources: Sequence[Source], *, listed: Callable[[int], None]) -> None:
        """Make the folder and list the sources, or take up what is there.  listed: called with the count so far.

        Raises: Conflict where the result is there already, or the folder is of another scan or in use; NotFound,
        BadRequest (the sources, the files); StorageFull.
        """
        with disk_errors():
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._lock()
            if (self._folder / "scan.json").exists():
                self._check()
            else:
                self._begin(sources, listed)
            self._go_on()

    def unfinished(self) -> Iterator[Shard]:
        """The shards without a result, in the work list's order."""
        for number in range(self._worklist.num_record_batches):
            if number not in self.progress.shards:
                yield worklist.of_batch(self._worklist.get_batch(number), number)

    def commit(self, examined: Examined, said: Sequence[Row], count: Count, videos: Sequence[KeptRows] = ()) -> None:
        """Rows first, then the record that counts them (4).  Raises: StorageFull."""
        with disk_errors():
            self._rows.write(rows.to_lines(said))
            make_durable(self._rows)
            if self._kept is not None:
                self._kept.write(kept.part(examined, videos, self._lineage))
                make_durable(self._kept)
            finished = Finished(
                shard=examined.shard.number,
                rows_end=self._rows.tell(),
                kept_end=0 if self._kept is None else self._kept.tell(),
                as_of_seq=examined.readings.as_of_seq,
                count=count,
            )
            self._checkpoint.write(finished.to_bytes())
            make_durable(self._checkpoint)
        self.progress.add(finished)

    def finish(self) -> None:
        """Give the result its name, and remove the folder (5).  Raises: StorageFull, and it can be tried again."""
        with disk_errors():
            if self._keep is not None and self._partial.exists():
                rename(self._partial, self._keep)
            source = self._folder / "rows.jsonl"
            if self._format is ResultFormat.PARQUET:
                source = self._as_parquet(source)
            if not self._is_named:
                rename(source, self._result)
            (self._folder / "scan.json").unlink()  # first: without it nothing else in the folder counts
            shutil.rmtree(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _as_parquet(self, lines_file: Path) -> Path:
        path = self._folder / "rows.parquet"
        with lines_file.open("rb") as lines, new_file(path) as out:
            _write(out, self._format, lines)
        return path

    @property
    def _partial(self) -> Path:
        """Kept fingerprints on their way; beside the file that they become."""
        assert self._keep is not None
        return self._keep.with_name(f"{self._keep.name}.partial")

    def _refuse_old(self) -> None:
        for file in (self._result, self._keep):
            if file is not None and file.exists():
                raise _there_already()

    def _lock(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._open.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("Another process is at work on this scan.", hint="Wait for it, or end it.") from None

    def _check(self) -> None:
        try:
            there = json.loads((self._folder / "scan.json").read_bytes())
        except ValueError:
            raise BadRequest("The scan's folder is damaged.", hint=_ANEW) from None
        if there != json.loads(json.dumps(asdict(self._asked))):
            raise Conflict(
                "The scan that was begun for this result had other sources, another store or other options.",
                hint="Give the same ones to go on with it, or remove its .scan folder to begin anew.",
            )
        self.is_resumed = True

    def _begin(self, sources: Sequence[Source], listed: Callable[[int], None]) -> None:
        try:
            self._refuse_old()
            self._make(sources, listed)
        except BaseException:  # a scan that never began leaves nothing
            shutil.rmtree(self._folder)
            raise

    def _make(self, sources: Sequence[Source], listed: Callable[[int], None]) -> None:
        count = 0
        with new_file(self._folder / "worklist") as file, pa.ipc.new_file(file, worklist.SCHEMA) as writer:
            numbered = ((number, each) for number, source in enumerate(sources) for each in source.objects())
            for shard in worklist.shards_of(numbered):
                writer.write_batch(worklist.to_batch(shard))
                count += len(shard)
                listed(count)
        for name in ("rows.jsonl", "checkpoint"):
            with new_file(self._folder / name):
                pass
        if self._keep is not None:
            with new_file(self._partial) as file:
                file.write(kept.head(self._lineage))
        with new_file(self._folder / "scan.json.new") as file:
            file.write(json.dumps(asdict(self._asked)).encode())
        rename(self._folder / "scan.json.new", self._folder / "scan.json")  # (1)

    def _go_on(self) -> None:
        self._worklist = pa.ipc.open_file(pa.memory_map(str(self._folder / "worklist")))
        self.objects = sum(
            self._worklist.get_batch(number).num_rows for number in range(self._worklist.num_record_batches)
        )
        records = (self._folder / "checkpoint").read_bytes()
        self.progress = checkpoint.progress_of(checkpoint.read(records))
        whole = len(self.progress.shards) * checkpoint.RECORD_BYTES
        self._checkpoint = self._open.enter_context(opened_at(self._folder / "checkpoint", whole))
        self._is_named = not (self._folder / "rows.jsonl").exists()  # killed while it finished
        if not self._is_named:
            self._rows = self._open.enter_context(opened_at(self._folder / "rows.jsonl", self.progress.rows_end))
        self._kept = None
        if self._keep is not None and not self._keep.exists():
            if not self._partial.exists():
                raise BadRequest("The fingerprints that were kept so far are gone.", hint=_ANEW)
            end = self.progress.kept_end or len(kept.head(self._lineage))
            self._kept = self._open.enter_context(opened_at(self._partial, end))
