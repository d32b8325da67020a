"""Uploads sent to a service as they would come: ``python -m bench._load``, a process beside ``bench.pipeline``.

Arrivals are Poisson and wait for nobody (an open loop): each takes a connection that is idle, or opens one.  It reads
one JSON line of orders after the other and answers each with one JSON line.
"""

import asyncio
import json
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_CLIENTS_AT_FULL_LOAD = 6


@dataclass
class Load:
    """One service, one upload, and the connections to it."""

    host: str
    port: int
    request: bytes
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)

    async def connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """One that is idle, and that the service has not closed since, or a new one."""
        while self.idle:
            reader, writer = self.idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self.host, self.port)

    async def send(self) -> dict[str, Any]:
        """Upload once; the answer's timing, and the milliseconds that it took from here."""
        started = time.perf_counter()
        reader, writer = await self.connection()
        writer.write(self.request)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        length = next(int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length"))
        body = json.loads(await reader.readexactly(length))
        self.idle.append((reader, writer))
        if not lines[0].startswith("HTTP/1.1 200"):
            return {"refused": 1}
        return {**body["timing_ms"], "client": (time.perf_counter() - started) * 1e3}

    async def at_rate(self, rate: float, seconds: float, seed: int) -> list[dict[str, Any]]:
        """Poisson arrivals of ``rate`` a second."""
        draw, sent = random.Random(seed), list[asyncio.Task[dict[str, Any]]]()
        at = end = time.perf_counter()
        end += seconds
        while (at := at + draw.expovariate(rate)) < end:
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            sent.append(asyncio.create_task(self.send()))
        return list(await asyncio.gather(*sent))

    async def at_full(self, seconds: float) -> tuple[int, float]:
        """As many as are answered, several at a time; how many, and in how long."""
        until, count, started = time.perf_counter() + seconds, 0, time.perf_counter()

        async def one_after_the_other() -> None:
            nonlocal count
            while time.perf_counter() < until:
                answer = await self.send()
                count += "refused" not in answer

        await asyncio.gather(*(one_after_the_other() for _ in range(_CLIENTS_AT_FULL_LOAD)))
        return count, time.perf_counter() - started


def carry_out(orders: dict[str, Any]) -> dict[str, Any]:
    body = Path(orders["file"]).read_bytes()
    head = (
        f"POST /v1/screen?timing=true HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {orders['token']}\r\n"
        f"Content-Type: {orders['media']}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    load = Load(host=orders["host"], port=orders["port"], request=head.encode() + body)

    async def run() -> dict[str, Any]:
        try:
            if orders["rate"] is None:
                count, seconds = await load.at_full(orders["seconds"])
                return {"rate": count / seconds}
            return {"answers": await load.at_rate(orders["rate"], orders["seconds"], orders["seed"])}
        finally:
            for _, writer in load.idle:
                writer.close()

    return asyncio.run(run())


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(carry_out(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
