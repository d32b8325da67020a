"""The node's secret: one small file that is never in the store, nor in a backup of it; and the keys made from it.

Regions and contacts are sealed with it in the store, regions veiled with it in the index's files, and PINs bound to it:
whoever steals a database, a backup or an index has none of these without this file.  All nodes of one store have the
same.
"""

import os
import secrets
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from unseen.base import Misconfigured

SECRET_BYTES: Final = 32


class Label(StrEnum):
    """What a key is for; each purpose has its own, and no key says anything of another."""

    CHECK = "unseen/1 check value of the secret"
    REGION_RECORDS = "unseen/1 sealing of region records"
    REGION_IDENTITIES = "unseen/1 identities of region records"
    REGION_INDEX = "unseen/1 veil of the region index"
    CONTACTS = "unseen/1 sealing of contacts"
    LINKS = "unseen/1 tokens of recovery links"
    PAGE_SESSIONS = "unseen/1 sessions of her pages"


class Secret:
    """32 random bytes that other keys are derived from."""

    def __init__(self, root: bytes) -> None:
        """``root``: 32 bytes.  Raises: ValueError for another length."""
        if len(root) != SECRET_BYTES:
            raise ValueError(f"the secret has {SECRET_BYTES} bytes")
        self._root = root

    @property
    def for_pins(self) -> bytes:
        """What PINs are bound to: the secret itself, as before other keys were derived from it."""
        return self._root

    def subkey(self, label: Label, *, salt: bytes) -> bytes:
        """32 bytes for one purpose in one store (HKDF-SHA256, RFC 5869).  ``salt``: the store's lineage."""
        return HKDF(algorithm=SHA256(), length=32, salt=salt, info=label.value.encode()).derive(self._root)

    def __repr__(self) -> str:
        return "Secret(<32 bytes>)"


class SecretSource(Protocol):
    """Where a store gets the secret from, once it knows whether it needs the one it was made with."""

    @property
    def where(self) -> str:
        """For people: what to restore, and to where."""
        ...

    def read(self) -> Secret | None:
        """The secret, or None where there is none.  Raises: Misconfigured."""
        ...

    def made(self) -> Secret:
        """The secret, made now where there is none.  Raises: Misconfigured."""
        ...


class SecretFile:
    """The secret in a file of its own, which only its owner can read."""

    def __init__(self, path: Path) -> None:
        """``path``: where it is, or will be made."""
        self._path = path

    @property
    def where(self) -> str:
        return str(self._path)

    def read(self) -> Secret | None:
        try:
            root = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error) from None
        if len(root) != SECRET_BYTES:
            raise Misconfigured(
                f"The secret file {self._path} should hold {SECRET_BYTES} bytes.", hint="Restore it from backup."
            )
        return Secret(root)

    def made(self) -> Secret:
        try:
            if not self._path.exists():
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                _write_once(self._path, secrets.token_bytes(SECRET_BYTES))
        except OSError as error:
            raise self._unusable(error) from None
        made = self.read()
        assert made is not None
        return made

    def _unusable(self, error: OSError) -> Misconfigured:
        return Misconfigured(
            f"The secret file {self._path} cannot be used: {error.strerror}.",
            hint="Set UNSEEN_SECRET_FILE to a file that this user can write, outside the data folder.",
        )


def _write_once(path: Path, content: bytes) -> None:
    """Write a whole private file or none; where another process was first, its file stays."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # before anything is sealed with it
    finally:
        os.close(folder)
