"""The service is what /openapi.json says: schemathesis asks it everything that the description allows, and more."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from support.service import LiveService, case_of, memory_node, new_token, pdq, running, sha256
from unseen.desk.tokens import Scope
from unseen.http.errors import STATUS

PROFILE = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    ignored_auth,
    unsupported_method,
]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    with memory_node(tmp_path_factory.mktemp("node")) as node, running(node) as service:
        admin = service.client(Scope.ADMIN)
        admin.post("/v1/cases", json=case_of([pdq(1), sha256(1)]))
        yield service


@pytest.fixture(scope="module")
def described(live: LiveService) -> dict[str, Any]:
    answer = live.client(Scope.SCREEN).get("/openapi.json")
    assert answer.status_code == 200
    said: dict[str, Any] = answer.json()
    return said


def operations(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in described["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def test_every_route_is_described_whole(described: dict[str, Any]) -> None:
    for name, operation in operations(described):
        assert operation["summary"], name
        assert operation["description"], name
        ok = {status for status in operation["responses"] if status.startswith("2")}
        assert len(ok) == (2 if name == "POST /v1/screen" else 1), name  # a video's is a job
        if name in ("GET /healthz", "GET /readyz"):
            continue
        assert operation["security"] == [{"token": []}], name
        assert "scope `" in operation["description"], name
        promised = {"401", "403", "503"} | (
            {"400", "408", "413", "415", "422"} if "requestBody" in operation else set()
        )
        assert promised <= set(operation["responses"]), name
        for status, response in operation["responses"].items():
            if status not in ok:
                assert response["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorOut"), (name, status)
            if status in ("503", "507"):
                assert "Retry-After" in response["headers"], name


def test_every_body_is_described_with_an_example(described: dict[str, Any]) -> None:
    bodies = {name: op["requestBody"] for name, op in operations(described) if "requestBody" in op}
    assert set(bodies) == {name for name, _ in operations(described) if name.startswith("POST ")}
    for name, body in bodies.items():
        assert body["description"], name
        assert body["content"]["application/json"]["example"], name
        assert "$ref" not in str(body), name
    upload = bodies["POST /v1/screen"]["content"]
    assert set(upload) == {"multipart/form-data", "application/octet-stream", "video/*", "application/json"}


def test_the_examples_are_taken(live: LiveService, described: dict[str, Any]) -> None:
    admin = live.client(Scope.ADMIN)
    for name, operation in operations(described):
        if name in ("POST /v1/screen", "POST /v1/banks", "POST /v1/cases", "POST /v1/banks/{bank}/entries"):
            example = operation["requestBody"]["content"]["application/json"]["example"]
            answer = admin.post(name.removeprefix("POST ").replace("{bank}", "cases"), json=example)
            assert answer.status_code in (200, 201), (name, answer.text)


def test_every_status_that_an_error_can_have_is_described(described: dict[str, Any]) -> None:
    statuses = {int(status) for _, operation in operations(described) for status in operation["responses"]}
    assert set(STATUS.values()) - {500} <= statuses


def can_be_wrong(operation: Any) -> bool:
    """Whether there is anything in a request that could be other than described."""
    return bool(operation.definition.raw.get("parameters") or operation.definition.raw.get("requestBody"))


def checks_of(case: schemathesis.Case) -> list[Any]:
    """All checks; but a name in the address that the description does not know is left alone, not refused."""
    known = {parameter["name"] for parameter in case.operation.definition.raw.get("parameters", ())}
    return [check for check in CHECKS if check is not negative_data_rejection or set(case.query or {}) <= known]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["described", "not described"])
def test_schemathesis_finds_no_fault(live: LiveService, described: dict[str, Any], mode: GenerationMode) -> None:
    """Requests that the description allows, and that it does not, to every route: no 5xx, nothing undescribed."""
    schema = schemathesis.openapi.from_dict(described)
    headers = {"Authorization": f"Bearer {new_token(live.node, Scope.ADMIN)}"}
    asked: dict[str, int] = {}
    with requests.Session() as session:
        for found in schema.get_all_operations():
            operation = found.ok()
            if mode is GenerationMode.NEGATIVE and not can_be_wrong(operation):
                continue

            most = 4 if "/cases" in operation.path else 40

            @settings(PROFILE, max_examples=most)
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: schemathesis.Case) -> None:
                asked[case.operation.label] = asked.get(case.operation.label, 0) + 1
                case.call_and_validate(
                    base_url=live.url, session=session, headers=headers, checks=checks_of(case), timeout=60
                )

            ask()
    expected = {name for name, op in operations(described) if mode is GenerationMode.POSITIVE or "requestBody" in op}
    assert expected <= set(asked)
