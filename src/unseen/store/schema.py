"""Whether a database has this version's schema and this node its secret, and what to do where not."""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, inspect, select, text, update

from unseen.base import Clock, Misconfigured, SystemClock
from unseen.base.ids import RandomBits
from unseen.store.claim_sql import Because, ClaimWrites
from unseen.store.columns import LINEAGE_BYTES
from unseen.store.recovery_sql import RecoveryWrites
from unseen.store.sealing import Sealer
from unseen.store.secret_file import Secret, SecretSource
from unseen.store.tables import ledger

_RESTORE: Final = (
    "Copy it there from its backup, or from another node of this store, or name its place in UNSEEN_SECRET_FILE. "
    "Where it is lost for good, `unseen renew-secret` goes on without the regions that were banked."
)

#: The migrations that this version knows, oldest first.  Written out, so that opening an up-to-date store need not
#: load the migration machinery; a test holds it to the files.
REVISIONS: Final = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a store is opened with besides its place."""

    secret: SecretSource
    random_bits: RandomBits = secrets.randbits
    clock: Clock = field(default_factory=SystemClock)
    #: Go on without the secret that the store was made with, as of then: its regions are given up.
    given_up_at: datetime | None = None


def bring_up_to_date(connection: Connection, opening: Opening) -> Sealer:
    """Run the migrations that are missing, in the transaction that ``connection`` is in.

    Returns what opens its region records.  A secret is made with the store, and never for a store that had another.
    Raises: Misconfigured where a newer version made this schema, or the secret is missing or another.
    """
    revision = _revision(connection)
    if revision is not None and revision not in REVISIONS:
        raise Misconfigured(
            f"A newer version of Unseen used the store (schema {revision}; this one knows up to {REVISIONS[-1]}).",
            hint="Upgrade Unseen again, or restore the backup made before the upgrade.",
        )
    is_new = revision is None or opening.given_up_at is not None
    secret = opening.secret.made() if is_new else opening.secret.read()
    if secret is None:
        raise Misconfigured(f"The store's secret is not in {opening.secret.where}.", hint=_RESTORE)
    if revision != REVISIONS[-1]:
        from unseen.store import migrate

        migrate.upgrade(connection)
        if connection.execute(select(ledger.c.id)).first() is None:
            lineage = opening.random_bits(8 * LINEAGE_BYTES).to_bytes(LINEAGE_BYTES, "big")
            connection.execute(
                insert(ledger).values(id=1, lineage=lineage, last_seq=0, last_entry_id=0, erased_seq=0, scrubbed_seq=0)
            )
    return _checked(connection, secret, opening)


def _checked(connection: Connection, secret: Secret, opening: Opening) -> Sealer:
    """What opens the store's records, once it is sure that it does.  Raises: Misconfigured."""
    lineage, check = connection.execute(select(ledger.c.lineage, ledger.c.secret_check)).one()
    sealer = Sealer(secret, bytes(lineage))
    if check is not None and hmac.compare_digest(bytes(check), sealer.check):
        return sealer
    if check is None:  # a new store, or one from before regions were sealed: what it had of them is gone
        because = Because(actor="operator", reason="regions without places", at=opening.clock.now())
    elif opening.given_up_at is None:
        raise Misconfigured(
            f"The store was made with another secret than the one in {opening.secret.where}.", hint=_RESTORE
        )
    else:
        because = Because(actor="operator", reason="secret lost", at=opening.given_up_at)
    ClaimWrites(connection, sealer).give_up_regions(because)
    RecoveryWrites(connection, sealer).give_up_contacts()
    connection.execute(update(ledger).values(secret_check=sealer.check))
    return sealer


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
