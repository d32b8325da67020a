"""Policy as data -> verdict: each bank says what its unconfirmed and its confirmed entries ask for."""

from collections.abc import Sequence
from typing import Final

from unseen.act.records import Finding, Verdict
from unseen.bank.records import EntryState, Purpose, Response

MAX_FINDINGS: Final = 32  #: what one answer lists; the verdict weighs all of them
_SEVERITY: Final = {Response.ALLOW: 0, Response.REVIEW: 1, Response.BLOCK: 2}


def decide(findings: Sequence[Finding]) -> Verdict:
    """The strictest response that any finding asks for, with a reason for each finding.

    Findings are listed strongest first.  A hit in an ``allow`` bank never blocks, and lifts a hit in a ``protect``
    bank only where nobody confirmed that entry: a known harmless picture is not held on one stranger's word.
    """
    if not findings:
        return Verdict(response=Response.ALLOW, reasons=("Nothing in the bank is near this upload.",), findings=())
    ordered = tuple(sorted(findings, key=lambda f: (-_SEVERITY[_asked(f)], f.distance, f.entry.id)))
    known_harmless = any(f.bank.purpose is Purpose.ALLOW for f in ordered)
    response = max((_asked(f, known_harmless=known_harmless) for f in ordered), key=_SEVERITY.__getitem__)
    listed, unlisted = ordered[:MAX_FINDINGS], len(ordered) - MAX_FINDINGS
    reasons = [_reason(f) for f in listed] + ([f"And {unlisted} more entries."] if unlisted > 0 else [])
    return Verdict(response=response, reasons=tuple(reasons), findings=listed)


def _asked(finding: Finding, *, known_harmless: bool = False) -> Response:
    if finding.bank.purpose is Purpose.ALLOW:
        return Response.ALLOW
    if finding.entry.is_confirmed and finding.entry.state is not EntryState.DISPUTED:
        return finding.bank.on_confirmed
    asked = Response.ALLOW if known_harmless else finding.bank.on_unconfirmed
    if finding.entry.state is EntryState.DISPUTED and asked is Response.BLOCK:
        return Response.REVIEW  # while people disagree, a person looks
    return asked


def _reason(finding: Finding) -> str:
    how = "the same file" if finding.view is None else f"{finding.distance} of 256 bits apart, {finding.view}"
    if finding.bank.purpose is Purpose.ALLOW:
        return f"Known as harmless in bank {finding.bank.name} ({how})."
    if finding.entry.state is EntryState.DISPUTED:
        standing = "whose protection is disputed"
    elif finding.entry.is_confirmed:
        standing = "that a reviewer or a trusted source confirmed"
    else:
        standing = "that nobody has confirmed yet"
    return f"Near an entry of bank {finding.bank.name} {standing} ({how})."
