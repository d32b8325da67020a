"""Whether anything was committed to a SQLite file, told without a transaction.

Source: https://www.sqlite.org/pragma.html#pragma_data_version
"""

import sqlite3
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from unseen.base import StoreUnavailable
from unseen.store.sqlite_errors import meaning

_PATIENCE_S: Final = 1.0


class Watch:
    """A connection that never writes, so that every commit is another's and changes its data version; thread-safe."""

    def __init__(self, path: Path) -> None:
        """``path``: of the store's file, which need not be there yet."""
        self._uri: Final = f"{path.absolute().as_uri()}?mode=ro"
        self._connection: sqlite3.Connection | None = None
        self._openings = 0  # versions of two connections do not compare
        self._turn = threading.Lock()

    def stamp(self) -> str:
        """Another word after every commit.  It waits for nobody: where the file is locked, it says so at once.

        Raises: StoreUnavailable, Misconfigured.
        """
        if not self._turn.acquire(timeout=_PATIENCE_S):
            raise StoreUnavailable("The store does not answer in time.", hint="Try again in a moment.")
        try:
            if self._connection is None:
                self._openings += 1
                self._connection = sqlite3.connect(
                    self._uri, uri=True, timeout=0, isolation_level=None, check_same_thread=False
                )
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error as error:
            self._let_go()
            raise meaning(error) from error
        finally:
            self._turn.release()
        return f"{self._openings} {version}"

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._let_go()

    def _let_go(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
