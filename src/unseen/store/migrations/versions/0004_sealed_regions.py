"""Regions sealed with the node's secret, and a value that tells whether a secret is the right one."""

import sqlalchemy as sa
from alembic import context, op

from unseen.store.sealing import Sealer

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_AT_ONCE = 500
_entries = sa.table("entries", sa.column("id", sa.BigInteger()), sa.column("code", sa.LargeBinary()))
_region_codes = sa.table("region_codes", sa.column("entry_id", sa.BigInteger()), sa.column("codes", sa.LargeBinary()))
_ledger = sa.table(
    "ledger",
    sa.column("lineage", sa.LargeBinary()),
    sa.column("scrubbed_seq", sa.BigInteger()),
    sa.column("secret_check", sa.LargeBinary()),
)


def upgrade() -> None:
    """Seal what is there; old copies in the files are scrubbed once this is committed."""
    op.add_column("ledger", sa.Column("secret_check", sa.LargeBinary(), nullable=True))
    connection = op.get_bind()
    lineage = connection.execute(sa.select(_ledger.c.lineage)).scalar()
    if lineage is None:
        return  # a new store
    sealer = Sealer(context.config.attributes["secret"], bytes(lineage))
    connection.execute(sa.update(_ledger).values(secret_check=sealer.check))
    of_entry = _region_codes.c.entry_id
    page = sa.select(of_entry, _region_codes.c.codes).order_by(of_entry).limit(_AT_ONCE)
    rows = connection.execute(page).all()
    if rows:
        connection.execute(sa.update(_ledger).values(scrubbed_seq=-1))
    seal = sa.update(_region_codes).where(of_entry == sa.bindparam("entry")).values(codes=sa.bindparam("sealed"))
    name = sa.update(_entries).where(_entries.c.id == sa.bindparam("entry")).values(code=sa.bindparam("digest"))
    while rows:
        records = [(entry_id, bytes(codes)) for entry_id, codes in rows]
        connection.execute(seal, [{"entry": i, "sealed": sealer.sealed(i, record)} for i, record in records])
        connection.execute(name, [{"entry": i, "digest": sealer.digest_of(record)} for i, record in records])
        rows = connection.execute(page.where(of_entry > rows[-1].entry_id)).all()
