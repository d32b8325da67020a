"""Several workers, several nodes, one store: what one acknowledged matches on all, whatever is killed meanwhile."""

import itertools
import math
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.films import video
from support.machine import Machine
from support.nodes import ServedNode, served_node
from support.scans import alive
from support.service import new_token, pdq, screened, sha256, wait_until
from unseen.compose import open_node
from unseen.config import Config
from unseen.desk.tokens import Scope

WORKERS = 4
ROUNDS = 20  # of one addition and one withdrawal, each looked for on every worker
KILLS = {7: 1, 14: 2}  # in which round which worker
MAX_LAG_S = 2.0
MOST_S = 1.0  # from the acknowledgement to the match on every worker, at the 99th percentile


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A data folder and the secret of a token for it."""
    folder = tmp_path_factory.mktemp("node") / "data"
    with open_node(Config(data_folder=folder)) as node:
        return folder, new_token(node, Scope.ADMIN)


@pytest.fixture(scope="module")
def node(token: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedNode]:
    log = tmp_path_factory.mktemp("log") / "log"
    with served_node(*token, workers=WORKERS, log=log, settings={"UNSEEN_MAX_LAG_S": str(MAX_LAG_S)}) as served:
        yield served


@dataclass
class Waits:
    """Seconds from an acknowledgement to its effect: for a screening, and for who only follows.

    Without what a control process lost meanwhile because the machine stood still.
    """

    machine: Machine
    seen: list[float] = field(default_factory=list)
    followed: list[float] = field(default_factory=list)

    @contextmanager
    def timed(self, waits: list[float]) -> Iterator[None]:
        with self.machine.timed() as taken:
            yield
        waits.append(taken.waking_s)

    @property
    def is_short(self) -> bool:
        """Whether 99 of 100 waits of either kind are."""
        return all(sorted(waits)[math.ceil(0.99 * len(waits)) - 1] < MOST_S for waits in (self.seen, self.followed))


def in_one_of(runs: int, run: Callable[[int, Waits], None], machine: Machine) -> None:
    """What is true must be so in every run; how soon, in one whole run: in another the machine may have been busy."""
    tried = list[Waits]()
    for number in range(runs):
        tried.append(Waits(machine))
        run(number, tried[-1])
        if tried[-1].is_short:
            return
    raise AssertionError(f"not once within {MOST_S} s: {[max(w.seen + w.followed) for w in tried]}")


def add(client: httpx.Client, seed: int) -> int:
    listed = {"source": "s", "reason": "r", "fingerprints": [pdq(seed)]}
    answer = client.post("/v1/banks/cases/entries", json=listed)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["entries"][0])


def retire(client: httpx.Client, entry: int) -> None:
    assert client.post(f"/v1/entries/{entry}/retirement", json={"reason": "a mistake"}).status_code == 200


def look(clients: list[httpx.Client], seed: int, *, matches: bool, waits: Waits) -> None:
    """Every client sees it at once: none needs to ask again."""
    for client in clients:
        with waits.timed(waits.seen):
            assert bool(screened(client, pdq(seed))["hits"]) is matches, "a worker answered from an older state"


def follow(client: httpx.Client, waits: Waits) -> None:
    """The seq of every worker reaches the store's, without an upload."""
    with waits.timed(waits.followed):
        newest = client.get("/v1/changes").json()["last_seq"]
        wait_until(lambda: all(w["seq"] >= newest for w in client.get("/readyz").json()["workers"]))


def test_what_one_worker_acknowledged_matches_on_all_though_workers_are_killed(
    node: ServedNode, machine: Machine
) -> None:
    def rounds(run: int, waits: Waits) -> None:
        draw, kept = random.Random(4), list[int]()
        for number in range(ROUNDS):
            killed = KILLS.get(number)
            if killed is not None:
                node.kill(killed)
            left = [node.to(worker) for worker in range(1, WORKERS + 1) if worker != killed]
            by = draw.choice(left)
            kept.append(seed := 1_000 * (run + 1) + number)
            entry = add(by, seed)
            look(left, seed, matches=True, waits=waits)
            if number % 2:
                retire(draw.choice(left), entry)
                look(left, kept.pop(), matches=False, waits=waits)
            else:
                follow(by, waits)
        for worker in range(1, WORKERS + 1):  # the killed ones are back, and know everything
            for seed in kept:
                assert screened(node.to(worker), pdq(seed))["hits"]

    in_one_of(3, rounds, machine)


