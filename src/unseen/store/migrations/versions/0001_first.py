"""The first schema."""

import sqlalchemy as sa
from alembic import op

from unseen.store.migrations.column_types import NUMBER, TEXT

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "banks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("radius_bits", sa.SmallInteger(), nullable=False),
        sa.Column("on_unconfirmed", TEXT, nullable=False),
        sa.Column("on_confirmed", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_banks")),
        sa.UniqueConstraint("name", name=op.f("uq_banks_name")),
    )
    op.create_table(
        "cases",
        sa.Column("number", TEXT, nullable=False),
        sa.Column("pin_hash", TEXT, nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("acting", TEXT, nullable=False),
        sa.Column("sharing", TEXT, nullable=False),
        sa.Column("without_consent", sa.Boolean(), nullable=False),
        sa.Column("age", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_cases")),
    )
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lineage", sa.LargeBinary(), nullable=False),
        sa.Column("last_seq", NUMBER, nullable=False),
        sa.Column("last_entry_id", NUMBER, nullable=False),
        sa.Column("erased_seq", NUMBER, nullable=False),
        sa.Column("scrubbed_seq", NUMBER, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_ledger_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
    )
    op.create_table(
        "sightings",
        sa.Column("hit_id", TEXT, nullable=False),
        sa.Column("entry_id", NUMBER, nullable=False),
        sa.Column("bank", TEXT, nullable=False),
        sa.Column("response", TEXT, nullable=False),
        sa.Column("distance", sa.SmallInteger(), nullable=False),
        sa.Column("view", TEXT, nullable=True),
        sa.Column("place", TEXT, nullable=True),
        sa.Column("platform", TEXT, nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("as_of_seq", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("hit_id", name=op.f("pk_sightings")),
    )
    op.create_table(
        "tokens",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_index(
        "uq_tokens_name_in_force",
        "tokens",
        ["name"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "decisions",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("hit_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("done", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["hit_id"], ["sightings.hit_id"], name=op.f("fk_decisions_hit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_hit_id"), "decisions", ["hit_id"], unique=False)
    op.create_table(
        "entries",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=True),
        sa.Column("quality", sa.SmallInteger(), nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name=op.f("ck_entries_retired_at")),
        sa.ForeignKeyConstraint(["bank_id"], ["banks.id"], name=op.f("fk_entries_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
    )
    if op.get_context().dialect.name == "postgresql":  # its statistics would hold copies of codes
        op.execute("ALTER TABLE entries ALTER COLUMN code SET STATISTICS 0")
    op.create_index("ix_entries_bank", "entries", ["bank_id", "id", "state"], unique=False)
    op.create_index(
        "ix_entries_due",
        "entries",
        ["retired_at"],
        unique=False,
        sqlite_where=sa.text("retired_at IS NOT NULL AND code IS NOT NULL"),
        postgresql_where=sa.text("retired_at IS NOT NULL AND code IS NOT NULL"),
    )
    op.create_index(
        "uq_entries_standing",
        "entries",
        ["code", "kind", "bank_id"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "items",
        sa.Column("case_number", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("media", TEXT, nullable=False),
        sa.Column("is_perceptual", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_number"], ["cases.number"], name=op.f("fk_items_case_number")),
        sa.PrimaryKeyConstraint("case_number", "number", name=op.f("pk_items")),
    )
    op.create_table(
        "changes",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("entry_id", NUMBER, nullable=False),
        sa.Column("event", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_changes_entry_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_changes")),
    )
    op.create_table(
        "provenances",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("entry_id", NUMBER, nullable=False),
        sa.Column("source_kind", TEXT, nullable=False),
        sa.Column("source_ref", TEXT, nullable=False),
        sa.Column("item", sa.Integer(), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_by", TEXT, nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_reason", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_provenances_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provenances")),
    )
    op.create_index("ix_provenances_entry", "provenances", ["entry_id"], unique=False)
    op.create_index(
        "ix_provenances_source",
        "provenances",
        ["source_ref", "source_kind", "entry_id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
