"""How long the store is waited for."""

import asyncio
import time
from types import SimpleNamespace
from typing import cast

import pytest

from support.machine import Machine
from unseen.base import StoreUnavailable
from unseen.http import guard
from unseen.http.follower import Follower
from unseen.http.guard import Guard

FOLLOWER = cast("Follower", SimpleNamespace(is_store_away=False))


def test_a_question_that_hangs_is_given_up_and_none_is_asked_for_a_while(
    monkeypatch: pytest.MonkeyPatch, machine: Machine
) -> None:
    monkeypatch.setattr(guard, "PATIENCE_S", 0.2)
    monkeypatch.setattr(guard, "_SUSPECT_FOR_S", 600.0)
    asking, ended = Guard(FOLLOWER), list[str]()

    async def hang() -> None:
        try:
            await asyncio.sleep(600)
        finally:
            ended.append("let go")

    async def ask() -> None:
        with pytest.raises(StoreUnavailable, match="in time"):
            await asking.ask(hang())
        await asyncio.sleep(0)

    with machine.timed() as asked:
        asyncio.run(ask())
    assert asked.elapsed_s > 0.15
    assert asked.waking_s < 2
    assert ended == ["let go"]
    with pytest.raises(StoreUnavailable):
        asking.require_store()


def test_a_machine_that_stood_still_is_not_held_against_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "PATIENCE_S", 1.0)
    asking = Guard(FOLLOWER)

    async def answer() -> str:
        time.sleep(1.5)
        await asyncio.sleep(0.01)
        return "the answer"

    assert asyncio.run(asking.ask(answer())) == "the answer"
    asking.require_store()


def test_what_a_question_raises_is_raised() -> None:
    async def fail() -> None:
        raise KeyError("what")

    with pytest.raises(KeyError, match="what"):
        asyncio.run(Guard(FOLLOWER).ask(fail()))
