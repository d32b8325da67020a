"""A full disk in the middle of a merge: said clearly, the old files in use, searches and following go on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("fill_the_disk.py")
#: Room for two of the smallest files, and a file to make room for more with.
MOUNT_AND_RUN = """
set -e
mount -t tmpfs -o size=40m,mode=0700 tmpfs "$1"
head -c 30000000 /dev/zero > "$1/filler"
exec "$2" "$3" "$1" "$1/filler"
"""


def test_a_full_disk_in_the_middle_of_a_merge_leaves_the_index_working(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    flags = "-m" if os.geteuid() == 0 else "-rm"
    trial = [str(unshare), flags, "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    if unshare is None or subprocess.run(trial, capture_output=True).returncode:
        pytest.skip("needs unshare and the right to mount a small file system of its own")
    command = [unshare, flags, "sh", "-c", MOUNT_AND_RUN, "sh", str(tmp_path), sys.executable, str(SCRIPT)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (run.stdout, run.returncode) == ("survived\n", 0), run.stderr
