"""The socket that the service listens on."""

import asyncio
import hashlib
import json
import random
import re
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
import uvicorn
from uvicorn.server import ServerState

from support.machine import Machine
from support.service import LiveService, wait_until
from unseen.base import Misconfigured
from unseen.http import connections
from unseen.http.server import address_of, bound


def test_port_0_takes_a_free_port_and_says_which() -> None:
    with bound("127.0.0.1", 0) as listener:
        port = int(address_of(listener).removeprefix("http://127.0.0.1:"))
        socket.create_connection(("127.0.0.1", port), timeout=60).close()


def test_an_ipv6_address_is_written_as_a_url() -> None:
    try:
        listener = bound("::1", 0)
    except Misconfigured:
        pytest.skip("this machine has no IPv6")
    with listener:
        assert address_of(listener).startswith("http://[::1]:")


def test_a_port_that_is_taken_is_said_to_be() -> None:
    with bound("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(Misconfigured, match=f"Cannot listen on 127.0.0.1 port {port}: .*UNSEEN_PORT"):
            bound("127.0.0.1", port)


def test_a_host_that_is_none_is_said_to_be() -> None:
    with pytest.raises(Misconfigured, match="UNSEEN_HOST"):
        bound("300.300.300.300", 0)


def test_small_answers_are_sent_at_once(live: LiveService) -> None:
    """Without TCP_NODELAY nearly each would wait some 40 ms for an acknowledgement of its headers.

    Not the first ten, which are acknowledged at once; and what a busy machine delays is not nearly each.
    """
    client, waits = live.client(), list[float]()
    for _ in range(40):
        started = time.perf_counter()
        assert client.post("/v1/screen", content=b"x").status_code == 401
        waits.append(time.perf_counter() - started)
    assert sorted(waits[10:])[8] < 0.03


def test_a_broken_request_line_is_refused(live: LiveService) -> None:
    with socket.create_connection(live.address, timeout=60) as line:
        line.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        assert line.recv(4096).startswith(b"HTTP/1.1 400 ")
    assert httpx.get(live.url + "/healthz", trust_env=False).status_code == 200


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTT", b"\r\n"], ids=["nothing", "half a head", "an empty line"])
def test_a_head_that_does_not_come_is_not_waited_for(
    live: LiveService, monkeypatch: pytest.MonkeyPatch, machine: Machine, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 0.3)
    with machine.timed() as taken, socket.create_connection(live.address, timeout=60) as line:
        line.sendall(sent)
        assert line.recv(4096) == b""  # it hung up
    assert taken.elapsed_s > 0.2
    assert taken.waking_s < 2


@pytest.mark.parametrize("line_sent", [b"X-Long: " + b"x" * 60_000 + b"\r\n", b"x" * 60_000], ids=["lines", "one line"])
def test_a_head_that_does_not_end_is_not_kept(live: LiveService, line_sent: bytes) -> None:
    with socket.create_connection(live.address, timeout=60) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-First: ")
        with suppress(ConnectionError):  # it hung up
            for _ in range(200):
                line.sendall(line_sent)
            pytest.fail("It took twelve megabytes of head.")
    assert httpx.get(live.url + "/healthz", trust_env=False).status_code == 200


async def ok(_: object, __: object, send: Callable[[Any], Awaitable[None]]) -> None:
    """The smallest app there is."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def settled() -> None:
    """Whatever was sent on this event loop has been received on it."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_connection_that_is_used_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """On an event loop whose clock is moved by hand, by far more than any machine stands still."""
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 1000.0)
    config = uvicorn.Config(ok, http=connections.Connection, lifespan="off", timeout_keep_alive=100_000)
    config.load()
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

    async def use(waits_s: float) -> int:
        """How often it is answered when half a head is waited for so long each time."""
        loop, answers = asyncio.get_running_loop(), 0
        state = ServerState()

        def wait(seconds: float, time: Callable[[], float] = loop.time) -> None:
            nonlocal moved
            moved += seconds
            monkeypatch.setattr(loop, "time", lambda: time() + moved)

        moved = 0.0
        server = await loop.create_server(lambda: connections.Connection(config, state, {}), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for _ in range(3):
            writer.write(request[:9])
            await settled()
            wait(waits_s)
            await settled()
            if reader.at_eof():
                break
            writer.write(request[9:])
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")
            answers += 1
            wait(5000)  # between two requests the time of a head does not run
            await settled()
        writer.close()
        server.close()
        await server.wait_closed()
        return answers

    assert asyncio.run(use(waits_s=600)) == 3
    assert asyncio.run(use(waits_s=1200)) == 0


def upload(token: str, body: bytes) -> bytes:
    head = f"POST /v1/screen HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nContent-Type: image/jpeg\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def answers(line: socket.socket, count: int) -> list[tuple[int, dict[str, Any]]]:
    """Status and body of the next ``count`` answers."""
    told, found = b"", list[tuple[int, dict[str, Any]]]()
    while len(found) < count:
        head, end, rest = told.partition(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head)[1]) if end else 0
        if not end or len(rest) < length:
            piece = line.recv(1 << 16)
            assert piece, "it hung up"
            told += piece
            continue
        found.append((int(head.split()[1]), json.loads(rest[:length])))
        told = rest[length:]
    return found


@pytest.mark.parametrize("length", [0, 1, 700_001], ids=str)
@pytest.mark.parametrize("piece", [1 << 10, 65_537, 1 << 30], ids=["small", "odd", "whole"])
def test_every_byte_of_a_long_body_arrives_whatever_the_pieces(
    live: LiveService, platform: httpx.Client, banker: httpx.Client, photo: bytes, length: int, piece: int
) -> None:
    body = photo + random.Random(length).randbytes(length)
    banker.post("/v1/banks", json={"name": "bodies"})
    code = {"kind": "sha256", "code": hashlib.sha256(body).hexdigest()}
    listed = {"source": "list", "reason": "test", "fingerprints": [code]}
    assert banker.post("/v1/banks/bodies/entries", json=listed).status_code in (200, 201)
    sent = upload(platform.headers["Authorization"], body)
    with socket.create_connection(live.address, timeout=60) as line:
        for _ in range(2):  # and the connection is as good as new
            for at in range(0, len(sent), piece):
                line.sendall(sent[at : at + piece])
            ((status, answer),) = answers(line, 1)
            assert (status, len(answer["hits"])) == (200, 1)


def test_requests_behind_a_long_body_are_answered_in_order(
    live: LiveService, platform: httpx.Client, photo: bytes
) -> None:
    token, health = platform.headers["Authorization"], b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    sent = (upload(token, photo + bytes(400_000)) + health) * 3
    with socket.create_connection(live.address, timeout=60) as line:
        line.sendall(sent)
        told = answers(line, 6)
    assert [(status, "verdict" in answer) for status, answer in told] == [(200, True), (200, False)] * 3


def test_after_a_refusal_the_rest_of_a_long_body_is_no_request(live: LiveService, platform: httpx.Client) -> None:
    inner = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 20_000
    with socket.create_connection(live.address, timeout=60) as line:
        line.sendall(upload("Bearer nobody", inner)[:-500_000])
        assert [status for status, _ in answers(line, 1)] == [401]
        with suppress(OSError):  # it may hang up meanwhile
            line.sendall(inner[-500_000:])
            line.shutdown(socket.SHUT_WR)
        told = b""
        with suppress(ConnectionError):
            while piece := line.recv(1 << 16):
                told += piece
        assert told == b""


def test_whoever_hangs_up_in_a_long_body_frees_its_place(live: LiveService, platform: httpx.Client) -> None:
    lane = live.app.state.service.screening
    with socket.create_connection(live.address, timeout=60) as line:
        line.sendall(upload(platform.headers["Authorization"], bytes(900_000))[:-1])
        wait_until(lambda: lane.inside == 1)
    wait_until(lambda: lane.inside == 0)


def test_a_client_that_waits_to_be_told_to_go_on_is_told(
    live: LiveService, platform: httpx.Client, photo: bytes
) -> None:
    sent = upload(platform.headers["Authorization"], photo + bytes(400_000))
    head, _, body = sent.partition(b"\r\n\r\n")
    with socket.create_connection(live.address, timeout=60) as line:
        line.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
        assert line.recv(4096).startswith(b"HTTP/1.1 100 ")
        line.sendall(body)
        assert [status for status, _ in answers(line, 1)] == [200]
