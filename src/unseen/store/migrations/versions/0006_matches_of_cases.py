"""Sightings are found by the entry that was hit, for the timeline of a case."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing that was there changes."""
    op.create_index("ix_sightings_entry", "sightings", ["entry_id"], unique=False)
