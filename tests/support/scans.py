"""``unseen scan`` as a process of its own, on a node and a folder of small pictures.

Some tests need an object store that every process can reach and that misbehaves: ``bucket://`` is a folder behind a
flat list of keys, installed as fsspec drivers are, by a package on the path.  What is held back of it is waited for, so
that a scan can be met in its middle however slow or fast the machine is.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from support.pictures import draw, saved

SOURCE = Path(__file__).parents[2] / "src"
DEADLY = "deadly"  #: a key with this word in it kills whoever reads it

_DRIVER = f"""
import os, signal, time
from pathlib import Path
from fsspec.implementations.local import LocalFileSystem

HELD = Path(__file__).with_name("held")

def is_held(name):
    try:
        return name >= HELD.read_text()
    except FileNotFoundError:
        return False

class Bucket(LocalFileSystem):
    protocol = "bucket"
    local_file = False

    @classmethod
    def _strip_protocol(cls, path):
        return str(path).removeprefix("bucket://").rstrip("/")

    def unstrip_protocol(self, name):
        return "bucket://" + self._strip_protocol(name)

    def cat_file(self, path, start=None, end=None, **kwargs):
        while is_held(os.path.basename(path)):
            time.sleep(0.02)
        if {DEADLY!r} in path:
            os.kill(os.getpid(), signal.SIGKILL)
        if "denied" in path:
            raise RuntimeError("the client library says no to " + path)
        return super().cat_file(path, start=start, end=end, **kwargs)
"""


def install_bucket(folder: Path) -> Path:
    """The driver of ``bucket://``, to be put on the path."""
    site = folder / "site"
    (site / "bucketfs-1.dist-info").mkdir(parents=True)
    (site / "bucketfs.py").write_text(_DRIVER)
    (site / "bucketfs-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: bucketfs\nVersion: 1\n")
    (site / "bucketfs-1.dist-info" / "entry_points.txt").write_text("[fsspec.specs]\nbucket=bucketfs:Bucket\n")
    return site


@dataclass
class Scans:
    """A node, and uploads of which every tenth is protected."""

    folder: Path
    path: tuple[Path, ...] = ()
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        path = os.pathsep.join(map(str, (*self.path, SOURCE)))
        kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "CI"}}
        self.environment = kept | {"PYTHONPATH": path, "UNSEEN_DATA_FOLDER": str(self.folder / "data")}

    @property
    def uploads(self) -> Path:
        return self.folder / "uploads"

    def fill(self, pictures: int) -> None:
        self.uploads.mkdir(exist_ok=True)
        for seed in range(pictures):
            kind = ("JPEG", "PNG")[seed % 2]
            (self.uploads / f"name-{seed:03}").write_bytes(saved(draw(64, 48, seed), kind))
        (self.uploads / "name-text").write_bytes(b"no picture")
        protected = [str(self.uploads / f"name-{seed:03}") for seed in range(0, pictures, 10)]
        self.unseen("bank", "add", "cases", *protected, "--reason", "test", check=True)

    @contextmanager
    def holding_back(self, first: str) -> Iterator[None]:
        """Whatever comes from ``bucket://`` with this name or a later one is not read yet."""
        held = self.path[0] / "held"
        with_name = held.with_suffix(".new")
        with_name.write_text(first)
        with_name.rename(held)
        try:
            yield
        finally:
            held.unlink()

    def unseen(self, *arguments: object, check: bool = False) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=check,
            stdin=subprocess.DEVNULL,
        )

    def start(self, *arguments: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command(arguments), env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def rows(self, result: Path) -> dict[str, dict[str, Any]]:
        """By the object's last name; each must be there once."""
        lines = [json.loads(line) for line in result.read_text().splitlines()]
        count = Counter(line["object"] for line in lines)
        assert set(count.values()) == {1}, count.most_common(3)
        return {line["object"].rsplit("/", 1)[-1]: line for line in lines}

    def _command(self, arguments: tuple[object, ...]) -> list[str]:
        return [sys.executable, "-W", "ignore", "-m", "unseen.cli", *map(str, arguments)]


def said(rows: dict[str, dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """What matters of each row."""
    return {
        name: (row.get("verdict"), row.get("error"), str(row.get("hits")), row.get("featureless"))
        for name, row in rows.items()
    }


def descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; who has ended and was not asked about is no process any more."""

    def runs(process: psutil.Process) -> bool:
        try:
            return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    return [process for process in processes if runs(process)]


def until(limit_s: float) -> Iterator[None]:
    """Ask again and again, for so long."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        yield
        time.sleep(0.02)
