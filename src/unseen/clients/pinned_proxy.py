"""The only way out for the browser that captures a page: each name is resolved once, looked at, and connected to.

An HTTP proxy on this machine (RFC 9110, 9.3.6 for CONNECT).  Whether an address may be reached is decided on the very
address that is then connected to, so that a name that resolves to another one a moment later (DNS rebinding) gains
nothing.  TLS goes through untouched: the certificate is the server's.
"""

import ipaddress
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_MOST_HEAD: Final = 64 << 10
_CHUNK: Final = 64 << 10
_CONNECT_S: Final = 15.0
_IDLE_S: Final = 60.0


def is_public(address: Address) -> bool:
    """Whether it is reachable for everybody: no private, local, link-local, shared, multicast or reserved one.

    An IPv4 address inside an IPv6 one (mapped, 6to4, NAT64) counts as itself.
    """
    inside = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if address in _NAT64:
        inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.is_global and not address.is_multicast and (inside is None or is_public(inside))


class PinnedProxy:
    """One for each capture."""

    def __init__(self, allowed: Callable[[Address], bool] = is_public) -> None:
        """``allowed``: what may be connected to."""
        self._allowed = allowed
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self.reached: dict[str, str] = {}  #: host: the address that was connected to
        self.refused: set[str] = set()  #: hosts

    @property
    def url(self) -> str:
        """What the browser is told."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @contextmanager
    def running(self) -> Iterator["PinnedProxy"]:
        """Carry what comes until the block ends."""
        accepting = threading.Thread(target=self._accept, name="proxy", daemon=True)
        accepting.start()
        try:
            yield self
        finally:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            accepting.join()
            for connection in list(self._open):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(browser,), name="proxied", daemon=True).start()

    def _serve(self, browser: socket.socket) -> None:
        self._open.add(browser)
        with browser, suppress(OSError, ValueError):
            browser.settimeout(_IDLE_S)
            head, rest = _read_head(browser)
            method, target, version = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
            parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
            port = parts.port or 80
            server = self._connected(parts.hostname or "", port)
            if server is None:
                browser.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            with server:
                if method == "CONNECT":
                    browser.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:  # one request a connection, so that a second cannot name another host
                    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                    server.sendall(f"{method} {path} {version}\r\n".encode() + _closing(head))
                server.sendall(rest)
                _carry(browser, server)
        self._open.discard(browser)

    def _connected(self, host: str, port: int) -> socket.socket | None:
        """A connection to the first allowed address of ``host``; None where none is allowed or answers."""
        try:
            found = [info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError):
            return None
        addresses = [ipaddress.ip_address(str(address).split("%", 1)[0]) for address in dict.fromkeys(found)]
        allowed = [address for address in addresses if self._allowed(address)]
        if not allowed:
            self.refused.add(host)
        for address in allowed:
            with suppress(OSError):
                server = socket.create_connection((str(address), port), timeout=_CONNECT_S)
                self.reached[host] = str(address)
                return server
        return None


def _read_head(browser: socket.socket) -> tuple[bytes, bytes]:
    """The head of a request with its last line end, and what came with it."""
    read = b""
    while b"\r\n\r\n" not in read:
        chunk = browser.recv(_CHUNK)
        if not chunk or len(read) > _MOST_HEAD:
            raise ValueError("no request")
        read += chunk
    head, _, rest = read.partition(b"\r\n\r\n")
    return head + b"\r\n", rest


def _closing(head: bytes) -> bytes:
    """The fields of a request, asking for the connection's end after the answer."""
    lines = head.split(b"\r\n")[1:]
    kept = [line for line in lines if line and not line.lower().startswith((b"connection:", b"proxy-connection:"))]
    return b"\r\n".join([*kept, b"Connection: close", b"", b""])


def _carry(browser: socket.socket, server: socket.socket) -> None:
    """Both ways, until one ends or nothing comes for a while."""
    with selectors.DefaultSelector() as waiting:
        waiting.register(browser, selectors.EVENT_READ, server)
        waiting.register(server, selectors.EVENT_READ, browser)
        while ready := waiting.select(_IDLE_S):
            for key, _ in ready:
                source, target = key.fileobj, key.data
                assert isinstance(source, socket.socket)
                data = source.recv(_CHUNK)
                if not data:
                    return
                target.sendall(data)
