"""Zeroing what SQLite leaves in the unused part of its pages, in place and a slice at a time.

When SQLite splits or merges pages it rewrites them, and between the cell pointers and the cells of a rewritten page
old copies of moved cells can stay.  No reader ever looks there.  Everything else that is deleted SQLite overwrites by
itself (``secure_delete``).  Rebuilding the file (``VACUUM``) would remove them too, but needs a second copy of it, in
memory and on disk, and keeps writers waiting for all of it.

Source of the page layout: https://www.sqlite.org/fileformat2.html, 1.6 (b-tree pages).
"""

import os
import threading
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

SLICE_BYTES: Final = 32 << 20  #: swept in one turn of a writer's
_FILE_HEADER_BYTES: Final = 100  # in front of the first page's own header
#: Page kinds (first byte of a b-tree page) and where the cell pointers begin, counted from the page's header.
_POINTERS_AT: Final = {2: 12, 5: 12, 10: 8, 13: 8}
#: From this page number on, the first byte of a chained page (the highest of a page number) could look like a kind.
MAX_PAGES: Final = 1 << 25

_descriptors: dict[tuple[int, int], int] = {}
_opening = threading.Lock()


def descriptor_of(path: Path) -> int:
    """A descriptor of the file, for reading and writing, the same each time and open until the process ends.

    Closing any descriptor of a file drops all locks that this process holds on it, SQLite's among them.
    """
    with _opening:
        about = path.stat()
        key = about.st_dev, about.st_ino
        if key not in _descriptors:
            _descriptors[key] = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        return _descriptors[key]


def sweep(descriptor: int, *, page_bytes: int, first_page: int, pages: int) -> None:
    """Zero the unused part of these pages, ``first_page`` counted from 0.

    The caller sees to it that nobody writes to the file meanwhile, and that it has no pointer-map pages.
    Readers may read: what changes is what they never look at.
    """
    raw = os.pread(descriptor, pages * page_bytes, first_page * page_bytes)
    whole = len(raw) // page_bytes
    grid = np.frombuffer(raw, np.uint8, whole * page_bytes).reshape(whole, page_bytes)
    begins, ends = _unused(grid, is_first=first_page == 0)
    for page in np.flatnonzero(ends > begins).tolist():
        begin, end = int(begins[page]), int(ends[page])
        if grid[page, begin:end].any():
            os.pwrite(descriptor, bytes(end - begin), (first_page + page) * page_bytes + begin)


def _unused(grid: NDArray[np.uint8], *, is_first: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the unused part of each page begins and ends; empty for pages that are not of a b-tree.

    grid: (pages, page bytes) uint8.  Returns two (pages,) int64.
    """
    headers = np.zeros(len(grid), np.int64)
    if is_first:
        headers[0] = _FILE_HEADER_BYTES
    rows = np.arange(len(grid))

    def short(at: int) -> NDArray[np.int64]:
        high, low = (grid[rows, headers + at + i].astype(np.int64) for i in (0, 1))
        return 256 * high + low

    kinds = grid[rows, headers]
    pointers_at = np.zeros(256, np.int64)
    pointers_at[list(_POINTERS_AT)] = list(_POINTERS_AT.values())
    begins = headers + pointers_at[kinds] + 2 * short(3)
    ends = short(5)
    ends[ends == 0] = 1 << 16  # what a page of 65,536 bytes writes as 0
    is_tree = (pointers_at[kinds] > 0) & (begins <= ends) & (ends <= grid.shape[1])
    return np.where(is_tree, begins, 0), np.where(is_tree, ends, 0)
