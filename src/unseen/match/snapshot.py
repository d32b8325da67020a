"""The index as of a ``seq``: what never changes again.  In memory, or mapped from a file (``snapshot_file``)."""

from dataclasses import dataclass

import numpy as np

from unseen.match.layout import MAX_ROWS, PADDING, bucket_starts, fill_band, frozen, to_words
from unseen.match.plan import BANDS
from unseen.match.records import I64Array, U8Array, U32Array, U64Array, require_ids


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """Codes and, for each band, their postings sorted into buckets; read-only arrays.

    A posting is a row and the 32 bits that follow the band in its quarter, so that most postings are rejected
    by a run of words, without touching a code.
    """

    seq: int  #: the last change that is in it
    ids: I64Array  #: (n,) int64, ascending
    gone: I64Array  #: (m,) int64, ascending: ids that older snapshots beside this one hold and that were retired since
    words: U64Array  #: (n, 4) uint64, see ``layout.to_words``
    starts: U32Array  #: (16, 65537) uint32: bucket v of a band is postings [starts[v], starts[v + 1])
    neighbours: U32Array  #: (16, n + 16) uint32, zeros at the end
    rows: U32Array  #: (16, n) uint32

    def __len__(self) -> int:
        """The number of entries."""
        return len(self.ids)

    def rows_of(self, ids: I64Array) -> I64Array:
        """The row of each id, -1 where it is not in here.  ids: (m,) int64."""
        rows = np.searchsorted(self.ids, ids)
        known = rows < len(self.ids)
        known[known] = self.ids[rows[known]] == ids[known]
        return np.where(known, rows, -1)


def build(codes: U8Array, ids: I64Array, seq: int) -> Snapshot:
    """Index ``codes`` in memory.

    codes: (n, 32) uint8.  ids: (n,) int64, ascending.
    Raises: ValueError for arrays of another shape, ids that do not ascend, or more than 2**32 - 17 entries.
    """
    return of_words(to_words(codes), ids, seq)


def of_words(words: U64Array, ids: I64Array, seq: int) -> Snapshot:
    """As ``build``, of codes that already are words."""
    ids = require_ids(ids)
    require_rows(words, ids)
    starts = bucket_starts(words)
    neighbours = np.empty((BANDS, len(ids) + PADDING), np.uint32)
    rows = np.empty((BANDS, len(ids)), np.uint32)
    for band in range(BANDS):
        fill_band(words, band, starts[band], neighbours[band], rows[band])
    return Snapshot(
        seq=seq,
        ids=frozen(ids),
        gone=frozen(np.empty(0, np.int64)),
        words=frozen(words),
        starts=frozen(starts),
        neighbours=frozen(neighbours),
        rows=frozen(rows),
    )


def require_rows(words: U64Array, ids: I64Array) -> None:
    """Check that ids and words belong together and that ids ascend.

    Raises: ValueError otherwise, or for more than 2**32 - 17 of them.
    """
    if len(words) != len(ids):
        raise ValueError(f"{len(ids)} ids for {len(words)} codes")
    if len(ids) > MAX_ROWS:
        raise ValueError(f"a snapshot holds at most {MAX_ROWS} entries, got {len(ids)}")
    if np.any(ids[1:] <= ids[:-1]):
        raise ValueError("the ids of a snapshot ascend")
