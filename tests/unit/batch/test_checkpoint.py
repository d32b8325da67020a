"""The checkpoint counts what is whole, whatever a kill left behind it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.batch import checkpoint
from unseen.batch.checkpoint import RECORD_BYTES, Finished
from unseen.desk.scan_ports import Count

RECORDS = [
    Finished(
        shard=shard,
        rows_end=1000 * (at + 1),
        kept_end=500 * (at + 1),
        as_of_seq=seq,
        count=Count(allow=60, review=2, block=1, unread=1, featureless=3),
    )
    for at, (shard, seq) in enumerate([(4, 9), (0, 9), (7, 8), (1, 12)])
]
WHOLE = b"".join(record.to_bytes() for record in RECORDS)


def test_records_are_read_back() -> None:
    assert list(checkpoint.read(WHOLE)) == RECORDS
    assert len(WHOLE) == len(RECORDS) * RECORD_BYTES


@given(cut=st.integers(0, len(WHOLE)))
def test_what_a_kill_cut_short_is_not_counted(cut: int) -> None:
    assert list(checkpoint.read(WHOLE[:cut])) == RECORDS[: cut // RECORD_BYTES]


@given(at=st.integers(0, len(WHOLE) - 1), bit=st.integers(0, 7))
def test_nothing_counts_after_a_damaged_record(at: int, bit: int) -> None:
    damaged = bytearray(WHOLE)
    damaged[at] ^= 1 << bit
    assert list(checkpoint.read(bytes(damaged))) == RECORDS[: at // RECORD_BYTES]


def test_progress_adds_up() -> None:
    progress = checkpoint.progress_of(RECORDS)
    assert progress.shards == {4, 0, 7, 1}
    assert (progress.rows_end, progress.kept_end) == (4000, 2000)
    assert progress.as_of_seq == 8, "the oldest index that was searched is what later changes are counted from"
    assert progress.count == Count(allow=240, review=8, block=4, unread=4, featureless=12)
    assert progress.count.objects == 256


def test_a_shard_is_finished_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        checkpoint.progress_of([RECORDS[0], RECORDS[0]])
