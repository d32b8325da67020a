"""A crowd of innocent pictures, banked and then asked for, one after another: whether one is taken for another.

Everything is kept in a folder, so that a run can be stopped at any time and goes on where it was; ``kept`` says what
is fingerprinted.  What was found near is kept too, and weighed by the code as it is at the end of every run: another
rule is tried on all pairs in minutes.

1. Every photograph's pieces are fingerprinted as a bank does it, and all codes laid into one index.
2. Photographs are drawn by the seed; each piece is asked for as screening does: PDQ in eight views, regions, and of
   whole photographs PDQ of their insets.  What a stage finds is noted for every piece of another collection, also
   where an earlier stage would have decided.  So the pairs are those of all pieces asked with all banked of other
   collections.  Every one of them is looked at: by PDQ one by one, by regions through an exact index.
3. What regions touch is weighed; nothing else can be a match by regions.
"""

import hashlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.copies.corpus import loaded
from bench.copies.edits import Picture
from bench.copies.kept import NO_CODES, Codes, Sought, banked_pieces, luma_of, seeking, sought_pieces
from bench.copies.pieces import Pool, pieces_of
from unseen.desk.look_again import seen_again
from unseen.desk.near_regions import MOST_CODES_WIDE, STRONGEST, WIDE_CANDIDATE_RADIUS_BITS, banked_of
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.match import search, snapshot, tail, tier
from unseen.match.evidence import CANDIDATE_RADIUS_BITS, REVIEW_BANS, evidence_for
from unseen.match.kernels import distances_between
from unseen.match.layout import to_words
from unseen.match.records import U64Array

NOTED_BITS: Final = 48  #: PDQ codes so near are noted, beyond the radius of a match: the tail is read from them
_SAY_EVERY_S: Final = 60
_NO_LIKENESS: Final = -999.0  # where no region agrees

I64Array = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What was found near one picture that was asked for, among pictures of other collections."""

    picture: int
    photograph: int
    others: int  #: banked pictures it was compared with
    codes: int  #: of its regions, both mirrors
    views: int  #: PDQ codes asked with: eight, none if it is featureless, and those of insets
    whole: tuple[tuple[int, int], ...]  #: banked picture and bits, within ``NOTED_BITS``
    insets: tuple[tuple[int, int], ...]
    touched: tuple[tuple[int, int], ...]  #: banked picture and regions of the upload within the candidate radius


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """A banked picture that regions of an upload came near, and what weighing said."""

    banked: int  #: picture
    regions: int  #: of the upload, within the candidate radius
    bans: float
    likeness: float
    agree: int  #: regions
    is_wrong: bool  #: it asks for review


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was found, weighed."""

    met: Met
    touched: tuple[Touch, ...]


@dataclass(slots=True, kw_only=True, eq=False)
class Crowd:
    """All pieces of a pool's photographs, banked."""

    pool: Pool
    names: list[tuple[int, str]] = field(default_factory=list)  #: of each picture: photograph, piece
    pdq: list[bytes | None] = field(default_factory=list)  #: None where it is featureless
    regions: list[bytes | None] = field(default_factory=list)  #: None where it has none

    def collection_of(self, at: int) -> str:
        """Of a picture."""
        return self.pool.collections[self.names[at][0]]

    def said(self, at: int) -> str:
        """Which picture it is, in words."""
        photograph, piece = self.names[at]
        return f"{self.pool.paths[photograph]} ({piece})"

    @property
    def mark(self) -> str:
        """A name for this bank."""
        digest = hashlib.sha256()
        for one in (*self.pdq, *self.regions):
            digest.update(one or b"-")
        return digest.hexdigest()[:16]

    def picture(self, at: int) -> Picture:
        """A piece, from its file."""
        photograph, piece = self.names[at]
        whole = loaded(self.pool.paths[photograph])
        if whole is None:
            raise SystemExit(f"{self.pool.paths[photograph]} can no longer be read.")
        return next(picture for name, picture in pieces_of(whole) if name == piece)

    def record(self, at: int) -> Fingerprint:
        """Its regions; it has some."""
        code = self.regions[at]
        assert code is not None
        return Fingerprint(kind=Kind.REGION, code=code)


