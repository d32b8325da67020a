"""The message table of a pack in the making: each batch of rows is an item of its own, encrypted when it is added.

An item of the table has the list of the export's files with their digests as its original, and the rows in
``messages.jsonl``.  The custody log's line is what makes a batch part of the pack.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Final

from unseen.desk.add_to_pack import Extra, Found, add_to_pack
from unseen.desk.custody_log import Hand, read_lines
from unseen.desk.evidence_ports import WorkFolder
from unseen.evidence.age import Identity, decrypting
from unseen.evidence.chats.files import Files
from unseen.evidence.custody import items_of, read_log
from unseen.evidence.intake import TEXT
from unseen.evidence.records import Item, Role

TABLE: Final = "messages.jsonl"

_CHUNK_BYTES: Final = 1 << 20


class PackTable:
    """The ``MessageLog`` of a work folder.  ``identity`` reads what is there already; adding needs no key."""

    def __init__(self, work: WorkFolder, found: Found, listing: bytes, *, identity: Identity, hand: Hand) -> None:
        """found: how the export came.  listing: its files and their digests, see ``listing_of``."""
        self._work = work
        self._found = found
        self._listing = BytesOf(listing)
        self._identity = identity
        self._hand = hand

    def lines(self) -> Iterator[bytes]:
        """Every row of every import into this pack.  Raises: WrongKey, BadPack."""
        entries, _ = read_log(read_lines(self._work, self._identity))
        for item in items_of(entries):
            yield from self._rows_of(item)

    def append(self, lines: Sequence[bytes]) -> None:
        """As ``MessageLog`` says.  Raises: StorageFull, BadRequest, BadPack, CaseRefused."""
        rows = Extra(name=TABLE, role=Role.METADATA, media_type=TEXT, source=BytesOf(b"".join(lines)))
        add_to_pack(self._work, self._found, self._listing, extras=[rows], hand=self._hand)

    def _rows_of(self, item: Item) -> Iterator[bytes]:
        for part in item.parts:
            if part.name == TABLE:
                with self._work.object(part.object) as sealed, decrypting(sealed, self._identity) as plain:
                    yield from plain


class BytesOf:
    """A source that is in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @contextmanager
    def opened(self) -> Iterator[BytesIO]:
        """From its beginning."""
        yield BytesIO(self._data)


def listing_of(files: Files, names: Sequence[str]) -> bytes:
    """Digests of files as ``sha256sum`` writes and checks them.  Raises: BadImport (one cannot be read)."""
    lines = []
    for name in names:
        digest = hashlib.sha256()
        with files.open(name) as file:
            while piece := file.read(_CHUNK_BYTES):
                digest.update(piece)
        lines.append(f"{digest.hexdigest()}  {name}\n")
    return "".join(lines).encode("utf-8", "replace")
