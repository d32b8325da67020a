from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from support.node import FLUSH_AFTER, Node, picture
from unseen.bank.formats import Listed
from unseen.bank.records import Response, Source, SourceKind
from unseen.base import NotReady
from unseen.desk import index as index_module
from unseen.desk.bank_fingerprints import bank_fingerprints
from unseen.desk.forget import forget
from unseen.desk.index import BankIndex
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.match import snapshot_file
from unseen.match.layout import to_words
from unseen.store import MemoryStore


def bank(node: Node, fingerprints: list[Fingerprint]) -> tuple[int, ...]:
    return bank_fingerprints(
        "cases",
        [Listed(fingerprint=f, is_confirmed=False) for f in fingerprints],
        source=Source(kind=SourceKind.OPERATOR, ref="a list"),
        trust=False,
        actor="ann",
        reason="a list",
        store=node.store,
        clock=node.clock,
    ).ids


def snapshots(node: Node) -> list[Path]:
    return sorted(node.folder.glob("pdq-*.snapshot"))


@pytest.fixture
def filled(node: Node) -> Node:
    """A node with so many entries that its index wrote a snapshot."""
    opened = node.open_case(picture(0))
    bank(node, [picture(seed)[2] for seed in range(1, FLUSH_AFTER + 1)])
    node.index.catch_up()
    node.index.tidy()
    assert snapshots(node)
    node.withdraw(opened)
    return node


def reopened(node: Node) -> BankIndex:
    index = BankIndex(node.store, node.folder, flush_after=FLUSH_AFTER)
    index.open()
    return index


def test_a_node_that_is_still_loading_says_so(node: Node) -> None:
    with pytest.raises(NotReady):
        BankIndex(node.store, node.folder).search(np.zeros((1, 32), np.uint8), 31)


def test_a_reopened_index_knows_what_the_store_knows(filled: Node) -> None:
    node = filled
    node.index.pictures = reopened(node)
    assert len(node.index.pictures) == FLUSH_AFTER
    assert node.screen(picture(1)[2]).verdict.response is Response.REVIEW
    assert node.screen(picture(0)[2]).verdict.response is Response.ALLOW


def replaced(path: Path, content: bytes) -> None:
    """As a restore or a careless copy would: another file at the same name."""
    other = path.with_name("other")
    other.write_bytes(content)
    other.replace(path)


@pytest.mark.parametrize("harm", ["torn", "foreign", "missing", "flipped"])
@pytest.mark.parametrize("of", ["manifest", "snapshot"])
def test_harmed_files_are_rebuilt_from_the_store(filled: Node, harm: str, of: str) -> None:
    node, path = filled, next(filled.folder.glob(f"pdq-*.{of}"))
    whole = path.read_bytes()
    middle = len(whole) // 2
    match harm:
        case "torn":
            replaced(path, whole[:middle])
        case "foreign":
            replaced(path, b"GIF89a" + whole[6:])
        case "missing":
            path.unlink()
        case "flipped":
            replaced(path, whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    node.index.pictures = reopened(node)
    assert len(node.index.pictures) == FLUSH_AFTER
    assert node.screen(picture(7)[2]).verdict.response is Response.REVIEW
    assert len(reopened(node)) == FLUSH_AFTER


def test_the_files_of_another_store_are_neither_used_nor_kept(filled: Node) -> None:
    old = [*snapshots(filled), filled.index.pictures.files.manifest_path]
    other = Node(filled.folder)
    assert len(other.index.pictures) == 0
    assert not any(path.exists() for path in old)


def test_files_newer_than_a_restored_store_are_not_used(filled: Node, tmp_path: Path) -> None:
    folder = tmp_path / "restored"
    lineage = int(filled.index.pictures.files.name.removeprefix("pdq-"), 16)
    folder.mkdir()
    for path in filled.folder.glob("pdq-*"):
        (folder / path.name).write_bytes(path.read_bytes())
    restored = Node(folder, store=MemoryStore(lambda _bits: lineage))
    assert len(restored.index.pictures) == 0
    assert snapshots(restored) == []


def code_is_on_disk(folder: Path, fingerprint: Fingerprint) -> bool:
    code = np.frombuffer(fingerprint.code, np.uint8)
    written = (fingerprint.code, to_words(code.reshape(1, 32)).tobytes(), fingerprint.hex.encode())
    files = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    return any(form in file for form in written for file in files)


def test_an_erased_code_is_in_no_snapshot(filled: Node) -> None:
    node, gone = filled, picture(0)[2]
    assert code_is_on_disk(node.folder, gone)
    node.clock.move(timedelta(days=31))
    forget(timedelta(days=30), store=node.store, index=node.index, clock=node.clock)
    assert not code_is_on_disk(node.folder, gone)
    assert code_is_on_disk(node.folder, picture(1)[2])


def test_erasure_reaches_the_snapshot_even_if_the_node_died_in_between(filled: Node) -> None:
    node, gone = filled, picture(0)[2]
    with node.store.write() as tx:
        tx.erase(retired_before=node.clock.now() + timedelta(days=1), actor="node", reason="x", at=node.clock.now())
    assert code_is_on_disk(node.folder, gone)
    reopened(node)
    assert not code_is_on_disk(node.folder, gone)


def test_many_changes_are_followed_in_steps(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(index_module.CHANGES, Kind.PDQ, 7)
    bank(node, [picture(seed)[2] for seed in range(100)])
    with node.store.read() as reader:
        assert node.index.catch_up() == reader.last_seq() == 100
    assert len(node.index.pictures) == 100


def test_another_process_that_opens_the_index_leaves_a_file_being_written_alone(filled: Node) -> None:
    node = filled
    path = node.folder / f"{node.index.pictures.files.name}.1.snapshot"
    with snapshot_file.written(path, [(np.array([1]), np.ones((1, 4), np.uint64))], 1, 1):
        reopened(node)
        assert path.exists()
    reopened(node)
    assert not path.exists()


def test_what_a_killed_writer_left_is_removed(filled: Node) -> None:
    node = filled
    left = node.folder / f".{node.index.pictures.files.name}.1.snapshot.abc.partial"
    left.write_bytes(b"codes")
    node.index.tidy()
    assert not left.exists()
