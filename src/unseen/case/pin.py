"""How PIN and recovery code are kept: argon2id over a keyed digest; a stolen database alone can check no guess."""

import base64
import hashlib
import hmac
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from unseen.base import CaseUnknown
from unseen.case.records import Case, CaseNumber, Pin, RecoveryCode

_KEY_BYTES: Final = 32


class PinKeeper:
    """Hashes and checks PINs and recovery codes with a secret that is kept outside the database.

    Each is first bound to its case with HMAC-SHA256 under the secret (RFC 2104), then stretched with argon2id
    (RFC 9106, second recommended option: 64 MiB, 3 passes).
    """

    def __init__(self, secret: bytes) -> None:
        """``secret``: 32 random bytes."""
        if len(secret) != _KEY_BYTES:
            raise ValueError(f"the PIN secret has {_KEY_BYTES} bytes")
        self._secret = secret
        self._argon2id = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
        self._nobody = _nobodys_hash(self._argon2id)

    def hash(self, number: CaseNumber, key: Pin | RecoveryCode) -> str:
        """The string to store."""
        return self._argon2id.hash(self._bound(number, key))

    def opened(self, case: Case | None, number: CaseNumber, key: Pin | RecoveryCode) -> Case:
        """Return ``case`` if ``key`` is its own; the same time is spent where there is no case, or no such key.

        Raises: CaseUnknown for no case and for a wrong key alike.
        """
        stored = None if case is None else case.pin_hash if isinstance(key, Pin) else case.recovery_hash
        try:
            self._argon2id.verify(stored or self._nobody, self._bound(number, key))
        except (VerificationError, InvalidHashError):
            raise CaseUnknown from None
        if case is None or stored is None:
            raise CaseUnknown
        return case

    def _bound(self, number: CaseNumber, key: Pin | RecoveryCode) -> str:
        told = f"{number}:{key.digits}" if isinstance(key, Pin) else f"{number}:recovery:{key.text}"
        return hmac.new(self._secret, told.encode(), hashlib.sha256).hexdigest()


def _nobodys_hash(argon2id: PasswordHasher) -> str:
    """What is checked when there is no case, so that an unknown number takes as long as a wrong PIN: no PIN's hash."""
    salt, tag = (base64.b64encode(bytes(size)).decode().rstrip("=") for size in (argon2id.salt_len, argon2id.hash_len))
    cost = f"m={argon2id.memory_cost},t={argon2id.time_cost},p={argon2id.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${cost}${salt}${tag}"
