"""Many objects at once to their verdicts: what ``screen`` would say of each, without keeping a sighting."""

from collections.abc import Iterator
from dataclasses import replace

from unseen.act.records import Finding
from unseen.bank.records import Bank, Entry
from unseen.desk.index import BankIndex
from unseen.desk.ports import FRAME_BITS, Reader
from unseen.desk.scan_ports import Count, Near, Readings, Row
from unseen.desk.screen import near_finding, verdict_on
from unseen.fingerprint.records import VIEWS, Fingerprint, Kind


def with_stills(readings: Readings, frames: BankIndex, reader: Reader) -> Readings:
    """The same, with what pictures are near to among the frames of banked videos too.  Raises: NotReady."""
    if not len(frames):
        return readings
    widest_bits = max((bank.radius_bits for bank in reader.banks()), default=0)
    near = Near.find(readings.codes, readings.qualities, lambda codes: frames.search(codes, widest_bits))
    return replace(readings, near=readings.near.also(replace(near, entries=near.entries >> FRAME_BITS)))


def judge(keys: tuple[bytes, ...], readings: Readings, reader: Reader) -> tuple[Row, ...]:
    """One row for each object: the exact digests are looked up in the store, the near entries are weighed there."""
    banks = {bank.name: bank for bank in reader.banks()}
    digests = _digests(readings)
    same: dict[tuple[Kind, bytes], list[Entry]] = {}
    for entry in reader.same_code([digest for of_object in digests for digest in of_object]):
        assert entry.fingerprint is not None  # erased entries have no code that could be the same
        same.setdefault((entry.fingerprint.kind, entry.fingerprint.code), []).append(entry)
    entries = {entry.id: entry for entry in reader.entries(sorted(set(readings.near.entries.tolist())))}
    rows = []
    for at, key in enumerate(keys):
        exact = [
            Finding(entry=entry, bank=banks[entry.bank], distance=0, view=None)
            for digest in digests[at]
            for entry in same.get((digest.kind, digest.code), ())
        ]
        near = _near(readings, at, entries, banks)
        trouble = readings.troubles[at]
        rows.append(
            Row(
                key=key,
                verdict=verdict_on([*exact, *near]) if trouble is None else None,
                is_featureless=readings.is_featureless(at),
                as_of_seq=readings.as_of_seq,
                trouble=trouble,
                message=readings.messages[at],
            )
        )
    return tuple(rows)


def count_of(rows: tuple[Row, ...]) -> Count:
    """How many of ``rows`` had which outcome."""
    said = [row.verdict.response.value for row in rows if row.verdict is not None]
    return Count(
        allow=said.count("allow"),
        review=said.count("review"),
        block=said.count("block"),
        unread=len(rows) - len(said),
        featureless=sum(row.is_featureless for row in rows),
    )


def _digests(readings: Readings) -> list[tuple[Fingerprint, ...]]:
    return [
        ()
        if trouble is not None
        else (
            Fingerprint(kind=Kind.SHA256, code=readings.sha256[at].tobytes()),
            Fingerprint(kind=Kind.MD5, code=readings.md5[at].tobytes()),
        )
        for at, trouble in enumerate(readings.troubles)
    ]


def _near(readings: Readings, at: int, entries: dict[int, Entry], banks: dict[str, Bank]) -> Iterator[Finding]:
    near = readings.near
    for hit in range(int(near.offsets[at]), int(near.offsets[at + 1])):
        view = VIEWS[int(near.views[hit])]
        finding = near_finding(entries.get(int(near.entries[hit])), int(near.distances[hit]), view, banks)
        if finding is not None:
            yield finding
