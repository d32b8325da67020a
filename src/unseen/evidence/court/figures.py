"""What can be said of a pack that was checked: the records, and whose timestamps hold."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256, sha512

from unseen.base import BadPack
from unseen.evidence.contents import Contents
from unseen.evidence.custody import read_log
from unseen.evidence.layout import CUSTODY, MANIFEST, SIGNATURE, TIMESTAMPS
from unseen.evidence.records import Entry, Item, Manifest
from unseen.evidence.report import Report, Result
from unseen.evidence.stamps import require_stamped, under
from unseen.evidence.verify import Trust, verify
from unseen.evidence.verify_times import bundle_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """What one authority says of the time; nothing yet where ``at`` is None."""

    name: str
    url: str
    roots: tuple[str, ...]  #: SHA-256, hex
    at: datetime | None
    policy: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A checked pack, as the document and the JSON-LD tell of it."""

    made_at: datetime
    manifest: Manifest
    entries: tuple[Entry, ...]
    manifest_sha256: str
    manifest_sha512: str
    signature: str  #: hex
    signer_confirmed: bool
    vouched: tuple[Vouched, ...]
    report: Report

    @property
    def items(self) -> tuple[Item, ...]:
        """Exhibit 1, 2, ..."""
        return self.manifest.items

    @property
    def pending(self) -> tuple[str, ...]:
        """The authorities that have not stamped it."""
        return tuple(one.name for one in self.vouched if one.at is None)

    @property
    def stamped(self) -> tuple[Vouched, ...]:
        """Those that have."""
        return tuple(one for one in self.vouched if one.at is not None)


def figures_of(contents: Contents, trust: Trust) -> Figures:
    """Check a pack, and take from it what can be said.

    Raises: BadPack where a check fails: nothing is written for a court of a pack that does not hold.
    """
    report = verify(contents, trust)
    failed = [check for check in report.checks if check.result is Result.FAILED]
    if report.manifest is None or failed:
        raise BadPack(
            f"The pack does not hold, so no document was made of it. {failed[0].what}: {failed[0].found}",
            hint="`unseen evidence verify` lists every check. Keep this pack as it is, and look for another copy.",
        )
    manifest, text = report.manifest, contents.text(MANIFEST)
    entries, _ = read_log(contents.text(CUSTODY)[:-1].split(b"\n"))
    return Figures(
        made_at=trust.now,
        manifest=manifest,
        entries=entries,
        manifest_sha256=sha256(text).hexdigest(),
        manifest_sha512=sha512(text).hexdigest(),
        signature=contents.text(SIGNATURE).hex(),
        signer_confirmed=trust.signer == manifest.sealing.signer,
        vouched=_vouched(contents, manifest),
        report=report,
    )


def _vouched(contents: Contents, manifest: Manifest) -> tuple[Vouched, ...]:
    folders = under(TIMESTAMPS, contents.kept)
    about = {"manifest": contents.text(MANIFEST), "signature": contents.text(SIGNATURE)}
    found = []
    for authority in manifest.sealing.authorities:
        at, policy = None, authority.policy
        if authority.name in folders:
            bundle = bundle_of(contents, authority)
            stamped = require_stamped(folders[authority.name], about, bundle=bundle, policy=authority.policy)
            at, policy = max(one.at for one in stamped), stamped[0].policy
        found.append(Vouched(name=authority.name, url=authority.url, roots=authority.roots, at=at, policy=policy))
    return tuple(found)
