"""Bad weather: a store that goes away or hangs, a clock that jumps, a full disk, a snapshot of another version."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.machine import Machine
from support.node import HandClock
from support.nodes import served_node
from support.service import (
    LiveService,
    case_of,
    made_photo,
    memory_node,
    new_token,
    pdq,
    running,
    screened,
    sha256,
    wait_until,
)
from support.stores import Flaky
from unseen.compose import open_node
from unseen.config import Config
from unseen.desk.tokens import Scope
from unseen.http import guard

JPEG = {"Content-Type": "image/jpeg"}
AWAY_S = 60.0
PAUSE_S = 5.0  # between two rounds of asking


@contextmanager
def service(folder: Path, **settings: Any) -> Iterator[tuple[LiveService, Flaky, httpx.Client]]:
    """A service over a store that fails on demand, and a client whose token it has seen."""
    store = Flaky()
    with memory_node(folder, store=store, **settings) as node, running(node) as live:
        client = live.client(Scope.ADMIN)
        bank(client, 1)
        bank(client, 2, retire=True)
        newest = client.get("/v1/changes").json()["last_seq"]
        wait_until(lambda: live.app.state.service.recall.seq == newest)
        wait_until(lambda: len(live.app.state.service.recall._tokens) == 1)
        try:
            yield live, store, client
        finally:
            store.is_away = False
            store.answers.set()


def bank(client: httpx.Client, seed: int, *, retire: bool = False) -> None:
    """A picture's digest and PDQ, in the bank of cases."""
    listed = {"source": "s", "reason": "r", "fingerprints": [sha256(seed), pdq(seed)]}
    answer = client.post("/v1/banks/cases/entries", json=listed)
    assert answer.status_code == 201, answer.text
    if retire:
        for entry in answer.json()["entries"]:
            assert client.post(f"/v1/entries/{entry}/retirement", json={"reason": "r"}).status_code == 200


def followed_at(client: httpx.Client) -> float:
    """When, at least, the one worker last looked at the store and took over all there was (monotonic)."""
    asked_at = time.monotonic()
    (worker,) = client.get("/readyz").json()["workers"]
    return asked_at - worker["lag_s"]


def is_known_to_be_away(live: LiveService) -> bool:
    return live.app.state.service.follower.is_store_away


def test_searches_go_on_while_the_store_is_away_for_a_minute_and_writes_fail_clearly(tmp_path: Path) -> None:
    with service(tmp_path) as (live, store, client):
        seq = live.node.index.seq
        store.is_away, left_at, rounds = True, time.monotonic(), 0
        while time.monotonic() < left_at + AWAY_S:  # at once, when the service has noticed, and as long as it lasts
            for known in (pdq(1), sha256(1)):
                held = screened(client, known)
                assert (held["verdict"], held["as_of_seq"]) == ("review", seq)
                (hit,) = held["hits"]
                assert (hit["id"], hit["bank"], hit["standing"], hit["distance"]) == (None, None, "unknown", 0)
                assert "The store is away" in held["note"]
            for harmless in (pdq(2), sha256(2), pdq(3), sha256(3)):  # 2 was withdrawn, and stays so
                answer = screened(client, harmless)
                assert (answer["verdict"], answer["hits"]) == ("allow", [])
                assert "The store is away" in answer["note"]
            assert client.post("/v1/screen", content=made_photo(), headers=JPEG).json()["verdict"] == "allow"
            refused = client.post("/v1/cases", json=case_of([pdq(9)]))
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "store_unavailable")
            ready = client.get("/readyz")
            assert (ready.status_code, ready.json()["store"]) == (503, False)
            assert ready.json()["error"]["message"] == "The store does not answer."
            wait_until(lambda: is_known_to_be_away(live))
            rounds += 1
            time.sleep(PAUSE_S)
        assert rounds > 1
        store.is_away = False
        wait_until(lambda: client.get("/readyz").status_code == 200)
        assert screened(client, pdq(1))["hits"][0]["standing"] == "unconfirmed"
        assert screened(client, pdq(3))["note"] is None


def test_a_store_that_hangs_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: Machine
) -> None:
    with service(tmp_path) as (_, store, client):
        with monkeypatch.context() as patched, machine.timed() as answered:
            patched.setattr(guard, "PATIENCE_S", 0.2)  # while it hangs; what answers is given all the time it needs
            store.answers.clear()
            for _ in range(20):  # more than there are threads that ask
                assert screened(client, pdq(1))["verdict"] == "review"
                assert screened(client, pdq(3))["verdict"] == "allow"
            assert client.get("/readyz").json()["error"]["message"] == "The store does not answer."
        assert answered.waking_s < 10
        store.answers.set()
        wait_until(lambda: client.get("/readyz").status_code == 200)
        assert screened(client, pdq(1))["hits"][0]["standing"] == "unconfirmed"


def test_a_store_that_was_away_for_too_long_is_no_longer_answered_for(tmp_path: Path) -> None:
    with service(tmp_path) as (live, store, client):
        store.is_away = True
        assert screened(client, pdq(3))["verdict"] == "allow"
        wait_until(lambda: is_known_to_be_away(live))
        follower = live.app.state.service.follower
        follower.in_step_at -= live.node.config.alone_s  # so long ago, and a little more
        answer = client.post("/v1/screen", json={"fingerprints": [pdq(3)]})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store_unavailable")
        assert int(answer.headers["retry-after"]) > 0


