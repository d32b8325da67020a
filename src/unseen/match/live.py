"""The index that changes: mapped files that all workers of a node share, and a little private memory.

Searches take no lock: each works on one immutable view, so that it sees a change entirely or not at all.  Changes
take turns, and publish a new view when they are done.

1. A view is a stack of mapped snapshots, for each a bitmap of the rows retired since, and a tail of the entries that
   are in no file yet.  An id is live in one place at most.
2. A flush writes the tail, and which ids of older files were retired since the last, to a new file.  A merge puts
   several files together, without what is retired; the biggest, into the first file, last.
3. Whoever writes files, this index or another on the node: each goes on from the new ones by itself (``follow``).
   It drops what they hold by now, and repeats on them the retirements that they do not know of yet.
4. Files say up to which seq they go, rows of the tail and retirements say which change they came with.  So a later
   change has a higher seq, and changes may be replayed.  Many changes at once all count as of the last of them, so a
   file of another index may end in their midst: what it holds live is dropped from the tail by its id.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Final

import numpy as np

from unseen.base import SnapshotRefused
from unseen.match import files as index_files
from unseen.match import search, tail, tier
from unseen.match.files import EMPTY, IndexFiles, Job, Stack
from unseen.match.layout import to_words
from unseen.match.manifest import Manifest
from unseen.match.records import (
    CODE_BYTES,
    NOBODY,
    Hits,
    I64Array,
    U8Array,
    U64Array,
    in_order,
    require_ids,
    require_radius,
)
from unseen.match.snapshot import of_words
from unseen.match.tail import Tail
from unseen.match.tier import Tier, tier_of

FLUSH_AFTER: Final = 20_000  #: changes in private memory, each added row compared with every query; docs/adr/0004
_SMALL_SHARE: Final = 2  # a small file is merged with the newer ones once they have half its size
_BIG_SHARE: Final = 4  # the big one once the others, and what is retired in it, have a quarter of its size
NO_CODES: Final[U8Array] = np.empty((0, CODE_BYTES), np.uint8)


@dataclass(frozen=True, kw_only=True, eq=False)
class _View:
    """One state of the index (1)."""

    seq: int
    mark: str  #: of the change at ``seq``
    erased_seq: int  #: the last change that erased a code
    stack: Stack
    tiers: tuple[Tier, ...]
    tail: Tail
    retired: tuple[tuple[int, I64Array], ...]  #: (seq, ids) of retirements after the stack's seq

    def __len__(self) -> int:
        return sum(map(len, self.tiers)) + self.tail.live

    @cached_property
    def table(self) -> search.Table:
        """The addresses of it all, for the kernels."""
        return search.table_of(self.tiers, self.tail)

    @property
    def unflushed(self) -> int:
        """Changes that no file has."""
        return self.tail.count + sum(len(ids) for _, ids in self.retired)

    @property
    def is_clean(self) -> bool:
        """Whether no file holds a code that was erased."""
        return self.erased_seq <= self.stack.manifest.clean_seq or not self.tiers

    def find(self, queries: U64Array, radius_bits: int) -> search.Found:
        """Everything within the radius.  queries: (q, 4) uint64."""
        return search.in_table(self.table, queries, radius_bits)


def _view_of(stack: Stack) -> _View:
    return _View(
        seq=stack.manifest.seq,
        mark=stack.manifest.mark,
        erased_seq=stack.manifest.erased_seq,
        stack=stack,
        tiers=_tiers_of(stack, {}),
        tail=tail.empty(),
        retired=(),
    )


def _tiers_of(stack: Stack, held: dict[str, Tier]) -> tuple[Tier, ...]:
    """The stack's files with what newer ones say is gone; a file in ``held`` knows what the others there say."""
    tiers: list[Tier] = []
    for name, snapshot in zip(stack.manifest.names, stack.snapshots, strict=True):
        older = zip(stack.manifest.names, tiers, strict=False)
        tiers = [old if name in held and other in held else old.without(snapshot.gone) for other, old in older]
        tiers.append(held[name] if name in held else tier_of(snapshot))
    return tuple(tiers)


