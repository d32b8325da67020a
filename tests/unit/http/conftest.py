"""One service for the tests that only talk to it; those that change its settings start their own."""

import io
from collections.abc import Iterator

import httpx
import pytest
from PIL import Image

from support.service import LiveService, made_photo, memory_node, running
from unseen.desk.tokens import Scope


@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    with memory_node(tmp_path_factory.mktemp("node")) as node, running(node) as service:
        yield service


@pytest.fixture(scope="package")
def platform(live: LiveService) -> httpx.Client:
    return live.client(Scope.SCREEN, name="forum")


@pytest.fixture(scope="package")
def banker(live: LiveService) -> httpx.Client:
    return live.client(Scope.BANK, name="moderator")


@pytest.fixture(scope="package")
def helper(live: LiveService) -> httpx.Client:
    return live.client(Scope.CASE, name="hotline")


@pytest.fixture(scope="package")
def admin(live: LiveService) -> httpx.Client:
    return live.client(Scope.ADMIN, name="operator")


@pytest.fixture(scope="session")
def photo() -> bytes:
    return made_photo()


@pytest.fixture(scope="session")
def blank() -> bytes:
    """A picture with nothing in it."""
    file = io.BytesIO()
    Image.new("RGB", (320, 240), "white").save(file, "PNG")
    return file.getvalue()
