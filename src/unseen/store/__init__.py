"""Where everything durable is kept: the adapters of the desk's ``Store`` port.

``memory`` is the plain one that tests use and that the others are held to; ``sqlite`` opens the one that a node runs
on.  What SQL says is in ``tables`` and the ``*_sql`` files, one for each noun, in words that every database shares;
``sql`` joins them into the port.  Rules of life are never decided here: they come from ``unseen.bank.lifecycle``.
Nothing of the database library leaves this room, neither a row nor an error.  Start with ``memory``.
"""

from unseen.store.memory import MemoryStore
from unseen.store.opening import open_store
from unseen.store.postgres import PostgresStore, open_postgres
from unseen.store.sqlite import SqliteStore, open_sqlite

__all__ = ["MemoryStore", "PostgresStore", "SqliteStore", "open_postgres", "open_sqlite", "open_store"]
