"""A wire between a browser and the service that keeps every byte which the browser sends."""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

_PIECE: Final = 65_536
_LOOK_EVERY_S: Final = 0.1


@dataclass
class Wire:
    """Where the browser connects to, and what it sent there."""

    url: str
    connections: list[bytearray] = field(default_factory=list)

    @property
    def sent(self) -> bytes:
        """Everything, one connection after the other."""
        return b"\0".join(bytes(each) for each in self.connections)


@contextmanager
def tapped(address: tuple[str, int]) -> Iterator[Wire]:
    """A wire to ``address``.  At its end every connection over it is cut."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as ends:
        wire = Wire(f"http://127.0.0.1:{listener.getsockname()[1]}")
        ending = threading.Event()
        listener.settimeout(_LOOK_EVERY_S)
        accepting = threading.Thread(target=_accept, args=(listener, address, wire, ending))
        accepting.start()
        ends.callback(accepting.join)
        ends.callback(ending.set)
        yield wire


def _accept(listener: socket.socket, address: tuple[str, int], wire: Wire, ending: threading.Event) -> None:
    passing: list[threading.Thread] = []
    while not ending.is_set():
        with suppress(TimeoutError):
            browser, _ = listener.accept()
            wire.connections.append(bytearray())
            ends = (browser, socket.create_connection(address), wire.connections[-1], ending)
            passing.append(threading.Thread(target=_pass_on, args=ends))
            passing[-1].start()
    for thread in passing:
        thread.join()


def _pass_on(browser: socket.socket, service: socket.socket, kept: bytearray, ending: threading.Event) -> None:
    """Until either hangs up."""
    with browser, service, suppress(OSError):
        while not ending.is_set():
            ready, _, _ = select.select([browser, service], [], [], _LOOK_EVERY_S)
            for source, target in ((browser, service), (service, browser)):
                if source not in ready:
                    continue
                piece = source.recv(_PIECE)
                if not piece:
                    return
                if source is browser:
                    kept += piece
                target.sendall(piece)
