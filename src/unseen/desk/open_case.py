"""A person, or someone acting for her, asks that her pictures be protected."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from unseen.bank.records import Source, SourceKind
from unseen.base import BadRequest, Clock
from unseen.base.ids import RandomBits
from unseen.case.pin import PinKeeper
from unseen.case.records import Case, CaseEvent, CaseNumber, Item, Pin
from unseen.case.statements import Statements
from unseen.case.transitions import after
from unseen.desk.ports import Store
from unseen.fingerprint.records import Fingerprint, Kind

MAX_ITEMS: Final = 500
CASE_BANK: Final = "cases"  #: where cases' fingerprints are banked


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedCase:
    """What the person gets: the only time the PIN is seen."""

    case: Case
    pin: Pin


def open_case(
    statements: Statements,
    pictures: Iterable[Sequence[Fingerprint]],
    *,
    store: Store,
    pins: PinKeeper,
    clock: Clock,
    random_bits: RandomBits,
) -> OpenedCase:
    """Open a case and protect its pictures; everything or nothing.

    ``pictures`` gives the fingerprints of one picture after the other and is not touched before the statements are
    found good: where the person was under 18, no file is read.  A featureless picture keeps its exact digests only.
    Whether a picture comes with a region fingerprint is the person's choice, and its item keeps it.

    Raises: CaseRefused, BadRequest (no picture, or too many), BadMedia (from ``pictures``; nothing was stored).
    """
    statements.require_eligible()
    items = _gathered(pictures)
    number, pin, now = CaseNumber.new(random_bits), Pin.new(random_bits), clock.now()
    case = Case(number=number, pin_hash=pins.hash(number, pin), opened_at=now, statements=statements, items=())
    with store.write() as tx:
        shown = []
        for item_number, fingerprints in enumerate(items, start=1):
            tx.protect(
                CASE_BANK,
                fingerprints,
                source=Source(kind=SourceKind.CASE, ref=str(number), item=item_number),
                confirmed_by=None,
                actor="case",
                reason="case opened",
                at=now,
            )
            shown.append(
                Item(
                    number=item_number,
                    day=now.date(),
                    media="video" if any(f.kind is Kind.FRAME for f in fingerprints) else "picture",
                    is_perceptual=any(f.kind.is_perceptual for f in fingerprints),
                    has_regions=any(f.kind is Kind.REGION for f in fingerprints),
                )
            )
        case = after(
            Case(number=number, pin_hash=case.pin_hash, opened_at=now, statements=statements, items=tuple(shown)),
            CaseEvent.PROTECT,
        )
        tx.put_case(case)
    return OpenedCase(case=case, pin=pin)


def _gathered(pictures: Iterable[Sequence[Fingerprint]]) -> list[list[Fingerprint]]:
    items: list[list[Fingerprint]] = []
    for fingerprints in pictures:
        kept = [f for f in fingerprints if not f.is_featureless]
        if not kept:
            raise BadRequest(
                "A picture needs at least its sha256: a featureless one can only be found as the same file."
            )
        items.append(kept)
        if len(items) > MAX_ITEMS:
            raise BadRequest(f"A case holds at most {MAX_ITEMS} pictures.", hint="Open another case for the rest.")
    if not items:
        raise BadRequest("A case needs at least one picture.")
    return items
