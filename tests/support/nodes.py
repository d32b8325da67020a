"""Nodes as an operator starts them: ``unseen serve`` with several workers, each of which a test can speak to."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from support.service import wait_until


@dataclass
class ServedNode:
    """One ``unseen serve``."""

    process: subprocess.Popen[str]
    url: str
    headers: dict[str, str]
    workers: int
    log: Path
    _clients: dict[int, httpx.Client] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def client(self) -> httpx.Client:
        """A client of one connection, so that one worker answers all that it asks."""
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=None)
        client = httpx.Client(base_url=self.url, headers=self.headers, timeout=90, trust_env=False, limits=limits)
        return self._stack.enter_context(client)

    def to(self, worker: int) -> httpx.Client:
        """A client whose connection is with this worker.

        A worker closes a connection that it finds idle for too long, and the client then makes another, to any worker:
        so it is asked again each time.
        """
        deadline = time.monotonic() + 120
        while (client := self._clients.pop(worker, None)) is None or self._answers(client) != worker:
            assert time.monotonic() < deadline, f"no connection came to worker {worker}: {self.log.read_text()[-2000:]}"
            other = self.client()
            number = self._answers(other)
            if number is not None:
                self._clients[number] = other
        self._clients[worker] = client
        return client

    @staticmethod
    def _answers(client: httpx.Client) -> int | None:
        """The worker that answers; None where it is not ready, or was gone before it answered."""
        try:
            ready = client.get("/readyz")
        except httpx.TransportError:
            return None
        return int(ready.json()["worker"]) if ready.status_code == 200 else None

    def pid(self, worker: int) -> int:
        """The process of a worker; 0 is the keeper."""
        return next(child.pid for child in self.children() if number_of(child) == worker)

    def children(self) -> list[psutil.Process]:
        """The workers and the keeper that run."""
        found = psutil.Process(self.process.pid).children()
        return [child for child in found if number_of(child) is not None]

    def kill(self, worker: int) -> None:
        """``kill -9``; the connection to it is of no use any more."""
        self._clients.pop(worker, None)
        os.kill(self.pid(worker), signal.SIGKILL)

    def close(self) -> None:
        """Hang up."""
        self._stack.close()


def number_of(process: psutil.Process) -> int | None:
    """Which of its node's processes this is; None for another program, or one that is gone."""
    try:
        words = process.cmdline()
    except psutil.Error:
        return None
    return int(words[words.index("unseen.http.worker") + 1]) if "unseen.http.worker" in words else None


@contextmanager
def served_node(
    data_folder: Path, token: str, *, workers: int, log: Path, settings: Mapping[str, str] | None = None
) -> Iterator[ServedNode]:
    """A node that takes uploads on every worker."""
    environment = {**os.environ, "UNSEEN_DATA_FOLDER": str(data_folder), **(settings or {})}
    command = [sys.executable, "-m", "unseen.cli", "serve", "--port", "0", "--workers", str(workers)]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdout is not None
        url = process.stdout.readline().strip().removeprefix("Unseen listens on ")
        assert url, log.read_text()
        headers = {"Authorization": f"Bearer {token}"}
        node = ServedNode(process=process, url=url, headers=headers, workers=workers, log=log)
        try:
            client = node.client()
            wait_until(lambda: _is_whole(client, workers), within_s=120)
            yield node
        finally:
            node.close()
            if process.poll() is None:
                children = psutil.Process(process.pid).children(recursive=True)
                process.kill()
                for child in children:
                    with suppress(psutil.NoSuchProcess):
                        child.kill()


def _is_whole(client: httpx.Client, workers: int) -> bool:
    shown = client.get("/readyz").json()["workers"]
    return sum(worker["index"] == "in step" for worker in shown) == workers
