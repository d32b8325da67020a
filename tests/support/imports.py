"""What tests of imports share: a message log in memory, an examiner that only hashes, exports written to a folder."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from unseen.evidence.chats.files import Files
from unseen.evidence.chats.records import Irregularity, Media, MediaState, Message, Read, Remains, Trouble


class MemoryLog:
    """A message table that is forgotten with the test."""

    def __init__(self) -> None:
        self.batches: list[list[bytes]] = []

    def lines(self) -> Iterable[bytes]:
        return [line for batch in self.batches for line in batch]

    def append(self, lines: Sequence[bytes]) -> None:
        self.batches.append(list(lines))

    def rows(self, kind: str = "message") -> list[dict[str, Any]]:
        return [row for row in map(json.loads, self.lines()) if row["row"] == kind]


class Hasher:
    """Looks at media without looking into them; notes which."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def remains_of(self, files: Files, media: Media) -> Remains | None:
        data = media.data
        if data is None:
            if media.state is not MediaState.PRESENT or media.name is None:
                return None
            self.asked.append(media.name)
            with files.open(media.name) as file:
                data = file.read()
        return Remains(size=len(data), sha256=hashlib.sha256(data).digest(), md5=hashlib.md5(data).digest())


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    """The folder with these files in it."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def messages(reads: Iterable[Read]) -> list[Message]:
    return [item for item in reads if isinstance(item, Message)]


def troubles(reads: Iterable[Read]) -> list[Trouble]:
    return [item.trouble for item in reads if isinstance(item, Irregularity)]
