"""The files of one index in one folder: a manifest, a big snapshot, small ones for the changes since; and their locks.

1. Whoever changes the files writes a new snapshot first, then, for a moment alone, the manifest that names it; then
   the files that it replaced are removed.  Who has them open keeps them until it notices the new manifest.
2. A crash leaves the old manifest in force; a file that no manifest names is an orphan, and removed by the next who
   looks, unless its writer lives: that one keeps it locked.
3. Three jobs, each done by one process of the node at a time: flushing (a new small file after the others), merging
   small files with each other, and merging into the big one.  They do not wait for each other: a flush only appends,
   and who merges into the big file first says which files it reads, so that nobody else merges those.
"""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from unseen.base import SnapshotRefused
from unseen.match import manifest as manifests
from unseen.match import snapshot_file
from unseen.match.manifest import Manifest, Member
from unseen.match.records import NOBODY, I64Array
from unseen.match.snapshot import Snapshot
from unseen.match.snapshot_file import Blocks

_TRIES: Final = 20  # files that a manifest names may be replaced while they are opened

Stamp = tuple[int, int, int]


class Job(StrEnum):
    """What one process of a node does at a time (3)."""

    MANIFEST = "manifest"
    FLUSH = "flush"
    SMALL_MERGE = "small"
    BIG_MERGE = "big"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """A manifest and its files, mapped."""

    manifest: Manifest
    snapshots: tuple[Snapshot, ...]
    stamp: Stamp | None = None  #: of the manifest's file; None where there is none


def stack_of(snapshot: Snapshot) -> Stack:
    """A stack of one snapshot that is in no file."""
    member = Member(name="", seq=snapshot.seq)
    manifest = Manifest(seq=snapshot.seq, mark="", erased_seq=0, clean_seq=snapshot.seq, members=(member,))
    return Stack(manifest=manifest, snapshots=(snapshot,))


EMPTY: Final = Stack(manifest=Manifest(seq=0, mark="", erased_seq=0, clean_seq=0, members=()), snapshots=())