def banked(pool: Pool, kept: Path, order: Sequence[int]) -> Crowd:
    """Fingerprint photographs of the pool, in this order, as a bank does, or read what was kept of them."""
    crowd = Crowd(pool=pool)
    progress = _Progress()
    for done, photograph in enumerate(order):
        for piece in banked_pieces(pool.paths[photograph], kept):
            crowd.names.append((photograph, piece.name))
            crowd.pdq.append(piece.pdq)
            crowd.regions.append(piece.regions)
        progress.say(f"banked {done + 1:,} of {len(order):,} photographs, {len(crowd.names):,} pictures")
    return crowd


def asked_of(crowd: Crowd, kept: Path, seed: int, minutes: float) -> Iterator[Asked]:
    """Ask for the pieces of photographs in the seed's order, for so many minutes, then weigh what all of them met."""
    met = [*_met_of(crowd, kept, seed, minutes)]
    progress = _Progress()
    sought: dict[str, Sought] = {}
    before = -1
    for done, each in enumerate(met):
        if each.touched and each.photograph != before:
            before = each.photograph
            sought = {piece.name: piece for piece in sought_pieces(crowd.pool.paths[before], kept)}
        touched = [_weighed(crowd, each, sought[crowd.names[each.picture][1]], *touch) for touch in each.touched]
        progress.say(f"weighed what {done + 1:,} of {len(met):,} pictures met")
        yield Asked(met=each, touched=tuple(touched))


def _weighed(crowd: Crowd, met: Met, sought: Sought, picture: int, regions: int) -> Touch:
    one = banked_of(crowd.record(picture))
    evidence = evidence_for(sought.regions, one)
    if evidence.bans >= REVIEW_BANS:  # so few that their pixels can be looked at
        evidence = seen_again(evidence, one, luma_of(crowd.picture(met.picture)))
    return Touch(
        banked=picture,
        regions=regions,
        bans=evidence.bans,
        likeness=max(evidence.likeness, _NO_LIKENESS),
        agree=len(evidence.asked),
        is_wrong=evidence.is_for_review,
    )


