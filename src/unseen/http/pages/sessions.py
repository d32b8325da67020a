"""A case that stays open for a while: a cookie that only the node can read, and no list of who is looking.

The cookie is made after number and PIN were right and never before.  It is sealed (AES-256-GCM), so that what is left
in a browser does not show the number; all workers and nodes of one store read it; it ends by itself, and when the case
goes to its next round of sessions: after signing out anywhere, and after a change of PIN.
"""

import json
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.requests import Request
from starlette.responses import Response

from unseen.case.records import CaseNumber
from unseen.desk.enter_case import Entered

COOKIE: Final = "__Host-unseen"  #: the prefix has browsers insist on HTTPS, this host and every path (RFC 6265bis)
IDLE: Final = timedelta(minutes=20)
LONGEST: Final = timedelta(hours=2)
_NONCE_BYTES: Final = 12
_MOST_CHARACTERS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Someone who entered a case, and until when that holds."""

    entered: Entered
    form_key: str  #: in every form of this session, so that no other site's form is taken for one of them
    begun_at: datetime
    until: datetime

    @classmethod
    def new(cls, entered: Entered, now: datetime) -> "Session":
        """A fresh one."""
        return cls(entered=entered, form_key=secrets.token_urlsafe(16), begun_at=now, until=now + IDLE)

    def seen(self, now: datetime) -> "Session":
        """It goes on because she does, but not for ever."""
        return replace(self, until=min(now + IDLE, self.begun_at + LONGEST))


def keep(response: Response, session: Session, key: bytes) -> None:
    """Have the browser keep ``session``, until it is closed at the latest."""
    told = json.dumps(
        [
            str(session.entered.number),
            session.entered.session_round,
            session.form_key,
            session.begun_at.timestamp(),
            session.until.timestamp(),
        ]
    )
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = nonce + AESGCM(key).encrypt(nonce, told.encode(), COOKIE.encode())
    response.set_cookie(COOKIE, sealed.hex(), secure=True, httponly=True, samesite="strict")


def end(response: Response) -> None:
    """Have the browser forget it."""
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="strict")


def session_of(request: Request, key: bytes, now: datetime) -> Session | None:
    """The session that the request comes with; None for none, one that ended, and anything else."""
    sent = request.cookies.get(COOKIE, "")[:_MOST_CHARACTERS]
    try:
        sealed = bytes.fromhex(sent)
        told = AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], COOKIE.encode())
    except (ValueError, InvalidTag):
        return None
    try:
        number, session_round, form_key, begun_at, until = json.loads(told)
    except ValueError:  # an older version's
        return None
    session = Session(
        entered=Entered(CaseNumber(number), session_round),
        form_key=form_key,
        begun_at=datetime.fromtimestamp(begun_at, UTC),
        until=datetime.fromtimestamp(until, UTC),
    )
    return session if now < session.until else None
