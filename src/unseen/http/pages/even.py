"""Answers that leave on the stroke of a clock: how long the work took is not to be read off them."""

import asyncio
import math
import time


async def until_even(began: float, step_s: float) -> None:
    """Wait until a whole number of steps, one at least, has passed since ``began`` (``time.monotonic``).

    ``step_s`` is longer than the work may differ by what only the store knows: then it does not show.
    """
    passed_s = time.monotonic() - began  # an event loop's own clock may stand still between its rounds
    await asyncio.sleep(max(1, math.ceil(passed_s / step_s)) * step_s - passed_s)
