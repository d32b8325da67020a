"""What SQLite's result codes mean to the person who runs the node.

Source: https://www.sqlite.org/rescode.html
"""

import sqlite3
from typing import Final

from sqlalchemy import ExceptionContext

from unseen.base import Conflict, Misconfigured, StorageFull, StoreUnavailable, UnseenError

_PRIMARY: Final = 0xFF  # an extended code carries its primary code in the low byte
#: A full disk shows as FULL, a used-up quota or a file-size limit as a failed write; in the -shm, all as SHMSIZE.
_NO_ROOM: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})
_HINTS: Final = {
    sqlite3.SQLITE_BUSY: ("Another process keeps the store busy.", "Try again in a moment."),
    sqlite3.SQLITE_LOCKED: ("Another connection keeps the store busy.", "Try again in a moment."),
    sqlite3.SQLITE_CORRUPT: (
        "The store's file is damaged.",
        "Stop the node, keep the file and its -wal for analysis, and restore the newest backup.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "The store's file cannot be opened.",
        "Check that the data folder is there and belongs to the user that runs the node.",
    ),
    sqlite3.SQLITE_READONLY: (
        "The store's file cannot be written.",
        "Check that the data folder is writable, and that nothing moved or replaced the file while the node ran.",
    ),
    sqlite3.SQLITE_PERM: (
        "The store's file may not be used.",
        "Check that the data folder belongs to the user that runs the node.",
    ),
    sqlite3.SQLITE_IOERR: ("The disk failed under the store.", "Look at the system's log for disk errors."),
}


def to_ours(context: ExceptionContext) -> UnseenError | None:
    """SQLAlchemy's error hook: the error to raise instead, or None for what is not a database's error."""
    error = context.original_exception
    if not isinstance(error, sqlite3.Error):
        return None
    ours = meaning(error)
    ours.__cause__ = error  # not SQLAlchemy's own, which would carry the statement
    return ours


def meaning(error: sqlite3.Error) -> UnseenError:
    """What happened, and what to do.  The message never holds a value from a statement."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return StoreUnavailable(f"The store could not be used ({type(error).__name__}).")
    primary = code & _PRIMARY
    name = error.sqlite_errorname
    if code in _NO_ROOM:
        return StorageFull(
            f"The disk has no room for the store ({name}); nothing was written.",
            hint="Free some room on the data folder's disk and try again.",
        )
    if primary == sqlite3.SQLITE_CONSTRAINT:
        return Conflict("This contradicts what the store already holds.")
    if primary == sqlite3.SQLITE_NOTADB:
        return not_ours()
    what, hint = _HINTS.get(primary, ("The store did not answer.", "Run `unseen doctor`."))
    return StoreUnavailable(f"{what[:-1]} ({name}).", hint=hint)


def not_ours() -> Misconfigured:
    """The refusal of a file that is something else."""
    return Misconfigured(
        "The store's file is not a database of Unseen; it was left as it is.",
        hint="Point the data folder elsewhere, or move that file away.",
    )
