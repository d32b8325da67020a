"""Real server processes for tests that stop, kill or starve them.

A process that has imported ``unseen.http.server`` and once opened an index elsewhere waits for a word and then forks:
the child runs ``serve`` as ``unseen serve`` does, but does not pay for imports and for loading kernels each time.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_NURSERY = """
import os, sys, tempfile
from pathlib import Path
import numpy as np
from unseen.compose import open_node
from unseen.config import Config, load_config
from unseen.fingerprint.pdq import pdq_views
from unseen.http.server import serve

with tempfile.TemporaryDirectory() as folder, open_node(Config(data_folder=Path(folder))) as node:
    node.index.open()
    node.index.pictures.search(pdq_views(np.zeros((64, 64), np.uint8))[0], 0)
sys.stdout.write("warm\\n")
sys.stdout.flush()
for _ in sys.stdin:
    child = os.fork()
    if not child:
        serve(load_config())
        os._exit(0)
    sys.stdout.write(f"pid {child}\\n")
    sys.stdout.flush()
    _, how = os.waitpid(child, 0)
    sys.stdout.write(f"ended {how}\\n")
    sys.stdout.flush()
"""


@dataclass
class Nursery:
    """Starts one server after the other on the same data folder."""

    process: subprocess.Popen[str]

    def start(self) -> tuple[int, str]:
        """A fresh server: its process id and its address, as soon as it listens."""
        self._stdin.write("start\n")
        self._stdin.flush()
        said = {}
        while len(said) < 2:
            word, _, rest = self._line().partition(" ")
            said[word] = rest
            assert word != "ended", f"the server ended before it listened: {rest}"
        return int(said["pid"]), said["Unseen"].removeprefix("listens on ")

    def wait_for_end(self) -> int:
        """Wait until the server's process is gone; returns how it ended, as ``os.waitpid`` tells it."""
        word, _, how = self._line().partition(" ")
        assert word == "ended"
        return int(how)

    def kill(self, pid: int) -> None:
        """``kill -9``."""
        os.kill(pid, signal.SIGKILL)
        assert os.WTERMSIG(self.wait_for_end()) == signal.SIGKILL

    def stop(self, pid: int) -> int:
        """``kill -TERM``; returns the exit code."""
        os.kill(pid, signal.SIGTERM)
        return os.waitstatus_to_exitcode(self.wait_for_end())

    @property
    def _stdin(self) -> IO[str]:
        assert self.process.stdin is not None
        return self.process.stdin

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the server's parent is gone"
        return line.strip()


@contextmanager
def nursery(data_folder: Path, *, log: Path, settings: Mapping[str, str] | None = None) -> Iterator[Nursery]:
    """A nursery of servers on a data folder, each on a free port; what they log is written to ``log``."""
    environment = {
        **os.environ,
        "UNSEEN_DATA_FOLDER": str(data_folder),
        "UNSEEN_PORT": "0",
        "OPENBLAS_NUM_THREADS": "1",
        **(settings or {}),
    }
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-c", _NURSERY],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "warm\n", log.read_text()
            yield Nursery(process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
