"""A crowd of innocent pictures, banked and then asked for, one after another: whether one is taken for another.

Everything a stage finds is kept in a folder, so that a run can be stopped at any time and goes on where it was.
What is kept counts only for the code that made it: its file's name has a digest of what fingerprinting makes of three
drawn pictures.

1. Every photograph's pieces are fingerprinted as a bank does it, and all codes laid into one index.
2. Photographs are drawn by the seed; each piece is asked for as screening does: PDQ in eight views, regions, and of
   whole photographs PDQ of their insets.  What a stage finds is noted for every piece of another collection, also
   where an earlier stage would have decided.  So the pairs are those of all pieces asked with all banked of other
   collections.
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
from bench.copies.matchers import PDQ_RADIUS
from bench.copies.pieces import Pool, pieces_of
from unseen.desk.near_regions import (
    MOST_CODES_WIDE,
    STRONGEST,
    WIDE_CANDIDATE_RADIUS_BITS,
    SoughtRegions,
    banked_of,
)
from unseen.fingerprint.closer import banked_regions, insets_of, regions_sought, shrunk
from unseen.fingerprint.image import fingerprint_luma
from unseen.fingerprint.records import Fingerprint, Kind
from unseen.match import search, snapshot, tail, tier
from unseen.match.evidence import CANDIDATE_RADIUS_BITS, evidence_for
from unseen.match.layout import to_words

_SAY_EVERY_S: Final = 60
_NO_LIKENESS: Final = -999.0  # where no region agrees

Codes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """A banked picture that regions of an upload came near, and what weighing said."""

    banked: int  #: picture
    regions: int  #: of the upload, within the candidate radius
    bans: float
    likeness: float
    agree: int  #: regions


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was found of one picture that was asked for, among pictures of other collections."""

    picture: int
    photograph: int
    others: int  #: banked pictures it was compared with
    codes: int  #: of its regions, both mirrors
    views: int  #: PDQ codes asked with: eight, none if it is featureless, and those of insets
    whole: tuple[tuple[int, int], ...]  #: banked picture and bits, within PDQ's radius
    insets: tuple[tuple[int, int], ...]
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


def banked(pool: Pool, kept: Path, order: Sequence[int]) -> Crowd:
    """Fingerprint photographs of the pool, in this order, as a bank does, or read what was kept of them."""
    folder = kept / f"bank-{version()}"
    folder.mkdir(parents=True, exist_ok=True)
    crowd = Crowd(pool=pool)
    said, began = time.monotonic(), time.monotonic()
    for done, photograph in enumerate(order):
        path = pool.paths[photograph]
        file = folder / f"{hashlib.sha256(path.read_bytes()).hexdigest()[:24]}.npz"
        if not file.is_file():
            _write(file, path)
        with np.load(file) as columns:
            for name, pdq, regions in zip(columns["names"], columns["pdq"], columns["regions"], strict=True):
                crowd.names.append((photograph, str(name)))
                crowd.pdq.append(bytes.fromhex(str(pdq)) or None)
                crowd.regions.append(bytes.fromhex(str(regions)) or None)
        if time.monotonic() - said > _SAY_EVERY_S:
            said = time.monotonic()
            _say(f"banked {done + 1:,} of {len(order):,} photographs, {len(crowd.names):,} pictures", began)
    return crowd


