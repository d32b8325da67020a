"""How uploads are received: three forms, a cap, a time, memory only, and no more at a time than the node can hold."""

import builtins
import io
import os
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from support.machine import Machine
from support.service import LiveService, memory_node, running, wait_until
from unseen.desk.screen import queries_of
from unseen.desk.tokens import Scope
from unseen.fingerprint.image import fingerprint_picture

CAP = 1 << 20


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """A service that takes little: 1 MiB, one thread, two waiting."""
    settings: dict[str, Any] = {"max_bytes": CAP, "screen_threads": 1, "screen_queue": 2}
    with memory_node(tmp_path_factory.mktemp("small"), **settings) as node, running(node) as service:
        yield service


@pytest.fixture(scope="module")
def small_platform(small: LiveService) -> httpx.Client:
    return small.client(Scope.SCREEN)


def answer_of(response: httpx.Response) -> dict[str, Any]:
    """What does not differ between two times of the same upload."""
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return {**answer, "hits": [{**hit, "id": ""} for hit in answer["hits"]]}


def test_the_three_forms_of_an_upload_get_the_same_answer(
    live: LiveService, platform: httpx.Client, helper: httpx.Client, photo: bytes
) -> None:
    picture = fingerprint_picture(photo, limits=live.node.limits, decoder=live.node.decoder)
    banked = [{"kind": f.kind, "code": f.hex, "quality": f.quality} for f in picture.to_bank]
    item = {"fingerprints": banked}
    statements = {"acting": "myself", "sharing": "shared", "without_consent": True, "age": "adult"}
    assert helper.post("/v1/cases", json={"statements": statements, "items": [item]}).status_code == 201

    form = platform.post("/v1/screen", files={"file": ("holiday.jpg", photo)}, data={"place": "room 12"})
    raw = platform.post(
        "/v1/screen", content=photo, headers={"Content-Type": "image/jpeg"}, params={"place": "room 12"}
    )
    queries = [
        {
            "kind": q.fingerprint.kind,
            "code": q.fingerprint.hex,
            **({"quality": q.fingerprint.quality, "view": q.view} if q.view else {}),
        }
        for q in queries_of(picture)
    ]
    elsewhere = platform.post("/v1/screen", json={"fingerprints": queries, "place": "room 12"})

    assert answer_of(form) == answer_of(raw) == answer_of(elsewhere)
    assert form.json()["verdict"] == "review"
    assert {hit["view"] for hit in form.json()["hits"]} == {None, "upright"}
    hits = [form.json()["hits"][0]["id"], raw.json()["hits"][0]["id"], elsewhere.json()["hits"][0]["id"]]
    with live.node.store.read() as reader:
        assert [reader.sighting(hit).place for hit in hits] == ["room 12"] * 3


def test_a_body_of_another_type_is_told_what_is_read(platform: httpx.Client) -> None:
    for headers in ({"Content-Type": "text/html"}, {}):
        answer = platform.post("/v1/screen", content=b"x", headers=headers)
        assert answer.status_code == 415
        assert "multipart/form-data" in answer.json()["error"]["message"]


def form(*parts: bytes, end: bytes = b"--B--\r\n") -> bytes:
    return b"".join(b"--B\r\n" + part + b"\r\n" for part in parts) + end


