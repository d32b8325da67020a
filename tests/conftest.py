"""Fixtures that every kind of test may use."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from support.machine import Machine, watched_machine
from support.postgres import Server, running_server

# Explaining a failure takes minutes where an example takes milliseconds.  CI draws the same examples each time, so that
# a red run is a change's fault; elsewhere new ones are drawn.  How long drawing takes says nothing of the code.
settings.register_profile(
    "house",
    deadline=None,
    phases=set(Phase) - {Phase.explain},
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("house")


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of open photographs and hostile files that ``UNSEEN_TEST_DATA`` names."""
    named = os.environ.get("UNSEEN_TEST_DATA")
    if not named:
        pytest.skip("UNSEEN_TEST_DATA is not set: it names the folder of test photographs")
    folder = Path(named)
    for part in ("photos", "nasty"):
        if not (folder / part).is_dir():
            pytest.fail(f"UNSEEN_TEST_DATA has no {part}/ folder")
    return folder


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    """Tells how long something took without the time in which this machine stood still."""
    with watched_machine() as machine:
        yield machine


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server of this test process."""
    with running_server() as server:
        yield server