class IndexFiles:
    """Everything that ``folder`` holds under ``name``."""

    def __init__(self, folder: Path, name: str) -> None:
        """``folder`` exists.  ``name`` is a file name's beginning that nothing else there has."""
        self._folder = folder
        self.name: Final = name
        self.manifest_path: Final = folder / f"{name}.manifest"

    def stamp(self) -> Stamp | None:
        """Something that changes whenever the manifest does; cheap.  None when there is no manifest."""
        try:
            status = self.manifest_path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def open(self, known: Stack = EMPTY, *, noting: bool = True) -> Stack:
        """Map what the manifest names; what ``known`` has mapped already is taken from there.

        ``noting``: believe and leave notes of what was checked on this node.
        Raises: SnapshotRefused when the manifest or a file is missing, torn, foreign or of another version.
        """
        mapped = dict(zip(known.manifest.names, known.snapshots, strict=True))
        for _ in range(_TRIES):
            stamp = self.stamp()
            manifest = manifests.read(self.manifest_path)
            try:
                snapshots = tuple(
                    mapped[name] if name in mapped else self._open(name, noting) for name in manifest.names
                )
            except SnapshotRefused:
                if self.stamp() == stamp:
                    raise
                continue  # replaced meanwhile
            return Stack(manifest=manifest, snapshots=snapshots, stamp=stamp)
        raise SnapshotRefused("The index files change too quickly to be opened.")

    def _open(self, name: str, noting: bool) -> Snapshot:
        return snapshot_file.open_snapshot(self._folder / name, noting=noting)

    @contextmanager
    def written(self, blocks: Blocks, n: int, seq: int, gone: I64Array = NOBODY) -> Iterator[Member]:
        """A new file, not yet in a manifest; removed when the block ends, unless a ``commit`` in it names it.

        Raises: StorageFull; ValueError, see ``snapshot_file.written``.
        """
        name = f"{self.name}.{secrets.token_hex(8)}.snapshot"
        with snapshot_file.written(self._folder / name, blocks, n, seq, gone=gone):
            try:
                yield Member(name=name, seq=seq)
            finally:
                if not self._names(name):
                    snapshot_file.remove(self._folder / name)

    def _names(self, name: str) -> bool:
        try:
            return name in self._read().names
        except SnapshotRefused:
            return False

    def commit(self, change: Callable[[Manifest], Manifest | None], *, anew: bool = False) -> bool:
        """Replace the manifest by what ``change`` makes of it, and remove files that are not in it any more.

        ``anew``: from an empty one.  Returns False, and changes nothing, when ``change`` gives None.
        Raises: StorageFull; SnapshotRefused when there is a manifest that cannot be read.
        """
        with self.alone(Job.MANIFEST):
            new = change(EMPTY.manifest if anew else self._read())
            if new is None:
                return False
            manifests.write(self.manifest_path, new)
            self._remove_orphans(new)
        return True

    def remove_orphans(self) -> None:
        """Remove what a killed writer left.  Raises: SnapshotRefused when there is a manifest that cannot be read."""
        with self.alone(Job.MANIFEST):
            self._remove_orphans(self._read())

    def _read(self) -> Manifest:
        return manifests.read(self.manifest_path) if self.manifest_path.exists() else EMPTY.manifest

    def _remove_orphans(self, manifest: Manifest) -> None:
        named = set(manifest.names)
        for path in [*self._folder.glob(f"{self.name}.*snapshot"), *self._folder.glob(f".{self.name}.*.partial")]:
            if path.name not in named:
                snapshot_file.remove_orphan(path)

    @contextmanager
    def alone(self, job: Job, *, wait: bool = True) -> Iterator[bool]:
        """Keep others from doing ``job``; gives whether that was possible, which without ``wait`` it may not be.

        The lock ends with the process that holds it.
        """
        descriptor = self._opened_lock(job)
        try:
            yield _locked(descriptor, wait=wait)
        finally:
            os.close(descriptor)

    def claim(self, names: tuple[str, ...]) -> None:
        """Say which files a merge into the big one reads; for whoever does that ``alone``."""
        self._lock_path(Job.BIG_MERGE).write_text(names[-1] if names else "")

    def claimed(self) -> str | None:
        """The newest file that a merge into the big one reads right now, if one does."""
        with self.alone(Job.BIG_MERGE, wait=False) as is_free:
            return None if is_free else self._lock_path(Job.BIG_MERGE).read_text()

    def _lock_path(self, job: Job) -> Path:
        return self._folder / f".{self.name}.{job}.lock"

    def _opened_lock(self, job: Job) -> int:
        return os.open(self._lock_path(job), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def appended(manifest: Manifest, member: Member, *, mark: str, erased_seq: int) -> Manifest | None:
    """``manifest`` with one more file; None where its writer knows less than the manifest does."""
    if member.seq < max(manifest.seq, manifest.clean_seq):
        return None
    return replace(
        manifest,
        seq=member.seq,
        mark=mark,
        erased_seq=max(manifest.erased_seq, erased_seq),
        members=(*manifest.members, member),
    )


def merged(manifest: Manifest, names: tuple[str, ...], member: Member, *, cleans: bool) -> Manifest | None:
    """``manifest`` with ``member`` in the place of the files ``names``; None where these are not together in it.

    ``cleans``: it has the whole index as of ``member.seq``, so that nothing erased by then is in any file, unless one
    was written since by someone who had not followed that far.
    """
    held = manifest.names
    begin = held.index(names[0]) if names and names[0] in held else 0
    if held[begin : begin + len(names)] != names:
        return None
    newer = manifest.members[begin + len(names) :]
    is_clean = cleans and begin == 0 and all(other.seq >= member.seq for other in newer)
    return replace(
        manifest,
        clean_seq=max(manifest.clean_seq, member.seq) if is_clean else manifest.clean_seq,
        members=(*manifest.members[:begin], member, *newer),
    )


def _locked(descriptor: int, *, wait: bool) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True
