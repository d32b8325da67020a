"""Who steals a store has nothing of regions without the node's secret; who loses the secret is told what to do."""

from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select, update

from contract.store_makers import at, case, entry, events, matching, pdq, protected, region, with_bank
from support.node import GOOD
from support.postgres import Server
from support.stores import Held, open_sqlite, open_store
from unit.store.test_forgetting import found
from unseen.bank.records import EntryEvent
from unseen.base import Misconfigured, StoreUnavailable
from unseen.case import Case, CaseNumber, Contact
from unseen.desk.ports import Store
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.store import Opening, PostgresStore, Secret, SqliteStore
from unseen.store import open_store as open_store_with
from unseen.store.sealing import Sealer
from unseen.store.sql import connected
from unseen.store.tables import contacts, entries, ledger, region_codes

PICTURES = 60


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty place for a store."""
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres")
        return server.new_database()
    return f"sqlite:///{tmp_path / 'data' / 'unseen.sqlite3'}"


def regions(number: int) -> Fingerprint:
    """Of a made-up picture: 1 to 96 codes, none of them a PDQ of these tests."""
    return region(1_000 + number, 1 + 7 * number % 96)


def regions_of(number: int) -> list[bytes]:
    return [code.tobytes() for code in regions(number).region_codes]


def filled(store: Store) -> list[int]:
    """Pictures with a PDQ and regions; gives the ids of the regions' entries."""
    with_bank(store)
    ids = []
    for number in range(PICTURES):
        fingerprints = [pdq(number), regions(number)]
        ids.append(protected(store, fingerprints, case("A", number))[1])
    return ids


def readable(raw: bytes) -> tuple[int, int]:
    """How many of the pictures' region codes, or plain digests of them, and of their PDQ codes are in these bytes."""
    codes = [code for number in range(PICTURES) for code in regions_of(number)]
    codes += [sha256(regions(number).code).digest() for number in range(PICTURES)]
    return len(traced(raw, codes)), len(traced(raw, [pdq(number).code for number in range(PICTURES)]))


def traced(raw: bytes, codes: list[bytes]) -> set[bytes]:
    """Which are there, as bytes, or as hexadecimal of either case."""
    as_text = {code.hex().encode(): code for code in codes}
    return found(raw, codes) | {as_text[text] for text in found(raw.lower(), list(as_text))}


def contents(files: Iterable[Path]) -> bytes:
    return b"\n".join(file.read_bytes() for file in files if file.is_file())


def test_a_stolen_file_its_log_and_a_backup_show_no_region_and_every_pdq(tmp_path: Path) -> None:
    path = tmp_path / "data" / "unseen.sqlite3"
    with closing(open_sqlite(path)) as store:
        filled(store)
        store.back_up(tmp_path / "backup")
        assert (path.parent / "unseen.sqlite3-wal").stat().st_size > 0
        for stolen in (path.parent.iterdir(), [tmp_path / "backup"]):
            assert readable(contents(stolen)) == (0, PICTURES)


def test_a_stolen_server_shows_no_region_and_every_pdq(postgres: Server) -> None:
    url = postgres.new_database()
    with closing(open_store(url)) as store:
        filled(store)
    name = url.rsplit("/", 1)[-1]
    ((oid,),) = postgres.execute(f"SELECT oid FROM pg_database WHERE datname = '{name}'")
    postgres.execute("CHECKPOINT")
    assert readable(contents((postgres.data / "base" / str(oid)).iterdir())) == (0, PICTURES)
    dump = postgres.output("pg_dump", f"--dbname={url}").encode()
    assert readable(dump) == (0, PICTURES)


def test_the_search_of_these_tests_finds_a_region_that_is_there() -> None:
    assert readable(b"".join([*regions_of(3), pdq(2).code])) == (len(regions_of(3)), 1)
    assert readable(b"\\x" + regions_of(3)[0].hex().encode()) == (1, 0)


def test_equal_regions_are_sealed_differently_each_time(tmp_path: Path) -> None:
    sealer = Sealer(Secret(bytes(32)), b"lineage")
    assert sealer.sealed(1, b"record") != sealer.sealed(1, b"record")
    assert len(sealer.sealed(1, bytes(960))) == 960 + 29


def test_a_sealed_record_opens_for_its_own_entry_and_store_only() -> None:
    sealer = Sealer(Secret(bytes(32)), b"lineage")
    sealed = sealer.sealed(7, b"record")
    assert sealer.opened(7, sealed) == b"record"
    altered = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    others = [Sealer(Secret(bytes(32)), b"other"), Sealer(Secret(bytes(31) + b"1"), b"lineage")]
    asked = [(sealer, 7, a) for a in [*altered, b"", sealed[:12]]] + [(other, 7, sealed) for other in others]
    for opener, entry_id, record in [*asked, (sealer, 8, sealed)]:
        with pytest.raises(StoreUnavailable, match=f"entry {entry_id}"):
            opener.opened(entry_id, record)


def test_a_store_does_not_open_with_another_secret_or_none(url: str) -> None:
    with closing(open_store(url)) as store:
        ids = filled(store)
    another = Held(Secret(bytes(32)), where="/there/node.key")
    for secret, says in ((another, "another secret"), (Held(None, where="/there/node.key"), "is not in")):
        with pytest.raises(Misconfigured, match=says) as refused:
            open_store_with(url, Opening(secret=secret))
        assert "/there/node.key" in str(refused.value)
        assert "renew-secret" in str(refused.value)
    with closing(open_store(url)) as store:
        assert entry(store, ids[5]).fingerprint == regions(5)


