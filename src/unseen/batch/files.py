"""Private files that are whole or not there, and errors of the disk in words."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from unseen.base import BadRequest, StorageFull

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def disk_errors() -> Iterator[None]:
    """The disk's errors as ours.  Raises: StorageFull, BadRequest."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StorageFull(
                "The disk has no room for the scan's files.",
                hint="Free some and start the same scan again: it goes on where it was.",
            ) from None
        raise BadRequest(f"The scan's files cannot be written ({error.strerror}).") from None


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A private file, made durable at the end; an older one of the name is emptied first."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def opened_at(path: Path, end: int) -> BinaryIO:
    """A private file to go on with, cut to its first ``end`` bytes."""
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    file = os.fdopen(descriptor, "r+b")
    file.truncate(end)
    file.seek(end)
    return file


def make_durable(file: BinaryIO) -> None:
    """All that was written is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def rename(source: Path, target: Path) -> None:
    """Durably; both are in folders of one file system."""
    source.replace(target)
    for folder in {source.parent, target.parent}:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
