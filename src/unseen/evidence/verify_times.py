"""The part of ``verify`` that is about time: timestamps, revocation, renewals, roots, and this computer's clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from cryptography import x509

from unseen.base import AuthorityFailed, BadPack, BadRequest, UnseenError
from unseen.evidence.contents import Contents
from unseen.evidence.layout import AUTHORITIES, MANIFEST, RENEWALS, SIGNATURE, TIMESTAMPS
from unseen.evidence.records import Authority, Manifest
from unseen.evidence.renewal import renewal_name, require_covered
from unseen.evidence.report import Result, Rows, said_time
from unseen.evidence.revocation import require_unrevoked
from unseen.evidence.stamps import CHAIN, StampFiles, require_stamped, under
from unseen.evidence.timestamp import Stamped, fingerprint_of, is_root, read_certificates

CLOCK_TOLERANCE: Final = timedelta(minutes=2)


def check_times(
    rows: Rows, contents: Contents, manifest: Manifest, *, now: datetime, roots: Sequence[x509.Certificate]
) -> tuple[str, ...]:
    """Rows 8 to 11 of ``verify``; returns what they do not cover.  ``roots``: those that the reader trusts."""
    first = _timestamps(rows, contents, manifest)
    renewed = _renewals(rows, contents, first)
    _lasting(rows, renewed[-1] if renewed else first, now)
    everything = [*first, *(one for renewal in renewed for one in renewal)]
    _roots(rows, everything, roots)
    _clock(rows, manifest, first)
    unsigned = {one.chain[0].subject.rfc4514_string() for one in everything if one.unsigned}
    return tuple(f"What {name} sent along with its timestamp unsigned, or unused." for name in sorted(unsigned))


def _timestamps(rows: Rows, contents: Contents, manifest: Manifest) -> list[Stamped]:
    """What the timestamps say that hold."""
    folders, held = under(TIMESTAMPS, contents.kept), list[Stamped]()
    if not manifest.sealing.authorities:
        rows.add("Someone else vouches for the time", "nothing", Result.PENDING, "no timestamp authority was named")
    for authority in manifest.sealing.authorities:
        what = f"{authority.name} saw the manifest and its signature"
        against = "its timestamps (RFC 3161), to the root that the signer named"
        folder = folders.pop(authority.name, None)
        if folder is None:
            rows.add(what, against, Result.PENDING, "not yet: `unseen evidence stamp` asks again")
            continue
        stamped: list[Stamped] = []
        if rows.look(what, against, partial(_stamped, contents, authority, folder, stamped)):
            _revocation(rows, authority.name, folder, stamped)
            held += stamped
    for name in folders:
        rows.add(f"{name} was named by the signer", "the manifest", Result.FAILED, "timestamps nobody asked for")
    return held


def _stamped(contents: Contents, authority: Authority, folder: StampFiles, held: list[Stamped]) -> str:
    about = {"manifest": contents.text(MANIFEST), "signature": contents.text(SIGNATURE)}
    stamped = require_stamped(folder, about, bundle=bundle_of(contents, authority), policy=authority.policy)
    held += stamped
    return f"{said_time(max(one.at for one in stamped))}, policy {stamped[0].policy}"


def bundle_of(contents: Contents, authority: Authority) -> tuple[x509.Certificate, ...]:
    """The certificates that the signer holds an authority to.  Raises: BadPack where they are not those."""
    path = f"{AUTHORITIES}{authority.name}.pem"
    try:
        bundle = read_certificates(contents.text(path))
    except BadRequest:
        bundle = ()
    if tuple(fingerprint_of(c) for c in bundle if is_root(c)) != authority.roots:
        raise BadPack(f"{path} does not hold the roots that the manifest names.")
    return bundle


def _revocation(rows: Rows, name: str, folder: StampFiles, stamped: Sequence[Stamped]) -> None:
    what, against = f"{name}'s certificates stood", "the revocation lists kept with the timestamps"
    unlisted = set[str]()
    try:
        for one in stamped:
            unlisted.update(require_unrevoked(one.chain, folder.revocation_lists, one.at))
    except AuthorityFailed as error:
        rows.add(what, against, Result.FAILED, error.what)
        return
    if unlisted:
        rows.add(what, against, Result.UNCONFIRMED, f"no list was kept that speaks for {', '.join(sorted(unlisted))}")
    else:
        rows.add(what, against, Result.HOLDS, "none was revoked")


def _renewals(rows: Rows, contents: Contents, first: Sequence[Stamped]) -> list[Sequence[Stamped]]:
    """What each renewal says that holds."""
    renewed: list[Sequence[Stamped]] = []
    for number, (name, folder) in enumerate(sorted(under(RENEWALS, contents.kept).items()), start=1):
        what, against = f"Renewal {number} covers all before it", "its timestamp, while the one before held"
        try:
            stamped = _renewed(contents, number, name, folder)
        except UnseenError as error:
            rows.add(what, against, Result.FAILED, error.what)
            continue
        at, before = stamped[0].at, renewed[-1] if renewed else first
        if any(one.at <= at < one.expires_at for one in before):
            rows.add(what, against, Result.HOLDS, said_time(at))
        else:
            found = f"{said_time(at)}, when what it renews had ended: it proves no earlier time than its own"
            rows.add(what, against, Result.UNCONFIRMED, found)
        renewed.append(stamped)
    return renewed


def _renewed(contents: Contents, number: int, name: str, folder: StampFiles) -> tuple[Stamped, ...]:
    """What a renewal's timestamp says of the files that are there.  Raises: BadPack, AuthorityFailed, BadRequest."""
    if name != renewal_name(number):
        raise BadPack("The renewals are not numbered one after the other.")
    message = require_covered(contents, number)
    bundle = read_certificates(folder.files.get(CHAIN, b""))
    stamped = require_stamped(folder, {"renewed": message}, bundle=bundle, policy=None)
    for one in stamped:
        require_unrevoked(one.chain, folder.revocation_lists, one.at)
    return stamped


