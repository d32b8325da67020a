"""``unseen backup`` while the node writes, and what docs/operating.md says to do with it: the same answers."""

import os
import shutil
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

from contract.store_makers import WHY, at, case, pdq
from unseen.bank.records import EntryEvent
from unseen.compose import open_node
from unseen.config import Config
from unseen.desk.items import CASE_BANK
from unseen.store import Opening, SecretFile, open_sqlite

UNSEEN = [sys.executable, "-m", "unseen.cli"]


def unseen(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UNSEEN_")}
    environment = {**kept, "UNSEEN_DATA_FOLDER": str(folder), "COLUMNS": "200"}
    command = [*UNSEEN, *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def answers(folder: Path, seeds: range) -> list[list[int]]:
    """The entries that each made-up picture meets."""
    with open_node(Config(data_folder=folder)) as node, node.store.read() as reader:
        node.index.open()
        return [[entry.id for entry in reader.same_code([pdq(seed)])] for seed in seeds]


def test_a_backup_made_while_the_node_writes_restores_to_the_same_answers(tmp_path: Path) -> None:
    folder, backup, restored = tmp_path / "data", tmp_path / "backup.sqlite3", tmp_path / "restored"
    with open_node(Config(data_folder=folder)) as node:
        stopping, written = threading.Event(), []

        def write() -> None:
            while not stopping.is_set():
                some = [pdq(100 * len(written) + i) for i in range(100)]
                with node.store.write() as tx:
                    ids = tx.protect(CASE_BANK, some, source=case("A"), confirmed_by=None, at=at(0), **WHY)
                    tx.retire(ids[:50], at=at(1), **WHY)
                written.append(ids)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            while len(written) < 5:
                stopping.wait(0.01)
            said = unseen(folder, "backup", backup)
            during = len(written)
        finally:
            stopping.set()
            writer.join()
        assert said.returncode == 0, said.stderr
        assert unseen(folder, "backup", backup).returncode == 2  # it never overwrites

    restored.mkdir(mode=0o700)
    shutil.copy(tmp_path / "data.key", tmp_path / "restored.key")  # kept elsewhere, says the guide
    (tmp_path / "restored.key").chmod(0o600)
    subprocess.run(["install", "-m", "600", str(backup), str(restored / "unseen.sqlite3")], check=True)
    healthy = unseen(restored, "doctor")
    assert (healthy.returncode, healthy.stdout.splitlines()[-1]) == (0, "Healthy."), healthy.stdout

    sealed_with = Opening(secret=SecretFile(tmp_path / "restored.key"))
    with closing(open_sqlite(restored / "unseen.sqlite3", sealed_with)) as store, store.read() as reader:
        newest = reader.last_seq()
    whole = newest // 150  # of each transaction all or nothing
    assert newest == 150 * whole
    assert 5 <= whole <= during + 1
    seeds = range(100 * whole)
    assert answers(restored, seeds) == answers(folder, seeds)
    assert answers(restored, range(49, 52)) == [[], [51], [52]]
    if whole < len(written):
        assert answers(restored, range(100 * whole, 100 * whole + 100)) == [[]] * 100

    with open_node(Config(data_folder=restored)) as node:
        with node.store.write() as tx:
            (entry,) = tx.protect(CASE_BANK, [pdq(-1)], source=case("B"), confirmed_by=None, at=at(2), **WHY)
        with node.store.read() as reader:
            assert [c.event for c in reader.changes(after=newest, limit=9)] == [EntryEvent.ADDED]
        assert entry == 100 * whole + 1
