"""The tests' own PostgreSQL leaves nothing behind, even where the tests are killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from support.postgres import programs
from support.scans import alive
from support.service import wait_until

_TEST_RUN = """
import sys
from support.postgres import running_server

with running_server() as server:
    print(server.folder, (server.data / "postmaster.pid").read_text().split()[0], flush=True)
    sys.stdin.read()
"""


def test_the_server_does_not_outlive_a_test_run_that_is_killed() -> None:
    programs()  # skips where there is none
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", _TEST_RUN],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        try:
            assert run.stdout is not None
            folder, pid = run.stdout.readline().split()
            server = psutil.Process(int(pid))
        finally:
            os.killpg(run.pid, signal.SIGKILL)
    wait_until(lambda: not alive([server]) and not Path(folder).exists())
