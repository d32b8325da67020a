"""One browser, one service and one page that fingerprints, for all tests of this folder."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from bench._browser import running_chromium, served_bundle
from playwright.sync_api import Browser, Page

from support.chromium import built_bundle, chromium_path
from support.letters import Letterbox
from support.service import LiveService, case_of, forget_tries, memory_node, pdq, running, sha256
from support.visit import Visit


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with running_chromium(chromium_path()) as browser:
        yield browser


@pytest.fixture(scope="package")
def bundle_address() -> Iterator[str]:
    with served_bundle(built_bundle()) as address:
        yield address


@pytest.fixture
def page(browser: Browser, bundle_address: str) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(bundle_address)
    yield page
    page.close()


@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """Its pages answer at once; whoever screens waits until it does that too."""
    built_bundle()
    folder = tmp_path_factory.mktemp("node")
    with memory_node(folder, mail=Letterbox()) as node, running(node, ready=False) as service:
        yield service


@pytest.fixture
def case(live: LiveService) -> dict[str, Any]:
    """Opened as her page does it, with an address for a link."""
    forget_tries(live)
    sent = {**case_of([pdq(1), sha256(1)], [sha256(2)]), "contact": "ada@example.org"}
    answer = live.client().post("/en/open", json=sent, headers={"Idempotency-Key": secrets.token_hex(16)})
    opened: dict[str, Any] = answer.json()
    return opened


@pytest.fixture
def visit(browser: Browser, live: LiveService, request: pytest.FixtureRequest) -> Iterator[Visit]:
    visit = Visit(browser, live.url, **getattr(request, "param", {}))
    yield visit
    visit.context.close()
