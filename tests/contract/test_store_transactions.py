"""All or nothing, one view, several at a time, in every store."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from contract.store_makers import (
    WHY,
    all_changes,
    at,
    case,
    entry,
    events,
    last_seq,
    matching,
    pdq,
    protect,
    protected,
    with_bank,
)
from contract.test_store_records import CASE, HIT, TOKEN
from unseen.bank.records import Bank, EntryState
from unseen.desk.ports import Store


class Oops(Exception):
    pass


def test_a_transaction_that_raises_leaves_nothing_behind(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [pdq(1)], case("A"))
    before, seq = entry(store, entry_id), last_seq(store)
    with pytest.raises(Oops), store.write() as tx:  # noqa: PT012 - the point is what comes before the raise
        tx.put_bank(Bank(name="other"))
        protect(tx, [pdq(1), pdq(2)], case("B"), confirmed_by="eve")
        tx.dispute([entry_id], at=at(1), **WHY)
        tx.end_claims(case("A"), at=at(1), **WHY)
        tx.retire([entry_id], at=at(1), **WHY)
        tx.erase(retired_before=at(2), at=at(2), **WHY)
        tx.put_case(CASE)
        tx.put_sightings([HIT])
        tx.put_token(TOKEN)
        assert tx.last_seq() > seq
        raise Oops
    assert entry(store, entry_id) == before
    with store.read() as reader:
        assert reader.last_seq() == seq == len(all_changes(reader))
        assert [bank.name for bank in reader.banks()] == ["main"]
        assert reader.same_code([pdq(2)]) == ()
        assert reader.find_case(CASE.number) is None
        assert reader.token(TOKEN.digest) is None
    (new,) = protected(store, [pdq(2)])
    assert new > entry_id
    assert [change for change, _ in events(store, seq)] == [new]  # the numbers go on without a gap
    assert last_seq(store) == seq + 1


def test_a_transaction_sees_its_own_writes(store: Store) -> None:
    with_bank(store)
    with store.write() as tx:
        (entry_id,) = protect(tx, [pdq(1)])
        assert tx.last_seq() == 1
        assert [e.id for e in tx.same_code([pdq(1)])] == [entry_id]
        tx.retire([entry_id], at=at(1), **WHY)
        assert tx.entries([entry_id])[0].state is EntryState.RETIRED


def test_a_reader_sees_one_moment_while_a_writer_commits(store: Store) -> None:
    with_bank(store)
    (entry_id,) = protected(store, [pdq(1)])
    with store.read() as reader:
        writer = threading.Thread(target=protected, args=(store, [pdq(2)], case("A")))
        writer.start()
        writer.join(timeout=60)
        assert not writer.is_alive()  # a reader holds no writer up
        assert last_seq(store) == 2
        assert reader.last_seq() == 1
        assert matching(reader) == {entry_id: pdq(1).code}
        assert reader.same_code([pdq(2)]) == ()
        assert len(all_changes(reader)) == 1


def test_a_view_is_of_the_moment_it_was_opened_not_of_the_first_question(store: Store) -> None:
    with_bank(store)
    with store.read() as reader:
        protected(store, [pdq(1)])
        assert all_changes(reader) == ()


def test_two_threads_that_write_at_once_lose_nothing(store: Store) -> None:
    with_bank(store)
    together = threading.Barrier(2)

    def work(ref: str) -> None:
        together.wait()
        for number in range(20):
            protected(store, [pdq(number), pdq(1_000 * ord(ref) + number)], case(ref, number))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, ["A", "B"]))
    with store.read() as reader:
        changes = all_changes(reader)
        assert [change.seq for change in changes] == list(range(1, len(changes) + 1))
        shared = reader.same_code([pdq(number) for number in range(20)])
        assert [len(e.provenances) for e in shared] == [2] * 20
        assert len(matching(reader)) == 60


def test_readers_go_on_while_a_writer_writes(store: Store) -> None:
    with_bank(store)
    done, views = threading.Event(), [0, 0, 0]

    def read_on(which: int) -> None:
        while not done.is_set():
            with store.read() as reader:
                seq = reader.last_seq()
                assert len(matching(reader)) == len(all_changes(reader)) == seq
            views[which] += 1

    with ThreadPoolExecutor(3) as threads:
        readers = [threads.submit(read_on, which) for which in range(3)]
        number, give_up_at = 0, time.monotonic() + 60
        while number < 30 or (not all(views) and time.monotonic() < give_up_at):  # until each has read meanwhile
            protected(store, [pdq(number)])
            number += 1
        done.set()
        for reader in readers:
            reader.result()
    assert all(views)
