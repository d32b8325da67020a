"""The port over any SQL database: the nouns joined, transactions, and one writer at a time."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import TimeoutError as PoolTimeout

from unseen.base import StoreUnavailable
from unseen.store.act_sql import ActReads, ActWrites
from unseen.store.case_sql import CaseReads, CaseWrites
from unseen.store.claim_sql import ClaimWrites
from unseen.store.entry_sql import EntryReads
from unseen.store.job_sql import JobReads, JobWrites
from unseen.store.recovery_sql import RecoveryReads, RecoveryWrites
from unseen.store.sealing import Sealer
from unseen.store.tables import ledger
from unseen.store.token_sql import TokenReads, TokenWrites

POLL_S: Final = 0.05  #: between two looks for a change, where nothing tells of it


class SqlReader(EntryReads, CaseReads, RecoveryReads, ActReads, TokenReads, JobReads):
    """Everything that can be asked, of one moment."""


class SqlTransaction(ClaimWrites, CaseWrites, RecoveryWrites, ActWrites, TokenWrites, JobWrites):
    """Everything that can be asked and done, all of it or nothing."""


class SqlStore(ABC):
    """A store behind an engine whose errors are already ours; see ``sqlite`` for how one is made."""

    _reader: type[SqlReader] = SqlReader
    _transaction: type[SqlTransaction] = SqlTransaction

    _sealer: Sealer  # known once the store is prepared

    def __init__(self, reading: Engine, writing: Engine, *, patience_s: float) -> None:
        """``reading`` and ``writing`` begin transactions of their kind; ``patience_s``: how long to wait for a turn."""
        self._reading = reading
        self._writing = writing
        self._patience_s: Final = patience_s
        self._turn = threading.Lock()  # waiting here is fair and wakes at once; waiting in the database polls

    @contextmanager
    def read(self) -> Iterator[SqlReader]:
        with connected(self._reading) as connection, connection.begin():
            reader = self._reader(connection, self._sealer)
            reader.last_seq()  # the view is of now, not of whenever the first question comes
            yield reader

    @contextmanager
    def write(self) -> Iterator[SqlTransaction]:
        with self._my_turn(), connected(self._writing) as connection, connection.begin():
            yield self._transaction(connection, self._sealer)

    def wait_for_change(self, after: int, timeout_s: float) -> int:
        deadline = time.monotonic() + timeout_s
        while True:
            with connected(self._reading) as connection, connection.begin():
                newest = SqlReader(connection, self._sealer).last_seq()
            left_s = deadline - time.monotonic()
            if newest != after or left_s <= 0:
                return newest
            self._wait(left_s)

    def _wait(self, timeout_s: float) -> None:
        """Return when it is time to look for a change again, after ``timeout_s`` at most."""
        time.sleep(min(POLL_S, timeout_s))

    def scrub_if_sealed_anew(self) -> None:
        """Where records were clear until a moment ago, leave no copy of them behind; the next scrub is also good."""
        with connected(self._reading) as connection, connection.begin():
            scrubbed = connection.execute(select(ledger.c.scrubbed_seq)).scalar_one()
        if scrubbed < 0:
            with suppress(StoreUnavailable):
                self.scrub()

    @abstractmethod
    def scrub(self) -> None:
        """As the port's; each database has its own way."""

    def close(self) -> None:
        self._reading.dispose()

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=self._patience_s):
            raise StoreUnavailable("Other transactions keep the store busy.", hint="Try again in a moment.")
        try:
            yield
        finally:
            self._turn.release()


@contextmanager
def connected(engine: Engine) -> Iterator[Connection]:
    """A connection of the pool.  Raises: StoreUnavailable where none becomes free."""
    try:
        connection = engine.connect()
    except PoolTimeout:
        raise StoreUnavailable("All connections to the store are in use.", hint="Try again in a moment.") from None
    with connection:
        yield connection
