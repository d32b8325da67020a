"""The case's nouns."""

import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Self

from unseen.base import BadRequest, CaseUnknown, require_utc
from unseen.base.ids import RandomBits, crockford, from_crockford
from unseen.case.statements import Statements

_NUMBER_SYMBOLS: Final = 12  # 60 random bits
_PIN_DIGITS: Final = 8
_CODE_SYMBOLS: Final = 20  # 100 random bits


@dataclass(frozen=True, slots=True)
class CaseNumber:
    """``K7PD-4TQ9-X2MB``: 60 random bits, written so that it can be read aloud and copied by hand."""

    text: str

    @classmethod
    def new(cls, random_bits: RandomBits) -> Self:
        """A fresh number."""
        return cls(_grouped(crockford(random_bits(5 * _NUMBER_SYMBOLS), _NUMBER_SYMBOLS)))

    @classmethod
    def parse(cls, typed: str) -> Self:
        """Read what a person typed.

        Raises: CaseUnknown, the same as for a number that was never given out.
        """
        return cls(_read(typed, _NUMBER_SYMBOLS))

    def __str__(self) -> str:
        return self.text


def _read(typed: str, symbols: int) -> str:
    try:
        value = from_crockford(unicodedata.normalize("NFKC", typed).strip(), symbols)
    except ValueError:
        raise CaseUnknown from None
    return _grouped(crockford(value, symbols))


def _grouped(symbols: str) -> str:
    return "-".join(symbols[i : i + 4] for i in range(0, len(symbols), 4))


@dataclass(frozen=True, slots=True)
class Pin:
    """The secret half of a case's key: eight digits, shown once, never stored, never printed by accident."""

    digits: str = field(repr=False)

    def __post_init__(self) -> None:
        if not (self.digits.isascii() and self.digits.isdigit() and _PIN_DIGITS <= len(self.digits) <= 16):
            raise BadRequest(f"A PIN has {_PIN_DIGITS} digits.")

    @classmethod
    def new(cls, random_bits: RandomBits) -> Self:
        """A fresh PIN, every one of the 10^8 as likely."""
        bound = 10**_PIN_DIGITS
        while (value := random_bits(27)) >= bound:  # 2^27 > 10^8: draw again instead of folding
            pass
        return cls(f"{value:0{_PIN_DIGITS}d}")

    @classmethod
    def parse(cls, typed: str) -> Self:
        """Read what a person typed: spaces and hyphens ignored, full-width digits understood.

        Raises: CaseUnknown, the same as for a wrong PIN.
        """
        plain = "".join(c for c in unicodedata.normalize("NFKC", typed) if not c.isspace() and c != "-")
        try:
            return cls(plain)
        except BadRequest:
            raise CaseUnknown from None

    @property
    def shown(self) -> str:
        """As it is written on the note: ``1234 5678``."""
        return f"{self.digits[:4]} {self.digits[4:]}"


@dataclass(frozen=True, slots=True)
class RecoveryCode:
    """``4TQ9-X2MB-K7PD-0V3R-8HWN``: 100 random bits that make a new PIN; shown once, never stored."""

    text: str = field(repr=False)

    @classmethod
    def new(cls, random_bits: RandomBits) -> Self:
        """A fresh code."""
        return cls(_grouped(crockford(random_bits(5 * _CODE_SYMBOLS), _CODE_SYMBOLS)))

    @classmethod
    def parse(cls, typed: str) -> Self:
        """Read what a person typed.  Raises: CaseUnknown, the same as for a wrong code."""
        return cls(_read(typed, _CODE_SYMBOLS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What opens a case: shown together, once, and renewed together."""

    pin: Pin
    recovery_code: RecoveryCode

    @classmethod
    def new(cls, random_bits: RandomBits) -> Self:
        """Fresh ones."""
        return cls(pin=Pin.new(random_bits), recovery_code=RecoveryCode.new(random_bits))


class CaseStatus(StrEnum):
    """Where a case is in its life; see ``transitions``."""

    OPEN = "open"  #: nothing is protected yet
    PROTECTED = "protected"
    WITHDRAWN = "withdrawn"


class CaseEvent(StrEnum):
    """What can happen to a case."""

    PROTECT = "protect"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One protected picture or video: a number, a day and a kind; no name, no picture.

    Choosing the file again on her device finds its item, because its fingerprints are the same.
    """

    number: int  #: 1, 2, ... within the case
    day: date
    media: str  #: ``picture`` or ``video``
    is_perceptual: bool  #: False where the picture is featureless: only exact copies are found
    has_regions: bool = False  #: the person's choice; False: whole pictures are compared only, not parts of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request for protection.  ``pin_hash`` and ``recovery_hash`` are keyed argon2id strings; see ``pin``."""

    number: CaseNumber
    pin_hash: str = field(repr=False)
    recovery_hash: str | None = field(default=None, repr=False)  #: None: opened before there were recovery codes
    opened_at: datetime
    statements: Statements
    status: CaseStatus = CaseStatus.OPEN
    items: tuple[Item, ...] = ()
    session_round: int = 0  #: goes up when all sessions end: one of an earlier round opens nothing

    def __post_init__(self) -> None:
        require_utc(self.opened_at)


class NoteKind(StrEnum):
    """What a case's timeline tells besides its items and matches."""

    CONTACT_KEPT = "contact-kept"
    CONTACT_DELETED = "contact-deleted"
    LINK_ASKED = "link-asked"
    LINK_STOPPED = "link-stopped"
    KEYS_RENEWED = "keys-renewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that happened to a case as a whole."""

    kind: NoteKind
    at: datetime

    def __post_init__(self) -> None:
        require_utc(self.at)
