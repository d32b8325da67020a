"""Writing SQLite's log back to its file beside the writers, so that no commit waits for it.

SQLite does it in the commit that finds the log long; at millions of entries that commit takes twice as long.

1. After a commit, a thread that lets everything else go first writes back what is in the log by then.
2. The log begins anew when a writer comes and finds all of it in the file.  Where writers come without a pause, it
   grows; from 128 MiB on, the next commit writes back the rest itself, for which the thread keeps out of its way.
"""

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from unseen.base import UnseenError
from unseen.store.sql import connected

_SHORT_BYTES: Final = 4 << 20  # a log that never grew beyond this needs no thread
AUTOCHECKPOINT_PAGES: Final = 32_768  #: of 4 KiB; what a commit leaves in the log (2)
_NICENESS: Final = 10


class LogWriter:
    """A thread that writes the log back after commits.  It starts with the first commit that finds the log long."""

    def __init__(self, engine: Engine, path: Path) -> None:
        """``engine``: whose statements stand alone.  ``path``: the database."""
        self._engine = engine
        self._log = path.with_name(f"{path.name}-wal")
        self._due = threading.Event()
        self._starting = threading.Lock()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def committed(self) -> None:
        """To be called after each commit."""
        if self._thread is None and self._is_long():
            self._start()
        self._due.set()

    def close(self) -> None:
        """End the thread, and wait for what it is at."""
        self._stopping = True
        self._due.set()
        if self._thread is not None:
            self._thread.join()

    def _is_long(self) -> bool:
        with suppress(FileNotFoundError):
            return self._log.stat().st_size > _SHORT_BYTES
        return False

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="unseen-log", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        if sys.platform == "linux":  # which knows the priority of a thread
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        while self._due.wait() and not self._stopping:
            self._due.clear()
            with suppress(UnseenError):  # a full disk, say: the next commit tries again
                if self._written_back() >= AUTOCHECKPOINT_PAGES:
                    self._due.clear()  # (2)

    def _written_back(self) -> int:
        """Write back what no reader still needs in the log; returns the log's length in pages."""
        with connected(self._engine) as connection:
            _, logged, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()
        return int(logged)
