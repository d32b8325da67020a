"""A new case reaches old uploads: entries added since, matched against fingerprints that an earlier scan kept."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.bank.records import EntryState
from unseen.desk.index import CHANGES, ID_BITS, BankIndex
from unseen.desk.indexes import Indexes
from unseen.desk.judge import judge, with_stills
from unseen.desk.kept_videos import seen_of
from unseen.desk.look_at_video import look_up_seen
from unseen.desk.ports import FRAME_BITS, Reader, Store
from unseen.desk.scan_ports import NO_TIME, KeptRows, Near, Readings, Row
from unseen.fingerprint.records import MIN_QUALITY, VIEWS, Kind
from unseen.match.files import stack_of
from unseen.match.live import LiveIndex
from unseen.match.records import Hits
from unseen.match.segments import CANDIDATE_BITS
from unseen.match.snapshot import build

_CHANGES: Final = 10_000  # of digests, read at a time
_MANY_ENTRIES: Final = 500  # for each thread: measured with a million uploads


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sifted:
    """Some kept uploads, and what was found among them."""

    rows: int  #: how many were compared
    said: tuple[Row, ...]  #: of the uploads that a new entry matches


def scan_changes(
    after: int, kept: Iterable[KeptRows], *, store: Store, index: Indexes, threads: int
) -> Iterator[Sifted]:
    """Match entries added after seq ``after``, and no others, against kept fingerprints.

    1. Small indexes of the new entries alone.  2. Which uploads do they touch, each within its bank's radius?
    3. Those few are looked up in the whole index, so that the verdict is what ``screen`` says today: an older entry
    may ask for more, or a harmless one for less.  Of a video, by the frames that were looked at then.

    index: open.  threads: among how many a batch of uploads is shared out.
    Raises: NotReady, StoreUnavailable.
    """
    index.catch_up()
    with store.read() as reader:
        added = _Added(reader, after, threads)  # (1)
    for rows in kept:
        touched = added.touches(rows)  # (2)
        is_frame = rows.at_ms[touched] != NO_TIME
        said = [
            *_of_pictures(rows, touched[~is_frame], added, store, index),  # (3)
            *_of_videos(rows, touched[is_frame], added, store, index),
        ]
        yield Sifted(rows=len(rows.keys), said=tuple(said))


def _of_pictures(
    rows: KeptRows, touched: NDArray[np.int64], added: "_Added", store: Store, index: Indexes
) -> tuple[Row, ...]:
    if not len(touched):
        return ()
    readings = _readings(rows, touched, added.widest_bits, index.pictures)
    with store.read() as reader:
        return judge(tuple(rows.keys[at] for at in touched), with_stills(readings, index.frames, reader), reader)


def _of_videos(
    rows: KeptRows, touched: NDArray[np.int64], added: "_Added", store: Store, index: Indexes
) -> Iterator[Row]:
    """Of those videos, the ones that a new entry matches: a frame that is widely near it does not say so alone."""
    places: dict[bytes, list[int]] = {rows.keys[at]: [] for at in touched}
    for at, key in enumerate(rows.keys if places else ()):
        if key in places:
            places[key].append(at)
    for key, of_video in places.items():
        looked = look_up_seen(seen_of(rows, of_video), store=store, index=index)
        if any(finding.entry.id in added.entry_ids for finding in looked.verdict.findings):
            yield Row(key=key, verdict=looked.verdict, is_featureless=looked.is_featureless, as_of_seq=looked.as_of_seq)


class _Added:
    """The entries added since, searchable."""

    def __init__(self, reader: Reader, after: int, threads: int) -> None:
        ids, codes = _since(reader, Kind.PDQ, after)
        radius = {bank.name: bank.radius_bits for bank in reader.banks()}
        self.widest_bits = max(radius.values(), default=0)
        self._threads = threads
        self._codes, self._index = codes, LiveIndex(stack_of(build(codes, ids, reader.last_seq())))
        self._radii, self._ids = _radii(ids, reader, radius), ids
        frame_ids, frame_codes = _since(reader, Kind.FRAME, after)
        self._frames = LiveIndex(stack_of(build(frame_codes, frame_ids, reader.last_seq())))
        self._films = np.unique(frame_ids >> FRAME_BITS)
        self._film_radii = _radii(self._films, reader, radius)
        of_digests = {kind: _since(reader, kind, after) for kind in (Kind.SHA256, Kind.MD5)}
        self._digests = {kind: codes for kind, (_, codes) in of_digests.items()}
        entry_ids = (ids, frame_ids >> FRAME_BITS, *(digest_ids for digest_ids, _ in of_digests.values()))
        self.entry_ids = frozenset(np.concatenate(entry_ids).tolist())

    def touches(self, rows: KeptRows) -> NDArray[np.int64]:
        """Which rows a new entry matches, ascending; of videos also those that it may match with others."""
        clear = np.flatnonzero(rows.qualities >= MIN_QUALITY)
        upload, entry, distances = self._near(np.ascontiguousarray(rows.codes[clear].reshape(-1, 32)))
        is_touched = np.zeros(len(rows.keys), np.bool_)
        is_touched[clear[upload[distances <= self._radii[entry]]]] = True
        is_frame = rows.at_ms[clear] != NO_TIME
        is_touched[self._near_films(rows, clear[~is_frame], self.widest_bits)] = True
        is_touched[self._near_films(rows, clear[is_frame], CANDIDATE_BITS)] = True
        for kind, digests in ((Kind.SHA256, rows.sha256), (Kind.MD5, rows.md5)):
            is_touched |= np.isin(_as_words(digests), _as_words(self._digests[kind]))
        return np.flatnonzero(is_touched)

    def _near_films(self, rows: KeptRows, some: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
        """Which of some rows are near a frame of a new video: pictures within its bank's radius, frames within bits."""
        codes = np.ascontiguousarray(rows.codes[some].reshape(-1, 32))
        hits = self._frames.search(codes, bits, threads=self._threads)
        at = some[_query_of(hits) // len(VIEWS)]
        radii = self._film_radii[np.searchsorted(self._films, hits.ids >> FRAME_BITS)]
        says: NDArray[np.int64] = at[(rows.at_ms[at] != NO_TIME) | (hits.distances <= radii)]
        return says

    def _near(self, codes: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint16]]:
        """Upload, new entry (its place) and distance of every hit.  codes: (8 n, 32), eight rows an upload.

        Few entries are compared with everything; where they are many, indexing the uploads is quicker.
        """
        if len(self._ids) < _MANY_ENTRIES * self._threads:
            hits = self._index.search(codes, self.widest_bits, threads=self._threads)
            upload, entry = _query_of(hits) // len(VIEWS), np.searchsorted(self._ids, hits.ids)
        else:
            uploads = LiveIndex(stack_of(build(codes, np.arange(len(codes)), 0)))
            hits = uploads.search(self._codes, self.widest_bits, threads=self._threads)
            upload, entry = hits.ids // len(VIEWS), _query_of(hits)
        return upload, entry, hits.distances


