"""Policy as data -> verdict: each bank says what its unconfirmed and its confirmed entries ask for."""

from collections.abc import Sequence
from typing import Final

from unseen.act.plain import is_telling
from unseen.act.records import Finding, Matched, Verdict
from unseen.bank.records import EntryState, Purpose, Response
from unseen.fingerprint.records import Kind, View
from unseen.match.records import Segment

MAX_FINDINGS: Final = 32  #: what one answer lists; the verdict weighs all of them
_MAX_SEGMENTS_SAID: Final = 3  # in a reason; a program is given all
_PLAIN: Final = "; its outline is so plain that other pictures have one like it"
_SEVERITY: Final = {Response.ALLOW: 0, Response.REVIEW: 1, Response.BLOCK: 2}


def decide(findings: Sequence[Finding]) -> Verdict:
    """The strictest response that any finding asks for, with a reason for each finding.

    Findings are listed strongest first.  A hit in an ``allow`` bank never blocks, and lifts a hit in a ``protect``
    bank only where nobody confirmed that entry: a known harmless picture is not held on one stranger's word.  One
    that is set inside the upload lifts what matched the same part of it, and nothing else.
    """
    if not findings:
        return Verdict(response=Response.ALLOW, reasons=("Nothing in the bank is near this upload.",), findings=())
    ordered = tuple(sorted(findings, key=lambda f: (-_SEVERITY[_asked(f)], f.distance, f.entry.id)))
    harmless = {f.box for f in ordered if f.bank.purpose is Purpose.ALLOW}
    responses = (_asked(f, known_harmless=None in harmless or f.box in harmless) for f in ordered)
    response = max(responses, key=_SEVERITY.__getitem__)
    strongest: dict[int, Finding] = {}
    for finding in ordered:  # an entry may have matched in several places
        strongest.setdefault(finding.entry.id, finding)
    each = tuple(strongest.values())
    listed, unlisted = each[:MAX_FINDINGS], len(each) - MAX_FINDINGS
    reasons = [_reason(f) for f in listed] + ([f"And {unlisted} more entries."] if unlisted > 0 else [])
    return Verdict(response=response, reasons=tuple(reasons), findings=listed)


def _asked(finding: Finding, *, known_harmless: bool = False) -> Response:
    if finding.bank.purpose is Purpose.ALLOW:
        return Response.ALLOW
    if finding.entry.is_confirmed and finding.entry.state is not EntryState.DISPUTED:
        asked = finding.bank.on_confirmed
    else:
        asked = Response.ALLOW if known_harmless else finding.bank.on_unconfirmed
        if finding.entry.state is EntryState.DISPUTED and asked is Response.BLOCK:
            asked = Response.REVIEW  # while people disagree, a person looks
    if _is_partial(finding):
        asked = _milder(asked, finding.bank.on_region)
    return _milder(asked, Response.REVIEW) if _may_be_chance(finding) else asked


def _is_partial(finding: Finding) -> bool:
    """Whether it is of parts only, of one frame of a video alone, or of frames none of which is near."""
    return bool(finding.regions) or finding.matched is Matched.STILL or not finding.is_near


def _may_be_chance(finding: Finding) -> bool:
    """Whether it is near by PDQ, but the banked code says too little for a match so far away to be no chance."""
    fingerprint = finding.entry.fingerprint
    if finding.view is None or fingerprint is None or fingerprint.kind is not Kind.PDQ:
        return False
    return not is_telling(fingerprint.code, finding.distance)


def _milder(one: Response, other: Response) -> Response:
    return min(one, other, key=_SEVERITY.__getitem__)


def _reason(finding: Finding) -> str:
    how = how_near(finding.view, finding.distance, finding.regions)
    if finding.bank.purpose is Purpose.ALLOW:
        return f"Known as harmless in bank {finding.bank.name} ({how})."
    if finding.entry.state is EntryState.DISPUTED:
        standing = "whose protection is disputed"
    elif finding.entry.is_confirmed:
        standing = "that a reviewer or a trusted source confirmed"
    else:
        standing = "that nobody has confirmed yet"
    near = "Near" if finding.matched in {Matched.FILE, Matched.PICTURE} else "Part of this upload is near"
    where = seconds_of(finding.segments)
    doubt = _PLAIN if _may_be_chance(finding) else ""
    return f"{near} an entry of bank {finding.bank.name} {standing} ({where}{how}{doubt})."


def seconds_of(segments: Sequence[Segment]) -> str:
    """In words: "seconds 41 to 52 of the upload are seconds 3 to 14 of the item; "; empty for none."""
    said = [_seconds(segment) for segment in segments[:_MAX_SEGMENTS_SAID]]
    if len(segments) > _MAX_SEGMENTS_SAID:
        said.append(f"and {len(segments) - _MAX_SEGMENTS_SAID} more stretches")
    return "".join(f"{words}; " for words in said)


def _seconds(segment: Segment) -> str:
    if segment.item_s is None:
        item = "the picture"
    elif segment.upload_s is None:
        return f"second {_second(segment.item_s[0])} of the item"
    else:
        item = f"{_span(segment.item_s)} of the item"
        if segment.speed < 0:
            item += ", backwards"
    assert segment.upload_s is not None  # pictures that are near pictures have no segment
    upload = _span(segment.upload_s)
    return f"{upload} of the upload {'are' if upload.startswith('seconds') else 'is'} {item}"


def _span(span_s: tuple[float, float]) -> str:
    begin, end = map(_second, span_s)
    return f"seconds {begin} to {end}" if end > begin else f"second {begin}"


def _second(at_s: float) -> int:
    return int(at_s + 0.5)


def how_near(view: View | None, distance: int, regions: int) -> str:
    """In words: ``view``, ``distance`` and ``regions`` as a ``Finding`` has them."""
    if view is None:
        return "the same file"
    if regions:
        count = "1 region agrees" if regions == 1 else f"{regions} regions agree"
        mirrored = ", mirrored" if view is View.MIRRORED else ""
        return f"{count}, the nearest {distance} of 256 bits apart{mirrored}"
    return f"{distance} of 256 bits apart, {view}"
