"""The steps before the files, as a browser without scripts goes them, and what the step of the files is served with."""

import gzip
from collections.abc import Iterator

import httpx
import pytest

from support.chromium import built_bundle
from support.service import LiveService
from unseen.base import Misconfigured
from unseen.http.pages import assets

ANSWERS = {"acting": "myself", "sharing": "shared", "without_consent": "yes"}


@pytest.fixture
def visitor(live: LiveService) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live.url, timeout=60, trust_env=False) as client:
        yield client


def directives(policy: str) -> dict[str, str]:
    return dict(each.split(" ", 1) for each in policy.split("; "))


@pytest.mark.parametrize(
    ("age", "follows"), [("adult", "open/about"), ("under-18", "under-18"), ("unknown", "under-18")]
)
def test_only_an_adults_way_goes_on(visitor: httpx.Client, age: str, follows: str) -> None:
    answer = visitor.post("/ko/open/age", data={"age": age})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/ko/{follows}")


@pytest.mark.parametrize("said", [{"other": ""}, {"age": ""}, {"age": "ADULT"}])
def test_no_age_is_taken_for_granted(visitor: httpx.Client, said: dict[str, str]) -> None:
    answer = visitor.post("/en/open/age", data=said)
    assert answer.status_code == 422
    assert 'href="#age-adult"' in answer.text


@pytest.mark.parametrize("left_out", ANSWERS)
def test_what_is_not_stated_is_named_and_no_file_is_asked_for(visitor: httpx.Client, left_out: str) -> None:
    said = {name: value for name, value in ANSWERS.items() if name != left_out}
    for answer in (said, {**said, left_out: "'><script>"}):
        page = visitor.post("/en/open/files", data=answer)
        assert page.status_code == 422
        assert page.text.count('<li><a href="#') == 1
        assert 'type="file"' not in page.text
        assert "<script>" not in page.text


def test_answers_go_along_in_the_page_and_in_no_address(visitor: httpx.Client) -> None:
    built_bundle()
    page = visitor.post("/en/open/files", data=ANSWERS)
    assert page.status_code == 200
    assert 'data-acting="myself" data-sharing="shared"' in page.text
    assert page.text.count('<input type="hidden" name="acting" value="myself">') == 4  # for each language
    assert page.headers["cache-control"] == "no-store"
    assert "set-cookie" not in page.headers
    assert visitor.get("/en/open/files").headers["location"] == "/en/open"


def test_another_sites_answers_are_not_taken(visitor: httpx.Client) -> None:
    for path, said in (("age", {"age": "adult"}), ("files", ANSWERS)):
        headers = {"Sec-Fetch-Site": "cross-site"}
        assert visitor.post(f"/en/open/{path}", data=said, headers=headers).status_code == 400


def test_files_are_added_by_who_has_entered_alone(visitor: httpx.Client) -> None:
    assert visitor.get("/en/add").headers["location"] == "/en/enter"


def test_the_page_of_the_files_alone_may_read_and_send_and_its_worker_may_not_send(visitor: httpx.Client) -> None:
    built_bundle()
    plain = directives(visitor.get("/en/open").headers["content-security-policy"])
    files = directives(visitor.post("/en/open/files", data=ANSWERS).headers["content-security-policy"])
    more = {name: value for name, value in files.items() if plain.get(name) != value}
    assert more == {
        "img-src": "'self' blob:",
        "media-src": "blob:",
        "worker-src": "'self'",
        "connect-src": "'self'",
    }
    worker = directives(visitor.get(assets.bundled("worker.js")).headers["content-security-policy"])
    assert worker == {"default-src": "'none'", "script-src": "'self' 'wasm-unsafe-eval'"}


def test_what_is_built_is_served_whole_compressed_and_for_ever(visitor: httpx.Client) -> None:
    built_bundle()
    for name, asset in assets.bundle().items():
        plain = visitor.get(assets.bundled(name), headers={"Accept-Encoding": "identity"})
        assert (plain.status_code, plain.content) == (200, asset.content)
        assert "content-encoding" not in plain.headers
        assert "immutable" in plain.headers["cache-control"]
        assert gzip.decompress(asset.compressed) == asset.content
    assert visitor.get("/assets/000000000000/flow.js").status_code == 404
    assert visitor.get(assets.bundled("licences.txt")).status_code == 404


def test_a_node_without_what_browsers_load_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "_BUNDLE", assets._BUNDLE / "nowhere")
    with pytest.raises(Misconfigured, match="was not built"):
        assets.bundled("flow.js")
