"""One browser, and one page that fingerprints, for all tests of a module."""

from collections.abc import Iterator

import pytest
from bench._browser import running_chromium, served_bundle
from playwright.sync_api import Browser, Page

from support.chromium import built_bundle, chromium_path


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
