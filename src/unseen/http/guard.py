"""The store asked with patience: a store that hangs must not hold the uploads that memory can answer."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Final, TypeVar

from unseen.base import StoreUnavailable
from unseen.http.follower import Follower

T = TypeVar("T")

PATIENCE_S: Final = 2.0
_LOOKS: Final = 20  # in which it is spent: a machine that stood still meanwhile has lost one, and not all of it
_SUSPECT_FOR_S: Final = 1.0  # after it did not answer in time, nobody asks it for so long


class Guard:
    """Gives up on a question to the store that takes too long, and asks none while it is known to be away."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._suspect_until = 0.0  # monotonic

    @property
    def is_away(self) -> bool:
        """Whether the store is known not to answer."""
        return self._follower.is_store_away or time.monotonic() < self._suspect_until

    async def ask(self, question: Awaitable[T]) -> T:
        """The answer of a question that runs in a thread, where it may go on after it was given up.

        Raises: StoreUnavailable.
        """
        asked = asyncio.ensure_future(question)
        try:
            for _ in range(_LOOKS):
                await asyncio.wait((asked,), timeout=PATIENCE_S / _LOOKS)
                if asked.done():
                    return asked.result()
        finally:
            asked.cancel()  # of no effect where it is done
        self._suspect_until = time.monotonic() + _SUSPECT_FOR_S
        raise StoreUnavailable("The store does not answer in time.", hint="Try again in a moment.")

    def require_store(self) -> None:
        """Raises: StoreUnavailable while the store is known to be away."""
        if self.is_away:
            raise StoreUnavailable("The store does not answer.", hint="Try again in a moment.")
