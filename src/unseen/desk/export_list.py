"""A bank as a list that other people can read; it never names a case."""

from collections.abc import Generator, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.bank.formats import ListFormat, write_list
from unseen.bank.records import Entry, EntryState
from unseen.desk.ports import Reader, Store
from unseen.fingerprint.records import Kind

_PAGE: Final = 5_000


def export_list(bank: str, fmt: ListFormat, *, store: Store) -> Generator[str, None, int]:
    """The lines of every entry of ``bank`` that matches today, of one moment.

    Region fingerprints never leave the node; returns how many were left out.
    Raises: NotFound (the bank).
    """
    with store.read() as reader:
        reader.bank(bank)
        return (yield from write_list(_matching(bank, reader), fmt))


def left_out(bank: str, *, store: Store) -> int:
    """How many entries an export leaves out, for who must say so before it.  Raises: NotFound (the bank)."""
    with store.read() as reader:
        return reader.standing_regions(bank)


def _matching(bank: str, reader: Reader) -> Iterator[Entry]:
    after_id = 0
    while page := reader.list_entries(bank, after_id=after_id, limit=_PAGE):
        yield from (entry for entry in page if entry.state is not EntryState.RETIRED)
        after_id = page[-1].id


def matching_videos(bank: str, *, store: Store) -> Iterator[tuple[int, NDArray[np.void]]]:
    """Every banked video that matches today, of one moment: its entry's number, and its frames, (n,) ``FRAME``.

    Raises: NotFound (the bank).
    """
    with store.read() as reader:
        reader.bank(bank)
        for entry in _matching(bank, reader):
            if entry.fingerprint is not None and entry.fingerprint.kind is Kind.FRAME:
                yield entry.id, entry.fingerprint.frames
