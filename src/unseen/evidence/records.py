"""What a pack says of itself: items, how they came, who did what and when.  All of it is spelled by ``canonical``."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from unseen.base import require_utc

MANIFEST_FORMAT: Final = "unseen-evidence-1"
NO_DIGEST: Final = "0" * 64  #: before the first entry of a custody log
_PART_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


class Lane(StrEnum):
    """Whose pictures it is about; see ``intake``."""

    ADULT = "adult"
    MINOR = "minor"  #: under 18, or may have been: no picture or video is ever taken in


class TimeSource(StrEnum):
    """Where the time of capture comes from."""

    THIS_COMPUTER = "this computer's clock"
    STATED = "stated by the operator"
    FILE = "the file's own metadata"
    SERVER = "the server's Date header"


class Role(StrEnum):
    """What a file of an item is."""

    ORIGINAL = "original"  #: byte for byte what was found
    TEXT = "text"  #: what was written, without media
    RENDERING = "redacted rendering"  #: media as solid blocks
    METADATA = "metadata"  #: headers, tables, logs


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where something was found."""

    kind: Literal["url", "device"]
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What something was done with."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The machine it was done on, as far as it can be told."""

    system: str  #: ``Linux 6.1.0``
    machine: str  #: ``x86_64``
    python: str
    clock_synchronised: bool | None  #: by the network; None where that cannot be told
    secure_boot: bool | None  #: whether the firmware checked what it started; None where that cannot be told


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A fingerprint of the original: enough to compare a copy with, in hex."""

    kind: str
    code: str
    quality: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The file that was found, whether or not it is kept."""

    name: str
    media_type: str
    bytes: int
    sha256: str
    sha512: str
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file of an item that is kept, ``data/items/0001/NAME`` in the pack."""

    name: str
    role: Role
    media_type: str
    bytes: int
    sha256: str
    sha512: str
    object: str  #: under which name the work folder keeps it, encrypted

    def __post_init__(self) -> None:
        if not _PART_NAME.fullmatch(self.name) or ".." in self.name:
            raise ValueError("a part's name has small letters, digits, dots, hyphens and underscores only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that was collected, and how."""

    original: Original
    parts: tuple[Part, ...]
    origin: Origin
    captured_at: datetime
    time_source: TimeSource
    method: str  #: ``added from a file``; what someone else could do again
    operator: str
    tool: Tool
    environment: Environment
    traces: tuple[Trace, ...] = ()

    def __post_init__(self) -> None:
        require_utc(self.captured_at)
        names = [part.name for part in self.parts]
        if len(names) != len(set(names)):
            raise ValueError("two parts of an item have the same name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What may be taken into a pack; see ``intake``.  They are chosen when it is begun, and never change."""

    lane: Lane
    jurisdiction: str  #: ``cn``; ``other`` where none is named
    keep_originals: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What the pack was begun as."""

    pack: str  #: 32 hex digits, drawn at random
    rules: Rules
    operator: str
    case: str | None = None  #: the number of the case it belongs to


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A timestamp authority that whoever sealed has named, with the roots it is held to."""

    name: str  #: small letters, digits and hyphens: a folder of the pack
    url: str
    policy: str | None  #: the policy's OID, where only that one will do
    roots: tuple[str, ...]  #: SHA-256 of each root certificate (DER), hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """For whom it was sealed, and whose time was asked for."""

    recipients: tuple[str, ...]
    authorities: tuple[Authority, ...]
    signer: str  #: the Ed25519 public key, 64 hex digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the custody log: exactly one of ``begun``, ``added``, ``noted`` and ``sealed``."""

    number: int  #: 1, 2, ...
    at: datetime
    operator: str
    previous: str  #: SHA-256 of the line before, in hex; ``NO_DIGEST`` for the first
    salt: str  #: 32 hex digits: a digest tells nothing of a line that could be guessed
    begun: Purpose | None = None
    added: Item | None = None
    noted: str | None = None
    sealed: Sealing | None = None

    def __post_init__(self) -> None:
        require_utc(self.at)
        said = (self.begun, self.added, self.noted, self.sealed)
        if sum(part is not None for part in said) != 1:
            raise ValueError("a custody entry says exactly one thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """Which custody log belongs to a manifest."""

    entries: int
    head: str  #: SHA-256 of the last line


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFile:
    """A file of the pack and its digests, in hex."""

    path: str
    bytes: int
    sha256: str
    sha512: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is signed: it binds every file of the pack, every item, the custody log, and who sealed it for whom."""

    format: Literal["unseen-evidence-1"]
    purpose: Purpose
    sealed_at: datetime  #: by this computer's clock
    operator: str
    tool: Tool
    environment: Environment
    clock_ahead_ms: int | None  #: of this computer, by the first authority, just before; None where it did not answer
    sealing: Sealing
    custody: Custody
    items: tuple[Item, ...]  #: item 1, item 2, ...
    files: tuple[PackedFile, ...]  #: by path

    def __post_init__(self) -> None:
        require_utc(self.sealed_at)
