"""What an import of an export needs from outside: where rows are kept, and who looks at media."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from unseen.evidence.chats.files import Files
from unseen.evidence.chats.records import Media, Remains


class MessageLog(Protocol):
    """The message table of one pack.  One process at a time."""

    def lines(self) -> Iterable[bytes]:
        """Every line that was appended, in order."""
        ...

    def append(self, lines: Sequence[bytes]) -> None:
        """Keep them; durable when it returns, all of them or none.  Raises: StorageFull."""
        ...


class Examiner(Protocol):
    """Looks at media, and keeps none of it.  Thread-safe."""

    def remains_of(self, files: Files, media: Media) -> Remains | None:
        """What remains of one medium; None where it is not in the export.

        Raises: BadImport (it cannot be read).
        """
        ...
