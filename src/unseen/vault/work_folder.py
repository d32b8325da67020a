"""A pack in the making: a folder that only its owner can read, in which everything is encrypted.

rules.json                          what may be taken in, in clear
keys/identity.age, keys/signing-key.age, keys/recipient.txt
custody/000001-DIGEST.age, ...      one file for each line of the custody log, and the log is the journal:
objects/NAME.age                    a file that no line names was never taken in
lock
"""

import fcntl
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from unseen.base import BadPack, BadRequest
from unseen.desk.evidence_ports import Head, SealedLine
from unseen.evidence.canonical import Spelling
from unseen.evidence.intake import require_rules
from unseen.evidence.keys import LockedKeys
from unseen.evidence.records import NO_DIGEST, Rules
from unseen.vault.files import disk_errors, make_names_durable, whole_file

_WHAT: Final = "The work folder"
_RULES: Final = Spelling(Rules, "The rules of this work folder")
_LINE: Final = re.compile(r"(\d{6})-([0-9a-f]{64})\.age")
_OBJECT: Final = re.compile(r"[0-9a-f]{32}")


class LocalWorkFolder:
    """The port, on a local disk."""

    def __init__(self, path: Path) -> None:
        """``path``: made by ``create`` before.  Raises: BadRequest."""
        self._path = path
        self._custody, self._objects = path / "custody", path / "objects"
        if not (self._custody.is_dir() and self._objects.is_dir()):
            raise BadRequest("This is no work folder of an evidence pack.", hint="`unseen evidence new` makes one.")

    @classmethod
    def create(cls, path: Path, keys: LockedKeys, rules: Rules) -> "LocalWorkFolder":
        """A new one.  Raises: CaseRefused (the rules), BadRequest (also where there is something), StorageFull."""
        require_rules(rules)
        if path.exists():
            raise BadRequest("There is something of this name already.", hint="Name a new folder.")
        with disk_errors(_WHAT):
            for folder in (path, path / "keys", path / "custody", path / "objects"):
                folder.mkdir(mode=0o700)
            files = (
                ("keys/identity.age", keys.identity),
                ("keys/signing-key.age", keys.signing_key),
                ("keys/recipient.txt", f"{keys.recipient}\n".encode()),
                ("rules.json", _RULES.write(rules)),
            )
            for name, content in files:
                with whole_file(path / name) as file:
                    file.write(content)
            (path / "lock").touch(mode=0o600)
            make_names_durable(path)
        return cls(path)

    def keys(self) -> LockedKeys:
        """Her keys.  Raises: BadPack."""
        folder = self._path / "keys"
        try:
            return LockedKeys(
                recipient=(folder / "recipient.txt").read_text().strip(),
                identity=(folder / "identity.age").read_bytes(),
                signing_key=(folder / "signing-key.age").read_bytes(),
            )
        except (OSError, UnicodeDecodeError):
            raise BadPack("The keys of this work folder are missing or damaged.") from None

    def rules(self) -> Rules:
        """What may be taken in.  Raises: BadPack."""
        try:
            return _RULES.read((self._path / "rules.json").read_bytes())
        except OSError:
            raise BadPack("The rules of this work folder are missing.") from None

    def head(self) -> Head:
        """Where the custody log ends now."""
        names = self._names()
        digest = names[-1][1] if names else NO_DIGEST
        return Head(entries=len(names), digest=digest)

    def lines(self) -> Iterator[SealedLine]:
        """The custody log, in order."""
        for name, digest in self._names():
            with disk_errors(_WHAT):
                sealed = (self._custody / name).read_bytes()
            yield SealedLine(digest=digest, sealed=sealed)

    def append(self, make: Callable[[Head], SealedLine]) -> Head:
        """Add a line, with nobody in between.  Raises: StorageFull, BadRequest."""
        with self._alone():
            head = self.head()
            line = make(head)
            number = head.entries + 1
            with disk_errors("The entry"), whole_file(self._custody / f"{number:06}-{line.digest}.age") as file:
                file.write(line.sealed)
            return Head(entries=number, digest=line.digest)

    @contextmanager
    def new_object(self) -> Iterator["_Draft"]:
        """A file, whole or not there."""
        name = secrets.token_hex(16)
        with disk_errors("The file"), whole_file(self._objects / f"{name}.age") as file:
            yield _Draft(name, file)

    @contextmanager
    def object(self, name: str) -> Iterator[BinaryIO]:
        """Read a file.  Raises: BadPack."""
        if not _OBJECT.fullmatch(name):
            raise BadPack("The custody log names a file that Unseen would never have made.")
        try:
            file = (self._objects / f"{name}.age").open("rb")
        except FileNotFoundError:
            raise BadPack("A file that the custody log names is missing from the work folder.") from None
        with disk_errors(_WHAT), file:
            yield file

    def _names(self) -> list[tuple[str, str]]:
        """(File name, digest) of each line.  Raises: BadPack where one is missing."""
        names = sorted(path.name for path in self._custody.iterdir())
        found = [match for name in names if (match := _LINE.fullmatch(name))]
        if [int(match[1]) for match in found] != list(range(1, len(found) + 1)):
            raise BadPack("A line of the custody log is missing from the work folder, or is there twice.")
        return [(match[0], match[2]) for match in found]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Others who add wait."""
        with disk_errors(_WHAT):
            descriptor = os.open(self._path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


class _Draft:
    def __init__(self, name: str, file: BinaryIO) -> None:
        self.name = name
        self._file = file

    def write(self, data: bytes) -> int:
        return self._file.write(data)