def test_what_memory_does_not_hold_is_never_allowed(tmp_path: Path) -> None:
    with service(tmp_path, max_digests=0) as (_, store, client):
        store.is_away = True
        answer = client.post("/v1/screen", json={"fingerprints": [sha256(3)]})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_ready")
        assert screened(client, sha256(3), pdq(1))["verdict"] == "review"  # a hit is a hit all the same
        assert screened(client, pdq(3))["verdict"] == "allow"


def test_nobody_comes_in_because_the_store_is_away(tmp_path: Path) -> None:
    with service(tmp_path) as (live, store, client):
        stranger = live.client()
        stranger.headers["Authorization"] = "Bearer unseen_" + "0" * 64
        weak = live.client(Scope.CASE)
        wait_until(lambda: len(live.app.state.service.recall._tokens) == 2)
        store.is_away = True
        assert stranger.post("/v1/screen", json={"fingerprints": [pdq(1)]}).status_code == 503
        assert weak.post("/v1/screen", json={"fingerprints": [pdq(1)]}).status_code == 403
        assert client.post("/v1/screen", json={"fingerprints": [pdq(1)]}).status_code == 200


def test_a_hit_that_cannot_be_recorded_is_answered_and_says_so(tmp_path: Path) -> None:
    with service(tmp_path) as (_, store, client):
        store.is_full = True
        answer = screened(client, pdq(1))
        assert (answer["verdict"], answer["hits"][0]["id"]) == ("review", None)
        assert answer["hits"][0]["standing"] == "unconfirmed"
        assert "could not be recorded" in answer["note"]
        assert screened(client, pdq(3))["note"] is None
        refused = client.post("/v1/cases", json=case_of([pdq(9)]))
        assert (refused.status_code, refused.json()["error"]["code"]) == (507, "storage_full")
        store.is_full = False
        hit = screened(client, pdq(1))["hits"][0]["id"]
        decided = client.post(f"/v1/hits/{hit}/decision", json={"decision": "wrong", "done": "left"})
        assert decided.status_code == 200


@pytest.mark.parametrize("days", [-400, 400])
def test_a_clock_that_jumps_disturbs_neither_readiness_nor_matching(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    clock = HandClock()
    with memory_node(tmp_path) as node:
        object.__setattr__(node, "clock", clock)
        with running(node) as live:
            client = live.client(Scope.ADMIN)
            bank(client, 1)
            real = time.time
            clock.move(timedelta(days=days))
            monkeypatch.setattr(time, "time", lambda: real() + 86_400 * days)
            bank(client, 2)
            for _ in range(5):
                assert client.get("/readyz").status_code == 200
                assert [screened(client, pdq(seed))["verdict"] for seed in (1, 2, 3)] == ["review", "review", "allow"]
                time.sleep(0.1)
            changes = client.get("/v1/changes").json()["changes"]
            assert [change["seq"] for change in changes] == [1, 2, 3, 4]  # the order is the seq's, not the clock's


def test_a_snapshot_of_another_version_is_built_anew(tmp_path: Path) -> None:
    config = Config(data_folder=tmp_path / "data", port=0)
    with open_node(config) as node:
        secret = new_token(node, Scope.ADMIN)
        node.index.open()
        with running(node) as live:
            client = live.client(Scope.ADMIN)
            bank(client, 1)
            bank(client, 2, retire=True)
        node.index.pictures._opened()._flush_after = 1
        node.index.tidy()
    written = [path for path in config.data_folder.glob("pdq-*") if path.stat().st_size > 4096]
    assert written
    for path in written:
        content = bytearray(path.read_bytes())
        content[12:16] = (999).to_bytes(4, sys.byteorder)  # after the magic and the byte order
        path.write_bytes(content)
    with open_node(config) as node, running(node) as live:
        headers = {"Authorization": f"Bearer {secret}"}
        with httpx.Client(base_url=live.url, headers=headers, timeout=60, trust_env=False) as client:
            wait_until(lambda: client.get("/readyz").status_code == 200)
            assert [screened(client, pdq(seed))["verdict"] for seed in (1, 2)] == ["review", "allow"]


_HOLD = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX, 8, 120)
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_file_that_another_process_holds_keeps_no_search_waiting(tmp_path: Path, machine: Machine) -> None:
    """The locks of SQLite's readers (wal-index bytes 120 to 127) are taken: the real store hangs, then answers."""
    folder = tmp_path / "data"
    with open_node(Config(data_folder=folder)) as node:
        secret = new_token(node, Scope.ADMIN)
    with served_node(folder, secret, workers=1, log=tmp_path / "log") as served:
        client = served.client()
        bank(client, 1)
        banked_at = time.monotonic()
        wait_until(lambda: followed_at(client) > banked_at)
        holder = [sys.executable, "-c", _HOLD, str(folder / "unseen.sqlite3-shm")]
        with subprocess.Popen(holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as held:
            assert held.stdin is not None
            assert held.stdout is not None
            assert held.stdout.readline() == b"held\n"
            deadline = time.monotonic() + 6
            while time.monotonic() < deadline:
                with machine.timed() as answered:
                    assert screened(client, pdq(1))["verdict"] == "review"
                    assert screened(client, sha256(3))["verdict"] == "allow"
                assert answered.waking_s < 9  # the patience, for token and search of two uploads, on a busy machine
            assert client.get("/readyz").json()["error"]["message"] == "The store does not answer."
            held.stdin.close()
            held.wait(60)
        wait_until(lambda: client.get("/readyz").status_code == 200, within_s=60)
        assert screened(client, pdq(1))["hits"][0]["bank"] == "cases"
