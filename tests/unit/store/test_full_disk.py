"""A full disk: a clear error, nothing lost, nothing half-written, and work goes on once there is room."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("fill_the_disk.py")
#: A small file system that only this process and its children see, with a file to make room with.
MOUNT_AND_RUN = """
set -e
mount -t tmpfs -o size=3m,mode=0700 tmpfs "$1"
head -c 1048576 /dev/zero > "$1/filler"
exec "$2" "$3" "$1" "$1/filler"
"""


def in_a_private_namespace() -> list[str]:
    """The command that may mount without anyone else noticing; skips where there is none."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("needs unshare (util-linux) to mount a small file system of its own")
    for flags in (["-m"], ["-rm"]):
        if os.geteuid() == 0 or flags == ["-rm"]:
            trial = [unshare, *flags, "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
            if subprocess.run(trial, capture_output=True).returncode == 0:
                return [unshare, *flags]
    pytest.skip("this machine permits no mount namespaces")


def test_the_store_survives_a_full_disk(tmp_path: Path) -> None:
    command = [*in_a_private_namespace(), "sh", "-c", MOUNT_AND_RUN, "sh", str(tmp_path), sys.executable, str(SCRIPT)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (run.stdout, run.returncode) == ("survived\n", 0), run.stderr


def test_the_store_survives_a_limit_on_file_sizes(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), str(tmp_path), "-"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (run.stdout, run.returncode) == ("survived\n", 0), run.stderr
