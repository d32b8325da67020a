"""What a search answers: columns, one shape whatever the number of queries or hits."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

CODE_BITS: Final = 256
CODE_BYTES: Final = 32

U8Array = npt.NDArray[np.uint8]
U16Array = npt.NDArray[np.uint16]
U32Array = npt.NDArray[np.uint32]
U64Array = npt.NDArray[np.uint64]
I64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

NOBODY: Final[I64Array] = np.empty(0, np.int64)  #: no ids


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hits:
    """The entries within the radius of each query: hits of query ``i`` are ``[offsets[i], offsets[i + 1])``.

    Within a query the hits ascend by (distance, id), and no id appears twice.
    """

    offsets: I64Array  #: (q + 1,) int64, starts at 0
    ids: I64Array  #: (m,) int64, entry ids
    distances: U16Array  #: (m,) uint16, in bits

    def __post_init__(self) -> None:
        if self.offsets.ndim != 1 or len(self.offsets) == 0 or self.offsets[0] != 0:
            raise ValueError("offsets start at 0 and have one element more than there are queries")
        if not self.offsets[-1] == len(self.ids) == len(self.distances):
            raise ValueError("offsets, ids and distances disagree about the number of hits")

    def __len__(self) -> int:
        """The number of queries."""
        return len(self.offsets) - 1

    def of(self, i: int) -> tuple[I64Array, U16Array]:
        """Ids and distances of query ``i``, nearest first.

        Raises: IndexError when there is no such query.
        """
        if not 0 <= i < len(self):
            raise IndexError(f"query {i} of {len(self)}")
        hits = slice(self.offsets[i], self.offsets[i + 1])
        return self.ids[hits], self.distances[hits]


def in_order(query: I64Array, ids: I64Array, distances: U16Array, queries: int) -> Hits:
    """Columns of unordered hits, put in the order that :class:`Hits` promises.

    query: (m,) int64, which query each hit belongs to, in [0, ``queries``).  ids: (m,).  distances: (m,).
    """
    order = np.lexsort((ids, distances, query))
    offsets = np.zeros(queries + 1, np.int64)
    np.cumsum(np.bincount(query, minlength=queries), out=offsets[1:])
    return Hits(offsets=offsets, ids=ids[order], distances=distances[order])


def require_radius(radius_bits: int) -> int:
    """Return ``radius_bits`` if a distance can have that value.

    Raises: ValueError otherwise.
    """
    if not 0 <= radius_bits <= CODE_BITS:
        raise ValueError(f"a radius has 0 to {CODE_BITS} bits, got {radius_bits}")
    return radius_bits


def require_codes(codes: U8Array) -> U8Array:
    """Return ``codes`` C-contiguous if they are an (n, 32) uint8 array.

    Raises: ValueError otherwise.
    """
    if codes.ndim != 2 or codes.shape[1] != CODE_BYTES or codes.dtype != np.uint8:
        raise ValueError(f"codes are (n, {CODE_BYTES}) uint8, got {codes.shape} {codes.dtype}")
    return np.ascontiguousarray(codes)


def require_ids(ids: I64Array) -> I64Array:
    """Return ``ids`` as C-contiguous int64 if they are a vector of integers.

    Raises: ValueError otherwise.
    """
    if ids.ndim != 1 or (len(ids) and not np.issubdtype(ids.dtype, np.integer)):
        raise ValueError(f"ids are (n,) integers, got {ids.shape} {ids.dtype}")
    return np.ascontiguousarray(ids, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Seconds of an upload that show seconds of a banked video, or a banked picture."""

    upload_s: tuple[float, float] | None  #: from, to; None: the upload is a picture
    item_s: tuple[float, float] | None  #: the seconds of the banked video, first below second; None: a picture
    speed: float = 1.0  #: seconds of the item in one of the upload; below 0 where it runs backwards
    frames: int = 1  #: of the upload's that were looked at and agree
