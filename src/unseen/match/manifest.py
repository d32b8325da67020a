"""Which snapshot files make up an index, oldest first, and how far they reach: one small file, replaced as a whole.

The first line is the CRC-32 of the rest, which is JSON.
"""

import json
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from unseen.base import SnapshotRefused
from unseen.match.snapshot_file import replace_text

FORMAT_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One snapshot file."""

    name: str
    seq: int  #: how far whoever wrote it had followed: nothing that was retired by then is in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The files of an index.  An id that a file holds counts unless a newer one says that it is gone."""

    seq: int  #: the last change that is in the files
    mark: str  #: what tells that change from one that another history has in its place; see ``desk.history``
    erased_seq: int  #: the last change up to ``seq`` that erased a code; 0 when there is none
    clean_seq: int  #: no file holds a code that was erased up to here
    members: tuple[Member, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the files, oldest first."""
        return tuple(member.name for member in self.members)


def write(path: Path, manifest: Manifest) -> None:
    """Let ``manifest`` count from now on.  Raises: StorageFull; the old one then still counts."""
    body = json.dumps({"version": FORMAT_VERSION} | asdict(manifest))
    replace_text(path, f"{zlib.crc32(body.encode()):08x}\n{body}")


def read(path: Path) -> Manifest:
    """The manifest at ``path``.  Raises: SnapshotRefused when it is missing, torn, foreign or of another version."""
    try:
        checksum, _, body = path.read_bytes().partition(b"\n")
    except OSError as error:
        raise _refused(f"cannot be read ({error.strerror})") from error
    if checksum != b"%08x" % zlib.crc32(body):
        raise _refused("is damaged or of another program")
    fields = json.loads(body)
    if fields.pop("version") != FORMAT_VERSION:
        raise _refused(f"has another format version than {FORMAT_VERSION}")
    members = tuple(Member(**member) for member in fields.pop("members"))
    if any(Path(member.name).name != member.name for member in members):
        raise _refused("names a file elsewhere")
    return Manifest(members=members, **fields)


def _refused(why: str) -> SnapshotRefused:
    return SnapshotRefused(f"The index manifest {why}.", hint="It is rebuilt from the store.")
