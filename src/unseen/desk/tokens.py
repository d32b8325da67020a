"""Bearer tokens: made once, shown once, kept as a digest; each says what its holder may do."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from unseen.base import BadRequest, require_utc
from unseen.base.ids import RandomBits

_PREFIX: Final = "unseen_"
_SECRET_BITS: Final = 256
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class Scope(StrEnum):
    """What a token allows."""

    SCREEN = "screen"  #: screen uploads, decide on its own hits
    BANK = "bank"  #: read and write banks and the change feed
    CASE = "case"  #: open, show and withdraw cases
    ADMIN = "admin"  #: everything, metrics included


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it is kept: enough to recognise it, too little to use it."""

    name: str
    digest: bytes = field(repr=False)  #: SHA-256 of the whole token; 256 random bits need no slow hash
    scopes: frozenset[Scope]
    created_at: datetime

    def __post_init__(self) -> None:
        require_utc(self.created_at)
        if not _NAME.fullmatch(self.name):
            raise BadRequest("A token's name has 1 to 63 small letters, digits, dots, hyphens and underscores.")
        if not self.scopes:
            raise BadRequest("A token needs at least one scope: " + ", ".join(Scope) + ".")

    def allows(self, scope: Scope) -> bool:
        """Whether the holder may do what ``scope`` covers."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


def digest_of(secret: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(secret.encode()).digest()


def new_secret(random_bits: RandomBits) -> str:
    """A fresh token, 256 random bits behind a prefix that secret scanners can look for."""
    return f"{_PREFIX}{random_bits(_SECRET_BITS):064x}"
