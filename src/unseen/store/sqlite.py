"""The store that a node runs on: one SQLite file, written ahead, private, durable, and able to forget."""

import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, select, update
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from unseen.base import Conflict, Misconfigured, StorageFull, StoreUnavailable, UnseenError
from unseen.store.schema import Opening, bring_up_to_date
from unseen.store.sql import POLL_S, SqlStore, SqlTransaction, connected
from unseen.store.sqlite_errors import meaning, not_ours, to_ours
from unseen.store.sqlite_log import AUTOCHECKPOINT_PAGES, LogWriter
from unseen.store.sqlite_sweep import MAX_PAGES, SLICE_BYTES, descriptor_of, sweep
from unseen.store.sqlite_watch import Watch
from unseen.store.tables import ledger

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_APPLICATION_ID: Final = int.from_bytes(b"Unsn", "big")  # marks the file's header as ours
_PATIENCE_S: Final = 5.0  # what holds the store for longer is broken, or a huge import
_SCRUB_PATIENCE_S: Final = 30.0  # nobody waits for a scrub, and a backup may read for so long
CONNECTIONS: Final = 64  #: most at a time, of all threads
_ASK_AGAIN_S: Final = 0.2
_CHECKPOINT_TRY_S: Final = 0.2
_BEGIN: Final = "sqlite_begin"  # the execution option that says how a transaction begins

_ON_CONNECT: Final = (
    "PRAGMA synchronous = FULL",  # a commit returns when the log is on the disk
    "PRAGMA fullfsync = ON",  # and, on macOS, out of the disk's own cache
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten with zeros
    "PRAGMA temp_store = MEMORY",  # codes go into no temporary file
    f"PRAGMA wal_autocheckpoint = {AUTOCHECKPOINT_PAGES}",
)


def open_sqlite(
    path: Path,
    opening: Opening,
    *,
    patience_s: float = _PATIENCE_S,
    scrub_patience_s: float = _SCRUB_PATIENCE_S,
) -> "SqliteStore":
    """Open the store in ``path``, making it or bringing its schema up to date where needed.

    1. The folder and the file are made private.  2. The file is ours, or empty.  3. It is written ahead.
    4. Its schema is this version's.  ``patience_s``: how long a call waits for its turn before StoreUnavailable;
    ``scrub_patience_s``: how long a scrub waits for readers.
    One store serves a whole process, all its threads; open it after forking, never before.

    Raises: Misconfigured (the folder cannot be used, another program's file, a newer schema, a missing or another
    secret), StoreUnavailable, StorageFull.
    """
    _make_private(path)  # (1)
    engine = _engine(path, patience_s)
    store = SqliteStore(engine, path, patience_s=patience_s, scrub_patience_s=scrub_patience_s)
    try:
        with _alone(path.parent):
            store.prepare(opening)
        store.scrub_if_sealed_anew()
    except BaseException:
        store.close()
        raise
    return store