def test_a_video_that_one_worker_took_is_told_of_and_ended_by_the_others(node: ServedNode) -> None:
    took, others = node.to(1), [node.to(worker) for worker in range(2, WORKERS + 1)]
    sent = took.post("/v1/screen", content=video([1, 2, 3]), headers={"Content-Type": "video/mp4"})
    assert sent.status_code == 202, sent.text
    path = sent.headers["Location"]
    for client in others:
        wait_until(lambda client=client: client.get(path).json()["state"] == "done", within_s=60)
        assert client.get(path).json()["answer"]["verdict"] == "allow"
    assert others[0].delete(path).status_code == 204
    assert {client.get(path).status_code for client in (took, *others)} == {404}


def test_every_worker_shows_all_workers_and_counts_for_all(node: ServedNode) -> None:
    clients = [node.to(worker) for worker in range(1, WORKERS + 1)]
    before = counted(node)
    for _, client in zip(range(10), itertools.cycle(clients), strict=False):
        assert screened(client, sha256(1))["verdict"] == "allow"
    assert counted(node) == before + 10
    assert {allowed(client) for client in clients} == {before + 10}
    for client in clients:
        assert [w["worker"] for w in client.get("/readyz").json()["workers"]] == list(range(1, WORKERS + 1))
        wait_until(lambda client=client: is_in_step(client.get("/readyz").json()))
        shown = samples(client)
        assert {labels["worker"] for name, labels, _ in shown if name == "unseen_index_seq"} == set("1234")
        assert [value for name, _, value in shown if name == "unseen_workers"] == [WORKERS]
    with httpx.Client(base_url=node.url, trust_env=False) as stranger:
        told = stranger.get("/readyz").json()
        assert (told["seqs"], told["workers"], told["worker"]) == (None, None, None)


def is_in_step(ready: dict[str, Any]) -> bool:
    """Whether every worker has reached the store's seq, and looked a moment ago."""
    workers, newest = ready["workers"], ready["seqs"]["store"]
    return all(w["seq"] == newest for w in workers) and all(w["lag_s"] < MOST_S for w in workers)


def samples(client: httpx.Client) -> list[tuple[str, dict[str, str], float]]:
    text = client.get("/metrics").text
    return [(s.name, s.labels, s.value) for family in text_string_to_metric_families(text) for s in family.samples]


def allowed(client: httpx.Client) -> float:
    return sum(
        v for name, labels, v in samples(client) if name == "unseen_verdicts_total" and "allow" in labels.values()
    )


def counted(node: ServedNode) -> float:
    """The verdicts of all workers, each of which was asked once, and so has laid out its counts."""
    return [allowed(node.to(worker)) for worker in (*range(1, WORKERS + 1), 1)][-1]


def test_a_killed_worker_takes_nothing_of_what_was_counted_with_it(node: ServedNode) -> None:
    before = counted(node)
    for _ in range(5):
        screened(node.to(2), sha256(1))
    wait_until(lambda: allowed(node.to(1)) == before + 5)
    node.kill(2)
    screened(node.to(2), sha256(1))  # by its successor
    wait_until(lambda: allowed(node.to(1)) == before + 6)


def test_one_process_keeps_house_and_another_takes_its_place(node: ServedNode) -> None:
    def forgot_at() -> float:
        return next((v for name, _, v in samples(node.to(1)) if name == "unseen_forgot_timestamp_seconds"), 0.0)

    wait_until(lambda: forgot_at() > 0)
    old = node.pid(0)
    assert psutil.Process(old).threads()
    node.kill(0)
    killed_at = time.time()
    wait_until(lambda: forgot_at() > killed_at)
    assert node.pid(0) != old


