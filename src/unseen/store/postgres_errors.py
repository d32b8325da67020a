"""What PostgreSQL's error codes mean to the person who runs the node.

Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy import Connection, ExceptionContext

from unseen.base import BadRequest, Conflict, Misconfigured, StorageFull, StoreUnavailable, UnseenError

_NO_ANSWER: Final = (
    StoreUnavailable,
    "The database server does not answer",
    "Check that it runs, can be reached, and lets this user in with this password.",
)
_BUSY: Final = StoreUnavailable, "Other transactions keep the store busy", "Try again in a moment."
_DENIED: Final = (
    Misconfigured,
    "The database server does not let this node in",
    "Check the user, the password and the database in UNSEEN_DATABASE_URL.",
)
_DAMAGED: Final = (
    StoreUnavailable,
    "The database is damaged",
    "Stop the node, keep the database for analysis, and restore the newest backup.",
)
#: By the code, or by its class, which is the first two characters.
_MEANINGS: Final[dict[str, tuple[type[UnseenError], str, str | None]]] = {
    "08": _NO_ANSWER,
    "57": _NO_ANSWER,  # it is stopping or starting
    "53": (StoreUnavailable, "The database server has too much to do", "Try again in a moment."),
    "53100": (
        StorageFull,
        "The database's disk is full; nothing was written",
        "Free some room on the database server's disk and try again.",
    ),
    "22": (BadRequest, "A value cannot be kept by the store", None),
    "23": (Conflict, "This contradicts what the store already holds", None),
    "25006": (
        StoreUnavailable,
        "The database server only answers questions: it is a standby",
        "Point UNSEEN_DATABASE_URL at the primary.",
    ),
    "28": _DENIED,
    "3D": _DENIED,
    "42501": (
        Misconfigured,
        "The database's user lacks a right",
        "Let the user of UNSEEN_DATABASE_URL own the database.",
    ),
    "40": _BUSY,
    "55": _BUSY,
    "57014": _BUSY,
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}


def to_ours(context: ExceptionContext) -> UnseenError | None:
    """SQLAlchemy's error hook: the error to raise instead, or None for what is not a database's error."""
    error = context.original_exception
    if not isinstance(error, psycopg.Error) or context.is_pre_ping:  # the pool replaces what fails to answer a ping
        return None
    return meaning(error)


def meaning(error: psycopg.Error) -> UnseenError:
    """What happened, and what to do.  Neither the message nor ``error``, its cause, holds a value or a password."""
    code = error.sqlstate
    error.args = (type(error).__name__,)  # a server's message may quote a row
    if code is None:
        kind, what, hint = _MEANINGS["22"] if isinstance(error, psycopg.DataError) else _NO_ANSWER
    else:
        unknown = StoreUnavailable, "The database server refused", "Look at its log."
        kind, what, hint = _MEANINGS.get(code) or _MEANINGS.get(code[:2]) or unknown
        what = f"{what} ({code})"
    return kind(f"{what}.", hint=hint)


@contextmanager
def our_errors() -> Iterator[None]:
    """What the driver itself raises inside, as ours."""
    try:
        yield
    except psycopg.Error as error:
        raise meaning(error) from error


def driver_of(connection: Connection) -> psycopg.Connection:
    """The driver's own connection; ask before ``connection`` is detached from its pool."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver
