"""Private files that are whole or not there, and errors of the disk in words."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from unseen.base import BadPack, BadRequest, StorageFull

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """The disk's errors as ours; ``what``: "The pack" for example.  Raises: StorageFull, BadRequest."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StorageFull(
                f"{what} was not written: the disk has no room. What was there before is untouched.",
                hint="Free some room and do it again.",
            ) from None
        raise BadRequest(f"{what} cannot be read or written ({error.strerror}).") from None


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write a private file aside; it takes its name, durably, when the block ends."""
    draft = path.with_name(f".{secrets.token_hex(8)}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    make_names_durable(path.parent)


def make_names_durable(folder: Path) -> None:
    """What was renamed in ``folder`` stays so after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class LocalFile:
    """A file that is taken in."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """From its beginning.  Raises: BadRequest."""
        with disk_errors("The file"), self._path.open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise BadRequest("Only plain files can be taken in.")
            yield file


class PackFile:
    """A sealed pack."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Read it.  Raises: BadRequest."""
        with disk_errors("The pack"), self._path.open("rb") as file:
            yield file

    @contextmanager
    def replaced(self) -> Iterator[BinaryIO]:
        """Write it anew, or leave it untouched.  Raises: StorageFull, BadRequest."""
        with disk_errors("The pack"), whole_file(self._path) as file:
            yield file


class OpenedFolder:
    """A new private folder that takes its name when everything is in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._draft = path.with_name(f".{secrets.token_hex(8)}.part")

    def __enter__(self) -> "OpenedFolder":
        if self._path.exists():
            raise BadRequest("There is something of this name already.", hint="Name a new folder.")
        with disk_errors("The folder"):
            self._draft.mkdir(mode=0o700)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            with disk_errors("The folder"):
                self._draft.rename(self._path)
                make_names_durable(self._path.parent)
        else:
            _remove(self._draft)

    @contextmanager
    def put(self, path: str) -> Iterator[BinaryIO]:
        """A file in it.  Raises: StorageFull, BadRequest."""
        target = self._draft / path
        with disk_errors("The folder"):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                yield file


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()
    folder.rmdir()


def folder_files(folder: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Every file of an opened pack, links not followed.  Raises: BadPack for what is no plain file, BadRequest."""
    with disk_errors("The pack"):
        for path in sorted(folder.rglob("*")):
            mode = path.lstat().st_mode
            if stat.S_ISDIR(mode):
                continue
            name = path.relative_to(folder).as_posix()
            if not stat.S_ISREG(mode):
                raise BadPack("The pack's folder holds something that is no plain file (a link, for example).")
            with path.open("rb") as file:
                yield name, file
