"""Whether a database has this version's schema, and what to do where it has not."""

from typing import Final

from sqlalchemy import Connection, insert, inspect, select, text

from unseen.base import Misconfigured
from unseen.base.ids import RandomBits
from unseen.store.columns import LINEAGE_BYTES
from unseen.store.tables import ledger

#: The migrations that this version knows, oldest first.  Written out, so that opening an up-to-date store need not
#: load the migration machinery; a test holds it to the files.
REVISIONS: Final = ("0001", "0002", "0003")


def bring_up_to_date(connection: Connection, random_bits: RandomBits) -> None:
    """Run the migrations that are missing, in the transaction that ``connection`` is in.

    Raises: Misconfigured where a newer version made this schema.
    """
    revision = _revision(connection)
    if revision == REVISIONS[-1]:
        return
    if revision is not None and revision not in REVISIONS:
        raise Misconfigured(
            f"A newer version of Unseen used the store (schema {revision}; this one knows up to {REVISIONS[-1]}).",
            hint="Upgrade Unseen again, or restore the backup made before the upgrade.",
        )
    from unseen.store import migrate

    migrate.upgrade(connection)
    if connection.execute(select(ledger.c.id)).first() is None:
        lineage = random_bits(8 * LINEAGE_BYTES).to_bytes(LINEAGE_BYTES, "big")
        connection.execute(
            insert(ledger).values(id=1, lineage=lineage, last_seq=0, last_entry_id=0, erased_seq=0, scrubbed_seq=0)
        )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
