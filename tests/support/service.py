"""The service for tests: a real uvicorn on a free port, in a thread of the test's own process."""

import io
import random
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from fastapi import FastAPI
from PIL import Image

from unseen.bank.records import Bank
from unseen.base import SystemClock
from unseen.case import LinkSigner, PinKeeper
from unseen.compose import Node, limits_of
from unseen.config import Config
from unseen.desk.counts import COUNTS_BYTES
from unseen.desk.indexes import Indexes
from unseen.desk.items import CASE_BANK
from unseen.desk.make_token import make_token
from unseen.desk.ports import Mail, Store
from unseen.desk.tokens import Scope
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.limits import VideoLimits
from unseen.http.app import create_app
from unseen.http.server import Server, address_of, bound
from unseen.store import MemoryStore

STATEMENTS = {"acting": "myself", "sharing": "shared", "without_consent": True, "age": "adult"}


@contextmanager
def memory_node(
    folder: Path, *, store: Store | None = None, mail: Mail | None = None, **settings: Any
) -> Iterator[Node]:
    """A node over a memory store; its index is not open yet.

    It is more patient than a node need be: what a test says of time limits is said with limits of its own.
    """
    patient = {"max_lag_s": 60.0, "decode_timeout_s": 60.0, "cases_an_hour": 1000}
    config = Config(data_folder=folder, port=0, **{**patient, **settings})
    store = store or MemoryStore()
    with store.write() as tx:
        tx.put_bank(Bank(name=CASE_BANK))
    limits = limits_of(config)
    with DecoderPool(limits, workers=1) as decoder, VideoDecoder(VideoLimits(stall_s=60.0), workers=1) as videos:
        yield Node(
            config=config,
            store=store,
            index=Indexes(store, folder, region_key=bytes(32) if config.regions else None),
            pins=PinKeeper(bytes(32)),
            links=LinkSigner(bytes(32)),
            mail=mail,
            session_key=bytes(32),
            limits=limits,
            decoder=decoder,
            videos=videos,
            clock=SystemClock(),
            random_bits=secrets.randbits,
        )


def forget_tries(live: "LiveService") -> None:
    """Let a test begin as if nobody had tried a PIN or opened a case."""
    counts = live.app.state.service.seat.board.counts
    first = counts._start + 32  # after the key
    counts._memory[first : counts._start + COUNTS_BYTES] = bytes(COUNTS_BYTES - 32)


def new_token(node: Node, *scopes: Scope, name: str | None = None) -> str:
    """The secret of a fresh token."""
    name = name or "-".join(sorted(scopes)) + f"-{secrets.token_hex(4)}"
    return make_token(name, scopes, store=node.store, clock=node.clock, random_bits=node.random_bits).secret


@dataclass
class LiveService:
    """A service that listens."""

    node: Node
    app: FastAPI
    url: str
    clients: list[httpx.Client] = field(default_factory=list)

    def client(self, *scopes: Scope, name: str | None = None) -> httpx.Client:
        """A client with a token of these scopes; without any, it has no token."""
        headers = {"Authorization": f"Bearer {new_token(self.node, *scopes, name=name)}"} if scopes else {}
        client = httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)
        self.clients.append(client)
        return client

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, for a socket."""
        url = httpx.URL(self.url)
        return url.host, url.port or 80


@contextmanager
def running(node: Node, *, ready: bool = True) -> Iterator[LiveService]:
    """The service over ``node``; ``ready`` waits until it takes uploads."""
    app, listening = create_app(node), threading.Event()
    with bound("127.0.0.1", 0) as listener:
        server = Server(app, listener, listening.set)
        server.config.timeout_keep_alive = 600  # a slow test must not find its connection closed under it
        thread = threading.Thread(target=server.listen, name="service under test")
        thread.start()
        try:
            assert listening.wait(60), "the service did not start"
            live = LiveService(node=node, app=app, url=address_of(listener))
            if ready:
                wait_until(lambda: app.state.service.follower.is_open)
            yield live
            for client in live.clients:
                client.close()
        finally:
            server.should_exit = True
            thread.join(60)
            assert not thread.is_alive(), "the service did not stop"


def wait_until(holds: Any, *, within_s: float = 240.0) -> None:
    """Wait for a condition; fail when it does not come.  A first start compiles the kernels, which takes a minute."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def made_photo() -> bytes:
    """A JPEG with plenty to compare: smooth hills of noise."""
    draw = np.random.default_rng(5)
    coarse = Image.fromarray(draw.integers(0, 256, (12, 16), np.uint8))
    file = io.BytesIO()
    coarse.resize((640, 480), Image.Resampling.BICUBIC).convert("RGB").save(file, "JPEG", quality=92)
    return file.getvalue()


def pdq(seed: int, *, quality: int = 100) -> dict[str, Any]:
    """A made-up PDQ fingerprint as JSON: the same one for the same seed."""
    return {"kind": "pdq", "code": random.Random(f"pdq {seed}").randbytes(32).hex(), "quality": quality}


def sha256(seed: int) -> dict[str, Any]:
    """A made-up SHA-256 as JSON."""
    return {"kind": "sha256", "code": random.Random(f"sha256 {seed}").randbytes(32).hex()}


def case_of(*pictures: list[dict[str, Any]]) -> dict[str, Any]:
    """A case to open, as JSON."""
    return {"statements": STATEMENTS, "items": [{"fingerprints": fingerprints} for fingerprints in pictures]}


def screened(client: httpx.Client, *fingerprints: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The verdict on fingerprints."""
    answer = client.post("/v1/screen", json={"fingerprints": list(fingerprints), **more})
    assert answer.status_code == 200, answer.text
    return answer.json()
