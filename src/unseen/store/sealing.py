"""What the database holds sealed: region records and contacts; who has the database alone has nothing of them.

What is sealed is a format byte, a nonce of 12 random bytes, and the content encrypted with AES-256-GCM (NIST SP
800-38D) under a key of this store and purpose; the format byte and what it belongs to (an entry's id, a case's number)
are authenticated with it, so that nothing can be exchanged.  It is 29 bytes longer than the content.  Nonces are
random: one key is good for 2 ** 32 records, more than entries that a node can hold.
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
_CONTACT_BYTES: Final = 320  # every contact is as long as the longest, so that its length tells nothing


class Sealer:
    """Seals and opens what one store has sealed; thread-safe."""

    def __init__(self, secret: Secret, lineage: bytes) -> None:
        """``lineage``: of the store, so that no other store has its keys."""
        self._regions = AESGCM(secret.subkey(Label.REGION_RECORDS, salt=lineage))
        self._contacts = AESGCM(secret.subkey(Label.CONTACTS, salt=lineage))
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
        return _sealed(self._regions, record, entry_id.to_bytes(8, "big"))

    def opened(self, entry_id: int, sealed: bytes) -> bytes:
        """The region record of an entry.

        Raises: StoreUnavailable where it is not the one that was sealed for this entry.
        """
        try:
            return _opened(self._regions, sealed, entry_id.to_bytes(8, "big"))
        except (InvalidTag, ValueError):
            raise StoreUnavailable(
                f"The regions of entry {entry_id} were altered in the store, or are damaged.",
                hint="Restore the newest backup, or retire the entry.",
            ) from None

    def sealed_contact(self, number: str, contact: str) -> bytes:
        """The contact of a case as the database may see it."""
        return _sealed(self._contacts, contact.encode().ljust(_CONTACT_BYTES, b"\0"), number.encode())

    def opened_contact(self, number: str, sealed: bytes) -> str:
        """The contact of a case.  Raises: StoreUnavailable where it is not the one that was sealed for this case."""
        try:
            return _opened(self._contacts, sealed, number.encode()).rstrip(b"\0").decode()
        except (InvalidTag, ValueError):
            raise StoreUnavailable(
                "A contact was altered in the store, or is damaged.", hint="Restore the newest backup."
            ) from None


def _sealed(aead: AESGCM, content: bytes, belongs_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return _FORMAT + nonce + aead.encrypt(nonce, content, _FORMAT + belongs_to)


def _opened(aead: AESGCM, sealed: bytes, belongs_to: bytes) -> bytes:
    """Raises: InvalidTag, ValueError."""
    return aead.decrypt(sealed[len(_FORMAT) : _BEGIN], sealed[_BEGIN:], sealed[:1] + belongs_to)
