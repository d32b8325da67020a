"""Whether a pack is what it says, by anyone, offline: a report with a row for each check.

1. The manifest is canonical.  2. The bag's lists (RFC 8493) name exactly the files there are, with their digests.
3. So does the manifest.  4. The signature covers the manifest (RFC 8032).  5. The signer is the one that the reader
names.  6. The custody log is unbroken, and is the one that the manifest names; its times follow each other.  7. Every
item is in the log and in the pack, and may be there.  Then for each authority that the signer named: 8. its timestamps
cover manifest and signature (RFC 3161, 2.4.2), and its certificates were not revoked; then 9. renewals, each made while
what it renews still held (RFC 4998, 5.3), and how long the newest lasts; 10. whether the reader trusts the authorities'
roots; 11. whether this computer's clock agreed with theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from cryptography import x509

from unseen.base import BadPack
from unseen.evidence.contents import Contents
from unseen.evidence.custody import items_of, purpose_of, read_log, set_back
from unseen.evidence.intake import require_allowed, require_rules
from unseen.evidence.layout import CUSTODY, MANIFEST, PAYLOAD, SIGNATURE, SIGNER, is_bound
from unseen.evidence.pack import MANIFEST_SPELLING, payload_of, require_bag
from unseen.evidence.records import Entry, Manifest
from unseen.evidence.report import Report, Result, Rows, said_time
from unseen.evidence.signing import public_pem, require_signature
from unseen.evidence.verify_times import check_times

_SHOWN: Final = 10
_ALWAYS: Final = (
    "Whether what was written down is true: who the operator was, and what was seen.",
    "Times, owners and permissions of files, and what may follow a container's end; Unseen writes none.",
    "The status text beside a timestamp, which no authority signs.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What whoever verifies brings along."""

    now: datetime
    signer: str | None = None  #: the key that the signer is known by, 64 hex digits
    roots: tuple[x509.Certificate, ...] = ()  #: of authorities, got from the authorities themselves


def verify(contents: Contents, trust: Trust) -> Report:
    """Every check above, in order; a check that fails never keeps another from being made."""
    rows, read = Rows(), list[Manifest]()
    rows.look("The manifest can be read", "its canonical form", partial(_manifest, contents, read))  # (1)
    rows.look("The bag is whole", "its own lists", partial(_bag, contents))  # (2)
    if not read:
        return Report(checks=tuple(rows.checks), manifest=None, not_covered=_ALWAYS)
    (manifest,) = read
    for what, against, look in (
        ("Every file is the one that was sealed", "the manifest", _files),  # (3)
        ("The signature is of this manifest", "the key in the manifest", _signature),  # (4)
    ):
        rows.look(what, against, partial(look, contents, manifest))
    _signer(rows, manifest, trust)  # (5)
    entries: list[Entry] = []
    rows.look(  # (6)
        "The custody log is unbroken",
        "its own chain, and the manifest",
        partial(_custody, contents, manifest, entries),
    )
    _clock(rows, entries)
    rows.look("Every item may be there", "the custody log and the pack's rules", partial(_items, contents, manifest))
    unsigned = check_times(rows, contents, manifest, now=trust.now, roots=trust.roots)  # (8) to (11)
    return Report(checks=tuple(rows.checks), manifest=manifest, not_covered=(*_ALWAYS, *unsigned))


def _manifest(contents: Contents, read: list[Manifest]) -> str:
    manifest = MANIFEST_SPELLING.read(contents.text(MANIFEST))
    read.append(manifest)
    return f"files: {len(manifest.files)}, items: {len(manifest.items)}, sealed {said_time(manifest.sealed_at)}"


def _bag(contents: Contents) -> str:
    require_bag(contents)
    return f"files: {len(contents.files)}, each with sha256 and sha512"


def _files(contents: Contents, manifest: Manifest) -> str:
    sealed = {file.path: file for file in manifest.files}
    there = {path: file for path, file in contents.files.items() if is_bound(path)}
    wrong = [f"{path} was changed" for path in sorted(sealed.keys() & there.keys()) if sealed[path] != there[path]]
    wrong += [f"{path} is missing" for path in sorted(sealed.keys() - there.keys())]
    wrong += [f"{path} was added" for path in sorted(there.keys() - sealed.keys())]
    if wrong:
        more = f", and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise BadPack(f"{'; '.join(wrong[:_SHOWN])}{more}.")
    if len(sealed) != len(manifest.files):
        raise BadPack("The manifest names a file twice.")
    return "none changed, none missing, none added"


def _signature(contents: Contents, manifest: Manifest) -> str:
    signer = manifest.sealing.signer
    require_signature(contents.text(SIGNATURE), contents.text(MANIFEST), signer)
    if contents.text(SIGNER) != public_pem(signer):
        raise BadPack(f"{SIGNER} is not the key that the manifest names.")
    return f"Ed25519, key {signer}"


def _signer(rows: Rows, manifest: Manifest, trust: Trust) -> None:
    what, signer = "The signer is who you think", manifest.sealing.signer
    if trust.signer is None:
        rows.add(what, "nothing: no key was given", Result.UNCONFIRMED, "signed by a key you have not confirmed")
    elif trust.signer == signer:
        rows.add(what, "the key you gave", Result.HOLDS, "signed by the key you gave")
    else:
        rows.add(what, "the key you gave", Result.FAILED, f"signed by another key: {signer}")


def _custody(contents: Contents, manifest: Manifest, read: list[Entry]) -> str:
    log = contents.text(CUSTODY)
    if not log.endswith(b"\n"):
        raise BadPack("The custody log is cut off.")
    entries, custody = read_log(log[:-1].split(b"\n"))
    read += entries
    if custody != manifest.custody:
        raise BadPack("The custody log is not the one that the manifest names.")
    if purpose_of(entries) != manifest.purpose or items_of(entries) != manifest.items:
        raise BadPack("The manifest says something else than the custody log.")
    if entries[-1].sealed != manifest.sealing:
        raise BadPack("The custody log does not end with this sealing.")
    return f"entries: {custody.entries}, from {said_time(entries[0].at)} to {said_time(entries[-1].at)}"


def _clock(rows: Rows, entries: Sequence[Entry]) -> None:
    if lines := set_back(entries):
        found = f"the clock was set back before line {', '.join(map(str, lines))}: one of the two times is wrong"
        rows.add("Times in the custody log follow each other", "its own order", Result.UNCONFIRMED, found)


def _items(contents: Contents, manifest: Manifest) -> str:
    require_rules(manifest.purpose.rules)
    for item in manifest.items:
        require_allowed(item, manifest.purpose.rules)
    there = tuple(file for path, file in sorted(contents.files.items()) if path.startswith(PAYLOAD))
    if payload_of(manifest.items, contents.text(CUSTODY)) != there:
        raise BadPack("The files of the items are not those that their records name.")
    return f"items: {len(manifest.items)}"
