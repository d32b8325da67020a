"""Encryption to people: age files (age-encryption.org/v1), as streams, and identities locked by a passphrase."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Protocol

import pyrage
from pyrage import passphrase as age_passphrase
from pyrage import ssh, x25519

from unseen.base import BadRequest, NodeBusy, WrongKey

_CHUNK: Final = 1 << 20
_LEAST_PASSPHRASE: Final = 10
_HEADER: Final = b"age-encryption.org/v1"
_NOT_OPENED: Final = "It does not open: it was changed, or this is not the key."


class Writable(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take all of ``data``."""
        ...


class Readable(Protocol):
    """Where bytes come from."""

    def read(self, size: int = ..., /) -> bytes:
        """At most ``size`` bytes; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """A key that opens what was encrypted to it."""

    key: Any  # pyrage has no types

    @classmethod
    def new(cls) -> "Identity":
        """One that nobody had before."""
        return cls(x25519.Identity.generate())

    @classmethod
    def parse(cls, text: str) -> "Identity":
        """Read an identity file of age (comments and one key), or an OpenSSH private key.  Raises: BadRequest."""
        try:
            if text.startswith("-----BEGIN OPENSSH"):
                return cls(ssh.Identity.from_buffer(text.encode()))
            lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
            if len(lines) == 1:
                return cls(x25519.Identity.from_str(lines[0]))
        except (pyrage.IdentityError, ValueError):
            pass
        raise BadRequest(
            "That is no identity file of age.", hint="Use the file that age-keygen wrote, or the one beside the pack."
        )

    @property
    def recipient(self) -> str:
        """The public key, ``age1...``."""
        return str(self.key.to_public())

    @property
    def text(self) -> str:
        """The identity file, as age reads it."""
        return f"# public key: {self.recipient}\n{self.key}\n"

    def __repr__(self) -> str:
        return "Identity(<secret>)"


def parse_recipient(text: str) -> str:
    """Check an age public key or an SSH public key.  Raises: BadRequest."""
    _recipient(text)
    return text.strip()


def _recipient(text: str) -> Any:  # noqa: ANN401  pyrage has no types
    stripped = text.strip()
    try:
        return ssh.Recipient.from_str(stripped) if stripped.startswith("ssh-") else x25519.Recipient.from_str(stripped)
    except (pyrage.RecipientError, ValueError):
        raise BadRequest(
            "A recipient's key cannot be read.",
            hint="It begins with age1 (age-keygen shows it) or with ssh-ed25519; copy the whole line.",
        ) from None


def encrypt(plain: bytes, recipients: Sequence[str]) -> bytes:
    """``plain`` for any one of ``recipients``.  Raises: BadRequest (a recipient's key)."""
    return bytes(pyrage.encrypt(plain, [_recipient(r) for r in recipients]))


def decrypt(sealed: bytes, identity: Identity) -> bytes:
    """What ``encrypt`` was given.  Raises: WrongKey."""
    try:
        return bytes(pyrage.decrypt(sealed, [identity.key]))
    except (pyrage.DecryptError, OSError):
        raise WrongKey(_NOT_OPENED) from None


def lock(plain: bytes, passphrase: str) -> bytes:
    """``plain`` under a passphrase (scrypt), as ``age -p`` does.  Raises: BadRequest where it is too short."""
    if len(passphrase) < _LEAST_PASSPHRASE:
        raise BadRequest(
            f"A passphrase has at least {_LEAST_PASSPHRASE} characters.",
            hint="Four or five words that have nothing to do with each other are good, and can be remembered.",
        )
    return bytes(age_passphrase.encrypt(plain, passphrase))


def unlock(locked: bytes, passphrase: str) -> bytes:
    """What was locked.  Raises: WrongKey, NodeBusy."""
    try:
        return bytes(age_passphrase.decrypt(locked, passphrase))
    except (pyrage.DecryptError, OSError) as error:
        if "Excessive work" in str(error):  # it measures this machine first, and gives up on minutes of work
            raise NodeBusy(
                "This computer is too busy, or too slow, to check the passphrase now.",
                hint="Try again when nothing else runs.",
            ) from None
        raise WrongKey(
            "The passphrase is not the one this was locked with.",
            hint="Nobody can look it up or reset it. Another recipient of the pack can still open it with their key.",
        ) from None


def is_locked(file: bytes) -> bool:
    """Whether an identity file asks for a passphrase."""
    return file.startswith(_HEADER)


@contextmanager
def encrypting(out: Writable, recipients: Sequence[str]) -> Iterator[BinaryIO]:
    """What is written is encrypted into ``out``, whole when the block ends.

    Raises: BadRequest, what ``out`` raises.
    """
    keys = [_recipient(r) for r in recipients]
    read_end, write_end = os.pipe()
    failed: list[BaseException] = []
    watched = _Watched(out, failed)

    def work() -> None:
        with os.fdopen(read_end, "rb", buffering=_CHUNK) as source:
            pyrage.encrypt_io(source, watched, keys)

    with _other_thread(work, failed), os.fdopen(write_end, "wb", buffering=_CHUNK) as sink:
        yield sink


@contextmanager
def decrypting(source: Readable, identity: Identity) -> Iterator[BinaryIO]:
    """Read what is encrypted in ``source``; nothing that was read is to be believed before the block has ended.

    Raises: WrongKey, at the block's end.
    """
    read_end, write_end = os.pipe()
    failed: list[BaseException] = []
    left: list[BaseException] = []  # the block stopped reading

    def work() -> None:
        with suppress(BrokenPipeError), os.fdopen(write_end, "wb", buffering=_CHUNK) as sink:
            try:
                pyrage.decrypt_io(source, _Watched(sink, left), [identity.key])
            except (pyrage.DecryptError, OSError):
                if not left:
                    raise WrongKey(_NOT_OPENED) from None

    with _other_thread(work, failed), os.fdopen(read_end, "rb", buffering=_CHUNK) as plain:
        yield plain
        while plain.read(_CHUNK):  # to the end, or a cut-off file would pass
            pass


class _Watched:
    """Keeps what ``out`` raises, which pyrage would turn into words."""

    def __init__(self, out: Writable, failed: list[BaseException]) -> None:
        self._out = out
        self._failed = failed

    def write(self, data: bytes) -> int:
        try:
            self._out.write(data)
        except BaseException as error:
            self._failed.append(error)
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing is held back here."""


@contextmanager
def _other_thread(work: Callable[[], None], failed: list[BaseException]) -> Iterator[None]:
    """Do ``work`` beside the block; what went wrong in it goes before what went wrong here because of it."""

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  raised again by the thread that waits
            failed.append(error)

    thread = threading.Thread(target=run, name="age", daemon=True)
    thread.start()
    try:
        yield
    except BrokenPipeError:
        thread.join()
        if not failed:
            raise
    except BaseException:
        thread.join()
        with suppress(IndexError):
            if isinstance(failed[0], WrongKey):
                raise failed[0] from None
        raise
    thread.join()
    if failed:
        raise failed[0]
