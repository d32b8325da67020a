"""One shape for every error, and nothing said that should not be: in answers, in headers, in the log."""

import logging
from pathlib import Path
from typing import Any

import httpx
import pytest

import unseen.base
from support.service import LiveService, case_of, memory_node, pdq, running, sha256, wait_until
from unseen.base import NodeError, StorageFull, UnseenError
from unseen.desk.tokens import Scope
from unseen.http import errors, logs
from unseen.http.routes import screen
from unseen.store import MemoryStore


def every_error(kind: type[UnseenError] = UnseenError) -> set[type[UnseenError]]:
    return {kind}.union(*(every_error(sub) for sub in kind.__subclasses__()))


def test_every_error_has_a_status_and_every_condition_of_the_node_says_when_to_come_back() -> None:
    assert {unseen.base.CaseUnknown, errors.TooLarge, StorageFull} <= every_error()
    for kind in every_error():
        error = kind() if kind is unseen.base.CaseUnknown else kind("What.", hint="Do.")
        answer = errors.answer(error)
        if isinstance(error, unseen.base.CallerError):
            assert 400 <= answer.status_code < 500, kind
        elif isinstance(error, NodeError):
            assert answer.status_code in (503, 507), kind
            assert int(answer.headers["retry-after"]) > 0, kind
        else:
            assert answer.status_code == 500, kind


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/v1/unknown", 404, "not_found"),
        ("GET", "/docs", 404, "not_found"),
        ("GET", "/v1/banks/", 404, "not_found"),
        ("GET", "/v1/screen", 405, "method_not_allowed"),
        ("DELETE", "/v1/banks", 405, "method_not_allowed"),
        ("GET", "/v1/changes?after=-1", 422, "invalid"),
        ("GET", "/v1/changes?limit=many", 422, "invalid"),
        ("GET", f"/v1/changes?after={10**30}", 422, "invalid"),
        ("GET", "/v1/banks/NOT A NAME/entries", 422, "invalid"),
        ("GET", "/v1/entries/0", 422, "invalid"),
        ("POST", "/v1/hits/short/decision", 422, "invalid"),
    ],
)
def test_errors_have_one_shape(admin: httpx.Client, method: str, path: str, status: int, code: str) -> None:
    answer = admin.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}
    error = answer.json()["error"]
    assert error["code"] == code
    assert error["message"]
    assert set(error) <= {"code", "message", "hint"}


@pytest.mark.parametrize("path", ["/healthz", "/v1/banks", "/nowhere", "/v1/changes?after=x", "/metrics"])
def test_every_answer_has_safe_headers(admin: httpx.Client, path: str) -> None:
    headers = admin.get(path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'"
    assert "server" not in headers


def test_a_fault_of_ours_is_told_without_detail(
    live: LiveService, platform: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("hunter2 of room 12")

    monkeypatch.setattr(screen, "look_up", broken)
    with caplog.at_level(logging.INFO, "unseen.http"):
        answer = platform.post("/v1/screen", json={"fingerprints": [pdq(1)]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
    assert answer.headers["cache-control"] == "no-store"
    assert "hunter2" not in answer.text + caplog.text
    assert "KeyError" not in answer.text
    assert "unexpected what='/v1/screen' error=KeyError at " in caplog.text


def test_no_log_line_tells_what_was_sent(live: LiveService, photo: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        clients = [live.client(scope) for scope in (Scope.SCREEN, Scope.CASE, Scope.BANK)]
        platform, helper, banker = clients
        case = helper.post("/v1/cases", json=case_of([pdq(3001), sha256(3001)])).json()
        hit = platform.post("/v1/screen", json={"fingerprints": [pdq(3001)], "place": "room 12"}).json()["hits"][0]
        platform.post("/v1/screen", files={"file": ("holiday.jpg", photo)})
        platform.post(f"/v1/hits/{hit['id']}/decision", json={"decision": "wrong", "done": "left alone"})
        helper.post(f"/v1/cases/{case['number']}/show", json={"pin": case["pin"]})
        helper.post(f"/v1/cases/{case['number']}/show", json={"pin": "00000000"})
        helper.post(f"/v1/cases/{case['number']}/withdrawal", json={"pin": case["pin"]})
        banker.post("/v1/banks/cases/entries", content=b"kind,code\npdq,secretcode", params={"source": "Mary"})
        assert banker.request("SECRETMETHOD", "/v1/secretpath").status_code == 400
        banker.request("PROPFIND", "/v1/secretpath")
        wait_until(lambda: "request method=other route=none status=404 ms=" in caplog.text)  # said after the answer
    ours = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore")))
    assert "request method=POST route=/v1/cases/{number}/withdrawal status=200 ms=" in ours
    assert "request method=other route=none status=404 ms=" in ours
    secrets = [
        case["number"], case["number"].replace("-", ""), case["pin"], case["pin"].replace(" ", ""),
        pdq(3001)["code"], sha256(3001)["code"], hit["id"], "room 12", "left alone", "holiday", "Mary", "secret",
        "SECRET", "127.0.0.1", *(c.headers["authorization"].removeprefix("Bearer ") for c in clients),
    ]  # fmt: skip
    assert [secret for secret in secrets if secret in ours] == []


def test_an_exception_is_logged_by_class_and_place_only() -> None:
    try:
        raise ValueError("the PIN is 1234 5678")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", None, (type(error), error, None))
        told = logs.Line().format(record)
    assert "ValueError" in told
    assert "1234" not in told


class Full(MemoryStore):
    """A store without room."""

    is_full = False

    def write(self) -> Any:
        if self.is_full:
            raise StorageFull("The disk is full.", hint="Make room.")
        return super().write()


def test_a_full_store_is_said_to_be_full_and_searches_go_on(tmp_path: Path) -> None:
    store = Full()
    with memory_node(tmp_path, store=store) as node, running(node) as live:
        client = live.client(Scope.ADMIN)
        store.is_full = True
        answers = [
            client.post("/v1/cases", json=case_of([pdq(1)])),
            client.post("/v1/banks/cases/entries", json={"source": "s", "reason": "r", "fingerprints": [pdq(1)]}),
        ]
        for answer in answers:
            assert (answer.status_code, answer.json()["error"]["code"]) == (507, "storage_full")
            assert answer.json()["error"]["hint"] == "Make room."
        search = client.post("/v1/screen", json={"fingerprints": [pdq(1)]})
        assert (search.status_code, search.json()["verdict"]) == (200, "allow")
