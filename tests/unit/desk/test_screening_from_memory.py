"""An upload near nothing is answered from memory, and only where memory is exactly what the store has."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.node import HandClock, picture
from support.stores import Flaky
from unseen.bank.records import Bank, Response, Source, SourceKind
from unseen.desk.indexes import Indexes
from unseen.desk.ports import Reader, Transaction
from unseen.desk.recall import Recall
from unseen.desk.screen import Query, look_up
from unseen.desk.tokens import Scope, Token
from unseen.fingerprint.records import Fingerprint, View
from unseen.store import MemoryStore

NOW = HandClock().now()
STEPS = st.lists(st.tuples(st.sampled_from(("bank", "retire", "erase", "follow", "index")), st.integers(0, 5)))


class Counting(MemoryStore):
    """A store that counts how often it is read."""

    reads = 0

    @contextmanager
    def read(self) -> Iterator[Reader]:
        self.reads += 1
        with super().read() as reader:
            yield reader


def queries(fingerprints: Sequence[Fingerprint]) -> list[Query]:
    return [Query(fingerprint=f, view=View.UPRIGHT if f.kind.is_perceptual else None) for f in fingerprints]


def protect(tx: Transaction, seed: int) -> tuple[int, ...]:
    source = Source(kind=SourceKind.OPERATOR, ref="list")
    return tx.protect("b", picture(seed), source=source, confirmed_by=None, actor="a", reason="r", at=NOW)


@pytest.fixture
def store() -> Counting:
    store = Counting()
    with store.write() as tx:
        tx.put_bank(Bank(name="b"))
        protect(tx, 1)
    return store


def opened(store: MemoryStore, folder: Path) -> tuple[Indexes, Recall]:
    index, recall = Indexes(store, folder, region_key=bytes(32)), Recall(store, max_digests=1000)
    index.open()
    recall.follow()
    return index, recall


def test_an_upload_near_nothing_asks_the_store_nothing(store: Counting, tmp_path: Path) -> None:
    index, recall = opened(store, tmp_path)
    store.reads = 0
    assert recall.is_current()
    looked = look_up(queries(picture(2)), store=store, index=index, recall=recall)
    assert (looked.verdict.response, looked.as_of_seq, store.reads) == (Response.ALLOW, 3, 0)
    assert set(looked.stages_s) == {"exact", "search"}


@pytest.mark.parametrize("part", [0, 1, 2])
def test_whatever_is_near_is_looked_up_in_the_store(store: Counting, tmp_path: Path, part: int) -> None:
    index, recall = opened(store, tmp_path)
    looked = look_up(queries(picture(1)[part : part + 1]), store=store, index=index, recall=recall)
    assert looked.verdict.response is Response.REVIEW
    assert len(looked.verdict.findings) == 1


@pytest.mark.parametrize("what", ["an entry", "a bank", "a token"])
def test_after_any_commit_memory_is_not_current_until_it_has_looked(store: Counting, tmp_path: Path, what: str) -> None:
    _, recall = opened(store, tmp_path)
    with store.write() as tx:
        if what == "an entry":
            protect(tx, 2)
        elif what == "a bank":
            tx.put_bank(Bank(name="b", radius_bits=5))
        else:
            tx.put_token(Token(name="t", digest=bytes(32), scopes=frozenset({Scope.SCREEN}), created_at=NOW))
    assert not recall.is_current()
    recall.follow()
    assert recall.is_current()


def test_a_commit_while_it_looks_leaves_memory_not_current(store: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    recall, read = Recall(store, max_digests=1000), store.read

    @contextmanager
    def read_and_then_commit() -> Iterator[Reader]:
        with read() as reader:
            yield reader
        with store.write() as tx:
            protect(tx, 2)

    monkeypatch.setattr(store, "read", read_and_then_commit)
    recall.follow()
    assert not recall.is_current()


def test_memory_is_not_current_before_its_first_look_nor_while_the_store_is_away() -> None:
    store = Flaky()
    recall = Recall(store, max_digests=1000)
    assert not recall.is_current()
    recall.follow()
    assert recall.is_current()
    store.is_away = True
    assert not recall.is_current()


def test_an_index_that_is_elsewhere_than_the_digests_is_not_relied_on(store: Counting, tmp_path: Path) -> None:
    index, recall = opened(store, tmp_path)
    with store.write() as tx:
        protect(tx, 2)
    recall.follow()  # the index has not
    assert recall.is_current()
    looked = look_up(queries(picture(2)[2:]), store=store, index=index, recall=recall)
    assert [f.distance for f in looked.verdict.findings] == [0]


def test_digests_that_are_too_many_for_memory_are_looked_up_in_the_store(store: Counting, tmp_path: Path) -> None:
    index, _ = opened(store, tmp_path)
    recall = Recall(store, max_digests=1)
    recall.follow()
    assert recall.is_current()
    looked = look_up(queries(picture(1)[:1]), store=store, index=index, recall=recall)
    assert len(looked.verdict.findings) == 1


@settings(max_examples=60)
@given(steps=STEPS)
def test_with_memory_every_answer_is_what_the_store_alone_would_say(steps: list[tuple[str, int]]) -> None:
    store = MemoryStore()
    with store.write() as tx:
        tx.put_bank(Bank(name="b"))
    held: dict[int, tuple[int, ...]] = {}
    with TemporaryDirectory() as folder:
        index, recall = opened(store, Path(folder))
        for step, seed in steps:
            if step == "follow":
                recall.follow()
            elif step == "index":
                index.catch_up()
            elif (step == "bank") == (seed not in held):
                with store.write() as tx:
                    if step == "bank":
                        held[seed] = protect(tx, seed)
                    else:
                        tx.retire(held.pop(seed), actor="a", reason="r", at=NOW)
                        if step == "erase":
                            tx.erase(retired_before=NOW + timedelta(1), actor="a", reason="r", at=NOW)
            asked = queries(picture(seed))
            current = recall if recall.is_current() else None
            looked = look_up(asked, store=store, index=index, recall=current)
            alone = look_up(asked, store=store, index=index)
            assert (looked.verdict, looked.as_of_seq) == (alone.verdict, alone.as_of_seq)