def _met_of(crowd: Crowd, kept: Path, seed: int, minutes: float) -> Iterator[Met]:
    """First what is kept of that."""
    log = kept / f"met-{crowd.mark}-{seeking()}-{seed}.jsonl"
    known = [_read(line) for line in log.read_text().splitlines() if line.endswith("]")] if log.is_file() else []
    yield from known
    if minutes <= 0:
        return
    done = {met.picture for met in known}
    by_photograph: dict[int, list[int]] = {}
    for at, (photograph, _) in enumerate(crowd.names):
        by_photograph.setdefault(photograph, []).append(at)
    look, progress, count = _Look.at(crowd), _Progress(), len(done)
    with log.open("a") as file:
        for photograph in np.random.default_rng(seed).permutation(sorted(by_photograph)).tolist():
            wanted = [at for at in by_photograph[photograph] if at not in done]
            if not wanted:
                continue
            if progress.seconds > 60 * minutes:
                return
            pieces = {piece.name: piece for piece in sought_pieces(crowd.pool.paths[photograph], kept)}
            for at in wanted:
                met = look.ask(at, pieces[crowd.names[at][1]])
                file.write(_written(met) + "\n")
                yield met
            file.flush()
            count += len(wanted)
            progress.say(f"asked for {count:,} of {len(crowd.names):,} pictures")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Index:
    table: search.Table
    pictures: I64Array  #: of each row

    @classmethod
    def of(cls, codes: Sequence[Codes]) -> "_Index":
        together = np.concatenate([NO_CODES, *codes])
        built = snapshot.build(together, np.arange(len(together)), 0)
        return cls(
            table=search.table_of([tier.tier_of(built)], tail.empty()),
            pictures=np.repeat(np.arange(len(codes)), [len(some) for some in codes]),
        )

    def near(self, asked: Codes, radius_bits: int) -> tuple[I64Array, I64Array]:
        """Pictures, and rows of what was asked."""
        found = search.in_table(self.table, to_words(np.ascontiguousarray(asked)), radius_bits)
        return self.pictures[found.ids], found.query


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Look:
    crowd: Crowd
    collections: NDArray[np.str_]  #: of each picture
    pdq: U64Array  #: (n, 4)
    with_pdq: I64Array  #: (n,): pictures
    regions: _Index
    is_wide: bool  #: small enough for screening to look further out

    @classmethod
    def at(cls, crowd: Crowd) -> "_Look":
        with_pdq = [at for at, code in enumerate(crowd.pdq) if code]
        pdq = np.frombuffer(b"".join(code for code in crowd.pdq if code), np.uint8).reshape(-1, 32)
        index = _Index.of(
            [crowd.record(at).region_codes if code else NO_CODES for at, code in enumerate(crowd.regions)]
        )
        return cls(
            crowd=crowd,
            collections=np.array([crowd.collection_of(at) for at in range(len(crowd.names))]),
            pdq=to_words(pdq),
            with_pdq=np.array(with_pdq, np.int64),
            regions=index,
            is_wide=len(index.pictures) <= MOST_CODES_WIDE,
        )

    def ask(self, at: int, sought: Sought) -> Met:
        is_other = self.collections != self.collections[at]
        return Met(
            picture=at,
            photograph=self.crowd.names[at][0],
            others=int(is_other.sum()),
            codes=2 * len(sought.regions.codes),
            views=len(sought.views) + len(sought.insets),
            whole=self._pdq(sought.views, is_other),
            insets=self._pdq(sought.insets, is_other),
            touched=self._touched(sought, is_other),
        )

    def _pdq(self, codes: Codes, is_other: NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
        if not len(codes) or not len(self.pdq):
            return ()
        nearest = distances_between(to_words(np.ascontiguousarray(codes)), self.pdq).min(axis=0)
        rows = np.flatnonzero((nearest <= NOTED_BITS) & is_other[self.with_pdq])
        return tuple(zip(self.with_pdq[rows].tolist(), nearest[rows].tolist(), strict=True))

    def _touched(self, sought: Sought, is_other: NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
        asked = sought.regions
        if not len(asked.codes):
            return ()
        pictures, rows = self.regions.near(np.concatenate([asked.codes, asked.mirrored_codes]), CANDIDATE_RADIUS_BITS)
        rows %= len(asked.codes)
        if self.is_wide:
            first = asked.codes[:STRONGEST], asked.mirrored_codes[:STRONGEST]
            more, which = self.regions.near(np.concatenate(first), WIDE_CANDIDATE_RADIUS_BITS)
            pictures, rows = np.concatenate([pictures, more]), np.concatenate([rows, which % len(first[0])])
        met = np.unique(pictures[is_other[pictures]]).tolist()
        return tuple((picture, len(np.unique(rows[pictures == picture]))) for picture in met)


def _written(met: Met) -> str:
    return json.dumps(
        [met.picture, met.photograph, met.others, met.codes, met.views, met.whole, met.insets, met.touched]
    )


def _read(line: str) -> Met:
    picture, photograph, others, codes, views, whole, insets, touched = json.loads(line)
    return Met(
        picture=picture,
        photograph=photograph,
        others=others,
        codes=codes,
        views=views,
        whole=tuple((at, bits) for at, bits in whole),
        insets=tuple((at, bits) for at, bits in insets),
        touched=tuple((at, regions) for at, regions in touched),
    )


class _Progress:
    """Says once a minute how far a run has come."""

    def __init__(self) -> None:
        self._began = self._said = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def say(self, what: str) -> None:
        if time.monotonic() - self._said > _SAY_EVERY_S:
            self._said = time.monotonic()
            print(f"{what}, {self.seconds:.0f} s", file=sys.stderr, flush=True)