def _lasting(rows: Rows, newest: Sequence[Stamped], now: datetime) -> None:
    if not newest:
        return
    what, against = "The newest timestamp still proves something", "the end of its certificates"
    ends = max(one.expires_at for one in newest)
    if ends > now:
        rows.add(what, against, Result.HOLDS, f"until {said_time(ends)}; `unseen evidence stamp --renew` before then")
    else:
        rows.add(what, against, Result.UNCONFIRMED, f"they ended on {said_time(ends)}, and nobody renewed it before")


def _roots(rows: Rows, stamped: Sequence[Stamped], roots: Sequence[x509.Certificate]) -> None:
    trusted = {fingerprint_of(root) for root in roots}
    for root in dict.fromkeys(one.chain[-1] for one in stamped):
        what, digest = f"{root.subject.rfc4514_string()} is an authority that you trust", fingerprint_of(root)
        if digest in trusted:
            rows.add(what, "the roots you gave", Result.HOLDS, f"SHA-256 {digest}")
        else:
            found = f"compare SHA-256 {digest} with what the authority publishes"
            rows.add(what, "nothing: its root was not given", Result.UNCONFIRMED, found)


def _clock(rows: Rows, manifest: Manifest, first: Sequence[Stamped]) -> None:
    if not first:
        return
    earliest = min(first, key=lambda one: one.at)
    ahead = manifest.sealed_at - earliest.at
    what, against = "The clock of the sealing computer was not ahead", "the first timestamp"
    if ahead > CLOCK_TOLERANCE + timedelta(seconds=earliest.accuracy_s):
        found = f"ahead by {ahead.total_seconds():.0f} s: times in the records are off, the timestamp is not"
        rows.add(what, against, Result.UNCONFIRMED, found)
    else:
        found = f"sealed {said_time(manifest.sealed_at)}, stamped {said_time(earliest.at)}"
        rows.add(what, against, Result.HOLDS, found)
