"""Where everything durable is kept: the adapters of the desk's ``Store`` port.

``memory`` is the plain one that tests use and that the others are held to; ``sqlite`` opens the one that a node runs
on.  What SQL says is in ``tables`` and the ``*_sql`` files, one for each noun, in words that every database shares;
``sql`` joins them into the port.  Rules of life are never decided here: they come from ``unseen.bank.lifecycle``.
Region records are sealed here (``sealing``) with the node's secret (``secret_file``); no database has them clear.
Nothing of the database library leaves this room, neither a row nor an error.  Start with ``memory``.
"""

from unseen.store.memory import MemoryStore
from unseen.store.opening import open_store
from unseen.store.postgres import PostgresStore, open_postgres
from unseen.store.schema import Opening
from unseen.store.secret_file import Secret, SecretFile
from unseen.store.sqlite import SqliteStore, open_sqlite

__all__ = [
    "MemoryStore",
    "Opening",
    "PostgresStore",
    "Secret",
    "SecretFile",
    "SqliteStore",
    "open_postgres",
    "open_sqlite",
    "open_store",
]
