"""Whoever follows a store is woken by a change, and by nothing else, in every store."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from contract.store_makers import at, case, last_seq, pdq, protected, with_bank
from support.machine import Machine
from unseen.desk.ports import Store
from unseen.fingerprint.records import Kind

WITHIN_S = 1.0  # of time in which the machine did not stand still
LONG_S = 300  # for which nobody waits here


def test_a_change_wakes_whoever_waits_within_a_second(store: Store, machine: Machine) -> None:
    with_bank(store)
    with ThreadPoolExecutor(1) as thread:
        for number in range(5):
            waiting = thread.submit(store.wait_for_change, number, LONG_S)
            time.sleep(0.1)
            assert not waiting.done()
            protected(store, [pdq(number)])
            with machine.timed() as woken:
                assert waiting.result() == number + 1
            assert woken.waking_s < WITHIN_S


def test_a_change_that_was_there_before_is_told_at_once(store: Store, machine: Machine) -> None:
    protected(with_bank(store), [pdq(1)])
    with machine.timed() as told:
        assert store.wait_for_change(0, LONG_S) == 1
    assert told.waking_s < WITHIN_S


def test_without_a_change_the_wait_ends_when_its_time_is_over(store: Store, machine: Machine) -> None:
    protected(with_bank(store), [pdq(1)])
    with machine.timed() as waited:
        assert store.wait_for_change(1, 0.3) == 1
    assert waited.elapsed_s >= 0.3
    assert waited.waking_s < 0.3 + WITHIN_S


def test_a_store_that_went_back_is_told_at_once(store: Store, machine: Machine) -> None:
    protected(with_bank(store), [pdq(1)])
    with machine.timed() as told:
        assert store.wait_for_change(9, LONG_S) == 1
    assert told.waking_s < WITHIN_S


def test_several_can_wait_at_once(store: Store, machine: Machine) -> None:
    with_bank(store)
    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(store.wait_for_change, 0, LONG_S) for _ in range(4)]
        time.sleep(0.1)
        protected(store, [pdq(1)])
        with machine.timed() as woken:
            assert [each.result() for each in waiting] == [1] * 4
        assert woken.waking_s < WITHIN_S


def test_whoever_comes_back_after_an_hour_follows_in_bounded_steps(store: Store) -> None:
    with_bank(store)
    for number in range(12):  # what happened meanwhile
        ids = protected(store, [pdq(100 * number + i) for i in range(100)], case("A", number))
        with store.write() as tx:
            tx.retire(ids[::2], actor="ada", reason="r", at=at(-number))
    followed: set[int] = set()
    seq, steps = 0, 0
    while seq < last_seq(store):
        with store.read() as reader:
            delta = reader.index_delta(Kind.PDQ, after=seq, limit=250)
        assert 0 < delta.seq - seq <= 250
        assert len(delta.added.ids) + len(delta.retired) <= 250
        followed |= set(delta.added.ids.tolist())
        followed -= set(delta.retired.tolist())
        seq, steps = delta.seq, steps + 1
    assert steps == 8  # 1,800 changes
    with store.read() as reader:
        assert followed == {int(i) for rows in reader.code_rows(Kind.PDQ, rows=500) for i in rows.ids}


def test_a_clock_that_jumps_back_disturbs_neither_order_nor_forgetting(store: Store) -> None:
    with_bank(store)
    early, late = protected(store, [pdq(1), pdq(2)], when=at(100))
    with store.write() as tx:
        tx.retire([late], actor="ada", reason="r", at=at(90))  # the clock went back
    with store.write() as tx:
        tx.retire([early], actor="ada", reason="r", at=at(50))  # and again
    with store.read() as reader:
        changes = reader.changes(after=0, limit=10)
    assert [change.seq for change in changes] == [1, 2, 3, 4]
    assert [change.at for change in changes] == [at(100), at(100), at(90), at(50)]
    with store.write() as tx:
        assert tx.erase(retired_before=at(60), actor="node", reason="r", at=at(40)) == 1
    with store.read() as reader:
        assert [entry.fingerprint for entry in reader.entries([early, late])] == [None, pdq(2)]
        assert reader.index_delta(Kind.PDQ, after=4, limit=10).erased.tolist() == [early]


def test_closing_does_not_wait_for_a_follower_for_long(new_store: Callable[[], Store], machine: Machine) -> None:
    store = with_bank(new_store())
    with ThreadPoolExecutor(1) as thread:
        thread.submit(store.wait_for_change, 0, 0.5).result()
    with machine.timed() as closed:
        store.close()
    assert closed.waking_s < WITHIN_S
