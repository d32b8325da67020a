"""Ed25519 (RFC 8032): who sealed a pack.  Keys in the files that openssl reads."""

from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from unseen.base import BadPack, BadRequest

_KEY_HEX: Final = 64


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key."""

    key: Ed25519PrivateKey

    @classmethod
    def new(cls) -> "Signer":
        """One that nobody had before."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, pem: bytes) -> "Signer":
        """Read PKCS #8.  Raises: BadRequest."""
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise BadRequest("The signing key cannot be read.")
        return cls(key)

    @property
    def pem(self) -> bytes:
        """PKCS #8, in clear: encrypt it before it is written anywhere."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def public(self) -> str:
        """The public key, 64 hex digits."""
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self.key.sign(message)

    def __repr__(self) -> str:
        return "Signer(<secret>)"


def public_pem(public: str) -> bytes:
    """The public key as openssl reads it.  Raises: BadPack."""
    return _public_key(public).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def require_signature(signature: bytes, message: bytes, public: str) -> None:
    """Return where ``public`` signed exactly ``message``.  Raises: BadPack."""
    try:
        _public_key(public).verify(signature, message)
    except InvalidSignature:
        raise BadPack("The signature does not belong to this manifest and this key.") from None


def parse_signer(text: str) -> str:
    """A public key that a person was given: 64 hex digits, with or without spaces, or a PEM.  Raises: BadRequest."""
    plain = "".join(text.split()).lower()
    if len(plain) == _KEY_HEX and all(c in "0123456789abcdef" for c in plain):
        return plain
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise BadRequest(
            "The signer's key cannot be read.",
            hint="Give the 64 digits that `unseen evidence seal` showed, or the file seal/signer.pem of another pack.",
        )
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def _public_key(public: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
    except ValueError:
        raise BadPack("The manifest names no signer's key that can be read.") from None
