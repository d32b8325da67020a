"""Indexes that share files answer like a fresh reference search of what is in them, after any changes in any order."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from unseen.base import SnapshotRefused
from unseen.match import layout, reference
from unseen.match.files import IndexFiles
from unseen.match.live import LiveIndex
from unseen.match.records import NOBODY

ENTRIES = 60
WORKERS = 3
_RNG = np.random.default_rng(3)
_MIDDLES = _RNG.integers(0, 256, (6, 32), np.uint8)
_MIDDLES[0] = 0  # an erased code would lie near it
#: One code for each id: near one of six middles, so that most searches find something.
_FLIPS = np.packbits(_RNG.random((ENTRIES, 256)) < 0.1, axis=1)
CODES = _MIDDLES[np.arange(ENTRIES) % 6] ^ _FLIPS
WORDS = layout.to_words(CODES)

some_ids = st.lists(st.integers(0, ENTRIES - 1), max_size=8)
workers = st.integers(0, WORKERS - 1)


class Killed(Exception):
    """The process ended here."""


class IndexesAgainstReference(RuleBasedStateMachine):
    """The model is the store: a log of changes, from which each worker has taken so many; and what was erased."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.log: list[tuple[np.ndarray, np.ndarray, bool]] = []  # added, retired, whether something was erased
        self.model: set[int] = set()
        self.erased: set[int] = set()
        self.files = IndexFiles(self.folder, "index")
        self.live = [LiveIndex(flush_after=10) for _ in range(WORKERS)]

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @initialize(ids=st.sets(st.integers(0, ENTRIES - 1)))
    def start_from_a_file(self, ids: set[int]) -> None:
        self.change(sorted(ids), [])
        self.take(0)
        self.live[0].merge(self.files)

    @rule(ids=some_ids, retired=some_ids)
    def change(self, ids: list[int], retired: list[int]) -> None:
        added = np.array(ids, np.int64)
        self.log.append((added, np.array(retired, np.int64), False))
        self.model = (self.model | set(ids)) - set(retired)
        self.erased -= set(ids)

    @rule(ids=some_ids)
    def retire_and_reinstate(self, ids: list[int]) -> None:
        self.change([], ids)
        self.change(ids, [])

    @rule(who=workers)
    def take(self, who: int) -> None:
        """Follow the store, and the files."""
        live = self.live[who]
        try:
            live.follow(self.files)
        except SnapshotRefused:
            assert self.harmed
        for seq in range(live.seq, len(self.log)):
            added, retired, is_erasure = self.log[seq]
            live.change(seq + 1, ids=added, codes=CODES[added], retired=retired, is_erasure=is_erasure)
        assert live.seq == len(self.log)

    @rule(who=workers)
    def flush(self, who: int) -> None:
        self.live[who].flush(self.files)

    @rule(who=workers)
    def flush_and_merge_small(self, who: int) -> None:
        self.flush(who)
        self.live[who].merge_small(self.files)

    @rule(who=workers)
    def merge(self, who: int) -> None:
        self.live[who].merge(self.files)

    @rule(who=workers, other=workers, ids=some_ids, retired=some_ids, flushes=st.booleans())
    def change_while_a_merge_runs(
        self, who: int, other: int, ids: list[int], retired: list[int], flushes: bool
    ) -> None:
        def meanwhile() -> None:
            self.change(ids, retired)
            self.take(other)
            if flushes:
                self.live[other].flush(self.files)
                self.live[other].merge_small(self.files)

        with before_the_manifest(meanwhile):
            self.live[who].merge(self.files)

    @rule(who=workers, job=st.sampled_from(["flush", "merge_small", "merge"]))
    def die_before_the_manifest(self, who: int, job: str) -> None:
        """What a killed process leaves: a whole file, unlocked, that no manifest names, and half a one."""

        orphan = self.folder / f"index.{'9' * 16}.snapshot"

        def die() -> None:
            for path in self.folder.glob("index.*.snapshot"):
                if path.name not in self.files.open().manifest.names and path != orphan:
                    shutil.copy(path, orphan)
                    (self.folder / ".index.9.snapshot.x.partial").write_bytes(path.read_bytes()[: 1 << 16])
            raise Killed

        if self.files.stamp() is None:
            return
        try:
            with before_the_manifest(die):
                getattr(self.live[who], job)(self.files)
        except Killed:
            self.live[who] = LiveIndex(self.files.open(), flush_after=10)

    @rule(who=workers)
    def start_again(self, who: int) -> None:
        self.live[who] = LiveIndex(self.files.open(), flush_after=10)

    @rule(who=workers, which=st.integers(0, 5), tears=st.booleans())
    def harm_a_file(self, who: int, which: int, tears: bool) -> None:
        """A file or the manifest is lost or torn: refused, and written anew by a worker that has everything."""
        names = self.files.open().manifest.names  # an orphan may be harmed as anyone likes
        paths = [self.files.manifest_path, *(self.folder / name for name in names)]
        path = paths[which % len(paths)]
        content = path.read_bytes()
        path.unlink()
        if tears:
            path.write_bytes(content[: len(content) // 2])
        try:
            LiveIndex(self.files.open())
        except SnapshotRefused:
            self.files.manifest_path.unlink(missing_ok=True)
            self.harmed = True
            self.take(who)
            assert self.live[who].merge(self.files)
            self.harmed = False
        else:
            raise AssertionError("a harmed file was opened")

    harmed = False

    @rule(who=workers)
    def erase_what_was_retired_and_tidy(self, who: int) -> None:
        self.log.append((NOBODY, NOBODY, True))
        self.erased = set(range(ENTRIES)) - self.model
        self.take(who)
        for _ in range(3):
            if not self.live[who].is_clean:
                self.live[who].merge(self.files)
        assert self.live[who].is_clean
        self.files.remove_orphans()
        on_disk = b"".join(path.read_bytes() for path in self.folder.iterdir())
        assert not any(WORDS[entry].tobytes() in on_disk for entry in self.erased)

    @rule(who=workers, radius_bits=st.integers(0, 64))
    def search(self, who: int, radius_bits: int) -> None:
        self.take(who)
        rows = np.array(sorted(self.model), np.int64)
        ours = self.live[who].search(_MIDDLES, radius_bits)
        theirs = reference.search(CODES[rows], rows, _MIDDLES, radius_bits)
        np.testing.assert_array_equal(ours.offsets, theirs.offsets)
        np.testing.assert_array_equal(ours.ids, theirs.ids)
        np.testing.assert_array_equal(ours.distances, theirs.distances)
        assert len(self.live[who]) == len(self.model)

    @invariant()
    def every_worker_that_has_taken_everything_agrees(self) -> None:
        for who, live in enumerate(self.live):
            assert live.seq <= len(self.log)
            assert live.needs_flush == (live.unflushed >= 10)
            if live.seq == len(self.log):
                self.search(who, 31)

    @invariant()
    def files_hold_what_a_new_worker_needs(self) -> None:
        if self.files.stamp() is not None:
            self.live.append(LiveIndex(self.files.open(), flush_after=10))
            try:
                self.search(WORKERS, 31)
            finally:
                self.live.pop()


@contextmanager
def before_the_manifest(call: Callable[[], None]) -> Iterator[None]:
    """``call`` once, when a file was written and the manifest was not."""
    commit = IndexFiles.commit

    def first(files: IndexFiles, *arguments: object, **options: object) -> bool:
        IndexFiles.commit = commit
        call()
        return commit(files, *arguments, **options)

    IndexFiles.commit = first
    try:
        yield
    finally:
        IndexFiles.commit = commit


IndexesAgainstReference.TestCase.settings = settings(max_examples=14, stateful_step_count=15, deadline=None)
TestIndexes = IndexesAgainstReference.TestCase
