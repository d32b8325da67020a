"""``kill -9`` of the server at random moments under load, fifty times: what it confirmed is there, and holds."""

import csv
import io
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher

from support.node import GOOD
from support.served import nursery
from support.service import case_of, new_token, wait_until
from unseen.act.policy import MAX_FINDINGS
from unseen.compose import Node, open_node
from unseen.config import Config
from unseen.desk.open_case import open_case
from unseen.desk.tokens import Scope
from unseen.fingerprint.records import Fingerprint, Kind

KILLS = 50
EARLIER_CASES = 300
SEED = 20261122
MOST_WAIT_S = 0.5  # from the first request of the load to the kill


@dataclass
class Ledger:
    """What the service confirmed, and what it was asked for but did not confirm before it was killed."""

    draw: random.Random = field(default_factory=lambda: random.Random(SEED))
    protected: set[str] = field(default_factory=set)  # codes that must match
    ended: set[str] = field(default_factory=set)  # codes whose withdrawal was confirmed: they must not
    cases: list[tuple[str, str, str]] = field(default_factory=list)  # number, PIN, code; not yet asked to withdraw
    in_doubt: list[list[str]] = field(default_factory=list)  # codes of one unconfirmed list: all are there, or none
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_full_enough(self, part: float) -> bool:
        """Whether so much of the load was confirmed that it says something; ``part`` of the kills are done."""
        return len(self.protected) >= 10 * KILLS * part and len(self.ended) >= KILLS // 2 * part

    def new_code(self) -> str:
        with self.lock:
            return self.draw.randbytes(32).hex()


def as_pdq(code: str) -> dict[str, Any]:
    return {"kind": "pdq", "code": code, "quality": 100}


def add_entries(client: httpx.Client, ledger: Ledger) -> None:
    codes = [ledger.new_code() for _ in range(5)]
    listed = {"source": "list", "reason": "under load", "fingerprints": [as_pdq(code) for code in codes]}
    answer = confirmed_or_in_doubt(ledger, codes, lambda: client.post("/v1/banks/cases/entries", json=listed))
    assert len(answer["entries"]) == 5


def import_list(client: httpx.Client, ledger: Ledger) -> None:
    codes = [ledger.new_code() for _ in range(40)]
    text = io.StringIO()
    csv.writer(text).writerows([("kind", "code"), *(("pdq", code) for code in codes)])
    confirmed_or_in_doubt(
        ledger,
        codes,
        lambda: client.post(
            "/v1/banks/cases/entries",
            params={"source": "long list", "reason": "under load"},
            content=text.getvalue(),
            headers={"Content-Type": "text/csv"},
        ),
    )
    time.sleep(0.05)  # leave the disk to the others


def confirmed_or_in_doubt(ledger: Ledger, codes: list[str], ask: Callable[[], httpx.Response]) -> dict[str, Any]:
    try:
        answer = ask()
    except httpx.TransportError:
        ledger.in_doubt.append(codes)
        raise
    assert answer.status_code == 201, answer.text
    ledger.protected.update(codes)
    said: dict[str, Any] = answer.json()
    return said


def ask_for_case(client: httpx.Client, ledger: Ledger, shared: str) -> None:
    """Every case protects a picture of its own and one that another case, never withdrawn, protects too."""
    code = ledger.new_code()
    answer = client.post("/v1/cases", json=case_of([as_pdq(code)], [as_pdq(shared)]))
    assert answer.status_code == 201, answer.text
    opened = answer.json()
    ledger.protected.add(code)
    ledger.cases.append((opened["number"], opened["pin"], code))
    time.sleep(0.2)  # stretching a PIN takes all cores: leave them to the withdrawals


def withdraw_case(client: httpx.Client, ledger: Ledger) -> None:
    if not ledger.cases:
        client.get("/healthz")  # nothing to withdraw yet; is the server still there?
        return
    number, pin, code = ledger.cases.pop(0)
    ledger.protected.discard(code)  # from here on in doubt, until the receipt is here
    answer = client.post(f"/v1/cases/{number}/withdrawal", json={"pin": pin})
    assert answer.status_code == 200, answer.text
    ledger.ended.add(code)


