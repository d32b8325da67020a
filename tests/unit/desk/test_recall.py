"""What a process recalls of its store, against what the store says."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.node import HandClock, picture
from unseen.bank.records import Bank, Source, SourceKind
from unseen.base import NotReady
from unseen.desk.recall import Digests, Recall
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.store import MemoryStore

SOURCE = Source(kind=SourceKind.OPERATOR, ref="list")


def protect(store: MemoryStore, fingerprints: list[Fingerprint]) -> tuple[int, ...]:
    with store.write() as tx:
        return tx.protect(
            "b", fingerprints, source=SOURCE, confirmed_by=None, actor="a", reason="r", at=HandClock().now()
        )


@given(st.lists(st.tuples(st.integers(0, 11), st.booleans()), max_size=40), st.sets(st.integers(0, 40)))
def test_it_finds_what_the_store_finds(steps: list[tuple[int, bool]], looks: set[int]) -> None:
    """``steps``: which picture, and whether it is banked or retired; it follows after the steps in ``looks``."""
    store = MemoryStore()
    recall = Recall(store, max_digests=1000)
    with store.write() as tx:
        tx.put_bank(Bank(name="b"))
    at = HandClock().now()
    held: dict[int, tuple[int, ...]] = {}
    for number, (seed, is_banked) in enumerate(steps):
        if is_banked and seed not in held:
            held[seed] = protect(store, picture(seed))
        elif not is_banked and seed in held:
            with store.write() as tx:
                tx.retire(held.pop(seed), actor="a", reason="r", at=at)
                tx.erase(retired_before=at + timedelta(1), actor="a", reason="r", at=at)
        if number in looks:
            recall.follow()
    recall.follow()
    for seed in range(12):
        digests = [f for f in picture(seed) if not f.kind.is_perceptual]
        with store.read() as reader:
            expected = {entry.id for entry in reader.same_code(digests)}
        assert recall.find(digests) == expected
    with store.read() as reader:
        assert recall.seq == reader.last_seq()


def test_a_retired_digest_is_not_kept_after_a_merge() -> None:
    store = MemoryStore()
    with store.write() as tx:
        tx.put_bank(Bank(name="b"))
    ids = protect(store, picture(1) + picture(2))
    digests = Digests()
    with store.read() as reader:
        for rows in reader.code_rows(Kind.SHA256, rows=10):
            digests.add(rows)
    digests.merge()
    assert digests.find([picture(1)[0].code]) == {ids[0]}
    assert len(digests) == 2
    digests.retire(rows.ids[:1])
    assert digests.find([picture(1)[0].code]) == set()
    digests.merge()
    assert len(digests) == 1


def test_more_digests_than_it_may_hold_are_not_held_and_nobody_is_told_otherwise() -> None:
    store = MemoryStore()
    with store.write() as tx:
        tx.put_bank(Bank(name="b"))
    recall = Recall(store, max_digests=4)
    recall.follow()
    assert recall.is_whole
    protect(store, picture(1) + picture(2) + picture(3))
    recall.follow()
    assert not recall.is_whole
    recall.follow()
    with pytest.raises(NotReady):
        recall.find([picture(9)[0]])


def test_many_digests_are_found_among_many() -> None:
    draw, store = random.Random(2), MemoryStore()
    with store.write() as tx:
        tx.put_bank(Bank(name="b"))
    recall = Recall(store, max_digests=100_000)
    made = [Fingerprint(kind=Kind.SHA256, code=draw.randbytes(32)) for _ in range(6_000)]
    for begin in range(0, len(made), 1_500):
        ids = protect(store, made[begin : begin + 1_500])
        recall.follow()
        assert recall.find(made[begin : begin + 3]) == set(ids[:3])
    assert len(recall.find(made)) == len(made)
