"""What only PostgreSQL can do wrong: its schema, its passwords, its planner, and forgetting in its files."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import psycopg
import pytest
from sqlalchemy import create_engine

from contract.store_makers import LIST, WHY, at, last_seq, matching, pdq, protect, protected, with_bank
from contract.test_store_records import HIT
from support.copies import regions_with
from support.postgres import PASSWORD, Server
from support.service import wait_until
from support.stores import open_store, sealed_pieces
from unit.store.test_forgetting import found
from unseen.base import BadRequest, Misconfigured, StoreUnavailable
from unseen.fingerprint.records import Fingerprint
from unseen.store import PostgresStore
from unseen.store.tables import metadata


@pytest.fixture
def url(postgres: Server) -> str:
    """An empty database."""
    return postgres.new_database()


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    """An open, empty store that soon loses patience."""
    store = open_store(url, patience_s=0.5)
    assert isinstance(store, PostgresStore)
    with closing(store):
        yield store


def name_of(url: str) -> str:
    return url.rsplit("/", 1)[-1]


def schema(server: Server, database: str) -> list[str]:
    dumped = server.output("pg_dump", "--schema-only", "--no-owner", "-d", server.url(database))
    return sorted(line for line in dumped.splitlines() if line and not line.startswith(("--", "\\", "SET ", "SELECT ")))


def test_the_migrations_build_the_schema_that_the_code_uses(store: PostgresStore, url: str, postgres: Server) -> None:
    direct = postgres.new_database()
    engine = create_engine(direct.replace("postgresql:", "postgresql+psycopg:"))
    metadata.create_all(engine)
    engine.dispose()
    store.close()
    postgres.execute("DROP TABLE alembic_version", name_of(url))
    migrated = schema(postgres, name_of(url))
    assert any("uq_entries_standing" in line for line in migrated)
    assert migrated == schema(postgres, name_of(direct))


def test_a_schema_of_a_newer_version_is_refused(url: str, postgres: Server) -> None:
    open_store(url).close()
    postgres.execute("UPDATE alembic_version SET version_num = '9999'", name_of(url))
    with pytest.raises(Misconfigured, match=r"newer version of Unseen .*schema 9999"):
        open_store(url)


def test_another_programs_database_is_refused_and_left_alone(url: str, postgres: Server) -> None:
    postgres.execute("CREATE TABLE theirs (id integer)", name_of(url))
    with pytest.raises(Misconfigured, match="another program"):
        open_store(url)
    assert postgres.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", name_of(url)) == [(1,)]


def test_several_threads_can_open_a_new_store_at_once(url: str) -> None:
    def work(_: int) -> int:
        with closing(open_store(url)) as store:
            return last_seq(store)

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(work, range(4))) == [0] * 4


@pytest.mark.parametrize(
    "broken",
    [
        "{}wrong",  # no such database
        "postgresql://unseen:secret-word@127.0.0.1:1/x",  # nobody there
        "postgresql://unseen:secret-word@127.0.0.1:{port}/postgres",  # a wrong password
        "postgresql://unseen:secret-word@127.0.0.1:{port}/postgres?colour=red",
        "postgresql://unseen:secret-word@127.0.0.1:x/postgres",
        "mysql://unseen:secret-word@127.0.0.1/x",
        "secret-word",
    ],
)
def test_no_error_shows_a_password(url: str, postgres: Server, broken: str) -> None:
    with pytest.raises((Misconfigured, StoreUnavailable)) as refusal:
        open_store(broken.format(url, port=postgres.port), patience_s=2)
    error: BaseException | None = refusal.value
    while error is not None:
        assert "secret-word" not in str(error)
        assert PASSWORD not in str(error)
        assert PASSWORD.replace(" ", "%20") not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_errors_and_their_causes_show_no_value_of_a_statement(store: PostgresStore) -> None:
    with store.write() as tx:
        tx.put_sightings([HIT])
    with pytest.raises(Exception, match="contradicts") as refusal, store.write() as tx:
        tx.put_sightings([HIT])
    error: BaseException | None = refusal.value
    while error is not None:
        assert HIT.hit_id not in str(error)
        assert not type(error).__module__.startswith("sqlalchemy")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_a_text_that_cannot_be_kept_is_the_callers_fault(store: PostgresStore) -> None:
    with_bank(store)
    with pytest.raises(BadRequest), store.write() as tx:
        tx.protect("main", [pdq(1)], source=LIST, confirmed_by=None, actor="a\x00b", reason="r", at=at(1))
    assert last_seq(store) == 0


def test_a_lookup_by_code_probes_the_index(store: PostgresStore, url: str, postgres: Server) -> None:
    with_bank(store)
    for start in range(0, 20_000, 10_000):
        protected(store, [pdq(i) for i in range(start, start + 10_000)])
    postgres.execute("ANALYZE", name_of(url))
    blocks = "SELECT heap_blks_hit + heap_blks_read FROM pg_statio_user_tables WHERE relname = 'entries'"
    store.close()
    wait_for_sessions_to_end(postgres, name_of(url))
    postgres.execute("SELECT pg_stat_reset()", name_of(url))
    with closing(open_store(url)) as other, other.read() as reader:
        assert len(reader.same_code([pdq(5), pdq(15_000)])) == 2
    wait_for_sessions_to_end(postgres, name_of(url))
    ((touched,),) = postgres.execute(blocks, name_of(url))
    assert isinstance(touched, int)
    assert 0 < touched < 40  # of some 260


def wait_for_sessions_to_end(postgres: Server, database: str) -> None:
    """Sessions report what they did when they end, which is a little after they were closed."""
    sessions = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'"
    wait_until(lambda: postgres.execute(sessions) == [(0,)], within_s=60)


def test_a_transaction_that_never_ends_makes_others_give_up_clearly(store: PostgresStore, url: str) -> None:
    with_bank(store)
    with closing(open_store(url, patience_s=0.3)) as other:
        with store.write(), pytest.raises(StoreUnavailable, match="busy"):
            protected(other, [pdq(1)])
        assert protected(other, [pdq(1)]) == [1]


def traces(postgres: Server, url: str, fingerprints: list[Fingerprint]) -> set[bytes]:
    """Which of these codes can be read off the files of the database's tables and indexes."""
    ((oid,),) = postgres.execute(f"SELECT oid FROM pg_database WHERE datname = '{name_of(url)}'")
    postgres.execute("CHECKPOINT")
    codes = [f.code for f in fingerprints]
    traced: set[bytes] = set()
    for file in (postgres.data / "base" / str(oid)).iterdir():
        try:
            raw = file.read_bytes()
        except FileNotFoundError:  # the server removes some of its own at any time
            continue
        if len(raw) > len(codes[0]):
            traced |= found(raw, codes)
    return traced


