"""Rewriting PostgreSQL's tables that hold codes, so that no old copy of an erased code stays in their files."""

import re
import time
from typing import Final

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from unseen.base import StoreUnavailable
from unseen.store.postgres_errors import driver_of, our_errors
from unseen.store.tables import entries, frame_codes, region_codes

_LOCK_TRY_S: Final = 0.5
_KEPT: Final = re.compile(r"\d+")  # the first number of the remark about old copies that had to be kept


def rewrite_codes(connection: Connection, patience_s: float) -> None:
    """Rewrite the tables and their indexes; ``connection`` commits each statement, and is used for nothing after.

    Everybody else queues behind whoever waits for a table, so it is asked for in short tries, with time for others
    between them.  Where old copies had to be kept for somebody, the server's own ANALYZE say, it is done again.
    Raises: StoreUnavailable, StorageFull.
    """
    driver = driver_of(connection)
    connection.detach()  # what is set below ends with it
    kept: list[int] = []

    def note(remark: psycopg.errors.Diagnostic) -> None:
        found = _KEPT.match(remark.message_detail or "")
        if found:
            kept.append(int(found[0]))

    driver.add_notice_handler(note)
    with our_errors():
        driver.execute(f"SET lock_timeout = {int(1000 * _LOCK_TRY_S)}")
        for table in (entries.name, region_codes.name, frame_codes.name):
            deadline = time.monotonic() + patience_s
            kept.clear()
            while not _rewritten(driver, table) or not kept or any(kept):
                if time.monotonic() >= deadline:
                    raise _held()
                kept.clear()
                time.sleep(_LOCK_TRY_S)


def _rewritten(driver: psycopg.Connection, table: str) -> bool:
    try:
        driver.execute(sql.SQL("VACUUM (FULL, VERBOSE) {}").format(sql.Identifier(table)))
    except psycopg.errors.LockNotAvailable:
        return False
    return True


def _held() -> StoreUnavailable:
    return StoreUnavailable(
        "Erased codes may still be in the store's tables: someone has been reading for too long.",
        hint="Scrub again once long exports, index builds and dumps are done.",
    )
