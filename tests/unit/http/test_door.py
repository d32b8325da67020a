"""Who may come in."""

import socket
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from support.service import LiveService
from unseen.desk.tokens import Scope
from unseen.http.pages import ROUTES

OPEN = {"/healthz", "/readyz"}
SCOPES = {
    ("POST", "/v1/screen"): {Scope.SCREEN},
    ("POST", "/v1/hits/{hit_id}/decision"): {Scope.SCREEN, Scope.BANK},
    ("GET", "/v1/jobs/{job_id}"): {Scope.SCREEN},
    ("DELETE", "/v1/jobs/{job_id}"): {Scope.SCREEN},
    ("GET", "/v1/banks"): {Scope.BANK},
    ("POST", "/v1/banks"): {Scope.BANK},
    ("GET", "/v1/banks/{bank}/export"): {Scope.BANK},
    ("GET", "/v1/banks/{bank}/entries"): {Scope.BANK},
    ("POST", "/v1/banks/{bank}/entries"): {Scope.BANK},
    ("GET", "/v1/entries/{entry_id}"): {Scope.BANK},
    ("POST", "/v1/entries/{entry_id}/confirmation"): {Scope.BANK},
    ("POST", "/v1/entries/{entry_id}/dispute"): {Scope.BANK},
    ("POST", "/v1/entries/{entry_id}/retirement"): {Scope.BANK},
    ("POST", "/v1/cases"): {Scope.CASE},
    ("POST", "/v1/cases/{number}/items"): {Scope.CASE},
    ("POST", "/v1/cases/{number}/show"): {Scope.CASE},
    ("POST", "/v1/cases/{number}/withdrawal"): {Scope.CASE},
    ("GET", "/v1/changes"): {Scope.BANK},
    ("GET", "/metrics"): set(),
    ("GET", "/openapi.json"): set(Scope),
}
PARTS = {"hit_id": "0" * 26, "job_id": "0" * 26, "bank": "cases", "entry_id": "1", "number": "0000-0000-0000"}


def routes(live: LiveService) -> list[tuple[str, str]]:
    """Every method and path of the app but her pages and the two that are open to all."""
    found = []
    for route in live.app.routes:
        if route in ROUTES:
            continue
        assert isinstance(route, Route), f"{route} is of a kind that this test cannot walk over"
        found += [(method, route.path) for method in sorted(route.methods or ()) if route.path not in OPEN]
    return found


def test_every_route_says_who_may_use_it(live: LiveService) -> None:
    assert set(routes(live)) == set(SCOPES)


def test_the_described_routes_are_the_routes(live: LiveService) -> None:
    described = {(m.upper(), path) for path, item in live.app.openapi()["paths"].items() for m in item}
    assert described == (set(SCOPES) | {("GET", path) for path in OPEN}) - {("GET", "/openapi.json")}


@pytest.mark.parametrize(
    "authorization", [None, "Bearer unseen_" + "0" * 64, "Bearer", "Basic dXNlcjpwYXNz", "Bearer \xff", "unseen_"]
)
def test_without_a_good_token_no_route_answers(live: LiveService, authorization: str | None) -> None:
    headers: dict[str, Any] = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    stranger = live.client()
    for method, path in routes(live):
        answer = stranger.request(method, path.format(**PARTS), headers=headers)
        assert answer.status_code == 401, (method, path)
        assert answer.headers["www-authenticate"].startswith("Bearer"), (method, path)
        assert answer.json()["error"]["code"] == "unauthenticated", (method, path)


@pytest.mark.parametrize("held", [Scope.SCREEN, Scope.BANK, Scope.CASE])
def test_a_token_opens_its_own_routes_and_no_other(live: LiveService, held: Scope) -> None:
    client = live.client(held)
    for method, path in routes(live):
        answer = client.request(method, path.format(**PARTS))
        if held in SCOPES[method, path]:
            assert answer.status_code not in (401, 403), (method, path)
        else:
            assert answer.status_code == 403, (method, path)
            assert answer.json()["error"]["code"] == "forbidden", (method, path)


def test_an_admin_token_opens_every_route(live: LiveService, admin: httpx.Client) -> None:
    for method, path in routes(live):
        assert admin.request(method, path.format(**PARTS)).status_code not in (401, 403), (method, path)


def test_a_revoked_token_opens_nothing(live: LiveService) -> None:
    client = live.client(Scope.ADMIN, name="leaver")
    assert client.get("/v1/banks").status_code == 200
    with live.node.store.write() as tx:
        tx.revoke_token("leaver", at=live.node.clock.now())
    assert client.get("/v1/banks").status_code == 401


def test_the_two_open_routes_ask_for_nothing(live: LiveService) -> None:
    stranger = live.client()
    assert [stranger.get(path).status_code for path in sorted(OPEN)] == [200, 200]


@pytest.mark.parametrize("path", ["/v1/screen", "/v1/cases", "/v1/banks/cases/entries"])
def test_a_stranger_is_refused_before_any_of_the_body_is_sent(live: LiveService, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
    with socket.create_connection(live.address, timeout=60) as line:
        line.sendall(head.encode())
        assert line.recv(4096).startswith(b"HTTP/1.1 401 ")


def test_a_token_without_the_scope_is_refused_before_the_path_is_looked_at(live: LiveService) -> None:
    answer = live.client(Scope.SCREEN).get("/v1/banks/NOT A NAME/entries", params={"limit": -1})
    assert answer.status_code == 403


def test_of_two_values_for_one_name_none_is_guessed(live: LiveService) -> None:
    banker = live.client(Scope.BANK)
    answer = banker.get("/v1/changes?after=0&after=1")
    assert (answer.status_code, answer.json()["error"]["message"]) == (422, "query.after: sent more than once.")
    assert banker.get("/v1/changes?after=0&limit=1").status_code == 200