FILE = b'Content-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nx'
PLACE = b'Content-Disposition: form-data; name="place"\r\n\r\n'
MALFORMED = {
    "no boundary": ("multipart/form-data", form(FILE)),
    "another boundary": ("multipart/form-data; boundary=C", form(FILE)),
    "boundary too long": ("multipart/form-data; boundary=" + "B" * 300, form(FILE)),
    "empty": ("multipart/form-data; boundary=B", b""),
    "cut off": ("multipart/form-data; boundary=B", form(FILE)[:-6]),
    "no file": ("multipart/form-data; boundary=B", form(PLACE + b"room")),
    "two files": ("multipart/form-data; boundary=B", form(FILE, FILE)),
    "a part nobody knows": ("multipart/form-data; boundary=B", form(FILE, FILE.replace(b"file", b"other", 1))),
    "a part without a name": ("multipart/form-data; boundary=B", form(b"X-A: b\r\n\r\nx", FILE)),
    "a part without headers": ("multipart/form-data; boundary=B", form(b"\r\nx", FILE)),
    "a header that is none": ("multipart/form-data; boundary=B", form(b"\x00\x01\x02\r\n\r\nx")),
    "a header too long": ("multipart/form-data; boundary=B", form(b"X: " + b"y" * 100_000 + b"\r\n\r\nx", FILE)),
    "a place that is no text": ("multipart/form-data; boundary=B", form(FILE, PLACE + b"\xff\xfe")),
    "a place without end": ("multipart/form-data; boundary=B", form(FILE, PLACE + b"x" * 10_000)),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_form_is_refused_in_the_one_shape(platform: httpx.Client, name: str) -> None:
    content_type, body = MALFORMED[name]
    answer = platform.post("/v1/screen", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "bad_request"


def test_a_well_formed_form_is_none_of_these(platform: httpx.Client) -> None:
    answer = platform.post(
        "/v1/screen", content=form(FILE), headers={"Content-Type": "multipart/form-data; boundary=B"}
    )
    assert answer.json()["error"]["code"] == "bad_media"


def test_an_announced_length_over_the_cap_is_refused_at_once(small: LiveService, small_platform: httpx.Client) -> None:
    token = small_platform.headers["authorization"]
    head = f"POST /v1/screen HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
    head += f"Content-Type: image/png\r\nContent-Length: {CAP + 1}\r\n\r\n"
    with socket.create_connection(small.address, timeout=60) as line:
        line.sendall(head.encode())
        answer = b"".join(iter(lambda: line.recv(4096), b""))  # until the service hangs up, which it does at once
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"too_large"' in answer


def test_an_upload_without_a_length_is_stopped_at_the_cap(small_platform: httpx.Client) -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1024):
            sent += 1 << 16
            yield bytes(1 << 16)

    answer = small_platform.post("/v1/screen", content=pieces(), headers={"Content-Type": "image/png"})
    assert answer.status_code == 413
    assert sent < 32 * CAP  # what lies in the sockets' buffers; the whole would be 64 times the cap


def test_the_cap_is_of_the_picture_not_of_the_form(small_platform: httpx.Client) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    at_cap = form(FILE[:-1] + bytes(CAP))
    over = form(FILE[:-1] + bytes(CAP + 20_000))
    assert small_platform.post("/v1/screen", content=at_cap, headers=headers).json()["error"]["code"] == "bad_media"
    assert small_platform.post("/v1/screen", content=over, headers=headers).status_code == 413


@pytest.mark.parametrize("drip", [b"", b"x"])
def test_an_upload_that_takes_too_long_is_given_up(tmp_path: Path, machine: Machine, drip: bytes) -> None:
    with memory_node(tmp_path, upload_timeout_s=1.0) as node, running(node) as hasty:
        token = hasty.client(Scope.SCREEN).headers["authorization"]
        head = f"POST /v1/screen HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
        head += "Content-Type: image/png\r\nContent-Length: 2000\r\n\r\n"  # 100 seconds' worth
        with machine.timed() as taken, socket.create_connection(hasty.address) as line:
            line.sendall(head.encode())
            line.setblocking(False)
            answer, give_up_at = b"", time.monotonic() + 60
            while b"\r\n\r\n" not in answer and time.monotonic() < give_up_at:
                line.send(drip)
                time.sleep(0.05)
                try:
                    answer += line.recv(4096)
                except BlockingIOError:
                    continue
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert taken.elapsed_s > 0.9
    assert taken.waking_s < 3


def waiting_upload(live: LiveService, token: str, *, sent: int = 0) -> socket.socket:
    """An upload of which only ``sent`` bytes were sent so far."""
    line = socket.create_connection(live.address, timeout=60)
    head = f"POST /v1/screen HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
    line.sendall(f"{head}Content-Type: image/png\r\nContent-Length: {CAP}\r\n\r\n".encode() + bytes(sent))
    return line


def test_a_full_queue_answers_503_and_never_allow(small: LiveService, small_platform: httpx.Client) -> None:
    lane = small.app.state.service.screening
    token = small_platform.headers["authorization"]
    with ExitStack() as lines:
        for _ in range(3):  # one thread and two that may wait
            lines.enter_context(waiting_upload(small, token))
        wait_until(lambda: lane.inside == 3)
        ready = small_platform.get("/readyz")
        answer = small_platform.post("/v1/screen", content=b"x", headers={"Content-Type": "image/png"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["error"]["code"] == "busy"
    assert "verdict" not in answer.text
    assert ready.status_code == 503
    assert ready.json()["error"]["message"] == "The queue is full."
    wait_until(lambda: lane.inside == 0)  # those that hung up leave their places
    after = small_platform.post("/v1/screen", content=b"x", headers={"Content-Type": "image/png"})
    assert after.status_code == 422


def test_all_bodies_together_stay_within_the_nodes_memory(tmp_path: Path) -> None:
    with memory_node(tmp_path, max_bytes=CAP, screen_threads=1, screen_queue=20) as node, running(node) as live:
        lane, client = live.app.state.service.screening, live.client(Scope.SCREEN)
        token = client.headers["authorization"]
        with ExitStack() as lines:
            for _ in range(8):
                lines.enter_context(waiting_upload(live, token, sent=CAP - 1))
            wait_until(lambda: lane.free_bytes == 8)
            answer = client.post("/v1/screen", content=bytes(CAP), headers={"Content-Type": "image/png"})
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "busy"
        wait_until(lambda: lane.inside == 0)
        assert lane.free_bytes == 8 * CAP  # every byte is given back: four pictures and four JSON bodies of 1 MiB
        after = client.post("/v1/screen", content=bytes(CAP), headers={"Content-Type": "image/png"})
        assert after.status_code == 422


def test_the_event_loop_answers_while_pictures_are_worked_on(
    live: LiveService, platform: httpx.Client, machine: Machine
) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (3000, 4000), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG", compress_level=1)
    asked_enough, stranger, waits = threading.Event(), live.client(), list[float]()

    def upload() -> None:
        while not asked_enough.is_set():
            platform.post("/v1/screen", content=file.getvalue(), headers={"Content-Type": "image/png"})

    lane = live.app.state.service.screening
    with ThreadPoolExecutor(2) as threads:
        uploads = [threads.submit(upload) for _ in range(2)]
        try:
            while len(waits) < 40 and not any(each.done() for each in uploads):
                wait_until(lambda: lane.inside)
                with machine.timed() as answered:
                    stranger.get("/healthz")
                waits.append(answered.waking_s)
        finally:
            asked_enough.set()
        for each in uploads:
            each.result()
    assert statistics.median(waits) < 0.1


def test_no_upload_touches_the_disk(
    platform: httpx.Client, photo: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Every way to make a file is watched while several megabytes come in; so is the folder for temporary files."""
    made: list[object] = []
    real_open, real_os_open = builtins.open, os.open

    def watched(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if set(mode) & set("wax+"):
            made.append(file)
        return real_open(file, mode, *args, **kwargs)

    def watched_os(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            made.append(path)
        return real_os_open(path, flags, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", watched)
    monkeypatch.setattr(io, "open", watched)
    monkeypatch.setattr(os, "open", watched_os)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in ("SpooledTemporaryFile", "TemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, lambda *a, _name=name, **k: made.append(_name))
    large = photo + bytes(6 << 20)  # a JPEG may be followed by anything
    as_form = platform.post("/v1/screen", files={"file": ("holiday.jpg", large)})
    as_body = platform.post("/v1/screen", content=large, headers={"Content-Type": "image/jpeg"})
    monkeypatch.undo()
    assert (as_form.status_code, as_body.status_code) == (200, 200)
    assert [path for path in made if not str(path).endswith(".lock")] == []  # those are the index's, and empty
    assert list(tmp_path.iterdir()) == []
