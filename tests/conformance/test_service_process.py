"""The service as a process: it says where it listens, answers at once, and ends well when it is told to."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from PIL import Image

from support.scans import alive
from support.service import new_token, wait_until
from unseen.compose import open_node
from unseen.config import Config
from unseen.desk.tokens import Scope


@pytest.fixture
def token(tmp_path: Path) -> str:
    with open_node(Config(data_folder=tmp_path / "data")) as node:
        return new_token(node, Scope.ADMIN)


@pytest.fixture
def server(tmp_path: Path, token: str) -> Iterator[subprocess.Popen[str]]:
    """``unseen serve`` itself."""
    environment = {**os.environ, "UNSEEN_DATA_FOLDER": str(tmp_path / "data")}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "unseen.cli", "serve", "--port", "0"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    with process:
        yield process
        if process.poll() is None:
            process.kill()


def test_it_finishes_what_it_began_and_leaves_nothing_behind(
    server: subprocess.Popen[str], token: str, tmp_path: Path
) -> None:
    assert server.stdout is not None
    line = server.stdout.readline()
    listens = re.fullmatch(r"Unseen listens on (http://127\.0\.0\.1:(\d+))\n", line)
    assert listens is not None, line
    url, port = listens[1], int(listens[2])
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        assert client.get("/healthz").json() == {"status": "alive"}
        wait_until(lambda: client.get("/readyz").status_code == 200)
        picture = io.BytesIO()
        Image.effect_noise((64, 64), 90).save(picture, "WEBP")  # of a kind that a decoder process reads
        upload = picture.getvalue()
        assert client.post("/v1/screen", content=upload, headers={"Content-Type": "image/webp"}).status_code == 200
    children = psutil.Process(server.pid).children(recursive=True)
    assert children, "the decoder did not start"

    head = f"POST /v1/screen HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: image/webp\r\n"
    head += f"Content-Length: {len(upload)}\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as begun:
        begun.sendall(head.encode())
        assert begun.recv(4096).startswith(b"HTTP/1.1 100 ")  # it was let in, and its body is waited for
        begun.sendall(upload[:10])
        server.send_signal(signal.SIGTERM)
        threading.Timer(0.3, begun.sendall, (upload[10:],)).start()
        answer = b"".join(iter(lambda: begun.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"verdict":"allow"' in answer
    assert server.wait(60) == 0
    wait_until(lambda: not alive(children))
    log = (tmp_path / "log").read_text()
    assert "route=/v1/screen status=200" in log
    assert "Traceback" not in log
    assert token not in log
