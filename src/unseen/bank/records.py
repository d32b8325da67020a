"""The bank's nouns."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from unseen.base import BadRequest, require_utc
from unseen.fingerprint.records import Fingerprint

DEFAULT_RADIUS_BITS: Final = 31  #: the distance that the field calls a PDQ match
MAX_RADIUS_BITS: Final = 64  #: beyond it, unrelated pictures start to match
_BANK_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Purpose(StrEnum):
    """What a bank is for."""

    PROTECT = "protect"  #: pictures that must not spread
    ALLOW = "allow"  #: known harmless pictures; a hit never blocks and says so


class Response(StrEnum):
    """What to do with an upload, mildest first."""

    ALLOW = "allow"
    REVIEW = "review"  #: hold it for a person
    BLOCK = "block"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """A named list of entries, with how near is a match and what a match asks for."""

    name: str
    purpose: Purpose = Purpose.PROTECT
    radius_bits: int = DEFAULT_RADIUS_BITS  #: inclusive
    on_unconfirmed: Response = Response.REVIEW  #: anyone can open a case, so nobody's word alone blocks
    on_confirmed: Response = Response.BLOCK
    on_region: Response = Response.REVIEW  #: at most, where only regions match: a part of a picture is not the picture

    def __post_init__(self) -> None:
        if not _BANK_NAME.fullmatch(self.name):
            raise BadRequest(
                "A bank's name has 1 to 63 small letters, digits and hyphens, and starts with neither hyphen."
            )
        if not 0 <= self.radius_bits <= MAX_RADIUS_BITS:
            raise BadRequest(f"A bank's radius is 0 to {MAX_RADIUS_BITS} bits.")
        asked = {self.on_unconfirmed, self.on_confirmed, self.on_region}
        if self.purpose is Purpose.ALLOW and asked != {Response.ALLOW}:
            raise BadRequest("A bank of harmless pictures allows; it can neither hold nor block.")

    @classmethod
    def allowing(cls, name: str, radius_bits: int = DEFAULT_RADIUS_BITS) -> "Bank":
        """A bank of known harmless pictures."""
        return cls(
            name=name,
            purpose=Purpose.ALLOW,
            radius_bits=radius_bits,
            on_unconfirmed=Response.ALLOW,
            on_confirmed=Response.ALLOW,
            on_region=Response.ALLOW,
        )


class SourceKind(StrEnum):
    """Who can ask that a fingerprint be banked."""

    CASE = "case"  #: the person in the picture, or her helper
    OPERATOR = "operator"  #: whoever runs this bank
    PROGRAMME = "programme"  #: another programme's list


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who asked: a case and its item, an operator's list, a programme's."""

    kind: SourceKind
    ref: str  #: the case number, or the list's name
    item: int | None = None  #: the case's item; None names all of a source's items

    def __post_init__(self) -> None:
        if not 0 < len(self.ref) <= 200:
            raise BadRequest("A source is named with 1 to 200 characters.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Who vouched that this is what it is claimed to be, and when."""

    by: str
    at: datetime

    def __post_init__(self) -> None:
        require_utc(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """When and why a source's claim on an entry ended."""

    at: datetime
    reason: str

    def __post_init__(self) -> None:
        require_utc(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """One source's claim on an entry, since when, vouched for or not, ended or not."""

    source: Source
    since: datetime
    confirmed: Confirmation | None = None
    ended: Ending | None = None

    def __post_init__(self) -> None:
        require_utc(self.since)

    @property
    def is_live(self) -> bool:
        """Whether this source still asks for protection."""
        return self.ended is None


class EntryState(StrEnum):
    """Where an entry is in its life; see ``lifecycle``."""

    ACTIVE = "active"
    DISPUTED = "disputed"  #: matches, but only asks for review
    RETIRED = "retired"  #: matches nothing, and its code is erased after the set time


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A fingerprint in a bank, with everyone who asked for it.

    ``fingerprint`` is None once it was erased: what stays is the tombstone.
    """

    id: int
    bank: str
    fingerprint: Fingerprint | None
    state: EntryState
    provenances: tuple[Provenance, ...]

    @property
    def is_confirmed(self) -> bool:
        """Whether a claim that still lives was vouched for."""
        return any(p.is_live and p.confirmed is not None for p in self.provenances)


class EntryEvent(StrEnum):
    """What can happen to an entry."""

    ADDED = "added"  #: it is new, and matches from now on
    JOINED = "joined"  #: another source asks for the same fingerprint
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    LEFT = "left"  #: one source's claim ended
    RETIRED = "retired"  #: no live claim remains, or the operator ended them all
    ERASED = "erased"  #: its code is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One event of one entry.  ``seq`` grows by commit order and is never used twice."""

    seq: int
    entry_id: int
    event: EntryEvent
    actor: str  #: who did it: a token's name, ``operator``, ``case``, ``node``
    reason: str
    at: datetime

    def __post_init__(self) -> None:
        require_utc(self.at)