class SqliteStore(SqlStore):
    """The SQL store with what only SQLite needs."""

    def __init__(self, engine: Engine, path: Path, *, patience_s: float, scrub_patience_s: float) -> None:
        """``engine``: from ``_engine`` for the file in ``path``, so that its transactions begin as this class says."""
        self._path: Final = path
        self._scrub_patience_s: Final = scrub_patience_s
        super().__init__(
            engine.execution_options(**{_BEGIN: "BEGIN"}),
            engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"}),
            patience_s=patience_s,
        )
        self._plain = engine  # each statement stands alone
        self._watch = Watch(path)
        self._log = LogWriter(engine, path)

    def prepare(self, opening: Opening) -> None:
        """Steps 2 to 4 of ``open_sqlite``, while no other process takes them."""
        with connected(self._plain) as connection:
            ours = connection.exec_driver_sql("PRAGMA application_id").scalar() == _APPLICATION_ID
            if not ours and connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar():
                raise not_ours()  # (2)
            if connection.exec_driver_sql("PRAGMA journal_mode = WAL").scalar() != "wal":  # (3)
                raise Misconfigured(
                    "The data folder's file system cannot hold a write-ahead log.",
                    hint="Put the data folder on a local disk; network file systems do not work.",
                )
        with connected(self._writing) as connection, connection.begin():
            self._sealer = bring_up_to_date(connection, opening)  # (4)
            if not ours:
                connection.exec_driver_sql(f"PRAGMA application_id = {_APPLICATION_ID}")

    @contextmanager
    def write(self) -> Iterator[SqlTransaction]:
        with super().write() as tx:
            yield tx
        self._log.committed()

    def stamp(self) -> str:
        return self._watch.stamp()

    def _wait(self, timeout_s: float) -> None:
        """As the port's, with cheap looks between the questions; a commit just before this waits for the next one."""
        deadline = time.monotonic() + min(_ASK_AGAIN_S, timeout_s)
        before = self._stamp_or_none()
        while (left_s := deadline - time.monotonic()) > 0:
            time.sleep(min(POLL_S, left_s))
            if self._stamp_or_none() != before:
                return

    def _stamp_or_none(self) -> str | None:
        try:
            return self.stamp()
        except UnseenError:
            return None

    def close(self) -> None:
        self._watch.close()
        self._log.close()
        super().close()

    def scrub(self) -> None:
        """Leave no byte of an erased code in the file and its log.

        1. Where codes were erased since the last time: zero the unused parts of all pages, because SQLite leaves old
        copies of a row in them; see ``sqlite_sweep``.  2. Write the log back and cut it to nothing.  3. Remember how
        far this reached.

        Raises: StoreUnavailable where a reader or writer stayed in the way for the scrub's patience; nothing is lost,
        and the next call does all of it again.
        """
        with connected(self._plain) as connection:
            erased, scrubbed = connection.execute(select(ledger.c.erased_seq, ledger.c.scrubbed_seq)).one()
            if erased > scrubbed:
                self._sweep(connection)  # (1)
            self._cut_log(connection)  # (2)
            if erased > scrubbed:
                with self._my_turn():
                    connection.execute(update(ledger).values(scrubbed_seq=erased))  # (3)

    def back_up(self, file: Path) -> None:
        """Write everything as of now to a new private file, while readers and writers go on.

        Raises: Conflict (the file is there already), Misconfigured (it cannot be made), StorageFull, StoreUnavailable.
        """
        try:
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            raise Conflict("The backup's file is there already.", hint="Name a new one.") from None
        except OSError as error:
            raise Misconfigured(f"The backup's file cannot be made: {error.strerror}.") from None
        try:
            with connected(self._plain) as connection, closing(sqlite3.connect(file)) as copy:
                source = connection.connection.driver_connection
                assert isinstance(source, sqlite3.Connection)
                source.backup(copy)  # in one step, so that it is of one moment
        except BaseException as error:
            file.unlink()
            if isinstance(error, sqlite3.Error):
                raise meaning(error) from error
            raise

    def _sweep(self, connection: Connection) -> None:
        """Slice by slice, with writers in between; what was swept stays so, because only cells are ever copied."""
        pages, page_bytes, vacuum = (
            int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
            for name in ("page_count", "page_size", "auto_vacuum")
        )
        if vacuum or pages >= MAX_PAGES:  # the pages could not be told apart
            with self._my_turn():
                connection.exec_driver_sql("VACUUM")
            return
        descriptor = descriptor_of(self._path)
        step = max(1, SLICE_BYTES // page_bytes)
        deadline = time.monotonic() + self._scrub_patience_s
        for first in range(0, pages, step):
            while not self._swept(connection, descriptor, page_bytes=page_bytes, first_page=first, pages=step):
                if time.monotonic() >= deadline:
                    raise _held()
                time.sleep(_CHECKPOINT_TRY_S)
            deadline = time.monotonic() + self._scrub_patience_s
        os.fsync(descriptor)

    def _swept(self, connection: Connection, descriptor: int, **part: int) -> bool:
        """Sweep a slice, unless a reader keeps the log from being written back.

        1. No writer.  2. All of the log is in the file, so that nobody has anything left to write back to it.
        3. Sweep.  4. A commit, so that no connection goes on with pages that it read before; the one that commits
        is closed.
        """
        with self._my_turn(), connected(self._writing) as writer, writer.begin():  # (1)
            writer.detach()  # from the pool, so that it is closed at the end
            busy, logged, done = connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()  # (2)
            if busy or logged != done:
                return False
            sweep(descriptor, **part)  # (3)
            writer.execute(update(ledger).values(scrubbed_seq=ledger.c.scrubbed_seq))  # (4)
            return True

    def _cut_log(self, connection: Connection) -> None:
        """Try for a moment at a time, because nobody can write while a truncating checkpoint waits for readers."""
        deadline = time.monotonic() + self._scrub_patience_s
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(1000 * _CHECKPOINT_TRY_S)}")
        try:
            while self._is_log_held(connection):
                if time.monotonic() >= deadline:
                    raise _held()
                time.sleep(_CHECKPOINT_TRY_S)
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(1000 * self._patience_s)}")

    def _is_log_held(self, connection: Connection) -> bool:
        with self._my_turn():
            return bool(connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0])


def _held() -> StoreUnavailable:
    return StoreUnavailable(
        "Erased codes may still be in the store's log: someone has been reading for too long.",
        hint="Scrub again once long exports and index builds are done.",
    )


def _engine(path: Path, patience_s: float) -> Engine:
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=CONNECTIONS - 8,
        pool_timeout=patience_s,
        hide_parameters=True,
        # No isolation level: the driver begins nothing by itself, we say when and how.
        connect_args={"timeout": patience_s, "isolation_level": None, "check_same_thread": False},
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "handle_error", to_ours)
    return engine


def _on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in _ON_CONNECT:
        cursor.execute(pragma)
    cursor.close()


def _on_begin(connection: Connection) -> None:
    begin = connection.get_execution_options().get(_BEGIN)
    if begin is not None:
        connection.exec_driver_sql(begin)


def _make_private(path: Path) -> None:
    """Make folder and file, closed to others from their first moment; SQLite gives -wal and -shm the file's mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Never opened where it exists: closing that descriptor would drop the locks this process holds on the file.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with _folder(path.parent) as descriptor:
            os.fsync(descriptor)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StorageFull("The disk has no room for the store.", hint="Free some room and try again.") from error
        raise Misconfigured(
            f"The store cannot be made in {path.parent}: {error.strerror}.",
            hint="Check that the data folder belongs to the user that runs the node.",
        ) from error


@contextmanager
def _folder(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other process prepares a store in this folder meanwhile."""
    with _folder(folder) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
