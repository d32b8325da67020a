"""``unseen doctor`` where the store is on PostgreSQL."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from contract.store_makers import pdq, protected, with_bank
from support.postgres import PASSWORD, Server
from support.stores import open_store
from unit.cli.conftest import Unseen
from unit.cli.test_small_commands import finding


@pytest.fixture
def url(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database, which the node's settings name."""
    url = postgres.new_database()
    monkeypatch.setenv("UNSEEN_DATABASE_URL", url)
    return url


def test_the_doctor_finds_a_store_on_a_server_healthy_and_changes_nothing(
    unseen: Unseen, url: str, data: Path, postgres: Server
) -> None:
    data.mkdir(mode=0o700)
    secret = data.with_name("data.key")
    secret.touch(0o600)
    secret.write_bytes(bytes(range(32)))
    said = unseen("doctor")
    assert (said.code, finding(said.out, "store").split()[1]) == (0, "note")
    assert "empty" in said.out
    assert postgres.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", url.rsplit("/", 1)[-1]) == [
        (0,)
    ]
    with closing(open_store(url)) as store:
        protected(with_bank(store), [pdq(1), pdq(2)])
    said = unseen("doctor")
    assert (said.code, finding(said.out, "store").split()[1]) == (0, "ok"), said.out
    assert "on a database server" in said.out
    assert finding(said.out, "seal").split()[1] == "ok"
    assert "last change 2" in said.out
    assert said.out.endswith("Healthy.\n")


def wrong_password(url: str, _: Server) -> str:
    return url.replace(PASSWORD.replace(" ", "%20"), "secret-word")


def nobody_there(url: str, server: Server) -> str:
    return url.replace(str(server.port), "1")


def newer(url: str, server: Server) -> str:
    open_store(url).close()
    server.execute("UPDATE alembic_version SET version_num = '9999'", url.rsplit("/", 1)[-1])
    return url


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (wrong_password, "lets this user in with this password"),
        (nobody_there, "does not answer"),
        (newer, "newer version of Unseen (schema 9999)"),
    ],
)
def test_the_doctor_says_what_is_wrong_with_a_server_and_never_its_password(
    unseen: Unseen,
    url: str,
    data: Path,
    postgres: Server,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[str, Server], str],
    says: str,
) -> None:
    data.mkdir(mode=0o700)
    monkeypatch.setenv("UNSEEN_DATABASE_URL", spoil(url, postgres))
    monkeypatch.setenv("COLUMNS", "200")
    said = unseen("doctor")
    assert said.code == 1
    assert finding(said.out, "store").split()[1] == "WRONG"
    assert says in said.out
    for secret in (PASSWORD, PASSWORD.replace(" ", "%20"), "secret-word"):
        assert secret not in said.out + said.err
