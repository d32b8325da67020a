"""A node that was away for an hour, while another went on: first it catches up, then it answers, and rightly."""

import random
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from contract.store_makers import WHY, case
from support.service import LiveService, memory_node, running, screened, wait_until
from support.stores import open_store
from unseen.desk.index import BankIndex
from unseen.desk.items import CASE_BANK
from unseen.desk.ports import Reader, Store
from unseen.desk.tokens import Scope
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.match.layout import to_words

OLD, NEW = 3_000, 4_000  # entries from before, and while the node is away
FLUSH_AFTER = 500  # so that all of it is about files too
AN_HOUR_S = 3_600.0
NOW = datetime(2026, 3, 1, tzinfo=UTC)
_OF_THE_NODE = ("unseen-follower", "unseen-tidy", "unseen-keeper")


class Stopped:
    """A store whose node, but not who asks it whether it is ready, can be stopped in what it reads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.goes_on = threading.Event()
        self.goes_on.set()

    @contextmanager
    def read(self) -> Iterator[Reader]:
        if threading.current_thread().name.startswith(_OF_THE_NODE):
            assert self.goes_on.wait(600)
        with self._store.read() as reader:
            yield reader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@dataclass(frozen=True)
class Place:
    """Where two nodes keep the same bank: one folder, for a store that is a file, else a folder each."""

    url: str
    ours: Path  #: of the node that goes away
    theirs: Path


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    for name in ("one", "two"):
        (tmp_path / name).mkdir(mode=0o700)
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").new_database()
        return Place(url=url, ours=tmp_path / "one", theirs=tmp_path / "two")
    return Place(url=f"sqlite:///{tmp_path / 'one' / 'unseen.sqlite3'}", ours=tmp_path / "one", theirs=tmp_path / "one")


def fingerprints(first: int, n: int) -> list[Fingerprint]:
    draw = random.Random(first)
    return [Fingerprint(kind=Kind.PDQ, code=draw.randbytes(32), quality=90) for _ in range(n)]


def protect(store: Store, some: list[Fingerprint]) -> list[int]:
    with store.write() as tx:
        return list(tx.protect(CASE_BANK, some, source=case("A"), confirmed_by=None, at=NOW, **WHY))


@contextmanager
def served(place: Place, store: Stopped, *, ready: bool = True) -> Iterator[LiveService]:
    """The node over its folder."""
    with memory_node(place.ours, store=store, max_lag_s=60.0, erase_after_days=36_500.0) as node:
        node.index.pictures._flush_after = FLUSH_AFTER
        with running(node, ready=ready) as live:
            try:
                yield live
            finally:
                store.goes_on.set()


def others_go_on(place: Place, old: list[int]) -> tuple[list[Fingerprint], set[int], set[int]]:
    """What another node does in that hour: what it added, and the ids of both kinds that it retired, then erased."""
    new = fingerprints(1, NEW)
    with closing(open_store(place.url)) as store:
        index = BankIndex(store, place.theirs, flush_after=FLUSH_AFTER)
        index.open()
        ids: list[int] = []
        for start in range(0, NEW, 400):
            ids += protect(store, new[start : start + 400])
            index.tidy()
        erased = {*old[:700], *ids[:300]}
        with store.write() as tx:
            tx.retire(sorted(erased), at=NOW, **WHY)
        with store.write() as tx:
            assert tx.erase(retired_before=NOW + timedelta(1), at=NOW, **WHY) == len(erased)
        retired = {*old[700:1_200], *ids[300:600]}
        with store.write() as tx:
            tx.retire(sorted(retired), at=NOW + timedelta(2), **WHY)
        store.scrub()
        index.catch_up()
        index.tidy()
        assert index.seq == OLD + NEW + len(retired) + 2 * len(erased)
    return new, retired, erased


def is_in_a_file(folder: Path, some: list[Fingerprint]) -> bool:
    words = [to_words(np.frombuffer(f.code, np.uint8).reshape(1, 32)).tobytes() for f in some]
    files = [path.read_bytes() for path in folder.glob("*pdq-*.snapshot")]
    return any(word in file for file in files for word in words)


def in_json(fingerprint: Fingerprint) -> dict[str, Any]:
    return {"kind": "pdq", "code": fingerprint.hex, "quality": 90}


def expect_the_truth(
    live: LiveService, client: httpx.Client, some: dict[int, Fingerprint], gone: set[int], newest: int
) -> None:
    index = live.node.index.pictures
    assert index.seq == newest
    ids = sorted(some)
    queries = np.frombuffer(b"".join(some[i].code for i in ids), np.uint8).reshape(-1, 32)
    assert index.search(queries, 0).ids.tolist() == [i for i in ids if i not in gone]
    for i in (ids[0], ids[900], ids[1_500], ids[OLD], ids[OLD + 400], ids[-1]):
        assert bool(screened(client, in_json(some[i]))["hits"]) is (i not in gone)


def expect_not_ready(live: LiveService, client: httpx.Client, why: str, asked: Fingerprint) -> None:
    """It says so, and calls no upload harmless."""
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["error"]["message"]) == (503, why)
    refused = client.post("/v1/screen", json={"fingerprints": [in_json(asked)]})
    assert refused.status_code == 503, refused.text
    assert live.client().get("/healthz").status_code == 200


@pytest.mark.parametrize("how", ["stood still", "was off"])
def test_a_node_that_comes_back_after_an_hour_catches_up_before_it_answers(place: Place, how: str) -> None:
    with closing(open_store(place.url)) as real:
        store = Stopped(real)
        before = fingerprints(0, OLD)
        with served(place, store) as live:
            client = live.client(Scope.ADMIN)
            old = [i for start in range(0, OLD, 300) for i in protect(real, before[start : start + 300])]
            wait_until(lambda: live.node.index.seq == OLD and is_in_a_file(place.ours, before[:1]))
            assert screened(client, in_json(before[0]))["hits"]
            if how == "stood still":
                store.goes_on.clear()
                new, retired, erased = others_go_on(place, old)
                follower = live.app.state.service.follower
                wait_until(lambda: follower.lag_s() > 1)  # its last look has ended
                follower.in_step_at -= AN_HOUR_S
                come_back(live, client, store, place, before, new, retired, erased)
                return
        new, retired, erased = others_go_on(place, old)
        store.goes_on.clear()
        with served(place, store, ready=False) as live:
            come_back(live, live.client(Scope.ADMIN), store, place, before, new, retired, erased)


def come_back(
    live: LiveService,
    client: httpx.Client,
    store: Stopped,
    place: Place,
    before: list[Fingerprint],
    new: list[Fingerprint],
    retired: set[int],
    erased: set[int],
) -> None:
    """The node's first moments: still behind, then in step, with everything right and nothing kept that was erased."""
    lags = "The index lags behind the store for longer than it may."
    why = lags if live.app.state.service.follower.is_open else "The index is still loading."
    expect_not_ready(live, client, why, new[-1])
    store.goes_on.set()
    wait_until(lambda: client.get("/readyz").status_code == 200)
    everything = dict(enumerate([*before, *new], start=1))
    newest = OLD + NEW + len(retired) + 2 * len(erased)
    expect_the_truth(live, client, everything, retired | erased, newest)
    wait_until(lambda: not is_in_a_file(place.ours, [everything[i] for i in sorted(erased)]))
    expect_the_truth(live, client, everything, retired | erased, newest)
