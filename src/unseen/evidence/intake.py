"""What may be taken in: by whose pictures it is about, by what was chosen, and by where it is used."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from unseen.base import BadRequest, CaseRefused
from unseen.evidence.records import Item, Lane, Role, Rules

TEXT: Final = "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """Whether originals may be held at one place, and how sure that is."""

    code: str
    name: str
    forbids_originals: bool
    source: str
    confidence: str


@cache
def jurisdictions() -> dict[str, Jurisdiction]:
    """All entries, by code."""
    text = (files("unseen.evidence") / "jurisdictions.json").read_text()
    return {entry["code"]: Jurisdiction(**entry) for entry in json.loads(text)}


def jurisdiction(code: str) -> Jurisdiction:
    """One entry.  Raises: BadRequest."""
    entries = jurisdictions()
    if code not in entries:
        raise BadRequest("This jurisdiction is not known.", hint=f"Known are: {', '.join(entries)}.")
    return entries[code]


def require_rules(rules: Rules) -> None:
    """Return where a pack may be begun with these.  Raises: BadRequest, CaseRefused."""
    entry = jurisdiction(rules.jurisdiction)
    if not rules.keep_originals:
        return
    if rules.lane is Lane.MINOR:
        raise CaseRefused(
            "Originals are never kept where the person was, or may have been, under 18.",
            hint="Write down where and when you saw it, and give that to the police or a hotline.",
        )
    if entry.forbids_originals:
        raise CaseRefused(
            f"Holding the original may itself be an offence here ({entry.name}: {entry.source}), so it is not kept.",
            hint="The pack can hold its digests and fingerprints, which prove a copy; ask a lawyer about more.",
        )


def require_types(rules: Rules, media_types: Iterable[str]) -> None:
    """Return where files of these types may be looked at.

    In the minors' lane nothing but text is, whatever was chosen: whatever else a file is said to be, it can hold a
    picture.  Raises: CaseRefused.
    """
    if rules.lane is Lane.MINOR and any(media_type != TEXT for media_type in media_types):
        raise CaseRefused(
            "Where the person was, or may have been, under 18, only text is taken in: no picture, video or document.",
            hint="Write down where and when you saw it with `unseen evidence note`; do not save or send the picture.",
        )


def keeps_original(rules: Rules, media_type: str) -> bool:
    """Whether the file itself goes into the pack: text always does, all else by choice."""
    return media_type == TEXT or rules.keep_originals


def require_allowed(item: Item, rules: Rules) -> None:
    """Return where ``item`` may be in a pack with these rules.  Raises: CaseRefused, BadRequest."""
    require_types(rules, [item.original.media_type, *(part.media_type for part in item.parts)])
    kept = [part.media_type for part in item.parts if part.role is Role.ORIGINAL]
    if item.original.kept:
        kept.append(item.original.media_type)
    if not all(keeps_original(rules, media_type) for media_type in kept):
        raise BadRequest("This pack was begun without originals.", hint="Begin another one to keep them.")
