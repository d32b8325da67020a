"""What the evidence's use cases need from outside.  ``unseen.vault`` has the files, ``unseen.clients`` the sockets."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from unseen.evidence.age import Readable, Writable
from unseen.evidence.keys import LockedKeys
from unseen.evidence.records import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a custody log ends."""

    entries: int
    digest: str  #: SHA-256 of the last line, hex


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedLine:
    """A line of the custody log as the folder keeps it."""

    digest: str  #: SHA-256 of the line, hex
    sealed: bytes


class ObjectDraft(Writable, Protocol):
    """A file on its way into the work folder."""

    name: str  #: what it is found by later


class WorkFolder(Protocol):
    """A pack in the making, on her own machine: what it holds is encrypted already when it gets here.

    All calls raise StorageFull and BadRequest (a folder that cannot be used).
    """

    def keys(self) -> LockedKeys:
        """Her keys.  Raises: BadPack."""
        ...

    def rules(self) -> Rules:
        """What may be taken in.

        They are in clear, so that adding needs no passphrase; sealing compares them with the custody log's.
        Raises: BadPack.
        """
        ...

    def head(self) -> Head:
        """Where the custody log ends now."""
        ...

    def lines(self) -> Iterator[SealedLine]:
        """The custody log, in order."""
        ...

    def append(self, make: Callable[[Head], SealedLine]) -> Head:
        """Add the line that ``make`` makes to follow the head, alone; durable on return.  Returns the new head."""
        ...

    def new_object(self) -> AbstractContextManager[ObjectDraft]:
        """Write a file; it is there and durable when the block ends, and not at all when it raises."""
        ...

    def object(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Read a file.  Raises: BadPack where it is not there."""
        ...


class SealedFile(Protocol):
    """A pack as one encrypted file."""

    def opened(self) -> AbstractContextManager[BinaryIO]:
        """Read it.  Raises: BadRequest."""
        ...

    def replaced(self) -> AbstractContextManager[Writable]:
        """Write it anew: whole and durable when the block ends, untouched when it raises.  Raises: StorageFull."""
        ...


class NewFolder(Protocol):
    """A folder that a pack is opened into."""

    def put(self, path: str) -> AbstractContextManager[Writable]:
        """A file in it."""
        ...


class Source(Protocol):
    """A file that is taken in; it may be read more than once."""

    def opened(self) -> AbstractContextManager[Readable]:
        """From its beginning.  Raises: BadRequest."""
        ...


class Timestamper(Protocol):
    """Carries requests to timestamp authorities."""

    def ask(self, url: str, request: bytes) -> bytes:
        """An authority's answer to an RFC 3161 request.  Raises: AuthorityFailed (unreachable, slow, too long)."""
        ...


class Fetcher(Protocol):
    """Gets small public files."""

    def fetch(self, url: str, *, max_bytes: int) -> bytes:
        """What is at ``url``.  Raises: AuthorityFailed."""
        ...
