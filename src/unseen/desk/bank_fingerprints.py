"""An operator puts fingerprints into a bank: one, a few, or somebody's whole list."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from unseen.bank.formats import Listed
from unseen.bank.records import Source
from unseen.base import BadRequest, Clock
from unseen.desk.ports import Store
from unseen.fingerprint.records import Fingerprint

_BATCH: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Banked:
    """What an addition did."""

    ids: tuple[int, ...]  #: the entries that now stand for the fingerprints, in their order
    featureless: int  #: fingerprints left out: too little in the picture to compare it


def bank_fingerprints(
    bank: str,
    listed: Iterable[Listed],
    *,
    source: Source,
    trust: bool,
    actor: str,
    reason: str,
    store: Store,
    clock: Clock,
) -> Banked:
    """Give ``source`` a claim on every listed fingerprint; all of them or, at the first bad one, none.

    ``trust`` takes the list's word for what it calls confirmed; ``actor`` then stands as who vouched.

    Raises: NotFound (the bank), BadImport (from ``listed``), BadRequest (no reason given).
    """
    if not reason.strip():
        raise BadRequest("Every change needs a reason.")
    now, ids, featureless = clock.now(), list[int](), 0
    with store.write() as tx:
        for vouched, fingerprints in _batches(listed, trust=trust):
            kept = [f for f in fingerprints if not f.is_featureless]
            featureless += len(fingerprints) - len(kept)
            ids += tx.protect(
                bank,
                kept,
                source=source,
                confirmed_by=actor if vouched else None,
                actor=actor,
                reason=reason,
                at=now,
            )
    return Banked(ids=tuple(ids), featureless=featureless)


def _batches(listed: Iterable[Listed], *, trust: bool) -> Iterator[tuple[bool, list[Fingerprint]]]:
    """Runs of the same standing, so that the ids come out in the list's order."""
    run: list[Fingerprint] = []
    run_vouched = False
    for line in listed:
        vouched = trust and line.is_confirmed
        if run and (vouched is not run_vouched or len(run) == _BATCH):
            yield run_vouched, run
            run = []
        run_vouched = vouched
        run.append(line.fingerprint)
    yield run_vouched, run
