"""Where things are in a pack: a BagIt bag (RFC 8493) whose seal stands beside the payload."""

import re
from typing import Final

from unseen.base import BadPack

MANIFEST: Final = "seal/manifest.json"
SIGNATURE: Final = "seal/manifest.sig"
SIGNER: Final = "seal/signer.pem"
AUTHORITIES: Final = "seal/authorities/"  #: NAME.pem, the roots that the signer holds an authority to
TIMESTAMPS: Final = "seal/timestamps/"  #: NAME/, what that authority answered
RENEWALS: Final = "seal/renewals/"  #: 0001/, 0002/, ...
README: Final = "README.txt"
VERIFIER: Final = "verify.py"
PAYLOAD: Final = "data/"
CUSTODY: Final = "data/custody.jsonl"
DIGESTS: Final = ("sha256", "sha512")
TAG_MANIFESTS: Final = tuple(f"tagmanifest-{digest}.txt" for digest in DIGESTS)

_PATH: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,5}")
_LATER: Final = (MANIFEST, SIGNATURE, *TAG_MANIFESTS)


def require_path(path: str) -> str:
    """Return ``path`` if it is a plain name inside a pack.  Raises: BadPack."""
    if not _PATH.fullmatch(path) or ".." in path:
        raise BadPack("The pack has a file whose name Unseen would never give.", hint="Nothing of it was written.")
    return path


def part_path(item: int, name: str) -> str:
    """Where a part of item 1, 2, ... is."""
    return f"{PAYLOAD}items/{item:04}/{name}"


def is_bound(path: str) -> bool:
    """Whether the manifest names this file; the others come after it or are made from it."""
    return path not in _LATER and not path.startswith((TIMESTAMPS, RENEWALS))
