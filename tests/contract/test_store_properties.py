"""Whatever is done, in whatever order: the index that follows the changes is the one rebuilt from the store."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.store_makers import LIST, WHY, all_changes, at, case, matching, md5, pdq, region, sha256, with_bank
from unseen.bank.lifecycle import ENTRY_TRANSITIONS
from unseen.bank.records import EntryState, Source, SourceKind
from unseen.base import CallerError
from unseen.desk.ports import Reader, Store, Transaction
from unseen.fingerprint.records import Kind
from unseen.store import MemoryStore

SOURCES = (LIST, case("A", 1), case("A", 2), case("B", 1), Source(kind=SourceKind.PROGRAMME, ref="A"))
ENDINGS = (*SOURCES, case("A", None))
FINGERPRINTS = (*map(pdq, range(5)), sha256(1), md5(1), region(1), region(2))


@dataclass(frozen=True)
class Call:
    """One method of a transaction with its arguments but the time."""

    name: str
    arguments: dict[str, Any]

    def on(self, tx: Transaction, minute: int) -> str:
        """Do it; returns what came of it."""
        try:
            return repr(getattr(tx, self.name)(at=at(minute), **self.arguments))
        except CallerError as error:
            return repr(error)


def calls() -> st.SearchStrategy[Call]:
    ids = st.lists(st.integers(1, 9), max_size=3)
    protecting = st.fixed_dictionaries(
        {
            "bank": st.sampled_from(["main", "other"]),
            "fingerprints": st.lists(st.sampled_from(FINGERPRINTS), max_size=5),
            "source": st.sampled_from(SOURCES),
            "confirmed_by": st.sampled_from([None, "eve"]),
        }
    )
    minutes = st.integers(0, 25).map(lambda minute: {"retired_before": at(minute)})
    return st.one_of(
        protecting.map(lambda a: Call("protect", a | WHY)),
        protecting.map(lambda a: Call("protect", a | WHY)),
        st.sampled_from(ENDINGS).map(lambda source: Call("end_claims", {"source": source} | WHY)),
        ids.map(lambda some: Call("confirm", {"ids": some, "by": "eve", "reason": "r"})),
        ids.map(lambda some: Call("dispute", {"ids": some} | WHY)),
        ids.map(lambda some: Call("retire", {"ids": some} | WHY)),
        minutes.map(lambda due: Call("erase", due | WHY)),
    )


def histories() -> st.SearchStrategy[list[list[Call]]]:
    """Transactions of a few calls each."""
    return st.lists(st.lists(calls(), min_size=1, max_size=3), min_size=1, max_size=8)


def carried_out(history: list[list[Call]], store: Store) -> list[str]:
    outcomes = []
    for minute, transaction in enumerate(history):
        with store.write() as tx:
            outcomes += [call.on(tx, minute) for call in transaction]
    return outcomes


def everything(reader: Reader) -> tuple[object, ...]:
    return (
        all_changes(reader),
        reader.entries(range(1, 1_000)),
        reader.tallies(),
        reader.same_code(FINGERPRINTS),
        [matching(reader, kind) for kind in Kind],
    )


quickly = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@quickly
@given(history=histories(), limit=st.integers(1, 7), catching_up_at=st.sets(st.integers(0, 8)))
def test_following_the_changes_equals_a_rebuild(
    new_store: Callable[[], Store], history: list[list[Call]], limit: int, catching_up_at: set[int]
) -> None:
    store = with_bank(new_store(), "main", "other")
    followed: dict[int, bytes] = {}
    forgotten: set[int] = set()
    seq = 0
    for minute, transaction in enumerate(history):
        carried_out([transaction], store)
        if minute in catching_up_at or minute == len(history) - 1:
            with store.read() as reader:
                while seq < reader.last_seq():
                    delta = reader.index_delta(Kind.PDQ, after=seq, limit=limit)
                    assert seq < delta.seq <= min(seq + limit, reader.last_seq())
                    followed |= zip(delta.added.ids.tolist(), map(bytes, delta.added.codes), strict=True)
                    for retired in delta.retired.tolist():
                        followed.pop(retired, None)
                    forgotten.update(delta.erased.tolist())
                    seq = delta.seq
    with store.read() as reader:
        assert followed == matching(reader, Kind.PDQ, rows=2)
        assert forgotten == set(reader.index_delta(Kind.PDQ, after=0, limit=10**6).erased.tolist())
        nothing_new = reader.index_delta(Kind.PDQ, after=seq, limit=limit)
        assert nothing_new.seq == seq
        assert len(nothing_new.added.ids) == len(nothing_new.retired) == len(nothing_new.erased) == 0


@quickly
@given(history=histories())
def test_the_rules_of_life_hold_after_anything(new_store: Callable[[], Store], history: list[list[Call]]) -> None:
    store = with_bank(new_store(), "main", "other")
    carried_out(history, store)
    with store.read() as reader:
        changes, entries = all_changes(reader), reader.entries(range(1, 1_000))
        assert [change.seq for change in changes] == list(range(1, reader.last_seq() + 1))
        standing = [(e.bank, e.fingerprint) for e in entries if e.state is not EntryState.RETIRED]
    assert len(standing) == len(set(standing))
    assert [e.id for e in entries] == list(range(1, len(entries) + 1))
    for entry in entries:
        assert (entry.state is EntryState.RETIRED) == (not any(p.is_live for p in entry.provenances))
        state = None
        for change in changes:
            if change.entry_id == entry.id:
                state = ENTRY_TRANSITIONS[state, change.event]
        assert state is entry.state


@quickly
@given(history=histories())
def test_every_store_does_what_the_plain_one_does(new_store: Callable[[], Store], history: list[list[Call]]) -> None:
    store, plain = (with_bank(made, "main", "other") for made in (new_store(), MemoryStore()))
    assert carried_out(history, store) == carried_out(history, plain)
    with store.read() as reader, plain.read() as plain_reader:
        assert everything(reader) == everything(plain_reader)