class LiveIndex:
    """Entries that match from the moment they are added until they are retired."""

    def __init__(self, stack: Stack = EMPTY, *, flush_after: int = FLUSH_AFTER) -> None:
        """Start from the files of ``stack``, or empty at seq 0."""
        self._view = _view_of(stack)
        self._flush_after = flush_after
        self._writing = threading.Lock()
        self._following = threading.Lock()

    def __len__(self) -> int:
        """The number of entries that match."""
        return len(self._view)

    @property
    def seq(self) -> int:
        """The last change that is in the index."""
        return self._view.seq

    @property
    def at(self) -> tuple[int, str]:
        """``seq``, and the mark that came with it."""
        view = self._view
        return view.seq, view.mark

    @property
    def unflushed(self) -> int:
        """Changes in private memory."""
        return self._view.unflushed

    @property
    def needs_flush(self) -> bool:
        """Whether so many changes are in private memory that searches notice."""
        return self._view.unflushed >= self._flush_after

    @property
    def is_clean(self) -> bool:
        """Whether no file holds a code that was erased, as far as this index has followed."""
        return self._view.is_clean

    @property
    def mapped_files(self) -> tuple[str, ...]:
        """Names of the files it reads, oldest first."""
        return self._view.stack.manifest.names

    def search(self, queries: U8Array, radius_bits: int, *, threads: int = 1) -> Hits:
        """Every entry at most ``radius_bits`` (inclusive) from each query.

        queries: (q, 32) uint8.  ``threads``: among how many to share out the queries.
        Raises: ValueError for queries of another shape or a radius outside 0..256.
        """
        require_radius(radius_bits)
        words = to_words(queries)
        find = partial(self._view.find, radius_bits=radius_bits)
        found = search.shared_out(find, words, threads)
        return in_order(found.query, found.ids, found.distance, len(words))

    def change(
        self,
        seq: int,
        *,
        mark: str = "",
        ids: I64Array = NOBODY,
        codes: U8Array = NO_CODES,
        retired: I64Array = NOBODY,
        is_erasure: bool = False,
    ) -> None:
        """Let entries match, then let others match no longer, all at once.

        One that matches is left as it is, one that does not is passed over, so that changes may be replayed (4).
        seq: the last change that the index holds with this one; mark: what tells it from another history's.
        ids: (m,) int64.  codes: (m, 32) uint8.
        retired: (k,) int64.  ``is_erasure``: a code was erased from the store, and must be in no file.
        Raises: ValueError for arrays of another shape or of different lengths.
        """
        ids, words, retired = require_ids(ids), to_words(codes), np.unique(require_ids(retired))
        if len(ids) != len(words):
            raise ValueError(f"{len(ids)} ids for {len(words)} codes")
        ids, first = np.unique(ids, return_index=True)
        with self._writing:
            view = self._view
            is_new = view.tail.rows_of(ids) < 0
            for held in view.tiers:
                is_new &= held.live_rows_of(ids) < 0
            grown = view.tail.with_added(ids[is_new], words[first[is_new]], seq)
            rows = grown.rows_of(retired)
            self._view = replace(
                view,
                seq=max(view.seq, seq),
                mark=mark if seq >= view.seq else view.mark,
                erased_seq=max(view.erased_seq, seq) if is_erasure else view.erased_seq,
                tiers=tuple(held.without(retired) for held in view.tiers) if len(retired) else view.tiers,
                tail=grown.without(rows[rows >= 0]),
                retired=(*view.retired, (seq, retired)) if len(retired) else view.retired,
            )

    def follow(self, files: IndexFiles) -> None:
        """Go on from the newest files, where another index has written some since (3).

        Raises: SnapshotRefused where they are not whole, or older than what this index has; it then stays as it was.
        """
        with self._following:
            held = self._view.stack
            if files.stamp() != held.stamp:
                self._go_on_from(files.open(held))

    def flush(self, files: IndexFiles) -> bool:
        """Write the changes in private memory to a new file, and go on from it; returns whether that was done.

        It is not where another process is at it, or has files that go further than this index.
        Raises: StorageFull when the disk has no room.  The index then stays as it was.
        """
        with files.alone(Job.FLUSH, wait=False) as is_alone:
            if not is_alone:
                return False
            if not self._has_followed(files):
                return self.merge(files, wait=False)
            view = self._view
            if not view.unflushed:
                return False
            ids, words = view.tail.in_order()
            gone = tier.still_needed(np.concatenate([NOBODY, *(ids for _, ids in view.retired)]), view.tiers)
            with files.written([(ids, words)], len(ids), view.seq, gone) as member:
                done = files.commit(
                    lambda now: index_files.appended(now, member, mark=view.mark, erased_seq=view.erased_seq)
                )
        if done:
            self.follow(files)
        return done

    def merge_small(self, files: IndexFiles) -> bool:
        """Put the newest files together where there are too many of them; returns whether that was done.

        Raises: StorageFull when the disk has no room.  The index then stays as it was.
        """
        with files.alone(Job.SMALL_MERGE, wait=False) as is_alone:
            if not (is_alone and self._has_followed(files)):
                return False
            view, claimed = self._view, files.claimed()
            names = view.stack.manifest.names
            first = names.index(claimed) + 1 if claimed in names else 1
            begin = _run_to_merge([len(held.snapshot) + len(held.snapshot.gone) for held in view.tiers], first)
            if begin is None:
                return False
            return self._merge(files, view, begin, len(names))

    def needs_big_merge(self) -> bool:
        """Whether the first file is small beside the others and what is retired in it."""
        first, *others = self._view.tiers or (None,)
        if first is None:
            return False
        changed = first.retired_rows + sum(len(other.snapshot) for other in others)
        return changed * _BIG_SHARE >= max(len(first.snapshot), 1)

    def merge(self, files: IndexFiles, *, wait: bool = True) -> bool:
        """Put all files together into one, without what is retired; returns whether that was done.

        Searches and changes go on meanwhile, flushes too.  Where there are none on disk, or not whole ones, what this
        index has is written in their place, its private memory with it.
        Without ``wait`` it is not done where another process is at it.
        Raises: StorageFull when the disk has no room.  The index then stays as it was.
        """
        with files.alone(Job.BIG_MERGE, wait=wait) as is_alone:
            if not is_alone:
                return False
            if not self._has_followed(files) or files.stamp() is None:
                return self._write_all(files)
            with files.alone(Job.SMALL_MERGE):  # let one under way end, so that it does not replace what we read
                self.follow(files)
                view = self._view
                files.claim(view.stack.manifest.names)
            return self._merge(files, view, 0, len(view.tiers))

    def _has_followed(self, files: IndexFiles) -> bool:
        """Go on from the newest files; whether they are there, whole, and no older than what this index has."""
        try:
            self.follow(files)
        except SnapshotRefused:
            return False
        return True

    def _merge(self, files: IndexFiles, view: _View, begin: int, end: int) -> bool:
        """Put the files [``begin``, ``end``) of ``view`` together."""
        names = view.stack.manifest.names[begin:end]
        tiers, older = view.tiers[begin:end], view.tiers[:begin]
        gone = tier.still_needed(np.concatenate([NOBODY, *(held.snapshot.gone for held in tiers)]), older)
        with files.written(tier.blocks(tiers), sum(map(len, tiers)), view.seq, gone) as member:
            done = files.commit(lambda now: index_files.merged(now, names, member, cleans=begin == 0))
        if done:
            self.follow(files)
        return done

    def _write_all(self, files: IndexFiles) -> bool:
        """Everything that this index has, in one file, whatever the files on disk are."""
        view = self._view
        ids, words = view.tail.in_order()
        tiers = (*view.tiers, tier_of(of_words(words, ids, view.seq)))
        with files.written(tier.blocks(tiers), len(view), view.seq) as member:
            manifest = Manifest(
                seq=view.seq, mark=view.mark, erased_seq=view.erased_seq, clean_seq=view.seq, members=(member,)
            )
            files.commit(lambda _: manifest, anew=True)
        self.follow(files)
        return True

    def _go_on_from(self, stack: Stack) -> None:
        """Publish a view of ``stack`` that has everything the present one has (3)."""
        manifest = stack.manifest
        with self._writing:
            view = self._view
            if manifest.seq < view.stack.manifest.seq:
                raise SnapshotRefused("The index files are older than what was in use.")
            held = dict(zip(view.stack.manifest.names, view.tiers, strict=True))
            later = tuple((seq, ids) for seq, ids in view.retired if seq > manifest.seq)
            gone = np.concatenate([NOBODY, *(ids for _, ids in later)])
            tiers = tuple(kept.without(gone) for kept in _tiers_of(stack, held))
            new = [kept for name, kept in zip(manifest.names, tiers, strict=True) if name not in held]
            rest = view.tail if manifest.seq == view.stack.manifest.seq else view.tail.after(manifest.seq)
            self._view = replace(
                view,
                seq=max(view.seq, manifest.seq),
                mark=manifest.mark if manifest.seq > view.seq else view.mark,
                erased_seq=max(view.erased_seq, manifest.erased_seq),
                stack=stack,
                tiers=tiers,
                tail=rest.without(rest.rows_in(new)),
                retired=later,
            )


def _run_to_merge(sizes: Sequence[int], first: int) -> int | None:
    """Where the newest files begin that are worth putting together, none of them before ``first``; None if none are."""
    begin = len(sizes) - 1
    total = sizes[begin] if sizes else 0
    while begin > first and sizes[begin - 1] < _SMALL_SHARE * total:
        begin -= 1
        total += sizes[begin]
    return begin if begin < len(sizes) - 1 else None
