"""The store of several nodes: a PostgreSQL database, and what only PostgreSQL needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import psycopg
from sqlalchemy import URL, Engine, QueuePool, create_engine, event, inspect, make_url, select, update
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from unseen.base import Misconfigured
from unseen.store.postgres_errors import to_ours
from unseen.store.postgres_listener import Listener
from unseen.store.postgres_rows import PostgresReader, PostgresTransaction
from unseen.store.postgres_scrub import rewrite_codes
from unseen.store.schema import Opening, bring_up_to_date
from unseen.store.sql import SqlStore, connected
from unseen.store.tables import ledger

_PATIENCE_S: Final = 30.0
_CONNECTIONS: Final = 32  # most at a time, of all threads of a process; a server takes 100 if not told otherwise
_CONNECTION: Final = {
    "application_name": "unseen",
    "connect_timeout": 5,
    # A server that vanished without a word is noticed within half a minute.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_STAMP: Final = "SELECT concat(pg_current_snapshot(), ' ', pg_postmaster_start_time())"
_PREPARING: Final = int.from_bytes(b"Unseen", "big")  # the advisory lock of whoever prepares the database

_ON_CONNECT: Final = (
    # Every question has its index, and the planner is told nothing of how rare a code is: see ``tables``.
    "SET enable_seqscan = off",
    "SET jit = off",  # compiling would take longer than any of these statements
    # A commit returns when it is on the disk, whatever the server's default.
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
)


def open_postgres(url: URL, opening: Opening, *, patience_s: float = _PATIENCE_S) -> "PostgresStore":
    """Open the store in the database that ``url`` names, bringing its schema up to date where needed.

    1. The database is ours, or empty, and keeps text as UTF-8.  2. Its schema is this version's.
    ``patience_s``: how long a call waits for its turn before StoreUnavailable.  Open it after forking, never before.

    Raises: Misconfigured (another program's database, a newer schema, a missing right, a missing or
    another secret), StoreUnavailable, StorageFull.
    """
    store = PostgresStore(_engine(url, patience_s), patience_s=patience_s)
    try:
        store.prepare(opening)
        store.scrub_if_sealed_anew()
    except BaseException:
        store.close()
        raise
    return store


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """What a look at a store on a server tells."""

    revision: str
    last_seq: int
    lineage: bytes
    secret_check: bytes | None  #: None also where an older version made it


def look_at_server(url: str) -> ServerState | None:
    """What is in the database that ``url`` names, changing nothing; None where it is empty.

    Raises: Misconfigured, StoreUnavailable.
    """
    engine = _engine(make_url(url), _PATIENCE_S)
    try:
        with connected(engine) as connection:
            if not inspect(connection).has_table(ledger.name):
                return None
            revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
            last_seq, lineage = connection.execute(select(ledger.c.last_seq, ledger.c.lineage)).one()
            is_sealed = any(column["name"] == "secret_check" for column in inspect(connection).get_columns(ledger.name))
            check = connection.execute(select(ledger.c.secret_check)).scalar_one() if is_sealed else None
            return ServerState(revision=revision, last_seq=last_seq, lineage=lineage, secret_check=check)
    finally:
        engine.dispose()


class PostgresStore(SqlStore):
    """The SQL store with what only PostgreSQL needs."""

    _reader = PostgresReader
    _transaction = PostgresTransaction

    def __init__(self, engine: Engine, *, patience_s: float) -> None:
        """``engine``: from ``_engine``."""
        super().__init__(
            engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True),
            engine.execution_options(isolation_level="READ COMMITTED"),
            patience_s=patience_s,
        )
        self._plain = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._listener = Listener(self._plain)

    def prepare(self, opening: Opening) -> None:
        """Steps 1 and 2 of ``open_postgres``, while no other process takes them."""
        with connected(self._writing) as connection, connection.begin():
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_PREPARING,))
            tables = set(inspect(connection).get_table_names())
            if tables and not tables >= {"alembic_version", ledger.name}:  # (1)
                raise Misconfigured(
                    "The database holds another program's tables; it was left as it is.",
                    hint="Make a database for Unseen alone, and name it in UNSEEN_DATABASE_URL.",
                )
            if connection.exec_driver_sql("SHOW server_encoding").scalar() != "UTF8":
                raise Misconfigured(
                    "The database does not keep text as UTF-8.", hint="Make one with `createdb --encoding=UTF8`."
                )
            self._sealer = bring_up_to_date(connection, opening)  # (2)

    @contextmanager
    def write(self) -> Iterator[PostgresTransaction]:
        with self._my_turn(), connected(self._writing) as connection, connection.begin():
            # One writer at a time, of all nodes: numbers follow the order of commits, and what is read stays true.
            connection.execute(select(ledger.c.id).with_for_update())
            yield PostgresTransaction(connection, self._sealer)

    def stamp(self) -> str:
        """The snapshot that a statement would see now, as text; a restored server has started since."""
        with connected(self._plain) as connection:
            return str(connection.exec_driver_sql(_STAMP).scalar_one())

    def scrub(self) -> None:
        """Leave no byte of an erased code in the files of the tables and their indexes.

        1. Where codes were erased since the last time: rewrite the tables and their indexes, because PostgreSQL leaves
        old copies of a row in the unused part of a page.  2. Remember how far this reached.  The server's own log
        (WAL) and its archive are beyond reach.

        Raises: StoreUnavailable where a reader stayed in the way for the store's patience; nothing is lost, and the
        next call does all of it again.  StorageFull where there is no room for the second copy.
        """
        with connected(self._plain) as connection:
            erased, scrubbed = connection.execute(select(ledger.c.erased_seq, ledger.c.scrubbed_seq)).one()
            if erased == scrubbed:
                return
            rewrite_codes(connection, self._patience_s)  # (1)
        with self._my_turn(), connected(self._plain) as connection:
            connection.execute(update(ledger).values(scrubbed_seq=erased))  # (2)

    def close(self) -> None:
        self._listener.close()
        super().close()

    def _wait(self, timeout_s: float) -> None:
        self._listener.wait(timeout_s)


def _engine(url: URL, patience_s: float) -> Engine:
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            poolclass=QueuePool,
            pool_size=8,
            max_overflow=_CONNECTIONS - 8,
            pool_timeout=patience_s,
            pool_pre_ping=True,  # a connection that died with the server is replaced before anyone meets it
            hide_parameters=True,
            connect_args=_CONNECTION | url.query,
        )
    except (ArgumentError, psycopg.Error):
        raise Misconfigured("UNSEEN_DATABASE_URL has a part that PostgreSQL does not know.") from None
    event.listen(engine, "connect", partial(_on_connect, patience_s))
    event.listen(engine, "handle_error", to_ours)
    return engine


def _on_connect(patience_s: float, connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for statement in (*_ON_CONNECT, f"SET lock_timeout = {int(1000 * patience_s)}"):
        cursor.execute(statement)
    cursor.close()
    connection.commit()
