"""What became of her case, for whoever entered it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from unseen.base import Clock
from unseen.case.contact import RecoveryLink
from unseen.case.records import Case, Item, Note
from unseen.desk.enter_case import Entered, case_of
from unseen.desk.ports import ConfirmedMatch, ItemClaim, Store


class Happening(StrEnum):
    """What a line of the timeline tells.  What other programmes and platforms do will join here."""

    OPENED = "opened"
    PROTECTED = "protected"
    MATCHED = "matched"
    ITEM_ENDED = "item-ended"  #: it is protected no more; mostly because she withdrew it
    ENDED = "ended"  #: nothing is protected any more
    CONTACT_KEPT = "contact-kept"
    CONTACT_DELETED = "contact-deleted"
    LINK_ASKED = "link-asked"
    LINK_STOPPED = "link-stopped"
    KEYS_RENEWED = "keys-renewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that happened, on a day, to one item or to the case."""

    happening: Happening
    day: date
    item: int | None = None
    platform: str | None = None  #: of a match; never a room, an address or an account


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedItem:
    """An item, and whether it is protected now."""

    item: Item
    is_protected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedCase:
    """Her case as it stands, and what happened, oldest first."""

    case: Case
    items: tuple[FollowedItem, ...]
    timeline: tuple[Line, ...]
    has_contact: bool
    link: RecoveryLink | None  #: that works, or will


def follow_case(entered: Entered, *, store: Store, clock: Clock) -> FollowedCase:
    """What became of the case.

    A match is told from the day after a reviewer confirmed it, as platform and day and nothing else: a case that
    somebody opened with another's ordinary picture, which no reviewer confirms, learns nothing.
    Raises: CaseUnknown (the case is gone).
    """
    with store.read() as reader:
        case = case_of(reader, entered)
        claims = reader.case_claims(entered.number)
        matches = reader.case_matches(entered.number)
        notes = reader.case_notes(entered.number)
        contact, link = reader.find_contact(entered.number), reader.find_link(entered.number)
    protected = {claim.item for claim in claims if claim.ended_at is None}
    now = clock.now()
    told = [match for match in matches if match.confirmed_at.date() < now.date()]
    return FollowedCase(
        case=case,
        items=tuple(FollowedItem(item=item, is_protected=item.number in protected) for item in case.items),
        timeline=_timeline(case, claims, told, notes),
        has_contact=contact is not None,
        link=link if link is not None and link.is_pending(now) else None,
    )


def _timeline(
    case: Case, claims: tuple[ItemClaim, ...], matches: list[ConfirmedMatch], notes: tuple[Note, ...]
) -> tuple[Line, ...]:
    """Sorted by time; what happened at the same moment in the order of ``Happening``, then by item."""
    lines = [(case.opened_at, Line(happening=Happening.OPENED, day=case.opened_at.date()))]
    lines += [(c.since, Line(happening=Happening.PROTECTED, day=c.since.date(), item=c.item)) for c in claims]
    first_of_day = {(m.item, m.platform, m.seen_at.date()): m.seen_at for m in reversed(matches)}
    lines += [
        (seen_at, Line(happening=Happening.MATCHED, day=day, item=item, platform=platform))
        for (item, platform, day), seen_at in first_of_day.items()
    ]
    lines += _endings(claims)
    lines += [(note.at, Line(happening=Happening(note.kind.value), day=note.at.date())) for note in notes]
    order = list(Happening)
    lines.sort(key=lambda each: (each[0], order.index(each[1].happening), each[1].item or 0))
    return tuple(line for _, line in lines)


def _endings(claims: tuple[ItemClaim, ...]) -> list[tuple[datetime, Line]]:
    """Items that ended before the others, each by itself; then, where nothing is left, the end of all in one line."""
    ended = [(claim.ended_at, claim.item) for claim in claims if claim.ended_at is not None]
    last = max((at for at, _ in ended), default=None) if len(ended) == len(claims) else None
    lines = [(at, Line(happening=Happening.ITEM_ENDED, day=at.date(), item=item)) for at, item in ended if at != last]
    if last is not None:
        lines.append((last, Line(happening=Happening.ENDED, day=last.date())))
    return lines
