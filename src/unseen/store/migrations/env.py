"""Alembic's entry point: runs on the connection, and in the transaction, that the store passes in."""

from alembic import context

from unseen.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
