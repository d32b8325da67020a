"""Lanes and long answers, without HTTP."""

import asyncio
import threading
import time
from collections.abc import Generator
from contextlib import suppress

import pytest

from unseen.base import NodeBusy, NotFound
from unseen.http.lanes import Lane
from unseen.http.streams import streamed

LINE = "x" * 1000 + "\n"


@pytest.fixture
def lane() -> Generator[Lane]:
    lane = Lane("test", threads=1, waiting=1, memory_bytes=100)
    yield lane
    lane.close()


async def is_left(lane: Lane) -> None:
    """Nobody is in the lane any more; its thread may take a moment."""
    give_up_at = time.monotonic() + 30
    while lane.inside:
        assert time.monotonic() < give_up_at
        await asyncio.sleep(0.01)


def test_a_lane_takes_as_many_as_it_says_and_no_more(lane: Lane) -> None:
    with lane.admit(), lane.admit():
        assert (lane.inside, lane.depth, lane.is_full) == (2, 1, True)
        with pytest.raises(NodeBusy), lane.admit():
            pass
    assert (lane.inside, lane.depth, lane.is_full) == (0, 0, False)


def test_a_slots_bytes_are_given_back_however_it_ends(lane: Lane) -> None:
    with suppress(KeyError), lane.admit() as slot:
        slot.hold(60)
        with lane.admit() as other, pytest.raises(NodeBusy):
            other.hold(41)
        raise KeyError
    assert (lane.inside, lane.free_bytes) == (0, 100)


def test_work_of_a_lane_runs_in_its_own_threads(lane: Lane) -> None:
    name = asyncio.run(lane.run(lambda: threading.current_thread().name))
    assert name.startswith("unseen-test")


def test_a_long_answer_comes_whole_and_leaves_the_lane(lane: Lane) -> None:
    threads = set()

    def lines() -> Generator[str]:
        for _ in range(1000):
            threads.add(threading.get_ident())
            yield LINE

    async def take() -> int:
        pieces = [piece async for piece in await streamed(lane, lines())]
        assert len(pieces) > 5
        assert max(map(len, pieces)) < 100_000
        await is_left(lane)
        return sum(map(len, pieces))

    assert asyncio.run(take()) == 1000 * len(LINE)
    assert len(threads) == 1
    assert lane.inside == 0


def test_an_error_before_the_first_piece_is_raised_before_the_answer_begins(lane: Lane) -> None:
    def lines() -> Generator[str]:
        raise NotFound("nowhere")
        yield LINE

    async def take() -> None:
        with pytest.raises(NotFound):
            await streamed(lane, lines())
        await is_left(lane)

    asyncio.run(take())
    assert lane.inside == 0


def test_an_error_later_breaks_the_answer_so_that_half_is_not_taken_for_all(lane: Lane) -> None:
    def lines() -> Generator[str]:
        for _ in range(200):
            yield LINE
        raise OSError("gone")

    async def take() -> None:
        pieces = await streamed(lane, lines())
        with pytest.raises(OSError, match="gone"):
            async for _ in pieces:
                pass

    asyncio.run(take())


@pytest.mark.parametrize("hangs_up", [True, False], ids=["hangs up", "stops reading"])
def test_a_caller_that_is_gone_frees_the_thread_and_what_it_held(lane: Lane, hangs_up: bool) -> None:
    closed = threading.Event()

    def lines() -> Generator[str]:
        try:
            while True:
                yield LINE
        finally:
            closed.set()

    async def take() -> None:
        pieces = await streamed(lane, lines(), stall_s=60.0 if hangs_up else 0.2)
        await anext(pieces)
        if hangs_up:
            await pieces.aclose()
        await is_left(lane)

    asyncio.run(take())
    assert closed.is_set()
    assert lane.inside == 0
