"""What the kernels see of ``machine``: plain functions of numbers and vectors."""

from typing import Final

import numpy as np

from unseen.match.records import U32Array, U64Array

LANES: Final = 16

def popcount(word: np.uint64) -> np.uint64: ...
def block_within(words: U32Array, at: int, query: np.uint32, limit: np.uint32) -> np.uint64: ...
def rows_within(
    codes: U64Array, row: int, q0: np.uint64, q1: np.uint64, q2: np.uint64, q3: np.uint64, limit: np.uint64
) -> np.uint64: ...
def lowest_bit(mask: np.uint64) -> int: ...
def prefetch(array: U32Array, at: int | np.int64) -> None: ...
