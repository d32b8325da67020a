"""Sent twice, done once: an answer is kept for a while, for whoever sends the very same request again.

The request names a key of its own making, at least 128 random bits.  The store has the answer under a digest of that
key, encrypted under another (HKDF-SHA256, RFC 5869; AES-256-GCM) and bound to what was asked: nobody but who sent the
request can read a PIN in it, the node included.  It is written in the transaction that does the work, so that two at a
time, on two workers, or a kill in between, are one all the same.
"""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from unseen.base import BadRequest, Conflict
from unseen.desk.ports import Reader, Transaction

KEPT_FOR: Final = timedelta(minutes=15)
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{22,64}")
_INFO: Final = b"unseen/1 answers"
_DIGEST_BYTES: Final = 32
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """A request that may come again."""

    digest: bytes = field(repr=False)
    key: bytes = field(repr=False)
    content: bytes = field(repr=False)

    @classmethod
    def of(cls, key: str, what: str, content: bytes) -> Self:
        """``what`` and ``content``: everything that was asked.  Raises: BadRequest."""
        if not _KEY.fullmatch(key):
            raise BadRequest(
                "Idempotency-Key has 22 to 64 letters, digits, hyphens and underscores.",
                hint="Make it of at least 128 random bits, a new one for every new request.",
            )
        made = HKDF(algorithm=SHA256(), length=2 * _DIGEST_BYTES, salt=None, info=_INFO).derive(key.encode())
        return cls(digest=made[:_DIGEST_BYTES], key=made[_DIGEST_BYTES:], content=what.encode() + b"\0" + content)

    def answer(self, reader: Reader, now: datetime) -> str | None:
        """What was answered before, or None.  Raises: Conflict where the key came with another request."""
        sealed = reader.find_answer(self.digest, kept_after=now - KEPT_FOR)
        if sealed is None:
            return None
        try:
            return AESGCM(self.key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self.content).decode()
        except InvalidTag:
            raise Conflict(
                "This Idempotency-Key came with another request.", hint="Make a new key for every new request."
            ) from None

    def keep(self, tx: Transaction, answer: str, now: datetime) -> None:
        """Keep the answer for a while, and forget those whose time is over."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        forget_answers(tx, now)
        tx.keep_answer(self.digest, nonce + AESGCM(self.key).encrypt(nonce, answer.encode(), self.content), at=now)


def forget_answers(tx: Transaction, now: datetime) -> None:
    """Forget answers whose time is over."""
    tx.drop_answers(kept_before=now - KEPT_FOR)
