"""A real server process over a bank of random entries, for the benchmarks that speak to one."""

import itertools
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import psutil

from unseen.bank.records import Source, SourceKind
from unseen.base import SystemClock
from unseen.compose import open_node
from unseen.config import Config
from unseen.desk.items import CASE_BANK
from unseen.desk.make_token import make_token
from unseen.desk.tokens import Scope
from unseen.fingerprint.records import Fingerprint, Kind

_BATCH = 25_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One running service."""

    process: psutil.Process
    host: str
    port: int
    token: str

    def client(self) -> httpx.Client:
        """A client of one connection, with a token of all scopes."""
        return httpx.Client(
            base_url=f"http://{self.host}:{self.port}",
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=60,
            trust_env=False,
            limits=httpx.Limits(max_connections=1, keepalive_expiry=None),
        )


def fill(folder: Path, codes: np.ndarray, regions: np.ndarray | None = None) -> str:
    """A bank of these PDQ codes, its snapshot written; returns a token of all scopes.

    regions: (pictures, codes, 32) uint8, of pictures banked beside them.
    """
    found = itertools.chain(
        (Fingerprint(kind=Kind.PDQ, code=row.tobytes(), quality=100) for row in codes),
        () if regions is None else (Fingerprint.of_regions(rows, np.zeros(len(rows), np.uint32)) for rows in regions),
    )
    with open_node(Config(data_folder=folder)) as node:
        now = SystemClock().now()
        while batch := list(itertools.islice(found, _BATCH)):
            with node.store.write() as tx:
                tx.protect(
                    CASE_BANK,
                    batch,
                    source=Source(kind=SourceKind.OPERATOR, ref="bench"),
                    confirmed_by=None,
                    actor="bench",
                    reason="bench",
                    at=now,
                )
        node.index.open()
        return make_token(
            "bench", (Scope.ADMIN,), store=node.store, clock=node.clock, random_bits=secrets.randbits
        ).secret


@contextmanager
def served(folder: Path, token: str, settings: Mapping[str, str] | None = None) -> Iterator[Served]:
    """``unseen serve`` on the folder, once every worker is ready; its log goes to a file in the folder."""
    environment = {**os.environ, "UNSEEN_DATA_FOLDER": str(folder), "UNSEEN_PORT": "0", **(settings or {})}
    with (
        (folder / "serve.log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "unseen.cli", "serve"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            url = httpx.URL(process.stdout.readline().strip().removeprefix("Unseen listens on "))
            up = Served(process=psutil.Process(process.pid), host=url.host, port=url.port or 80, token=token)
            workers = int(environment.get("UNSEEN_WORKERS", "1"))
            with up.client() as client:
                while sum(w["index"] == "in step" for w in client.get("/readyz").json()["workers"]) < workers:
                    time.sleep(0.1)
            yield up
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