def test_a_worker_that_lags_says_so_and_is_ready_when_it_has_caught_up(node: ServedNode) -> None:
    os.kill(node.pid(3), signal.SIGSTOP)

    def shown() -> list[str]:
        return [worker["index"] for worker in node.to(1).get("/readyz").json()["workers"]]

    try:
        wait_until(lambda: shown() == ["in step", "in step", "behind", "in step"])
        add(node.to(1), 5_000)
    finally:
        os.kill(node.pid(3), signal.SIGCONT)
    late = node.to(3)
    assert screened(late, pdq(5_000))["hits"]
    wait_until(lambda: shown() == ["in step"] * WORKERS)
    wait_until(lambda: late.get("/readyz").status_code == 200)


def test_it_drains_when_told_to_stop_and_leaves_nothing_behind(token: tuple[Path, str], tmp_path: Path) -> None:
    folder, secret = token
    with served_node(folder, secret, workers=2, log=tmp_path / "log") as served:
        children = psutil.Process(served.process.pid).children(recursive=True)
        url = httpx.URL(served.url)
        head = f"POST /v1/screen HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n"
        body = b'{"fingerprints": [{"kind": "md5", "code": "' + b"0" * 32 + b'"}]}'
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
        with socket.create_connection((url.host, url.port or 80), timeout=60) as begun:
            begun.sendall(head.encode())
            let_in = begun.recv(4096)  # and its body is waited for
            assert let_in.startswith(b"HTTP/1.1 100 "), (tmp_path / "log").read_text()
            begun.sendall(body[:5])
            served.process.send_signal(signal.SIGTERM)
            threading.Timer(0.3, begun.sendall, (body[5:],)).start()
            answer = b"".join(iter(lambda: begun.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert served.process.wait(60) == 0
        wait_until(lambda: not alive(children))
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    assert "worker ended" not in log


def test_workers_end_when_the_supervisor_is_killed(token: tuple[Path, str], tmp_path: Path) -> None:
    with served_node(*token, workers=2, log=tmp_path / "log") as served:
        children = psutil.Process(served.process.pid).children(recursive=True)
        assert len(children) >= 3
        served.process.kill()
        wait_until(lambda: not alive(children))


@dataclass(frozen=True)
class SharedStore:
    """Where two nodes keep the same bank: one folder, for a store that is a file, else a folder each and a URL."""

    folders: tuple[Path, Path]
    settings: dict[str, str]


@pytest.fixture(params=["sqlite", "postgres"])
def shared_store(request: pytest.FixtureRequest, tmp_path: Path) -> SharedStore:
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").new_database()
        settings = {"UNSEEN_DATABASE_URL": url, "UNSEEN_SECRET_FILE": str(tmp_path / "node.key")}
        return SharedStore(folders=(tmp_path / "one", tmp_path / "two"), settings=settings)
    folder = tmp_path / "data"
    return SharedStore(folders=(folder, folder), settings={})


def test_two_nodes_on_one_store_are_of_one_mind(shared_store: SharedStore, tmp_path: Path, machine: Machine) -> None:
    url = shared_store.settings.get("UNSEEN_DATABASE_URL")
    secret = shared_store.settings.get("UNSEEN_SECRET_FILE")
    with open_node(Config(data_folder=shared_store.folders[0], database_url=url, secret_file=secret)) as opened:
        secret = new_token(opened, Scope.ADMIN)
    first, second = shared_store.folders
    with (
        served_node(first, secret, workers=1, log=tmp_path / "1.log", settings=shared_store.settings) as one,
        served_node(second, secret, workers=1, log=tmp_path / "2.log", settings=shared_store.settings) as two,
    ):

        def rounds(run: int, waits: Waits) -> None:
            for number in range(10):
                nodes = [one.to(1), two.to(1)]
                by, seed = nodes[number % 2], 1_000 * run + number
                entry = add(by, seed)
                look(nodes, seed, matches=True, waits=waits)
                follow(nodes[(number + 1) % 2], waits)
                retire(by, entry)
                look(nodes, seed, matches=False, waits=waits)

        in_one_of(3, rounds, machine)

        two.process.send_signal(signal.SIGSTOP)  # a node that comes back much later
        entries = [add(one.to(1), 100 + number) for number in range(20)]
        for entry in entries[::2]:
            retire(one.to(1), entry)
        two.process.send_signal(signal.SIGCONT)
        late = two.client()  # the old connection may have been idle for too long
        for number in range(20):
            assert bool(screened(late, pdq(100 + number))["hits"]) is bool(number % 2)
