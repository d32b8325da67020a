"""Where a link is sent when PIN and recovery code are lost; and that link.  Used for nothing else."""

import hmac
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Self

from unseen.base import BadRequest, require_utc
from unseen.base.ids import crockford
from unseen.case.records import CaseNumber

LINK_OPENS_AFTER: Final = timedelta(hours=72)  #: so that she sees it on her timeline, and can stop it
LINK_HOLDS_FOR: Final = timedelta(days=7)
_LONGEST: Final = 254  # characters (RFC 5321, 4.5.3.1.3)
_PART: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#: What browsers take for an e-mail address (HTML, 4.10.5.1.5), with a dot in its domain.
_ADDRESS: Final = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_PART}(?:\.{_PART})+")
_TOKEN_BYTES: Final = 20
_TOKEN_SYMBOLS: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An e-mail address, and the language of the page that it was given on (BCP 47)."""

    address: str = field(repr=False)
    language: str

    def __post_init__(self) -> None:
        if len(self.address) > _LONGEST or not _ADDRESS.fullmatch(self.address):
            raise BadRequest("This is not an e-mail address.", hint="It looks like name@example.org.")

    @classmethod
    def parse(cls, typed: str, language: str) -> Self:
        """Read what a person typed.  Raises: BadRequest."""
        return cls(address=typed.strip(), language=language)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryLink:
    """A link that was asked for.  Its row stays to its end, stopped or not: nobody is sent one after the other."""

    number: CaseNumber
    asked_at: datetime
    sent_at: datetime | None = None
    stopped_at: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.asked_at)

    @property
    def opens_at(self) -> datetime:
        """From when on it works."""
        return self.asked_at + LINK_OPENS_AFTER

    @property
    def ends_at(self) -> datetime:
        """From when on it no longer works, and is forgotten."""
        return self.opens_at + LINK_HOLDS_FOR

    def is_pending(self, now: datetime) -> bool:
        """Whether it works, or will."""
        return self.stopped_at is None and now < self.ends_at

    def stopped(self, now: datetime) -> Self:
        """The link, once nobody wants it."""
        return replace(self, stopped_at=now)

    def sent(self, now: datetime) -> Self:
        """The link, once it is on its way."""
        return replace(self, sent_at=now)


class LinkSigner:
    """Makes and knows the tokens of links: nothing of one is stored, because it follows from the link and a key."""

    def __init__(self, key: bytes) -> None:
        """``key``: 32 bytes, the same for all nodes of a store."""
        self._key = key

    def token(self, link: RecoveryLink) -> str:
        """160 bits (HMAC-SHA256, RFC 2104), as an address has them."""
        told = f"{link.number}:{link.asked_at.isoformat()}".encode()
        return crockford(int.from_bytes(hmac.digest(self._key, told, sha256)[:_TOKEN_BYTES]), _TOKEN_SYMBOLS)

    def is_token(self, link: RecoveryLink, sent: str) -> bool:
        """Whether ``sent`` is this link's, told in constant time."""
        return hmac.compare_digest(self.token(link).encode(), sent.encode("utf-8", "surrogatepass"))
