"""Which measurement each bit of a code is the sign of, as rows of a matrix."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unseen.fingerprint.pdq_kernels import dct_matrix
from unseen.fingerprint.region.tables import FREQUENCIES, TRANSFORM

F64Array = NDArray[np.float64]
U8Array = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Transform:
    """The linear part of a fingerprint: bit ``i`` says whether measurement ``i`` lies above the median of all."""

    name: str
    side: int  #: samples along a side
    rows: F64Array  #: (256, side * side), of unit length and at right angles
    frequencies: NDArray[np.int64]  #: (256, 2), down and across: half waves along the side
    is_reversed: bool  #: the first measurement is the last bit

    def signs(self, codes: U8Array) -> F64Array:
        """1 or -1 for each measurement.  codes: (n, 32) uint8.  Returns: (n, 256)."""
        bits = np.unpackbits(codes, axis=1).astype(np.float64)
        return 2 * (bits[:, ::-1] if self.is_reversed else bits) - 1

    def measured(self, samples: F64Array) -> F64Array:
        """(n, side * side) to (n, 256)."""
        return samples @ self.rows.T

    def agreement(self, samples: F64Array, signs: F64Array) -> F64Array:
        """The share of bits that samples would have in common with the code they were made from: (n,)."""
        found = self.measured(samples)
        median = np.sort(found, axis=1)[:, 127:128]
        return np.mean((found > median) == (signs > 0), axis=1)


def _products(down: F64Array, across: F64Array) -> F64Array:
    rows = np.einsum("ni,nj->nij", down, across).reshape(len(down), -1)
    normed: F64Array = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return normed


def whole_picture() -> Transform:
    """PDQ's: 64x64 samples of the picture, frequencies 1 to 16 along both axes."""
    wave = dct_matrix().astype(np.float64)
    at = np.array([(i, j) for i in range(16) for j in range(16)])
    rows = _products(wave[at[:, 0]], wave[at[:, 1]])
    return Transform(name="PDQ", side=64, rows=rows, frequencies=at + 1, is_reversed=True)


def region() -> Transform:
    """A region's: 32x32 samples of the patch, the 256 lowest frequencies all around."""
    wave = TRANSFORM.astype(np.float64)
    at = np.array(FREQUENCIES)
    rows = _products(wave[at[:, 0]], wave[at[:, 1]])
    return Transform(name="region", side=32, rows=rows, frequencies=at, is_reversed=False)