def test_without_the_secret_a_store_goes_on_with_whole_pictures(url: str) -> None:
    with closing(open_store(url)) as store:
        ids = filled(store)
        with store.read() as reader:
            before, newest = matching(reader), reader.last_seq()
    anew = Opening(secret=Held(Secret(bytes(32))), given_up_at=datetime(2026, 4, 1, tzinfo=UTC))
    with closing(open_store_with(url, anew)) as store:
        with store.read() as reader:
            assert matching(reader) == before
            assert list(reader.code_rows(Kind.REGION, rows=1000)) == []
        assert [entry(store, i).fingerprint for i in ids] == [None] * PICTURES
        assert events(store, newest)[:PICTURES] == [(i, EntryEvent.RETIRED) for i in ids]
        (back,) = protected(store, [regions(5)])
        assert entry(store, back).fingerprint == regions(5)
    with closing(open_store_with(url, Opening(secret=Held(Secret(bytes(32)))))) as store:
        assert entry(store, back).fingerprint == regions(5)


#: What a store of schema 0003 does not have.
BACK_TO_0003 = (
    "DROP TABLE answers",
    "DROP TABLE links",
    "DROP TABLE contacts",
    "DROP TABLE case_notes",
    "ALTER TABLE cases DROP COLUMN session_round",
    "ALTER TABLE cases DROP COLUMN recovery_hash",
    "DROP INDEX ix_sightings_entry",
    "DROP TABLE jobs",
    "DROP TABLE frame_codes",
    "ALTER TABLE ledger DROP COLUMN secret_check",
    "UPDATE alembic_version SET version_num = '0003'",
)


def make_older(store: SqliteStore | PostgresStore) -> None:
    """As an older version would have written it: codes and their digests in clear, and no places."""
    with connected(store._plain) as connection:
        for statement in BACK_TO_0003:
            connection.exec_driver_sql(statement)
        held = select(region_codes.c.entry_id).order_by(region_codes.c.entry_id)
        for number, entry_id in enumerate(connection.execute(held).scalars().all()):
            codes = regions(number).region_codes.tobytes()
            of_entry = region_codes.c.entry_id == entry_id
            connection.execute(update(region_codes).where(of_entry).values(codes=codes))
            digest = sha256(codes).digest()
            connection.execute(update(entries).where(entries.c.id == entry_id).values(code=digest))


def test_an_older_store_gives_up_its_clear_regions_and_no_copy_stays_behind(
    url: str, request: pytest.FixtureRequest
) -> None:
    with closing(open_store(url)) as store:
        ids = filled(store)
        with store.read() as reader:
            before, newest = matching(reader), reader.last_seq()
        make_older(store)

    def files() -> bytes:
        if url.startswith("sqlite"):
            return contents(Path(url.removeprefix("sqlite:///")).parent.iterdir())
        server: Server = request.getfixturevalue("postgres")
        server.execute("CHECKPOINT")
        ((oid,),) = server.execute(f"SELECT oid FROM pg_database WHERE datname = '{url.rsplit('/', 1)[-1]}'")
        return contents((server.data / "base" / str(oid)).iterdir())

    assert readable(files())[0] > PICTURES  # an older version's codes are there to be found
    with pytest.raises(Misconfigured, match="is not in"):  # a store that was there before has its secret
        open_store_with(url, Opening(secret=Held(None)))
    with closing(open_store(url)) as store:
        with store.read() as reader:
            assert matching(reader) == before
            assert list(reader.code_rows(Kind.REGION, rows=1000)) == []
        assert [entry(store, i).fingerprint for i in ids] == [None] * PICTURES
        assert events(store, newest)[:PICTURES] == [(i, EntryEvent.RETIRED) for i in ids]
        with connected(store._plain) as connection:
            assert connection.execute(select(ledger.c.scrubbed_seq)).scalar_one() >= 0
        assert readable(files()) == (0, PICTURES)
        (back,) = protected(store, [regions(5)], case("B"))
        assert back not in ids
        assert entry(store, back).fingerprint == regions(5)


def test_the_database_has_no_contact_in_clear_nor_its_length(url: str) -> None:
    with closing(open_store(url)) as store:
        with store.write() as tx:
            for number, address in (("0000-0000-0001", "a@b.org"), ("0000-0000-0002", f"{'x' * 60}@example.org")):
                case = Case(number=CaseNumber(number), pin_hash="p", opened_at=at(0), statements=GOOD)
                tx.put_case(case)
                tx.put_contact(case.number, Contact(address=address, language="ko"))
        with connected(store._plain) as connection:
            sealed = [bytes(row) for row in connection.execute(select(contacts.c.contact)).scalars()]
            assert len({len(row) for row in sealed}) == 1
            assert not any(b"example" in row or b"b.org" in row for row in sealed)
            first, second = (contacts.c.case_number == f"0000-0000-000{n}" for n in (1, 2))
            connection.execute(update(contacts).where(first).values(contact=sealed[1]))  # by who can write to it
            connection.execute(update(contacts).where(second).values(contact=sealed[0]))
            if connection.in_transaction():
                connection.commit()
        with store.read() as reader, pytest.raises(StoreUnavailable, match="altered"):
            reader.find_contact(CaseNumber("0000-0000-0001"))
    renewed = Opening(secret=Held(Secret(b"o" * 32)), given_up_at=at(9))
    with closing(open_store_with(url, renewed)) as store, store.read() as reader:
        assert reader.find_contact(CaseNumber("0000-0000-0001")) is None, "nobody can open it any more"
