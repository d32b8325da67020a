"""Programs of other people that judge ours; what is missing skips a test, and fails it in CI."""

import os
import shutil
import subprocess
from typing import NoReturn

import pytest


def program(name: str, package: str) -> str:
    """Where ``name`` is."""
    found = shutil.which(name)
    if found is None:
        missing(f"{name} is missing (Debian: apt install {package})")
    return found


def openssl() -> str:
    """OpenSSL 3; LibreSSL and older ones lack what a pack's README uses."""
    found = program("openssl", "openssl")
    said = subprocess.run([found, "version"], capture_output=True, text=True, check=False).stdout
    if not said.startswith("OpenSSL 3"):
        missing(f"OpenSSL 3 is needed, this is {said.strip()}")
    return found


def missing(what: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)
