"""A live index answers like a fresh reference search of what is in it, after any changes in any order."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from unseen.match import reference, snapshot, snapshot_file
from unseen.match.live import LiveIndex

ENTRIES = 60
_RNG = np.random.default_rng(3)
_MIDDLES = _RNG.integers(0, 256, (6, 32), np.uint8)
_MIDDLES[0] = 0  # an erased code would lie near it
#: One code for each id: near one of six middles, so that most searches find something.
_FLIPS = np.packbits(_RNG.random((ENTRIES, 256)) < 0.1, axis=1)
CODES = _MIDDLES[np.arange(ENTRIES) % 6] ^ _FLIPS

some_ids = st.lists(st.integers(0, ENTRIES - 1), max_size=8)


class LiveIndexAgainstReference(RuleBasedStateMachine):
    """The model is the set of ids that match."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "index.snapshot"
        self.seq = 0
        self.model: set[int] = set()
        self.live = LiveIndex()

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @initialize(ids=st.sets(st.integers(0, ENTRIES - 1)))
    def start_from_a_snapshot(self, ids: set[int]) -> None:
        rows = np.array(sorted(ids), np.int64)
        self.live = LiveIndex(snapshot.build(CODES[rows], rows, 0), merge_after_rows=10)
        self.model = set(ids)

    @rule(ids=some_ids)
    def add(self, ids: list[int]) -> None:
        self.seq += 1
        rows = np.array(ids, np.int64)
        self.live.add(rows, CODES[rows], seq=self.seq)
        self.model |= set(ids)

    @rule(ids=some_ids)
    def retire(self, ids: list[int]) -> None:
        self.seq += 1
        self.live.retire(np.array(ids, np.int64), seq=self.seq)
        self.model -= set(ids)

    @rule(ids=some_ids)
    def retire_and_reinstate(self, ids: list[int]) -> None:
        self.retire(ids)
        self.add(ids)

    @rule()
    def merge(self) -> None:
        self.live.merge(self.path)
        assert self.live.added_rows == self.live.retired_rows == 0
        assert [file.name for file in self.folder.iterdir()] == [self.path.name]

    @rule()
    def merge_and_start_again(self) -> None:
        self.live.merge(self.path)
        self.live = LiveIndex(snapshot_file.open_snapshot(self.path), merge_after_rows=10)

    @rule(ids=some_ids, retired=some_ids)
    def change_while_a_merge_runs(self, ids: list[int], retired: list[int]) -> None:
        written = snapshot_file.write_blocks

        def write_then_change(*arguments: object) -> None:
            written(*arguments)  # type: ignore[arg-type]  # passed on as they came
            self.add(ids)
            self.retire(retired)

        snapshot_file.write_blocks = write_then_change
        try:
            self.live.merge(self.path)
        finally:
            snapshot_file.write_blocks = written

    @rule(radius_bits=st.integers(0, 64))
    def search(self, radius_bits: int) -> None:
        rows = np.array(sorted(self.model), np.int64)
        ours = self.live.search(_MIDDLES, radius_bits)
        theirs = reference.search(CODES[rows], rows, _MIDDLES, radius_bits)
        np.testing.assert_array_equal(ours.offsets, theirs.offsets)
        np.testing.assert_array_equal(ours.ids, theirs.ids)
        np.testing.assert_array_equal(ours.distances, theirs.distances)

    @invariant()
    def counts_what_is_in_it(self) -> None:
        assert len(self.live) == len(self.model)
        assert self.live.seq == self.seq
        assert self.live.needs_merge == (self.live.added_rows >= 10)
        self.search(31)


LiveIndexAgainstReference.TestCase.settings = settings(max_examples=40, stateful_step_count=15, deadline=None)
TestLiveIndex = LiveIndexAgainstReference.TestCase
