"""The schema, in words that SQLite and PostgreSQL share; ``migrations`` builds it, and a test holds the two together.

Entries and changes take their numbers from ``ledger``, the one row that every writer updates: numbers follow the
order of commits, have no gaps and never come back.  No table but ``entries``,
``region_codes`` and ``frame_codes`` holds a code.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    event,
    false,
    text,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class UtcMicros(TypeDecorator[datetime]):
    """An aware UTC time as whole microseconds since 1970: exact, small, the same in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


#: Compared and sorted by code point in every database.
Text: Final = String().with_variant(String(collation="C"), "postgresql")
#: SQLite makes a column the row's own key only where its type is INTEGER, which has 64 bits there.
Number: Final = BigInteger().with_variant(Integer(), "sqlite")

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

ledger: Final = Table(
    "ledger",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("lineage", LargeBinary, nullable=False),
    Column("last_seq", Number, nullable=False),
    Column("last_entry_id", Number, nullable=False),
    Column("erased_seq", Number, nullable=False),  # the newest erasure
    Column("scrubbed_seq", Number, nullable=False),  # the newest erasure of which no trace is left; below 0: none was
    Column("secret_check", LargeBinary),  # tells whether a secret is the one that regions are sealed with
    CheckConstraint("id = 1", name="one_row"),
)

banks: Final = Table(
    "banks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("radius_bits", SmallInteger, nullable=False),
    Column("on_unconfirmed", Text, nullable=False),
    Column("on_confirmed", Text, nullable=False),
    Column("on_region", Text, nullable=False, server_default="review"),
    UniqueConstraint("name"),
)

