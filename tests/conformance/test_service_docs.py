"""docs/http-api.md is right: its examples are run, its tables and routes are those of the app."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.films import video
from support.service import LiveService, made_photo, memory_node, running
from unseen.desk.tokens import Scope
from unseen.http.errors import STATUS

PAGE = (Path(__file__).parents[2] / "docs" / "http-api.md").read_text()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    with memory_node(tmp_path_factory.mktemp("node")) as node, running(node) as service:
        yield service


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def examples() -> list[list[str]]:
    """Every curl command of the page, split as a shell would."""
    joined = "".join(blocks("sh")).replace("\\\n", " ")
    return [shlex.split(line) for line in joined.splitlines() if line.strip()]


def asked(words: list[str], values: dict[str, str], files: dict[str, bytes]) -> dict[str, Any]:
    """A curl command as a request."""

    def filled(word: str) -> str:
        return re.sub(r"\$([A-Z]+)", lambda m: values[m[1]], word)

    assert words[0] == "curl"
    request: dict[str, Any] = {"method": "GET", "headers": {}, "files": [], "data": {}}
    rest = iter(words[1:])
    for word in rest:
        if word == "-sS":
            continue
        if word == "-H":
            name, _, value = filled(next(rest)).partition(": ")
            request["headers"][name] = value
        elif word == "-X":
            request["method"] = next(rest)
        elif word in ("-d", "--data-binary"):
            said = filled(next(rest))
            request |= {"method": "POST", "content": files[said[1:]] if said.startswith("@") else said.encode()}
        elif word == "-F":
            name, _, value = filled(next(rest)).partition("=")
            request["method"] = "POST"
            if value.startswith("@"):
                request["files"].append((name, (value[1:], files[value[1:]])))
            else:
                request["data"][name] = value
        else:
            assert word.startswith("$UNSEEN/"), f"this test does not know {word}"
            request["url"] = filled(word)
    if "content" in request:
        del request["files"], request["data"]
    return request


def test_every_example_of_the_page_works(live: LiveService) -> None:
    admin = live.client(Scope.ADMIN)
    token = admin.headers["authorization"].removeprefix("Bearer ")
    case = next(block for block in blocks("json") if '"statements"' in block)
    files = {"photo.jpg": made_photo(), "case.json": case.encode(), "list.csv": blocks("csv")[0].encode()}
    files["clip.mp4"] = video(range(2))
    admin.post("/v1/cases", content=case, headers={"Content-Type": "application/json"})
    values = {"UNSEEN": live.url, "TOKEN": token, "HIT": "", "NUMBER": "", "PIN": "", "ENTRY": "", "JOB": ""}
    seen = set()
    with httpx.Client(timeout=60, trust_env=False) as client:
        for words in examples():
            request = asked(words, values, files)
            answer = client.request(**request)
            assert answer.status_code in (200, 201, 202, 204), (words, answer.text)
            seen.add((request["method"], httpx.URL(request["url"]).path))
            said = answer.json() if answer.headers.get("content-type") == "application/json" else {}
            if said.get("hits"):
                values["HIT"] = said["hits"][0]["id"]
            if answer.status_code == 202:
                values["JOB"] = said["id"]
            if "pin" in said:
                values |= {"NUMBER": said["number"], "PIN": said["pin"]}
            if isinstance(entries := said.get("entries"), list) and isinstance(entries[0], int):
                values["ENTRY"] = str(entries[0])
    shown = {(method, generic(path, values)) for method, path in seen}
    described = {(m.upper(), path) for path, item in live.app.openapi()["paths"].items() for m in item}
    assert shown == described | {("GET", "/openapi.json")}, "the page shows every route"


def generic(path: str, values: dict[str, str]) -> str:
    for name, part in (("HIT", "hit_id"), ("NUMBER", "number"), ("ENTRY", "entry_id"), ("JOB", "job_id")):
        path = path.replace(f"/{values[name]}", f"/{{{part}}}") if values[name] else path
    return re.sub("/banks/[a-z]+", "/banks/{bank}", path)


def test_the_answer_on_the_page_has_the_fields_of_the_real_one(live: LiveService) -> None:
    client = live.client(Scope.SCREEN)
    body = {"fingerprints": [{"kind": "sha256", "code": "00" * 32}]}
    real = client.post("/v1/screen", json=body).json()
    shown = next(block for block in blocks("json") if '"verdict"' in block)
    assert set(real) == set(httpx.Response(200, text=shown).json())


def test_the_page_lists_every_status_and_every_scope() -> None:
    table = PAGE.partition("## Errors")[2]
    listed = {int(number) for row in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for number in row.split(", ")}
    assert listed == (set(STATUS.values()) - {500}) | {405}
    scopes = PAGE.partition("## Tokens")[2].partition("## Screen")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", scopes, re.MULTILINE)) == set(Scope)
