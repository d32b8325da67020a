"""What the processes of a node tell each other."""

import multiprocessing
import os
import threading
import time

import pytest

from unseen.desk.counts import Count
from unseen.http.board import Board, Status


def test_what_one_process_writes_another_reads() -> None:
    board = Board.shared(2)
    assert board.descriptor is not None
    try:
        other = Board.attach(os.dup(board.descriptor), 2)
        board.put_status(2, Status(pid=7, is_open=True, seq=12, entries=3, depths={"door": 1}))
        board.put_figures(1, [["a", "counter", "d", []]])
        assert other.statuses() == {2: Status(pid=7, is_open=True, seq=12, entries=3, depths={"door": 1})}
        assert other.figures(1) == [["a", "counter", "d", []]]
        assert other.figures(2) == []
        board.clear_status(2)
        assert other.statuses() == {}
    finally:
        os.close(board.descriptor)


def test_nobody_reads_half_of_what_is_written() -> None:
    board, stop, seen = Board.alone(), threading.Event(), set[int]()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            board.put_status(1, Status(pid=number, depths={"x" * (number % 50): number}))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        give_up_s = time.monotonic() + 30
        while len(seen) < 20 and time.monotonic() < give_up_s:
            for _ in range(200):
                status = board.status(1)
                if status is not None:
                    assert status.depths == {"x" * (status.pid % 50): status.pid}
                    seen.add(status.pid)
    finally:
        stop.set()
        writer.join()
    assert len(seen) >= 20, "the reader saw too little of what the writer wrote to prove anything"


def test_more_than_a_slot_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        Board.alone().put_status(1, Status(pid=1, depths={"x" * 5_000: 1}))


def one_more(held: Count | None, now: float) -> Count:
    return Count((held.number if held else 0) + 1, now)


def count_often(board: Board, times: int) -> None:
    for _ in range(times):
        board.counts.change("somebody", one_more)


def test_all_processes_count_together_and_lose_nothing() -> None:
    """Threads of two processes at a time, each with a lock of its own."""
    board, times = Board.shared(2), 500
    assert board.descriptor is not None
    try:
        fork = multiprocessing.get_context("fork")
        workers = [
            fork.Process(target=lambda: count_often(Board.attach(board.descriptor or -1, 2), times)) for _ in range(2)
        ]
        threads = [threading.Thread(target=count_often, args=(board, times)) for _ in range(2)]
        for each in (*workers, *threads):
            each.start()
        for each in (*workers, *threads):
            each.join()
        seen: list[Count | None] = []
        board.counts.change("somebody", lambda held, _: (seen.append(held), held)[1])
        assert [each.number for each in seen if each] == [4 * times]
        assert [worker.exitcode for worker in workers] == [0, 0]
    finally:
        os.close(board.descriptor)
