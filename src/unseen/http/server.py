"""Runs the service: a socket, uvicorn (in this process, or in workers), and a clean end on SIGTERM or Ctrl-C."""

import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

from unseen.base import Misconfigured
from unseen.compose import open_node
from unseen.config import Config
from unseen.http import logs
from unseen.http.app import create_app
from unseen.http.connections import Connection
from unseen.http.process import keep_freed_memory, take_short_turns
from unseen.http.service import Seat
from unseen.http.supervisor import supervise

_GRACE_S: Final = 10  # for answers that are under way when the service is told to stop
_BACKLOG: Final = 512
_STOPS: Final = (signal.SIGINT, signal.SIGTERM)


class Server(uvicorn.Server):
    """uvicorn, saying when it listens."""

    def __init__(self, app: FastAPI, listener: socket.socket, on_listening: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                ws="none",
                lifespan="on",
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        logs.silence_addresses()
        keep_freed_memory()
        take_short_turns()
        self._listener = listener
        self._on_listening = on_listening

    def listen(self) -> None:
        """Serve until told to stop."""
        self.run(sockets=[self._listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, then say so."""
        await super().startup(sockets)
        if self.started:
            self._on_listening()


def serve(config: Config, *, announce: Callable[[str], None] | None = None) -> None:
    """Run the service until SIGTERM or Ctrl-C; answers under way are finished first.

    ``announce`` gets the one line that says where it listens; without it, the line goes to standard output.

    Raises: Misconfigured (also where the address cannot be had), StoreUnavailable, StorageFull.
    """
    logs.configure()
    with closing(bound(config.host, config.port)) as listener:

        def say() -> None:
            (announce or _to_stdout)(f"Unseen listens on {address_of(listener)}")

        if config.workers == 1:
            with open_node(config) as node, stopping_quietly():
                Server(create_app(node, Seat.alone(is_own_process=True)), listener, say).listen()
        else:
            with open_node(config):
                pass  # whatever is wrong with settings, folder or store is said here, once, and not by every worker
            supervise(config, listener, say)


def bound(host: str, port: int) -> socket.socket:
    """A listening socket.  Raises: Misconfigured."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, so that asyncio sends small answers at once (TCP_NODELAY) instead of 40 ms later.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a restart need not wait for old connections
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise Misconfigured(
            f"Cannot listen on {host} port {port}: {error.strerror or 'no such address'}.",
            hint="Set UNSEEN_HOST and UNSEEN_PORT to an address and a port that are free.",
        ) from None
    return listener


def address_of(listener: socket.socket) -> str:
    """Where it really listens, as a URL."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def stopping_quietly() -> Iterator[None]:
    """Around a ``Server``: uvicorn raises the signal that stopped it again when it is done.

    The node must still be closed after that.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: None) for number in _STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _to_stdout(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
