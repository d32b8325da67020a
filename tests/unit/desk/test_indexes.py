"""Two indexes that are one: at one seq, tidied together, and without regions where the operator wants none."""

import random
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from support.copies import regions_with
from support.node import FLUSH_AFTER, Node, picture
from unseen.desk.forget import forget
from unseen.desk.indexes import Indexes
from unseen.desk.ports import REGION_BITS
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.match.layout import to_words
from unseen.match.veil import Veil


def regions(seed: int, codes: int = 5) -> Fingerprint:
    rows = np.frombuffer(random.Random(seed).randbytes(32 * codes), np.uint8).reshape(-1, 32)
    return regions_with(rows)


def found(index: Indexes, fingerprint: Fingerprint) -> set[int]:
    assert index.regions is not None
    return set((index.regions.search(fingerprint.region_codes, 0).ids >> REGION_BITS).tolist())


def test_all_codes_of_an_entry_come_and_go_together(tmp_path: Path) -> None:
    node = Node(tmp_path)
    opened = [node.open_case([*picture(seed), regions(seed)]) for seed in range(2)]
    seq = node.index.catch_up()
    assert (node.index.seq, node.index.pictures.seq) == (seq, seq)
    assert node.index.regions is not None
    assert len(node.index.regions) == 10
    assert found(node.index, regions(0)) == {4}
    node.withdraw(opened[0])
    assert node.index.catch_up() == node.index.pictures.seq > seq
    assert (found(node.index, regions(0)), found(node.index, regions(1))) == (set(), {8})
    assert len(node.index.regions) == 5


def test_region_codes_go_to_a_file_and_are_forgotten_from_it(tmp_path: Path) -> None:
    node = Node(tmp_path)
    hers = regions(0, 96)
    opened = node.open_case([*picture(0), hers])
    node.open_case([*picture(1), regions(1, 96)])
    assert FLUSH_AFTER < 2 * 96
    node.index.tidy()
    codes = [to_words(code[None]).tobytes() for code in Veil(bytes(32)).over(hers.region_codes)]
    assert traced(tmp_path, codes) == 96
    assert traced(tmp_path, [to_words(code[None]).tobytes() for code in hers.region_codes]) == 0  # never clear
    node.withdraw(opened)
    forget(timedelta(0) - timedelta(seconds=1), store=node.store, index=node.index, clock=node.clock)
    assert traced(tmp_path, codes) == 0
    again = Indexes(node.store, tmp_path, region_key=bytes(32), flush_after=FLUSH_AFTER)
    again.open()
    assert (found(again, hers), found(again, regions(1, 96))) == (set(), {8})


def traced(folder: Path, codes: list[bytes]) -> int:
    content = b"".join(file.read_bytes() for file in folder.glob("region-*"))
    return sum(code in content for code in codes)


def test_without_regions_their_files_are_removed_and_come_back_from_the_store(tmp_path: Path) -> None:
    node = Node(tmp_path)
    node.open_case([*picture(0), regions(0, 96)], [*picture(1), regions(1, 96)])
    node.index.tidy()
    assert list(tmp_path.glob("region-*"))
    without = Indexes(node.store, tmp_path, region_key=None)
    without.open()
    assert without.regions is None
    assert list(tmp_path.glob("*region-*")) == []
    again = Indexes(node.store, tmp_path, region_key=bytes(32))
    again.open()
    assert found(again, regions(1, 96)) == {8}
    assert again.seq == without.seq


def test_a_full_disk_under_one_index_does_not_keep_the_other_from_being_tidied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Node(tmp_path)
    node.open_case([*picture(0), regions(0, 96)], [*picture(1), regions(1, 96)])
    monkeypatch.setattr(node.index.pictures, "tidy", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        node.index.tidy()
    assert list(tmp_path.glob("region-*.snapshot"))


def test_a_region_entry_is_screened_by_regions_only(tmp_path: Path) -> None:
    node = Node(tmp_path)
    node.open_case([*picture(0), regions(0)])
    assert {f.entry.fingerprint.kind for f in node.screen(*picture(0)).verdict.findings if f.entry.fingerprint} == {
        Kind.SHA256,
        Kind.MD5,
        Kind.PDQ,
    }