_MATCHING: Final = frozenset({EntryState.ACTIVE, EntryState.DISPUTED})


def _radii(entry_ids: NDArray[np.int64], reader: Reader, radius: dict[str, int]) -> NDArray[np.int64]:
    """The radius of each entry's bank; -1 for one that matches no longer."""
    matching = (entry for entry in reader.entries(entry_ids.tolist()) if entry.state in _MATCHING)
    radii = {entry.id: radius[entry.bank] for entry in matching}
    return np.array([radii.get(entry_id, -1) for entry_id in entry_ids.tolist()], np.int64)


def _since(reader: Reader, kind: Kind, after: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Ids, ascending, and codes of the entries of a kind added after a seq that still match."""
    newest, parts = reader.last_seq(), []
    gone: list[NDArray[np.int64]] = []
    while after < newest:
        delta = reader.index_delta(kind, after=after, limit=CHANGES.get(kind, _CHANGES))
        parts.append(delta.added)
        gone.append(delta.retired)
        after = delta.seq
    width = Kind.PDQ.code_bytes if kind is Kind.FRAME else kind.code_bytes  # each frame's code is a row of its own
    ids = np.concatenate([np.zeros(0, np.int64), *(part.ids for part in parts)])
    codes = np.concatenate([np.zeros((0, width), np.uint8), *(part.codes for part in parts)])
    ids, first = np.unique(ids, return_index=True)
    still = ~np.isin(ids >> ID_BITS.get(kind, 0), np.concatenate([np.zeros(0, np.int64), *gone]))
    return ids[still], np.ascontiguousarray(codes[first][still])


def _query_of(hits: Hits) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(hits)), np.diff(hits.offsets))


def _as_words(digests: NDArray[np.uint8]) -> NDArray[np.void]:
    """Each row as one value.  digests: (n, bytes), C-contiguous."""
    return np.ascontiguousarray(digests).view(np.dtype((np.void, digests.shape[1]))).reshape(-1)


def _readings(rows: KeptRows, touched: NDArray[np.int64], radius_bits: int, index: BankIndex) -> Readings:
    codes, qualities = rows.codes[touched], rows.qualities[touched]
    return Readings(
        troubles=(None,) * len(touched),
        messages=("",) * len(touched),
        sha256=rows.sha256[touched],
        md5=rows.md5[touched],
        codes=codes,
        qualities=qualities,
        near=Near.find(codes, qualities, lambda q: index.search(q, radius_bits)),
        as_of_seq=index.seq,
    )