def test_erased_codes_are_nowhere_in_the_table_files(store: PostgresStore, url: str, postgres: Server) -> None:
    with_bank(store)
    everyone = [pdq(i) for i in range(5_000)]
    ids: list[int] = []
    for start in range(0, 5_000, 250):
        ids += protected(store, everyone[start : start + 250])
    postgres.execute("VACUUM ANALYZE", name_of(url))
    order = random.Random(5).sample(range(5_000), 5_000)
    gone = [everyone[i] for i in order[:3_000]]
    assert len(traces(postgres, url, gone)) == 3_000  # the search finds what is there
    with store.write() as tx:
        tx.retire([ids[i] for i in order[:3_000]], at=at(1), **WHY)
    with store.write() as tx:
        assert tx.erase(retired_before=at(2), at=at(3), **WHY) == 3_000
    postgres.execute("VACUUM ANALYZE", name_of(url))
    assert traces(postgres, url, gone) != set()  # which is why a plain vacuum is not enough
    store.scrub()
    assert traces(postgres, url, gone) == set()
    with store.read() as reader:
        assert len(matching(reader)) == 2_000


def test_nothing_of_erased_regions_is_in_the_table_files(store: PostgresStore, url: str, postgres: Server) -> None:
    with_bank(store)
    drawn = [random.Random(i) for i in range(300)]
    everyone = [
        regions_with(np.frombuffer(draw.randbytes(32 * draw.randint(1, 96)), np.uint8).reshape(-1, 32))
        for draw in drawn
    ]
    ids: list[int] = []
    for start in range(0, 300, 30):
        ids += protected(store, everyone[start : start + 30])
    postgres.execute("VACUUM ANALYZE", name_of(url))
    order = random.Random(5).sample(range(300), 300)
    gone = sealed_pieces(store, [ids[i] for i in order[:200]])
    # the search finds what is there, but for what lies across two pieces of a long value
    assert len(traces(postgres, url, gone)) > 0.9 * len(gone)
    with store.write() as tx:
        tx.retire([ids[i] for i in order[:200]], at=at(1), **WHY)
    with store.write() as tx:
        assert tx.erase(retired_before=at(2), at=at(3), **WHY) == 200
    store.scrub()
    assert traces(postgres, url, gone) == set()
    with store.read() as reader:
        assert reader.entries([ids[order[200]]])[0].fingerprint == everyone[order[200]]


def test_scrubbing_says_so_while_a_reader_holds_old_copies(store: PostgresStore, url: str, postgres: Server) -> None:
    with_bank(store)
    (gone,) = protected(store, [pdq(1)])
    with store.read() as reader:
        with store.write() as tx:
            tx.retire([gone], at=at(1), **WHY)
            tx.erase(retired_before=at(2), at=at(3), **WHY)
        with pytest.raises(StoreUnavailable, match="may still be in the store's tables"):
            store.scrub()
        assert protected(store, [pdq(2)])  # neither writers
        assert len(matching(reader)) == 1  # nor the reader were harmed
    store.scrub()
    assert traces(postgres, url, [pdq(1)]) == set()


def test_a_view_of_another_program_does_not_make_a_scrub_claim_too_much(
    store: PostgresStore, url: str, postgres: Server
) -> None:
    with_bank(store)
    (gone,) = protected(store, [pdq(1)])
    with psycopg.connect(url) as other:  # it has looked at nothing of ours, and still keeps old rows alive
        other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        other.execute("SELECT 1 FROM pg_class LIMIT 1")
        with store.write() as tx:
            tx.retire([gone], at=at(1), **WHY)
            tx.erase(retired_before=at(2), at=at(3), **WHY)
        with pytest.raises(StoreUnavailable, match="may still be in the store's tables"):
            store.scrub()
    store.scrub()
    assert traces(postgres, url, [pdq(1)]) == set()


def test_a_batch_that_is_undone_leaves_no_entry(store: PostgresStore) -> None:
    with_bank(store)
    with pytest.raises(InterruptedError), store.write() as tx:  # noqa: PT012 - the point is what comes before
        protect(tx, [pdq(i) for i in range(100)])
        raise InterruptedError
    assert last_seq(store) == 0
