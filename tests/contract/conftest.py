"""Every store there is: each test of the suite runs over all of them."""

import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from support.stores import open_sqlite, open_store
from unseen.desk.ports import Store
from unseen.store import MemoryStore


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def new_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Store]]:
    """Makes an empty store, as often as it is called."""
    folder = tmp_path_factory.mktemp("stores")
    numbers = itertools.count()
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
    with ExitStack() as stores:

        def make() -> Store:
            if request.param == "memory":
                return MemoryStore(random.Random(next(numbers)).getrandbits)
            if request.param == "postgres":
                return stores.enter_context(closing(open_store(server.new_schema())))
            return stores.enter_context(closing(open_sqlite(folder / str(next(numbers)) / "unseen.sqlite3")))

        yield make


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Store:
    """An empty store."""
    return new_store()
