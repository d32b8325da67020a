"""Pictures become items of a case: the same steps for the first ones and for those that she adds later."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from unseen.bank.records import Source, SourceKind
from unseen.base import BadRequest
from unseen.case.records import CaseNumber, Item
from unseen.desk.ports import Transaction
from unseen.fingerprint.records import Fingerprint, Kind

MAX_ITEMS: Final = 500
CASE_BANK: Final = "cases"  #: where cases' fingerprints are banked


def gathered(pictures: Iterable[Sequence[Fingerprint]]) -> list[list[Fingerprint]]:
    """What is kept of each picture: a featureless one keeps its exact digests only.

    Raises: BadRequest (no picture, or too many), and as ``pictures``.
    """
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


def protected(
    tx: Transaction,
    number: CaseNumber,
    pictures: Sequence[Sequence[Fingerprint]],
    *,
    first: int,
    reason: str,
    at: datetime,
) -> tuple[Item, ...]:
    """Give the case a claim on each picture, as its items ``first`` and following."""
    return tuple(
        _protected(tx, Source(kind=SourceKind.CASE, ref=str(number), item=item), fingerprints, reason, at)
        for item, fingerprints in enumerate(pictures, start=first)
    )


def _protected(tx: Transaction, source: Source, fingerprints: Sequence[Fingerprint], reason: str, at: datetime) -> Item:
    tx.protect(CASE_BANK, fingerprints, source=source, confirmed_by=None, actor="case", reason=reason, at=at)
    assert source.item is not None
    return Item(
        number=source.item,
        day=at.date(),
        media="video" if any(f.kind is Kind.FRAME for f in fingerprints) else "picture",
        is_perceptual=any(f.kind.is_perceptual for f in fingerprints),
        has_regions=any(f.kind is Kind.REGION for f in fingerprints),
    )
