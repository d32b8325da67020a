"""Her case as it stands, for whoever has number and PIN."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from unseen.case.pin import PinKeeper
from unseen.case.records import Case, CaseNumber, Pin
from unseen.desk.ports import Store
from unseen.fingerprint.records import Fingerprint, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCase:
    """The case, and for each file that was asked about, which of its items it is (None: none of them)."""

    case: Case
    found: tuple[int | None, ...]


def show_case(
    number: CaseNumber,
    pin: Pin,
    *,
    files: Iterable[Sequence[Fingerprint]] = (),
    store: Store,
    pins: PinKeeper,
) -> ShownCase:
    """Show a case; ``files`` are the fingerprints of files chosen again on her device, to find their items.

    Only this case's own claims are compared: whether anyone else protects the same picture is never told.

    Raises: CaseUnknown (also for a wrong PIN, so that numbers cannot be probed).
    """
    with store.read() as reader:
        case = pins.opened(reader.find_case(number), number, pin)
        own = {
            (entry.fingerprint.kind, entry.fingerprint.code): item
            for item, entry in reversed(reader.case_entries(number))
            if entry.fingerprint is not None
        }
    return ShownCase(case=case, found=tuple(_item_of(fingerprints, own) for fingerprints in files))


def _item_of(fingerprints: Sequence[Fingerprint], own: dict[tuple[Kind, bytes], int]) -> int | None:
    return next((own[f.kind, f.code] for f in fingerprints if (f.kind, f.code) in own), None)
