"""Renewal: a later timestamp over everything that came before, made while that still holds.

The chain is that of RFC 4998 (5.2, hash-tree renewal: the new timestamp covers the data and all earlier timestamps),
written as files that openssl checks instead of an ASN.1 EvidenceRecord.  What is stamped is a list of the digests of
every file that the pack had.
"""

from collections.abc import Iterable
from typing import Final

from unseen.base import BadPack
from unseen.evidence.contents import Contents
from unseen.evidence.layout import RENEWALS, TAG_MANIFESTS
from unseen.evidence.pack import digest_list
from unseen.evidence.records import PackedFile

LIST: Final = "renewed.txt"  #: in the renewal's folder: sha512 and path of each file, as BagIt writes them


def renewal_name(number: int) -> str:
    """1, 2, ..., as a folder of the pack."""
    return f"{number:04}"


def covered_list(contents: Contents, number: int) -> bytes:
    """What renewal 1, 2, ... is a timestamp of: every file of the pack before it."""
    return digest_list(sorted(_before(contents.files.values(), number), key=lambda file: file.path), "sha512")


def require_covered(contents: Contents, number: int) -> bytes:
    """Return what the renewal has stamped where the pack's files are still those.  Raises: BadPack."""
    written = contents.text(f"{RENEWALS}{renewal_name(number)}/{LIST}")
    if written != covered_list(contents, number):
        raise BadPack(f"What renewal {number} stamped is not what the pack holds now.")
    return written


def _before(files: Iterable[PackedFile], number: int) -> Iterable[PackedFile]:
    """Without the bag's lists, which change with each renewal and are made from the rest."""
    for file in files:
        folder = file.path.removeprefix(RENEWALS).split("/")[0] if file.path.startswith(RENEWALS) else ""
        if file.path not in TAG_MANIFESTS and folder < renewal_name(number):
            yield file
