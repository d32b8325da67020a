"""Hearing of changes as they are committed, over a connection that may be lost."""

import threading
import time
from typing import Final

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import TimeoutError as PoolTimeout

from unseen.base import UnseenError
from unseen.store.postgres_errors import driver_of
from unseen.store.postgres_rows import CHANNEL
from unseen.store.sql import POLL_S

HEARTBEAT_S: Final = 0.5  #: how long silence is trusted
RETRY_S: Final = 2.0  #: before a lost connection is tried again


class Listener:
    """One connection that listens, of the thread that waits; other threads that wait meanwhile poll."""

    def __init__(self, engine: Engine) -> None:
        """``engine`` commits each statement."""
        self._engine = engine
        self._mine = threading.Lock()
        self._listening: psycopg.Connection | None = None
        self._retry_at = 0.0  # monotonic

    @property
    def is_listening(self) -> bool:
        """Whether changes are heard of, not looked for."""
        return self._listening is not None

    def wait(self, timeout_s: float) -> None:
        """Return when a change may have come, after ``timeout_s`` at most, and soon where nothing would tell of it."""
        if not self._mine.acquire(blocking=False):
            time.sleep(min(POLL_S, timeout_s))
            return
        try:
            if self._listening is None:
                self._begin(timeout_s)  # and return: what came before is told by nobody
            else:
                self._hear(self._listening, min(HEARTBEAT_S, timeout_s))
        finally:
            self._mine.release()

    def close(self) -> None:
        """Let go of the connection, once whoever waits has returned."""
        with self._mine:
            self._end()

    def _begin(self, timeout_s: float) -> None:
        if time.monotonic() < self._retry_at:
            time.sleep(min(POLL_S, timeout_s))
            return
        try:
            connection = self._engine.connect()
            self._listening = driver_of(connection)
            connection.detach()
            self._listening.execute(f"LISTEN {CHANNEL}")
        except (UnseenError, PoolTimeout, psycopg.Error):
            self._lose()

    def _hear(self, driver: psycopg.Connection, timeout_s: float) -> None:
        try:
            for _ in driver.notifies(timeout=timeout_s, stop_after=1):
                pass
        except psycopg.Error:
            self._lose()

    def _lose(self) -> None:
        self._end()
        self._retry_at = time.monotonic() + RETRY_S

    def _end(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.close()
