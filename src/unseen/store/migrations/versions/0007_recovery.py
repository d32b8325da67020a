"""A lost PIN: recovery codes, contacts, links, sessions that can be ended, and answers that are kept for a retry."""

import sqlalchemy as sa
from alembic import op

from unseen.store.migrations.column_types import NUMBER, TEXT

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Cases that are there have no recovery code."""
    op.add_column("cases", sa.Column("recovery_hash", TEXT))
    op.add_column("cases", sa.Column("session_round", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.create_table(
        "case_notes",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("case_number", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_number"], ["cases.number"], name=op.f("fk_case_notes_case_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_notes")),
    )
    op.create_index(op.f("ix_case_notes_case_number"), "case_notes", ["case_number"])
    op.create_table(
        "contacts",
        sa.Column("case_number", TEXT, nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_number"], ["cases.number"], name=op.f("fk_contacts_case_number")),
        sa.PrimaryKeyConstraint("case_number", name=op.f("pk_contacts")),
    )
    op.create_table(
        "links",
        sa.Column("case_number", TEXT, nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("stopped_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["case_number"], ["cases.number"], name=op.f("fk_links_case_number")),
        sa.PrimaryKeyConstraint("case_number", name=op.f("pk_links")),
    )
    op.create_table(
        "answers",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_kept_at"), "answers", ["kept_at"])