entries: Final = Table(
    "entries",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("bank_id", ForeignKey("banks.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("code", LargeBinary),  # of regions and frames: a digest, see ``sealing``; NULL: erased
    Column("quality", SmallInteger),
    Column("state", Text, nullable=False),
    Column("retired_at", UtcMicros),
    CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name="retired_at"),
)
region_codes: Final = Table(
    "region_codes",
    metadata,
    Column("entry_id", ForeignKey("entries.id"), primary_key=True, autoincrement=False),
    Column("codes", LargeBinary, nullable=False),  # sealed; the row goes when they are erased
)
frame_codes: Final = Table(
    "frame_codes",
    metadata,
    Column("entry_id", ForeignKey("entries.id"), primary_key=True, autoincrement=False),
    Column("frames", LargeBinary, nullable=False),  # rows of ``FRAME``; the row goes when they are erased
)


@event.listens_for(entries, "after_create")
@event.listens_for(region_codes, "after_create")
@event.listens_for(frame_codes, "after_create")
def _without_statistics(table: Table, connection: Connection, **_: object) -> None:
    """PostgreSQL's statistics would hold copies of codes, which no erasure reaches; a probe of the index needs none."""
    if connection.dialect.name == "postgresql":
        column = {"entries": "code", "region_codes": "codes", "frame_codes": "frames"}[table.name]
        connection.exec_driver_sql(f"ALTER TABLE {table.name} ALTER COLUMN {column} SET STATISTICS 0")


_standing: Final = entries.c.retired_at.is_(None)
_due: Final = entries.c.retired_at.is_not(None) & entries.c.code.is_not(None)
# The code comes first, or a walk through one kind by id would sort the whole index instead.
Index(
    "uq_entries_standing",
    entries.c.code,
    entries.c.kind,
    entries.c.bank_id,
    unique=True,
    sqlite_where=_standing,
    postgresql_where=_standing,
)
Index("ix_entries_due", entries.c.retired_at, sqlite_where=_due, postgresql_where=_due)
Index("ix_entries_bank", entries.c.bank_id, entries.c.id)  # without what changes: a retirement leaves it alone

#: How many entries a bank has, a row for each state: kept up by every change, because counting takes seconds.
tallies: Final = Table(
    "tallies",
    metadata,
    Column("bank_id", ForeignKey("banks.id"), primary_key=True, autoincrement=False),
    Column("state", Text, primary_key=True),
    Column("entries", Number, nullable=False),
)

provenances: Final = Table(
    "provenances",
    metadata,
    Column("id", Number, primary_key=True),
    Column("entry_id", ForeignKey("entries.id"), nullable=False),
    Column("source_kind", Text, nullable=False),
    Column("source_ref", Text, nullable=False),
    Column("item", Integer),
    Column("since", UtcMicros, nullable=False),
    Column("confirmed_by", Text),
    Column("confirmed_at", UtcMicros),
    Column("ended_at", UtcMicros),
    Column("ended_reason", Text),
)
Index("ix_provenances_entry", provenances.c.entry_id)
Index("ix_provenances_source", provenances.c.source_ref, provenances.c.source_kind, provenances.c.entry_id)

changes: Final = Table(
    "changes",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("entry_id", ForeignKey("entries.id"), nullable=False),
    Column("event", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcMicros, nullable=False),
)

cases: Final = Table(
    "cases",
    metadata,
    Column("number", Text, primary_key=True),
    Column("pin_hash", Text, nullable=False),
    Column("opened_at", UtcMicros, nullable=False),
    Column("acting", Text, nullable=False),
    Column("sharing", Text, nullable=False),
    Column("without_consent", Boolean, nullable=False),
    Column("age", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("recovery_hash", Text),
    Column("session_round", Integer, nullable=False, server_default=text("0")),
)

case_notes: Final = Table(
    "case_notes",
    metadata,
    Column("id", Number, primary_key=True),
    Column("case_number", ForeignKey("cases.number"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("at", UtcMicros, nullable=False),
)
contacts: Final = Table(
    "contacts",
    metadata,
    Column("case_number", ForeignKey("cases.number"), primary_key=True),
    Column("contact", LargeBinary, nullable=False),  # sealed
)
#: Links that were asked for; their tokens follow from the row and a key that is not here.
links: Final = Table(
    "links",
    metadata,
    Column("case_number", ForeignKey("cases.number"), primary_key=True),
    Column("asked_at", UtcMicros, nullable=False),
    Column("sent_at", UtcMicros),
    Column("stopped_at", UtcMicros),
)
#: What was answered a few minutes ago, sealed under keys that only those who asked have.
answers: Final = Table(
    "answers",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("answer", LargeBinary, nullable=False),
    Column("kept_at", UtcMicros, nullable=False, index=True),
)

items: Final = Table(
    "items",
    metadata,
    Column("case_number", ForeignKey("cases.number"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("day", Date, nullable=False),
    Column("media", Text, nullable=False),
    Column("is_perceptual", Boolean, nullable=False),
    Column("has_regions", Boolean, nullable=False, server_default=false()),
)

sightings: Final = Table(
    "sightings",
    metadata,
    Column("hit_id", Text, primary_key=True),
    Column("entry_id", Number, nullable=False),
    Column("bank", Text, nullable=False),
    Column("response", Text, nullable=False),
    Column("distance", SmallInteger, nullable=False),
    Column("view", Text),
    Column("place", Text),
    Column("platform", Text, nullable=False),
    Column("seen_at", UtcMicros, nullable=False),
    Column("as_of_seq", Number, nullable=False),
)
Index("ix_sightings_entry", sightings.c.entry_id)

decisions: Final = Table(
    "decisions",
    metadata,
    Column("id", Number, primary_key=True),
    Column("hit_id", ForeignKey("sightings.hit_id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("done", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcMicros, nullable=False),
)

#: Long uploads that are being screened, by whichever worker took them; kept for an hour after they end.
jobs: Final = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("is_unwanted", Boolean, nullable=False),
    Column("done", Float, nullable=False),  # of 1
    Column("answer", Text),  # as JSON, once it ended
    Column("begun_at", UtcMicros, nullable=False),
    Column("seen_at", UtcMicros, nullable=False),  # when its worker last said that it is at it
)
Index("ix_jobs_owner", jobs.c.owner, jobs.c.state)

tokens: Final = Table(
    "tokens",
    metadata,
    Column("id", Number, primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("scopes", Text, nullable=False),  # separated by spaces
    Column("created_at", UtcMicros, nullable=False),
    Column("revoked_at", UtcMicros),
    UniqueConstraint("digest"),
)
_in_force: Final = tokens.c.revoked_at.is_(None)
Index("uq_tokens_name_in_force", tokens.c.name, unique=True, sqlite_where=_in_force, postgresql_where=_in_force)
