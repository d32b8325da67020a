"""Her keys: an age identity that opens, and an Ed25519 key that signs; both behind one passphrase."""

from dataclasses import dataclass

from unseen.evidence.age import Identity, decrypt, encrypt, lock, unlock
from unseen.evidence.signing import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedKeys:
    """What is written beside her pack."""

    recipient: str  #: the public key; adding to the work folder needs no more
    identity: bytes  #: an age identity file, locked by the passphrase: ``age -d -i`` takes it as it is
    signing_key: bytes  #: PKCS #8, encrypted to the recipient

    def unlocked(self, passphrase: str) -> "Keys":
        """Both keys.  Raises: WrongKey."""
        identity = Identity.parse(unlock(self.identity, passphrase).decode(errors="replace"))
        return Keys(identity=identity, signer=Signer.parse(decrypt(self.signing_key, identity)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Both keys, in memory."""

    identity: Identity
    signer: Signer

    @classmethod
    def new(cls) -> "Keys":
        """Two that nobody had before."""
        return cls(identity=Identity.new(), signer=Signer.new())

    def locked(self, passphrase: str) -> LockedKeys:
        """As they are written.  Raises: BadRequest where the passphrase is too short."""
        recipient = self.identity.recipient
        return LockedKeys(
            recipient=recipient,
            identity=lock(self.identity.text.encode(), passphrase),
            signing_key=encrypt(self.signer.pem, [recipient]),
        )
