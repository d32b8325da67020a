"""The service on a disk that fills up: writes are refused clearly, searches go on, nothing is lost or half there."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from support.service import case_of, pdq, screened, wait_until

_SERVE = """
import sys
from pathlib import Path
from support.service import new_token
from unseen.compose import open_node
from unseen.config import load_config
from unseen.desk.tokens import Scope
from unseen.http.server import serve

with open_node(load_config()) as node:
    print(new_token(node, Scope.ADMIN), flush=True)
serve(load_config())
"""
_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")


@dataclass
class SmallDisk:
    """A server whose data folder is a small disk of its own."""

    client: httpx.Client
    ballast: Path  # where a file takes the disk's room away

    def fill(self) -> None:
        with self.ballast.open("wb", buffering=0) as file:
            for piece in (1 << 16, 1 << 10, 1):
                with suppress(OSError):  # no room for a piece of this size
                    while True:
                        file.write(bytes(piece))


@contextmanager
def small_disk(folder: Path, *, size: str = "6m") -> Iterator[SmallDisk]:
    """Serve on a tmpfs, which only a mount namespace of the server's sees."""
    disk = folder / "disk"
    disk.mkdir()
    script = f"mount -t tmpfs -o size={size} small {disk} && exec {sys.executable} -c '{_SERVE}'"
    environment = {
        **os.environ,
        "UNSEEN_DATA_FOLDER": str(disk / "data"),
        "UNSEEN_PORT": "0",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")))),
    }
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            [*_NAMESPACE, "sh", "-c", script], env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            token = process.stdout.readline().strip()
            url = process.stdout.readline().strip().removeprefix("Unseen listens on ")
            assert url, (folder / "log").read_text()
            headers = {"Authorization": f"Bearer {token}"}
            with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
                wait_until(lambda: client.get("/readyz").status_code == 200)
                yield SmallDisk(client=client, ballast=Path(f"/proc/{process.pid}/root{disk}/ballast"))
        finally:
            process.kill()


@pytest.fixture(scope="module")
def _can_mount(tmp_path_factory: pytest.TempPathFactory) -> None:
    if not shutil.which("unshare"):
        pytest.skip("unshare is not here: it gives the test a small disk of its own")
    probe = f"mount -t tmpfs -o size=1m small {tmp_path_factory.mktemp('probe')}"
    if subprocess.run([*_NAMESPACE, "sh", "-c", probe], capture_output=True).returncode != 0:
        pytest.skip("this machine does not let a test mount a small disk of its own")


@pytest.mark.usefixtures("_can_mount")
def test_a_full_disk_refuses_writes_and_goes_on_searching(tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk:
        client, kept = disk.client, list[int]()

        def add(seed: int) -> httpx.Response:
            listed = {
                "source": "s",
                "reason": "r",
                "fingerprints": [pdq(seed)] + [pdq(seed * 1000 + i) for i in range(9)],
            }
            return client.post("/v1/banks/cases/entries", json=listed)

        assert add(1).status_code == 201
        disk.fill()
        seed, deadline = 2, time.monotonic() + 60
        while (answer := add(seed)).status_code == 201:  # what room the store had set aside is used up first
            assert time.monotonic() < deadline, "the disk does not fill"
            kept.append(seed)
            seed += 1
        assert (answer.status_code, answer.json()["error"]["code"]) == (507, "storage_full")
        assert int(answer.headers["retry-after"]) > 0
        refused = client.post("/v1/cases", json=case_of([pdq(5)]))
        assert (refused.status_code, refused.json()["error"]["code"]) == (507, "storage_full")

        assert screened(client, pdq(0))["verdict"] == "allow"
        near = client.post("/v1/screen", json={"fingerprints": [pdq(1)]})
        assert near.status_code == 507 or near.json()["verdict"] == "review"  # but never `allow`
        assert client.get("/v1/changes").status_code == 200
        assert client.get("/healthz").status_code == 200

        disk.ballast.unlink()
        assert add(seed).status_code == 201
        for each in (1, *kept, seed):
            found = screened(client, pdq(each), pdq(each * 1000 + 8))
            assert len(found["hits"]) == 2, found
        assert screened(client, pdq(5))["verdict"] == "allow" or 5 in kept
        seqs = client.get("/readyz").json()["seqs"]
        assert seqs["index"] == seqs["store"]