def _write(file: Path, path: Path) -> None:
    names, pdqs, regions = [], [], []
    whole = loaded(path)
    for name, picture in () if whole is None else pieces_of(whole):
        pdq = fingerprint_luma(np.asarray(picture)).pdq
        made = None if pdq.is_featureless else banked_regions(shrunk(np.asarray(picture.convert("L"))))
        names.append(name)
        pdqs.append("" if pdq.is_featureless else pdq.hex)
        regions.append("" if made is None else made.hex)
    part = file.with_suffix(".part.npz")
    np.savez(part, names=np.array(names, str), pdq=np.array(pdqs, str), regions=np.array(regions, str))
    part.rename(file)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Index:
    table: search.Table
    pictures: NDArray[np.int64]  #: of each row

    @classmethod
    def of(cls, codes: Sequence[Codes]) -> "_Index":
        together = np.concatenate([np.empty((0, 32), np.uint8), *codes])
        built = snapshot.build(together, np.arange(len(together)), 0)
        return cls(
            table=search.table_of([tier.tier_of(built)], tail.empty()),
            pictures=np.repeat(np.arange(len(codes)), [len(some) for some in codes]),
        )

    def near(self, asked: Codes, radius_bits: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Pictures, rows of what was asked, and bits."""
        found = search.in_table(self.table, to_words(np.ascontiguousarray(asked)), radius_bits)
        return self.pictures[found.ids], found.query, found.distance.astype(np.int64)


def asked_of(crowd: Crowd, kept: Path, seed: int, minutes: float) -> Iterator[Asked]:
    """Ask for the pieces of photographs in the seed's order, for so many minutes; first, what was kept of that."""
    log = kept / f"asked-{crowd.mark}-{weighing()}-{seed}.jsonl"
    known = [_read(line) for line in log.read_text().splitlines() if line.endswith("]")] if log.is_file() else []
    yield from known
    done = {asked.picture for asked in known}
    photographs = sorted({photograph for photograph, _ in crowd.names})
    by_photograph: dict[int, list[int]] = {}
    for at, (photograph, _) in enumerate(crowd.names):
        by_photograph.setdefault(photograph, []).append(at)
    look = _Look.at(crowd)
    began = said = time.monotonic()
    count = 0
    with log.open("a") as file:
        for photograph in np.random.default_rng(seed).permutation(photographs).tolist():
            wanted = [at for at in by_photograph[photograph] if at not in done]
            if not wanted:
                continue
            if time.monotonic() - began > 60 * minutes:
                return
            whole = loaded(crowd.pool.paths[photograph])
            if whole is None:
                continue
            pieces = dict(pieces_of(whole))
            for at in wanted:
                asked = look.ask(at, pieces[crowd.names[at][1]])
                file.write(_written(asked) + "\n")
                count += 1
                yield asked
            file.flush()
            if time.monotonic() - said > _SAY_EVERY_S:
                said = time.monotonic()
                _say(f"asked for {len(done) + count:,} of {len(crowd.names):,} pictures", began)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Look:
    crowd: Crowd
    collections: NDArray[np.str_]  #: of each picture
    pdq: _Index
    regions: _Index
    is_wide: bool  #: small enough for screening to look further out

    @classmethod
    def at(cls, crowd: Crowd) -> "_Look":
        pdq = [np.frombuffer(code or b"", np.uint8).reshape(-1, 32) for code in crowd.pdq]
        regions = [_record(code).region_codes if code else np.empty((0, 32), np.uint8) for code in crowd.regions]
        index = _Index.of(regions)
        return cls(
            crowd=crowd,
            collections=np.array([crowd.collection_of(at) for at in range(len(crowd.names))]),
            pdq=_Index.of(pdq),
            regions=index,
            is_wide=len(index.pictures) <= MOST_CODES_WIDE,
        )

    def ask(self, at: int, picture: Picture) -> Asked:
        is_other = self.collections != self.collections[at]
        made = fingerprint_luma(np.asarray(picture))
        luma = shrunk(np.asarray(picture.convert("L")))
        whole = np.empty((0, 32), np.uint8) if made.pdq.is_featureless else made.views
        is_whole = self.crowd.names[at][1] == "whole"
        insets = [inset.views for inset in insets_of(luma)] if is_whole else []
        sought = SoughtRegions.of(regions_sought(luma), luma.shape)
        return Asked(
            picture=at,
            photograph=self.crowd.names[at][0],
            others=int(is_other.sum()),
            codes=2 * len(sought.asked.codes),
            views=len(whole) + 8 * len(insets),
            whole=self._pdq(whole, is_other),
            insets=self._pdq(np.concatenate([np.empty((0, 32), np.uint8), *insets]), is_other),
            touched=tuple(self._touches(sought, is_other)),
        )

    def _pdq(self, codes: Codes, is_other: NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
        if not len(codes):
            return ()
        pictures, _, bits = self.pdq.near(codes, PDQ_RADIUS)
        nearest: dict[int, int] = {}
        for picture, apart in zip(pictures.tolist(), bits.tolist(), strict=True):
            if is_other[picture]:
                nearest[picture] = min(apart, nearest.get(picture, apart))
        return tuple(sorted(nearest.items()))

    def _touches(self, sought: SoughtRegions, is_other: NDArray[np.bool_]) -> Iterator[Touch]:
        asked = sought.asked
        if not len(asked.codes):
            return
        pictures, rows, _ = self.regions.near(
            np.concatenate([asked.codes, asked.mirrored_codes]), CANDIDATE_RADIUS_BITS
        )
        rows %= len(asked.codes)
        if self.is_wide:
            first = asked.codes[:STRONGEST], asked.mirrored_codes[:STRONGEST]
            more, which, _ = self.regions.near(np.concatenate(first), WIDE_CANDIDATE_RADIUS_BITS)
            pictures, rows = np.concatenate([pictures, more]), np.concatenate([rows, which % len(first[0])])
        for picture in np.unique(pictures[is_other[pictures]]).tolist():
            record = self.crowd.regions[picture]
            assert record is not None
            evidence = evidence_for(asked, banked_of(_record(record)))
            yield Touch(
                banked=picture,
                regions=len(np.unique(rows[pictures == picture])),
                bans=evidence.bans,
                likeness=max(evidence.likeness, _NO_LIKENESS),
                agree=len(evidence.asked),
            )


def _record(code: bytes) -> Fingerprint:
    return Fingerprint(kind=Kind.REGION, code=code)


def _written(asked: Asked) -> str:
    touched = [[t.banked, t.regions, round(t.bans, 4), round(t.likeness, 4), t.agree] for t in asked.touched]
    return json.dumps(
        [asked.picture, asked.photograph, asked.others, asked.codes, asked.views, asked.whole, asked.insets, touched]
    )


def _read(line: str) -> Asked:
    picture, photograph, others, codes, views, whole, insets, touched = json.loads(line)
    return Asked(
        picture=picture,
        photograph=photograph,
        others=others,
        codes=codes,
        views=views,
        whole=tuple((at, bits) for at, bits in whole),
        insets=tuple((at, bits) for at, bits in insets),
        touched=tuple(
            Touch(banked=at, regions=regions, bans=bans, likeness=likeness, agree=agree)
            for at, regions, bans, likeness, agree in touched
        ),
    )


def _say(what: str, began: float) -> None:
    print(f"{what}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def weighing() -> str:
    """A digest of what is sought and how it is weighed, by one drawn picture and a part of it."""
    down, across = np.mgrid[0:480, 0:640].astype(np.int64)
    noise = np.random.default_rng(9).integers(0, 256, (60, 80)).repeat(8, 0).repeat(8, 1)
    luma = ((down * across // 64) % 96 + noise // 2).astype(np.uint8)
    made, part = banked_regions(luma), np.ascontiguousarray(luma[60:400, 90:560])
    sought = SoughtRegions.of(regions_sought(part), part.shape).asked
    evidence = "" if made is None else f"{evidence_for(sought, banked_of(made)).bans:.6g}"
    return hashlib.sha256(sought.codes.tobytes() + evidence.encode()).hexdigest()[:8]


def version() -> str:
    """A digest of what fingerprinting makes of drawn pictures: what was kept of other code is not read."""
    digest = hashlib.sha256()
    down, across = np.mgrid[0:480, 0:640].astype(np.int64)
    for turn in (3, 5, 7):
        noise = np.random.default_rng(turn).integers(0, 256, (48, 64)).repeat(10, 0).repeat(10, 1)
        luma = ((down * across // (16 * turn)) % 128 + noise // 2).astype(np.uint8)
        made = banked_regions(luma)
        digest.update(b"" if made is None else made.code)
        digest.update(fingerprint_luma(luma).views.tobytes())
    return digest.hexdigest()[:12]
