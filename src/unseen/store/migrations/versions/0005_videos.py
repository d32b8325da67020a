"""Videos: the frames of a banked one, and the jobs that long uploads become."""

import sqlalchemy as sa
from alembic import op

from unseen.store.migrations.column_types import NUMBER, TEXT

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing that was there changes."""
    op.create_table(
        "frame_codes",
        sa.Column("entry_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("frames", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_frame_codes_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_frame_codes")),
    )
    if op.get_context().dialect.name == "postgresql":  # its statistics would hold copies of codes
        op.execute("ALTER TABLE frame_codes ALTER COLUMN frames SET STATISTICS 0")
    op.create_table(
        "jobs",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("is_unwanted", sa.Boolean(), nullable=False),
        sa.Column("done", sa.Float(), nullable=False),
        sa.Column("answer", TEXT),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_owner", "jobs", ["owner", "state"])
