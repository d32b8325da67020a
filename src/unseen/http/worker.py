"""One process of a node of several: a worker that answers on the shared socket, or the keeper.

Run by ``supervisor`` as ``python -m unseen.http.worker NUMBER FAMILY LISTENER BOARD WORKERS``: its slot of the board,
the socket's address family, the two inherited descriptors, and how many workers there are.  The first line of its
standard input has the settings; the rest never comes, and its end means that the supervisor is gone.
"""

import os
import signal
import socket
import sys
import threading
import time
from typing import Final

from unseen.compose import open_node
from unseen.config import Config
from unseen.http import logs
from unseen.http.app import create_app
from unseen.http.board import KEEPER, Board
from unseen.http.follower import Follower
from unseen.http.keeper import Keeper
from unseen.http.server import Server, stopping_quietly
from unseen.http.service import Seat

_END_WITHIN_S: Final = 20.0  # once the supervisor is gone; then nobody else is left to see to it
_STDIN: Final = 0


def main() -> None:
    """Serve, or keep house, until told to stop or the supervisor is gone."""
    number, family, listener, board, workers = map(int, sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    config = Config.model_validate_json(_read_line())
    logs.configure()
    threading.Thread(target=_watch_supervisor, name="unseen-leash", daemon=True).start()
    seat = Seat(board=Board.attach(board, workers), number=number, keeps_house=number == KEEPER, is_own_process=True)
    with socket.socket(socket.AddressFamily(family), socket.SOCK_STREAM, socket.IPPROTO_TCP, listener) as shared:
        if number == KEEPER:
            _keep_house(config, seat)
        else:
            _serve(config, seat, shared)


def _serve(config: Config, seat: Seat, listener: socket.socket) -> None:
    with open_node(config) as node, stopping_quietly():
        Server(create_app(node, seat), listener, _say_up).listen()


def _keep_house(config: Config, seat: Seat) -> None:
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    with open_node(config) as node:
        follower = Follower(node, None, is_own_process=True, on_step=lambda: None)
        keeper = Keeper(node, seat.board)
        follower.start()
        keeper.start()
        _say_up()
        while not stopping.wait(0.5):  # a wait without end would keep the signal's handler from running
            pass
        keeper.stop()
        follower.stop()


def _say_up() -> None:
    os.write(sys.stdout.fileno(), b"up\n")


def _read_line() -> bytes:
    """The first line of standard input, and not a byte more."""
    line = b""
    while not line.endswith(b"\n") and (piece := os.read(_STDIN, 1)):
        line += piece
    return line


def _watch_supervisor() -> None:
    while os.read(_STDIN, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_END_WITHIN_S)
    os._exit(1)


if __name__ == "__main__":
    main()
