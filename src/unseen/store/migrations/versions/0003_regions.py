"""Region fingerprints: their codes, what a hit of them asks for, and each item's choice."""

import sqlalchemy as sa
from alembic import op

from unseen.store.migrations.column_types import NUMBER, TEXT

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Items protected before have no regions; a bank of harmless pictures still allows."""
    op.create_table(
        "region_codes",
        sa.Column("entry_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("codes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_region_codes_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_region_codes")),
    )
    if op.get_context().dialect.name == "postgresql":  # its statistics would hold copies of codes
        op.execute("ALTER TABLE region_codes ALTER COLUMN codes SET STATISTICS 0")
    op.add_column("banks", sa.Column("on_region", TEXT, nullable=False, server_default="review"))
    op.execute("UPDATE banks SET on_region = 'allow' WHERE purpose = 'allow'")
    op.add_column("items", sa.Column("has_regions", sa.Boolean(), nullable=False, server_default=sa.false()))
