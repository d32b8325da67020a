"""Counts of entries that are kept up; and indexes that a retirement leaves alone."""

import sqlalchemy as sa
from alembic import op

from unseen.store.migrations.column_types import NUMBER, TEXT

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count what is there, and make two indexes anew."""
    op.create_table(
        "tallies",
        sa.Column("bank_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("entries", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["banks.id"], name=op.f("fk_tallies_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "state", name=op.f("pk_tallies")),
    )
    op.execute(
        "INSERT INTO tallies (bank_id, state, entries) SELECT banks.id, states.state, coalesce(counted.entries, 0) "
        "FROM banks CROSS JOIN (SELECT 'active' AS state UNION SELECT 'disputed' UNION SELECT 'retired') AS states "
        "LEFT JOIN (SELECT bank_id, state, count(*) AS entries FROM entries GROUP BY bank_id, state) AS counted "
        "ON counted.bank_id = banks.id AND counted.state = states.state"
    )
    op.drop_index("ix_entries_bank", "entries")
    op.create_index("ix_entries_bank", "entries", ["bank_id", "id"], unique=False)
    op.drop_index("ix_provenances_source", "provenances")
    op.create_index("ix_provenances_source", "provenances", ["source_ref", "source_kind", "entry_id"], unique=False)
