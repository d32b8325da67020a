"""What came of capturing a page."""

from dataclasses import dataclass
from datetime import datetime

from unseen.base import require_utc
from unseen.evidence.records import Tool

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request of the page, and the answer."""

    at: datetime
    method: str
    url: str
    kind: str  #: what it was for, as the browser says: ``Document``, ``Image``, ...
    request: Fields
    status: int
    reason: str
    response: Fields
    address: str | None  #: that was connected to
    size: int  #: of the payload in bytes, decoded; as far as it was read
    sha256: str  #: of those
    whole: bool  #: whether all of it was read
    content: bytes | None  #: what is kept of the payload; None where nothing is
    changed: bool  #: whether pictures were taken out of what is kept

    def __post_init__(self) -> None:
        require_utc(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCertificate:
    """The certificates that a server showed, its own first."""

    origin: str
    chain: tuple[bytes, ...]  #: DER


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedPage:
    """All of it."""

    asked: str  #: the address that was asked for
    url: str  #: where it led
    title: str
    started_at: datetime
    ended_at: datetime
    browser: Tool
    media_kept: bool  #: whether pictures and videos are in it
    exchanges: tuple[Exchange, ...]
    certificates: tuple[ServerCertificate, ...]
    refused: tuple[str, ...]  #: hosts that are not public
    screenshot: bytes  #: PNG
    pdf: bytes

    def __post_init__(self) -> None:
        require_utc(self.started_at)
        require_utc(self.ended_at)
