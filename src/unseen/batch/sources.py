"""Where objects are: a folder, a file, or a URL that an fsspec driver understands."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from unseen.base import BadRequest, CallerError, NotFound
from unseen.desk.scan_ports import UNKNOWN_BYTES, Trouble

_GONE: Final = (FileNotFoundError, NotADirectoryError)


class ReadFailure(Exception):
    """An object that cannot be had, and why; the words name nothing."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One object as its source lists it."""

    key: bytes
    size: int  #: bytes, or ``UNKNOWN_BYTES``
    trouble: Trouble | None = None


class Source:
    """One place that is scanned.  Cheap to make again in another process from its ``url``."""

    def __init__(self, url: str) -> None:
        """Find the driver; nothing is listed yet.  Raises: BadRequest where there is none."""
        try:
            self._fs, root = url_to_fs(url)
        except ImportError as error:
            raise BadRequest(
                f"No driver for {url.split('://')[0]} is installed.", hint=str(error) or "Install its fsspec driver."
            ) from None
        except ValueError as error:
            raise BadRequest(f"A source is not understood ({error}).") from None
        self.is_local = type(self._fs) is LocalFileSystem  # one derived from it may read in its own way
        self._root = os.path.realpath(root) if self.is_local else root
        self.url = self._root if self.is_local else url

    @property
    def is_of_this_process(self) -> bool:
        """Whether no other process could read it."""
        return isinstance(self._fs, MemoryFileSystem)

    def lies_in(self, other: "Source") -> bool:
        """Whether all of it is below ``other`` too."""
        mine, outer = self._root.rstrip("/") + "/", other._root.rstrip("/") + "/"
        return bool(self._fs == other._fs) and mine.startswith(outer)

    def objects(self) -> Iterator[Listed]:
        """Every object, by name within its folder; links are not followed, and what is no regular file is left out.

        Raises: NotFound where the source is not there; BadRequest where it cannot be looked at at all.
        """
        if self.is_local:
            yield from _local_objects(self._root)
        else:
            yield from self._stored_objects()

    def read(self, key: bytes, max_bytes: int) -> bytes:
        """An object's bytes, never more than the limit.  Raises: ReadFailure."""
        if self.is_local:
            return _read_local(key, max_bytes)
        try:
            path = self._fs._strip_protocol(os.fsdecode(key))
            data: bytes = self._fs.cat_file(path, start=0, end=max_bytes + 1)
        except _GONE:
            raise ReadFailure(Trouble.VANISHED, "it is not there any more.") from None
        except Exception as error:  # noqa: BLE001  drivers raise what their client libraries raise
            raise ReadFailure(Trouble.UNREADABLE, f"cannot be read ({type(error).__name__}).") from None
        return _within(data, max_bytes)

    def _stored_objects(self) -> Iterator[Listed]:
        failed: list[Trouble] = []
        try:
            if not self._fs.exists(self._root):
                raise NotFound("A source is not there.", hint="Check its URL.")
            if self._fs.isfile(self._root):
                yield self._listed(self._root, self._fs.info(self._root))
                return
            for folder, _, files in self._fs.walk(self._root, detail=True, on_error=lambda _: failed.append(_UNLISTED)):
                for name in sorted(files):
                    yield self._listed(files[name].get("name") or f"{folder}/{name}", files[name])
        except CallerError:
            raise
        except Exception as error:  # noqa: BLE001  as above
            raise BadRequest(f"A source cannot be listed ({type(error).__name__}).", hint="Check its keys.") from None
        for number, trouble in enumerate(failed):  # the driver does not say which folder it was
            key = os.fsencode(f"{self._fs.unstrip_protocol(self._root)}#unlisted-{number}")
            yield Listed(key=key, size=UNKNOWN_BYTES, trouble=trouble)

    def _listed(self, path: str, info: dict[str, Any]) -> Listed:
        size = info.get("size")
        return Listed(
            key=os.fsencode(self._fs.unstrip_protocol(path)), size=UNKNOWN_BYTES if size is None else int(size)
        )


_UNLISTED: Final = Trouble.UNLISTED


def sources_of(urls: Sequence[str]) -> tuple[Source, ...]:
    """The sources named, without those that lie in another: no object is scanned twice.

    Raises: BadRequest.
    """
    named: list[Source] = []
    for source in map(Source, urls):
        if not any(source.lies_in(held) for held in named):
            named = [held for held in named if not held.lies_in(source)] + [source]
    return tuple(named)


def _local_objects(root: str) -> Iterator[Listed]:
    try:
        there = Path(root).stat()
    except _GONE:
        raise NotFound("A source is not there.", hint="Check the folder's name.") from None
    except OSError as error:
        raise BadRequest(f"A source cannot be looked at ({error.strerror}).") from None
    if stat.S_ISREG(there.st_mode):
        yield Listed(key=os.fsencode(root), size=there.st_size)
    elif stat.S_ISDIR(there.st_mode):
        yield from _below(os.fsencode(root))
    else:
        raise BadRequest("A source is neither a folder nor a file.")


def _below(root: bytes) -> Iterator[Listed]:
    """Depth first, each folder's files before its folders; a folder that cannot be listed is an object in trouble."""
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as scanned:
                found = sorted(scanned, key=lambda entry: entry.name)
        except _GONE:
            continue  # removed since its parent was listed
        except OSError:
            yield Listed(key=folder + b"/", size=UNKNOWN_BYTES, trouble=Trouble.UNLISTED)
            continue
        folders = []
        for entry in found:
            try:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    yield Listed(key=entry.path, size=entry.stat(follow_symlinks=False).st_size)
            except _GONE:
                continue
            except OSError:
                yield Listed(key=entry.path, size=UNKNOWN_BYTES, trouble=Trouble.UNREADABLE)
        waiting.extend(reversed(folders))


def _read_local(key: bytes, max_bytes: int) -> bytes:
    try:
        # Not through a link, and without waiting for a pipe's other end: either may have taken the file's place.
        descriptor = os.open(key, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ReadFailure(Trouble.UNREADABLE, "it is not a file any more.")
            data = file.read(max_bytes + 1)
    except _GONE:
        raise ReadFailure(Trouble.VANISHED, "it is not there any more.") from None
    except OSError as error:
        raise ReadFailure(Trouble.UNREADABLE, f"cannot be read ({error.strerror}).") from None
    return _within(data, max_bytes)


def _within(data: bytes, max_bytes: int) -> bytes:
    if len(data) > max_bytes:
        raise ReadFailure(Trouble.TOO_LARGE, f"too large to read (more than {max_bytes / 1024**2:g} MiB).")
    return data