def open_earlier_case(node: Node, ledger: Ledger, shared: str) -> None:
    """A case to withdraw under load.  Its PIN is kept cheaply, so that many withdrawals fit between two kills."""
    node.pins._argon2id = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    code = ledger.new_code()
    pictures = ([Fingerprint.from_hex(Kind.PDQ, each, 100)] for each in (code, shared))
    opened = open_case(GOOD, pictures, store=node.store, pins=node.pins, clock=node.clock, random_bits=node.random_bits)
    ledger.protected.add(code)
    ledger.cases.append((str(opened.case.number), opened.pin.digits, code))


@contextmanager
def load(url: str, token: str, ledger: Ledger, shared: str) -> Iterator[None]:
    """Adds, imports, cases and withdrawals at the same time, each as fast as it is answered, until the server dies."""
    jobs: list[Callable[[httpx.Client], None]] = [
        lambda client: add_entries(client, ledger),
        lambda client: import_list(client, ledger),
        lambda client: ask_for_case(client, ledger, shared),
        lambda client: withdraw_case(client, ledger),
    ]

    def keep_on(job: Callable[[httpx.Client], None]) -> None:
        with client_of(url, token) as client:
            try:
                while True:
                    job(client)
            except httpx.TransportError:
                return  # it was killed

    with ThreadPoolExecutor(len(jobs)) as pool:
        running = [pool.submit(keep_on, job) for job in jobs]
        yield
        for work in running:
            work.result()


def client_of(url: str, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False, verify=False)


def hits_of(client: httpx.Client, codes: list[str]) -> int:
    """How many entries are hit when ``codes`` are screened; each code has at most one, for they are random."""
    hits = 0
    for start in range(0, len(codes), MAX_FINDINGS):
        answer = client.post(
            "/v1/screen", json={"fingerprints": [as_pdq(code) for code in codes[start : start + MAX_FINDINGS]]}
        )
        assert answer.status_code == 200, answer.text
        hits += len(answer.json()["hits"])
    return hits


@dataclass
class Checked:
    """What was looked at already, so that each round looks at its own news; the last one looks at everything."""

    protected: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)

    def news(self, client: httpx.Client, ledger: Ledger, shared: str) -> None:
        """Every confirmation since the last look holds, and no list is half there."""
        assert hits_of(client, [shared]) == 1
        ended = sorted(ledger.ended - self.ended)
        assert hits_of(client, ended) == 0, "a confirmed withdrawal was lost"
        protected = sorted(ledger.protected - self.protected)
        assert hits_of(client, protected) == len(protected), "a confirmed entry was lost"
        for codes in ledger.in_doubt:
            there = hits_of(client, codes)
            assert there in (0, len(codes)), "a list is half there"
            if there:
                ledger.protected.update(codes)
                self.protected.update(codes)
        ledger.in_doubt.clear()
        self.protected.update(protected)
        self.ended.update(ended)


def test_what_was_confirmed_survives_fifty_kills(tmp_path: Path) -> None:
    data_folder, ledger, checked = tmp_path / "data", Ledger(), Checked()
    shared = ledger.new_code()
    with open_node(Config(data_folder=data_folder)) as node:
        token = new_token(node, Scope.ADMIN)
        for _ in range(EARLIER_CASES):
            open_earlier_case(node, ledger, shared)
    with nursery(data_folder, log=tmp_path / "log") as servers:
        for kill in range(KILLS + 1):
            pid, url = servers.start()
            with client_of(url, token) as client:
                if kill == 0:
                    assert client.post("/v1/cases", json=case_of([as_pdq(shared)])).status_code == 201
                wait_until(lambda: client.get("/readyz").status_code == 200)  # the index opens again
                if kill == KILLS:
                    checked = Checked()
                checked.news(client, ledger, shared)
                seqs = client.get("/readyz").json()["seqs"]
                assert seqs["index"] == seqs["store"]
                if kill < KILLS:
                    with load(url, token, ledger, shared):
                        try:
                            wait_until(lambda part=(kill + 1) / KILLS: ledger.is_full_enough(part))
                            time.sleep(ledger.draw.uniform(0, MOST_WAIT_S))
                        finally:
                            servers.kill(pid)
        assert servers.stop(pid) == 0
    assert ledger.is_full_enough(0.9), "the load was too light to say anything"
