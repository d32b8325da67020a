"""A PostgreSQL server of the tests' own: made in a temporary folder, on a port of this machine, gone at the end."""

import os
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

USER = "unseen"
PASSWORD = "correct horse"  # with a space, so that a URL must quote it
_SETTINGS = {
    "fsync": "off",  # what is tested is the end of processes, not of the power
    "max_connections": "150",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "log_min_messages": "fatal",
    "autovacuum": "off",  # its views, locks and reads come when they like, and tests look for just these
}


def programs() -> Path:
    """The folder of the newest server on this machine; skips where there is none, fails in CI."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    if on_path:
        return Path(on_path).parent
    if os.environ.get("CI") == "true":
        pytest.fail("PostgreSQL is not installed (Debian: apt install postgresql); CI tests it")
    pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")


def as_its_user() -> list[str]:
    """What to put before a command: the server refuses to run as root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]


def _free_port() -> int:
    """A port that stays ours while the server is stopped: none that the system gives to connections as they come."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for port in random.sample(range(20_000 + worker % 6 * 2_000, 22_000 + worker % 6 * 2_000), 100):
        with socket.socket() as trial, suppress(OSError):
            trial.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


class Server:
    """A cluster that can be stopped and started, with a database for each test that asks for one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._bin = programs()
        self._count = 0
        self.port = _free_port()

    def make(self) -> None:
        password = self.folder / "password"
        password.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (self.folder, password):
                shutil.chown(path, "postgres", "postgres")
        self.run("initdb", "-D", self.data, "-U", USER, "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8",
                 "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in _SETTINGS.items())
            file.write(
                f"listen_addresses = '127.0.0.1'\nport = {self.port}\nunix_socket_directories = '{self.folder}'\n"
            )

    def start(self) -> None:
        self.run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "-t", "110", "start")

    def stop(self, mode: str = "fast") -> None:
        self.run("pg_ctl", "-D", self.data, "-m", mode, "-w", "-t", "110", "stop")

    def run(self, program: str, *arguments: object) -> None:
        """Run one of the server's programs as its user, to its end."""
        command = [*as_its_user(), str(self._bin / program), *map(str, arguments)]
        # The server that pg_ctl starts would keep a pipe open for as long as it runs.
        with (self.folder / "said").open("w+") as said:
            run = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=self.folder, timeout=120
            )
            said.seek(0)
            assert run.returncode == 0, said.read()

    def output(self, program: str, *arguments: object) -> str:
        """What one of the server's programs says on stdout."""
        command = [str(self._bin / program), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout

    def new_database(self) -> str:
        """The URL of an empty database."""
        self._count += 1
        name = f"test_{os.getpid()}_{self._count}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def new_schema(self) -> str:
        """The URL of an empty place in a shared database: sixty times as quick to make."""
        self._count += 1
        name = f"test_{self._count}"
        self.execute(f"CREATE SCHEMA {name}")
        return f"{self.url('postgres')}?options=-csearch_path%3D{name}"

    def url(self, database: str) -> str:
        return f"postgresql://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


#: Waits for the end of its input, which comes with the end of the tests however they end, and clears up.
_GUARD = 'folder=$1; shift; cat; "$@" stop; rm -rf -- "$folder"'


@contextmanager
def _guarded(server: Server) -> Iterator[None]:
    """A process of its own session sees to it that the server and its files do not outlive this one."""
    stop = [*as_its_user(), str(programs() / "pg_ctl"), "-D", str(server.data), "-m", "immediate", "-w", "-t", "60"]
    command = ["sh", "-c", _GUARD, "guard", str(server.folder), *stop]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    ):
        yield  # and the end closes its input, and waits for it


@contextmanager
def running_server() -> Iterator[Server]:
    """A server that runs, and is gone with its files at the end, even where this process is killed."""
    # Not pytest's own folder: the server's user must be able to walk to it, and a socket's path is short.
    with tempfile.TemporaryDirectory(prefix="unseen-pg-", ignore_cleanup_errors=True) as folder:
        server = Server(Path(folder))
        with _guarded(server):
            server.make()
            server.start()
            yield server
