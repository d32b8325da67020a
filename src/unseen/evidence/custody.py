"""The custody log: who did what and when, each line bound to the one before by its SHA-256."""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from unseen.base import BadPack
from unseen.evidence.canonical import Spelling
from unseen.evidence.records import NO_DIGEST, Custody, Entry, Item, Purpose

_SPELLING: Final = Spelling(Entry, "A line of the custody log")


def write_entry(entry: Entry) -> bytes:
    """The line, without its end."""
    return _SPELLING.write(entry)


def digest_of(line: bytes) -> str:
    """What the next line names as ``previous``, in hex."""
    return hashlib.sha256(line).hexdigest()


def read_log(lines: Iterable[bytes]) -> tuple[tuple[Entry, ...], Custody]:
    """Every entry, and the head of the log.

    1. Each line is canonical.  2. Lines are numbered from 1.  3. Each names the digest of the line before.  4. The
    first line, and no other, begins the pack.  Raises: BadPack, naming the line.
    """
    entries: list[Entry] = []
    head = NO_DIGEST
    for number, line in enumerate(lines, start=1):
        entry = _SPELLING.read(line)  # (1)
        if entry.number != number:  # (2)
            raise BadPack(f"Line {number} of the custody log says that it is line {entry.number}.")
        if entry.previous != head:  # (3)
            raise BadPack(f"Line {number} of the custody log does not follow the line before it.")
        if (entry.begun is None) != (number > 1):  # (4)
            raise BadPack("The custody log does not begin a pack in its first line, and only there.")
        entries.append(entry)
        head = digest_of(line)
    if not entries:
        raise BadPack("The custody log is empty.")
    return tuple(entries), Custody(entries=len(entries), head=head)


def purpose_of(entries: Sequence[Entry]) -> Purpose:
    """What the pack was begun as."""
    purpose = entries[0].begun
    assert purpose is not None  # read_log has seen to it
    return purpose


def items_of(entries: Sequence[Entry]) -> tuple[Item, ...]:
    """Item 1, item 2, ..."""
    return tuple(entry.added for entry in entries if entry.added is not None)


def set_back(entries: Sequence[Entry]) -> tuple[int, ...]:
    """Numbers of the lines before which the clock was set back; a chain does not break by that."""
    return tuple(after.number for before, after in pairwise(entries) if after.at < before.at)
