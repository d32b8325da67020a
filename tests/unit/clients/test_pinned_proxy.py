"""The browser's only way out reaches public addresses, and those that it looked at."""

import ipaddress
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from unseen.clients.pinned_proxy import PinnedProxy, is_public


def local(address: object) -> bool:
    return str(address) == "127.0.0.1"


@pytest.fixture
def server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = f"{self.path} {self.headers['Host']}".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::a00:1",
    ],
)
def test_what_is_not_public_is_not_reached(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::6810:84e5", "64:ff9b::5db8:d70e"])
def test_what_is_public_is(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_a_page_comes_through_and_the_address_is_written_down(server: str) -> None:
    with PinnedProxy(local).running() as proxy, httpx.Client(proxy=proxy.url, trust_env=False) as client:
        assert client.get(f"http://{server}/a?b=c").text == f"/a?b=c {server}"
        assert proxy.reached == {"127.0.0.1": "127.0.0.1"}


def resolving(monkeypatch: pytest.MonkeyPatch, port: int, *addresses: str) -> list[str]:
    """public.example is at each of ``addresses`` in turn; returns the list of who was asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: str, *how: object, **more: object) -> object:
        if host != "public.example":
            return real(host, *how, **more)  # type: ignore[arg-type]
        asked.append(host)
        return [(2, 1, 6, "", (addresses[min(len(asked), len(addresses)) - 1], port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_private_addresses_are_refused_by_default_whatever_their_name(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(server.split(":")[1])
    resolving(monkeypatch, port, "127.0.0.1")
    with PinnedProxy().running() as proxy, httpx.Client(proxy=proxy.url, trust_env=False) as client:
        assert client.get(f"http://public.example:{port}/").status_code == 403
        with pytest.raises(httpx.ProxyError):
            client.get(f"https://public.example:{port}/")
        assert proxy.refused == {"public.example"}
        assert proxy.reached == {}


def test_a_name_that_changes_its_address_is_reached_at_the_one_that_was_looked_at(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(server.split(":")[1])
    asked = resolving(monkeypatch, port, "127.0.0.1", "10.0.0.1")
    with PinnedProxy(local).running() as proxy, httpx.Client(proxy=proxy.url, trust_env=False) as client:
        assert client.get(f"http://public.example:{port}/").status_code == 200
        assert asked == ["public.example"]


def test_what_is_no_request_is_let_go(server: str) -> None:
    with PinnedProxy(local).running() as proxy:
        port = int(proxy.url.rsplit(":", 1)[1])
        for nonsense in (b"\r\n\r\n", b"GET\r\n\r\n", b"\xff\xfe /x y\r\n\r\n", b"A" * 200_000):
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                try:
                    connection.sendall(nonsense)
                    assert connection.recv(10) == b""
                except ConnectionError:
                    pass  # it was let go before all was sent
        with httpx.Client(proxy=proxy.url, trust_env=False) as client:
            assert client.get(f"http://{server}/").status_code == 200
