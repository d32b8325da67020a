"""A store that an older version made is brought up to date with everything in it."""

from contextlib import closing
from pathlib import Path

import pytest

from contract.store_makers import WHY, at, case, pdq, protected, with_bank
from support.postgres import Server
from support.stores import open_store
from unseen.desk.ports import Store, Tally
from unseen.store.sql import connected

#: What makes a store one of schema 0001.
BACK_TO_0001 = (
    "ALTER TABLE ledger DROP COLUMN secret_check",
    "DROP TABLE answers",
    "DROP TABLE links",
    "DROP TABLE contacts",
    "DROP TABLE case_notes",
    "ALTER TABLE cases DROP COLUMN session_round",
    "ALTER TABLE cases DROP COLUMN recovery_hash",
    "DROP INDEX ix_sightings_entry",
    "DROP TABLE jobs",
    "DROP TABLE frame_codes",
    "DROP TABLE region_codes",
    "ALTER TABLE banks DROP COLUMN on_region",
    "ALTER TABLE items DROP COLUMN has_regions",
    "DROP TABLE tallies",
    "DROP INDEX ix_entries_bank",
    "CREATE INDEX ix_entries_bank ON entries (bank_id, id, state)",
    "DROP INDEX ix_provenances_source",
    "CREATE INDEX ix_provenances_source ON provenances (source_ref, source_kind, entry_id) WHERE ended_at IS NULL",
    "UPDATE alembic_version SET version_num = '0001'",
)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty place for a store."""
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres")
        return server.new_schema()
    return f"sqlite:///{tmp_path / 'data' / 'unseen.sqlite3'}"


def tallies(store: Store) -> tuple[Tally, ...]:
    with store.read() as reader:
        return reader.tallies()


def test_a_store_of_the_first_schema_is_brought_up_to_date_with_its_entries_counted(url: str) -> None:
    with closing(open_store(url)) as store:
        ids = protected(with_bank(store, "main", "other", "empty"), [pdq(i) for i in range(6)], case("A"))
        protected(store, [pdq(i) for i in range(3)], bank="other")
        with store.write() as tx:
            tx.retire(ids[:2], at=at(1), **WHY)
            tx.dispute(ids[2:3], at=at(1), **WHY)
        before = tallies(store)
        assert [(t.bank, t.state.value, t.entries) for t in before] == [
            ("main", "active", 3),
            ("main", "disputed", 1),
            ("main", "retired", 2),
            ("other", "active", 3),
        ]
        with connected(store._plain) as connection:
            for statement in BACK_TO_0001:
                connection.exec_driver_sql(statement)
    with closing(open_store(url)) as store:
        assert tallies(store) == before
        protected(store, [pdq(9)], bank="empty")
        with store.write() as tx:
            tx.end_claims(case("A", None), at=at(2), **WHY)
        assert [(t.bank, t.state.value, t.entries) for t in tallies(store)] == [
            ("empty", "active", 1),
            ("main", "retired", 6),
            ("other", "active", 3),
        ]
