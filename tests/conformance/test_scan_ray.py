"""``unseen scan --ray`` on a real cluster of two nodes."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from support import ray_cluster
from support.scans import DEADLY, Scans, alive, descendants, install_bucket, said, until
from support.service import wait_until

if importlib.util.find_spec("ray") is None and os.environ.get("CI") != "true":
    pytest.skip("Ray is not installed (the extra scan)", allow_module_level=True)

PICTURES = 150  # in three shards, of which one may be held back while a node is free


@dataclass
class Cluster:
    address: str
    temp: Path
    processes: list[psutil.Process]


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Scans:
    folder = tmp_path_factory.mktemp("scans")
    made = Scans(folder, (install_bucket(folder),))
    made.environment |= {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # Ray's word for: stay on the loopback
    }
    made.fill(PICTURES)
    return made


@pytest.fixture(scope="module")
def cluster(scans: Scans) -> Iterator[Cluster]:
    temp = Path(tempfile.mkdtemp(prefix="ray"))  # short: sockets are in it
    for _ in range(3):  # Ray chooses its ports, and another may have taken one before it listens there
        started = subprocess.Popen(
            [sys.executable, ray_cluster.__file__, str(temp)],
            env=scans.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert started.stdin is not None
        assert started.stdout is not None
        address = started.stdout.readline().strip()
        if address:
            break
        started.communicate(timeout=180)
    processes: list[psutil.Process] = []
    try:
        assert address, "the Ray cluster does not start"
        processes = descendants(started.pid)
        yield Cluster(address=address, temp=temp, processes=processes)
        processes += descendants(started.pid)
    finally:
        started.stdin.close()
        started.wait(180)
        started.stdout.close()
        for _ in until(60):
            if not alive(processes):
                break
        left = alive(processes)
        for process in left:
            process.kill()
        shutil.rmtree(temp, ignore_errors=True)
    assert not left, "Ray processes outlive the cluster"


def test_it_goes_on_after_a_kill_and_says_what_screening_says(scans: Scans, cluster: Cluster) -> None:
    """A kill -9 of the command, then the same command; one of the objects kills every process that reads it."""
    deadly = f"name-{DEADLY}"  # of the last shard
    (scans.uploads / deadly).write_bytes(b"x")
    out, state = scans.folder / "killed.jsonl", scans.folder / "killed.jsonl.scan"
    asked = ("scan", f"bucket://{scans.uploads}", "--out", out, "--ray", cluster.address)
    checkpoint = state / "checkpoint"
    with scans.holding_back("name-128"):  # the last shard, so that it cannot have ended before the kill
        process = scans.start(*asked)
        wait_until(lambda: checkpoint.exists() and checkpoint.stat().st_size, within_s=180)
        process.kill()
        process.wait()
    done = (state / "rows.jsonl").read_bytes().count(b"\n")
    assert 0 < done < PICTURES
    ended = scans.unseen(*asked)
    assert ended.returncode == 2, ended.stderr
    assert f"{PICTURES // 10} to review" in ended.stdout
    assert "name-" not in ended.stdout + ended.stderr
    rows = said(scans.rows(out))
    assert rows.pop(deadly)[1] == "crashed"
    assert rows.pop("name-text")[1] == "bad_media"
    assert len(rows) == PICTURES
    assert {name for name, row in rows.items() if row[0] == "review"} == {
        f"name-{seed:03}" for seed in range(0, PICTURES, 10)
    }


def test_the_cluster_listens_on_the_loopback_alone_and_its_logs_hold_no_name(cluster: Cluster) -> None:
    for process in alive(cluster.processes):
        with suppress(psutil.NoSuchProcess):  # the workers of the scan end when they like
            for connection in process.net_connections("inet"):
                if connection.status == psutil.CONN_LISTEN:
                    assert connection.laddr.ip in {"127.0.0.1", "::ffff:127.0.0.1"}
    read = 0
    for path in cluster.temp.rglob("*"):
        if path.is_file():
            with suppress(FileNotFoundError):  # renamed, as logs are
                assert b"name-0" not in path.read_bytes(), path.name
                read += 1
    assert read > 10
