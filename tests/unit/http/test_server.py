"""The socket that the service listens on."""

import socket
import statistics
import time

import httpx
import pytest

from support.service import LiveService
from unseen.base import Misconfigured
from unseen.http import connections
from unseen.http.server import address_of, bound


def test_port_0_takes_a_free_port_and_says_which() -> None:
    with bound("127.0.0.1", 0) as listener:
        port = int(address_of(listener).removeprefix("http://127.0.0.1:"))
        socket.create_connection(("127.0.0.1", port), timeout=5).close()


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
    """Without TCP_NODELAY each would wait some 40 ms for an acknowledgement of its headers."""
    client, waits = live.client(), list[float]()
    for _ in range(15):
        started = time.perf_counter()
        assert client.post("/v1/screen", content=b"x").status_code == 401
        waits.append(time.perf_counter() - started)
    assert statistics.median(waits) < 0.03


def test_a_broken_request_line_is_refused(live: LiveService) -> None:
    with socket.create_connection(live.address, timeout=5) as line:
        line.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        assert line.recv(4096).startswith(b"HTTP/1.1 400 ")
    assert httpx.get(live.url + "/healthz", trust_env=False).status_code == 200


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTT"], ids=["nothing", "half a head"])
def test_a_head_that_does_not_come_is_not_waited_for(
    live: LiveService, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 0.3)
    started = time.monotonic()
    with socket.create_connection(live.address, timeout=5) as line:
        line.sendall(sent)
        assert line.recv(4096) == b""  # it hung up
    assert 0.2 < time.monotonic() - started < 2


def test_a_connection_that_is_used_is_kept(live: LiveService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 0.2)
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(live.address, timeout=5) as line:
        for _ in range(3):
            line.sendall(request[:9])
            time.sleep(0.1)
            line.sendall(request[9:])
            answer = b""
            while not answer.endswith(b"}"):
                piece = line.recv(4096)
                assert piece, "it hung up"
                answer += piece
            time.sleep(0.3)  # between two requests the time of a head does not run
