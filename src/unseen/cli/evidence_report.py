"""The report of a check, as people and programs read it."""

from typing import TYPE_CHECKING, Final

from unseen.cli.terminal import indented, plain, say, say_data

if TYPE_CHECKING:
    from unseen.evidence.report import Report

_RESULT: Final = 13  #: letters of the longest result
_VERDICTS: Final = {
    "FAILED": "This pack was changed, or is not what it says: see the checks that FAILED.",
    "PENDING": "Nothing was changed, but a timestamp is PENDING: only the signer's own word says when it was sealed.",
    "not confirmed": "Nothing was changed. What is not confirmed is for you to confirm.",
    "holds": "Everything holds.",
}


def show_report(report: "Report", *, as_json: bool) -> bool:
    """Write it out; returns whether something failed or is pending."""
    result = report.result.value
    if as_json:
        say_data(_as_data(report))
    else:
        for check in report.checks:
            say(f"{check.number:>2}  {check.result.value:<{_RESULT}}  {plain(check.what)}")
            say(indented(f"{plain(check.found)} (against {check.against})", 6))
        say("\nNot covered by any check:")
        for what in report.not_covered:
            say(indented(plain(what), 2))
        say(f"\n{_VERDICTS[result]}")
    return result in ("FAILED", "PENDING")


def _as_data(report: "Report") -> dict[str, object]:
    manifest = report.manifest
    return {
        "result": report.result.value,
        "pack": None if manifest is None else manifest.purpose.pack,
        "signer": None if manifest is None else manifest.sealing.signer,
        "sealed_at": None if manifest is None else manifest.sealed_at.isoformat(),
        "checks": [
            {
                "number": check.number,
                "checked": check.what,
                "against": check.against,
                "result": check.result.value,
                "found": check.found,
            }
            for check in report.checks
        ],
        "not_covered": list(report.not_covered),
    }
