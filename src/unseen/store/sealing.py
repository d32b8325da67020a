"""Region records as the database holds them: sealed, so that who has the database alone has nothing of them.

A sealed record is a format byte, a nonce of 12 random bytes, and the record encrypted with AES-256-GCM (NIST SP
800-38D) under a key of this store; the format byte and the entry's id are authenticated with it, so that records cannot
be exchanged.  It is 29 bytes longer than the record, whatever that is.  Nonces are random: one key is good for 2 ** 32
records, more than entries that a node can hold.
"""

import hmac
import os
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from unseen.base import StoreUnavailable
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.store.secret_file import Label, Secret

_FORMAT: Final = b"\x01"
_NONCE_BYTES: Final = 12
_BEGIN: Final = len(_FORMAT) + _NONCE_BYTES


class Sealer:
    """Seals and opens the region records of one store; thread-safe."""

    def __init__(self, secret: Secret, lineage: bytes) -> None:
        """``lineage``: of the store, so that no other store has its keys."""
        self._aead = AESGCM(secret.subkey(Label.REGION_RECORDS, salt=lineage))
        self._identities = secret.subkey(Label.REGION_IDENTITIES, salt=lineage)
        #: 32 bytes for the store to know the secret by; they say nothing of it
        self.check: Final = secret.subkey(Label.CHECK, salt=lineage)

    def identity_of(self, fingerprint: Fingerprint) -> bytes:
        """What tells it from others of its kind: the code; for regions a keyed digest, which confirms no guess.

        For frames the SHA-256 of all of them: each is as clear in the store as any PDQ code.
        """
        if fingerprint.kind is Kind.REGION:
            return self.digest_of(fingerprint.code)
        return sha256(fingerprint.code).digest() if fingerprint.kind is Kind.FRAME else fingerprint.code

    def digest_of(self, record: bytes) -> bytes:
        """HMAC-SHA256 (RFC 2104) of a region record: 32 bytes."""
        return hmac.digest(self._identities, record, sha256)

    def sealed(self, entry_id: int, record: bytes) -> bytes:
        """The region record of an entry as the database may see it."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._aead.encrypt(nonce, record, _bound_to(entry_id))

    def opened(self, entry_id: int, sealed: bytes) -> bytes:
        """The region record of an entry.

        Raises: StoreUnavailable where it is not the one that was sealed for this entry.
        """
        try:
            return self._aead.decrypt(sealed[len(_FORMAT) : _BEGIN], sealed[_BEGIN:], _bound_to(entry_id, sealed[:1]))
        except (InvalidTag, ValueError):
            raise StoreUnavailable(
                f"The regions of entry {entry_id} were altered in the store, or are damaged.",
                hint="Restore the newest backup, or retire the entry.",
            ) from None


def _bound_to(entry_id: int, form: bytes = _FORMAT) -> bytes:
    return form + entry_id.to_bytes(8, "big")
