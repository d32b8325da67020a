"""Screens for region fingerprints: what unrelated people's pictures share without being copies."""

from collections.abc import Callable

import numpy as np
from bench.copies.edits.records import Picture
from bench.copies.interfaces import KINDS
from PIL import Image

from support.drawings import Luma, scenery


def photograph(seed: int) -> Picture:
    """What stands for one: detail everywhere, and noise."""
    return Image.fromarray(scenery(540, 720, seed, shapes=200)).convert("RGB")


def luma_of(picture: Image.Image) -> Luma:
    return np.ascontiguousarray(np.asarray(picture.convert("L")))


def _around_a_photograph(kind: str) -> Callable[[np.random.Generator, int], Picture]:
    return lambda rng, n: KINDS[kind](photograph(n), rng)


#: By name, what draws one from a generator and a number: two of a kind are not copies of each other.
SCREENS: dict[str, Callable[[np.random.Generator, int], Picture]] = {kind: _around_a_photograph(kind) for kind in KINDS}
