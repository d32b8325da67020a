"""The node of the demo: the real commands and the real service, as processes of their own, in a temporary folder."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from unseen.base import NodeError

_UNSEEN: Final = (sys.executable, "-m", "unseen.cli")
_LISTENS: Final = "Unseen listens on "
_START_S: Final = 90.0  # the kernels are compiled when they are first used on a machine
_STOP_S: Final = 20.0
_COMMAND_S: Final = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """The ``unseen`` command, as a person would type it, on the demo's data."""

    folder: Path

    def run(self, *arguments: str | Path, typed: str = "") -> str:
        """Run one command and return what it says on stdout; ``typed`` is its stdin.

        Raises: NodeError where it fails.
        """
        done = subprocess.run(  # noqa: S603  our own command
            [*_UNSEEN, *map(str, arguments)],
            env=self._environment(),
            input=typed,
            capture_output=True,
            text=True,
            timeout=_COMMAND_S,
            check=False,
        )
        if done.returncode != 0:
            raise NodeError(f"`unseen {arguments[0]}` did not work: {done.stderr.strip()}")
        return done.stdout

    def run_for_data(self, *arguments: str | Path) -> dict[str, Any]:
        """Run one command that answers with a JSON object."""
        data: dict[str, Any] = json.loads(self.run(*arguments))
        return data

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Run ``unseen serve`` on a free port; gives its address once it is ready, and stops it at the end."""
        log = self.folder / "service.log"
        with log.open("w") as lines:
            process = subprocess.Popen(  # noqa: S603  our own command
                [*_UNSEEN, "serve", "--port", "0"],
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=lines,
                text=True,
            )
        try:
            yield _ready_address(process, log)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def _environment(self) -> dict[str, str]:
        """This one's, without settings of another node."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("UNSEEN_")}
        return {**kept, "UNSEEN_DATA_FOLDER": str(self.folder / "data")}


def _ready_address(process: subprocess.Popen[str], log: Path) -> str:
    """Raises: NodeError where the service ends or is not ready in time."""
    deadline = time.monotonic() + _START_S
    line = process.stdout.readline() if process.stdout is not None else ""
    if line.startswith(_LISTENS):
        address = line.removeprefix(_LISTENS).strip()
        while time.monotonic() < deadline and process.poll() is None:
            if _is_ready(address):
                return address
            time.sleep(0.1)
    raise NodeError(f"The service did not start. It said: {log.read_text()[-500:].strip()}")


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", trust_env=False).is_success
    except httpx.HTTPError:
        return False
