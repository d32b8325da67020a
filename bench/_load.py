"""Uploads sent to a service as they would come: ``python -m bench._load``, a process beside ``bench.pipeline``.

Arrivals are Poisson and wait for nobody (an open loop): each takes a connection that is idle, or opens one.  It shares
the machine with the service, so it does as little as it can: blocking sockets in threads, and one request, made
beforehand, that is handed to the system whole.  It reads one JSON line of orders after the other and answers each with
one JSON line.
"""

import json
import random
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_CLIENTS_AT_FULL_LOAD = 6
_MOST_AT_A_TIME = 128
_KEPT_S = 3.0  # the service closes a connection that was idle for five seconds
_HEAD_END = b"\r\n\r\n"


@dataclass
class Load:
    """One service, one upload, and the connections to it."""

    host: str
    port: int
    request: bytes
    idle: list[tuple[float, socket.socket]] = field(default_factory=list)  # since when; used last on top

    def connection(self) -> socket.socket:
        """One that was used a moment ago, so that the service has not closed it, or a new one."""
        while True:
            try:
                since, line = self.idle.pop()
            except IndexError:
                return socket.create_connection((self.host, self.port))
            if time.perf_counter() - since < _KEPT_S:
                return line
            line.close()

    def send(self) -> dict[str, Any]:
        """Upload once; the answer's timing, and the milliseconds that it took from here."""
        started = time.perf_counter()
        line = self.connection()
        line.sendall(self.request)
        answer = b""
        while _HEAD_END not in answer:
            answer += received(line)
        head, _, body = answer.partition(_HEAD_END)
        lines = head.decode().lower().split("\r\n")
        length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length"))
        while len(body) < length:
            body += received(line)
        self.idle.append((time.perf_counter(), line))
        took_ms = (time.perf_counter() - started) * 1e3
        if not lines[0].startswith("http/1.1 200"):
            return {"refused": 1}
        return {**json.loads(body)["timing_ms"], "client": took_ms}

    def at_rate(self, rate: float, seconds: float, seed: int) -> list[dict[str, Any]]:
        """Poisson arrivals of ``rate`` a second."""
        draw = random.Random(seed)
        with ThreadPoolExecutor(_MOST_AT_A_TIME) as threads:
            sent = []
            at = end = time.perf_counter()
            end += seconds
            while (at := at + draw.expovariate(rate)) < end:
                time.sleep(max(0.0, at - time.perf_counter()))
                sent.append(threads.submit(self.send))
            return [each.result() for each in sent]

    def at_full(self, seconds: float) -> tuple[int, float]:
        """As many as are answered, several at a time; how many, and in how long."""
        started = time.perf_counter()

        def one_after_the_other() -> int:
            count = 0
            while time.perf_counter() < started + seconds:
                count += "refused" not in self.send()
            return count

        with ThreadPoolExecutor(_CLIENTS_AT_FULL_LOAD) as threads:
            counts = [threads.submit(one_after_the_other) for _ in range(_CLIENTS_AT_FULL_LOAD)]
            return sum(count.result() for count in counts), time.perf_counter() - started


def received(line: socket.socket) -> bytes:
    """Some more of an answer."""
    piece = line.recv(1 << 16)
    if not piece:
        raise SystemExit("The service closed a connection.")
    return piece


def carry_out(orders: dict[str, Any]) -> dict[str, Any]:
    body = Path(orders["file"]).read_bytes()
    head = (
        f"POST /v1/screen?timing=true HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {orders['token']}\r\n"
        f"Content-Type: {orders['media']}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    load = Load(host=orders["host"], port=orders["port"], request=head.encode() + body)
    try:
        if orders["rate"] is None:
            count, seconds = load.at_full(orders["seconds"])
            return {"rate": count / seconds}
        return {"answers": load.at_rate(orders["rate"], orders["seconds"], orders["seed"])}
    finally:
        for _, line in load.idle:
            line.close()


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(carry_out(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
