"""Timestamps as files of a pack: what one authority answered about the manifest and about its signature."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509

from unseen.base import AuthorityFailed, BadPack
from unseen.evidence.timestamp import Stamped, Token, check, write_certificates

CHAIN: Final = "chain.pem"
_CRL: Final = "crl-"


@dataclass(frozen=True, slots=True, kw_only=True)
class StampFiles:
    """One folder under ``seal/timestamps/`` or ``seal/renewals/``, by file name."""

    files: Mapping[str, bytes]

    def token(self, about: str) -> Token:
        """``about``: ``manifest``, ``signature`` or ``renewed``.  Raises: BadPack where a file is missing."""
        missing = [name for name in (f"{about}.tsq", f"{about}.tsr") if name not in self.files]
        if missing:
            raise BadPack(f"{missing[0]} is missing.")
        return Token(request=self.files[f"{about}.tsq"], response=self.files[f"{about}.tsr"])

    @property
    def revocation_lists(self) -> tuple[bytes, ...]:
        """Every list that was kept, DER."""
        return tuple(content for name, content in sorted(self.files.items()) if name.startswith(_CRL))


def stamp_files(
    tokens: Mapping[str, Token], stamped: Sequence[Stamped], revocation_lists: Sequence[bytes]
) -> StampFiles:
    """The folder to write.  ``tokens`` by what they are about; ``stamped``: what they say."""
    written = {CHAIN: _certificates(stamped)}
    for about, token in tokens.items():
        written |= {f"{about}.tsq": token.request, f"{about}.tsr": token.response}
    written |= {f"{_CRL}{number}.der": crl for number, crl in enumerate(revocation_lists, start=1)}
    return StampFiles(files=written)


def under(prefix: str, kept: Mapping[str, bytes]) -> dict[str, StampFiles]:
    """The folders under ``prefix``, by name."""
    folders: dict[str, dict[str, bytes]] = {}
    for path, content in sorted(kept.items()):
        if path.startswith(prefix):
            folder, _, name = path.removeprefix(prefix).partition("/")
            folders.setdefault(folder, {})[name] = content
    return {folder: StampFiles(files=inside) for folder, inside in folders.items()}


def require_stamped(
    stamp: StampFiles, about: Mapping[str, bytes], *, bundle: Sequence[x509.Certificate], policy: str | None
) -> tuple[Stamped, ...]:
    """What the folder's timestamps of ``about`` (name: message) say, by name.

    Raises: BadPack, AuthorityFailed; also where the folder has a file that nobody would have put there.
    """
    stamped = [
        check(stamp.token(name), message, bundle=bundle, policy=policy) for name, message in sorted(about.items())
    ]
    known = {CHAIN} | {f"{name}.{kind}" for name in about for kind in ("tsq", "tsr", "txt")}
    strange = [name for name in stamp.files if name not in known and not name.startswith(_CRL)]
    if strange:
        raise BadPack(f"{strange[0]} does not belong there.")
    if stamp.files.get(CHAIN) != _certificates(stamped):
        raise AuthorityFailed(f"{CHAIN} is not the chain of the timestamps.")
    return tuple(stamped)


def _certificates(stamped: Sequence[Stamped]) -> bytes:
    return write_certificates(list(dict.fromkeys(certificate for one in stamped for certificate in one.chain)))
