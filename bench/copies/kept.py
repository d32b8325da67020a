"""What is kept of a crowd's photographs between runs: what a bank keeps of each piece, and what it is asked for with.

It counts only for the code that made it: the folders' names have digests of what that makes of drawn pictures.  So a
rule that weighs regions anew reads what is kept, and another detector begins anew.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.copies.corpus import loaded
from bench.copies.edits import Picture
from bench.copies.pieces import pieces_of
from unseen.desk.near_regions import banked_of
from unseen.desk.sought_regions import SoughtRegions
from unseen.fingerprint.closer import banked_regions, insets_of, regions_sought, shrunk
from unseen.fingerprint.image import fingerprint_luma
from unseen.match.evidence import Asked, evidence_for

NO_CODES: Final = np.empty((0, 32), np.uint8)
_COLUMNS: Final = ("codes", "mirrored_codes", "centres", "sides", "orientations", "details")

Codes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Banked:
    """A piece, as a bank keeps it."""

    name: str
    pdq: bytes | None  #: None where it is featureless
    regions: bytes | None  #: None where it has none


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sought:
    """What a piece is asked for with."""

    name: str
    views: Codes  #: (8, 32) uint8, or (0, 32) where it is featureless: PDQ
    insets: Codes  #: (8 k, 32) uint8: PDQ of what is set inside a whole photograph
    regions: Asked


def banked_pieces(path: Path, kept: Path) -> list[Banked]:
    """Of a photograph, made now or read; none where it is no picture."""
    file = kept / f"bank-{version()}" / _name_of(path)
    if not file.is_file():
        made = [_banked(name, picture) for name, picture in _pieces(path)]
        columns = {
            "names": np.array([one.name for one in made], str),
            "pdq": np.array([(one.pdq or b"").hex() for one in made], str),
            "regions": np.array([(one.regions or b"").hex() for one in made], str),
        }
        _write(file, columns)
    with np.load(file) as read:
        return [
            Banked(name=str(name), pdq=bytes.fromhex(str(pdq)) or None, regions=bytes.fromhex(str(regions)) or None)
            for name, pdq, regions in zip(read["names"], read["pdq"], read["regions"], strict=True)
        ]


def sought_pieces(path: Path, kept: Path) -> list[Sought]:
    """The same, of what is asked with."""
    file = _sought_file(path, kept)
    if not file.is_file():
        made = [_sought(name, picture) for name, picture in _pieces(path)]
        columns: dict[str, NDArray[Any]] = {
            "names": np.array([one.name for one in made], str),
            "frames": np.array([one.regions.frame for one in made]).reshape(-1, 2),
            "views": _joined([one.views for one in made]),
            "views_end": np.cumsum([len(one.views) for one in made], dtype=np.int64),
            "insets": _joined([one.insets for one in made]),
            "insets_end": np.cumsum([len(one.insets) for one in made], dtype=np.int64),
            "regions_end": np.cumsum([len(one.regions.codes) for one in made], dtype=np.int64),
        }
        if made:
            for name in _COLUMNS:
                columns[name] = np.concatenate([getattr(one.regions, name) for one in made])
        _write(file, columns)
    with np.load(file) as read:
        return list(_read_sought(dict(read)))


def sought_codes(path: Path, kept: Path) -> dict[str, Codes]:
    """PDQ of all views and insets of each piece that was kept: (k, 32) uint8, by its name."""
    with np.load(_sought_file(path, kept)) as read:
        names, columns = (
            read["names"].tolist(),
            [np.split(read[part], read[f"{part}_end"]) for part in ("views", "insets")],
        )
    return {name: np.concatenate(parts) for name, *parts in zip(names, *columns, strict=False)}


def _sought_file(path: Path, kept: Path) -> Path:
    return kept / f"sought-{version()}-{seeking()}" / _name_of(path)


def _read_sought(read: dict[str, NDArray[Any]]) -> Iterator[Sought]:
    starts = {name: np.append(0, read[f"{name}_end"]).tolist() for name in ("views", "insets", "regions")}
    for at, name in enumerate(read["names"]):
        of = {part: slice(begin[at], begin[at + 1]) for part, begin in starts.items()}
        width, height = read["frames"][at].tolist()
        yield Sought(
            name=str(name),
            views=read["views"][of["views"]],
            insets=read["insets"][of["insets"]],
            regions=Asked(
                **{column: np.ascontiguousarray(read[column][of["regions"]]) for column in _COLUMNS},
                frame=(width, height),
            ),
        )


def _banked(name: str, picture: Picture) -> Banked:
    pdq = fingerprint_luma(np.asarray(picture)).pdq
    made = None if pdq.is_featureless else banked_regions(luma_of(picture))
    return Banked(name=name, pdq=None if pdq.is_featureless else pdq.code, regions=None if made is None else made.code)


def _sought(name: str, picture: Picture) -> Sought:
    made, luma = fingerprint_luma(np.asarray(picture)), luma_of(picture)
    insets = [inset.views for inset in insets_of(luma)] if name == "whole" else []
    return Sought(
        name=name,
        views=NO_CODES if made.pdq.is_featureless else made.views,
        insets=_joined(insets),
        regions=SoughtRegions.of(regions_sought(luma), luma.shape).asked,
    )


def luma_of(picture: Picture) -> NDArray[np.uint8]:
    """As screening keeps it for a closer look."""
    return shrunk(np.asarray(picture.convert("L")))


def _pieces(path: Path) -> Iterator[tuple[str, Picture]]:
    whole = loaded(path)
    return iter(()) if whole is None else pieces_of(whole)


def _joined(codes: Sequence[Codes]) -> Codes:
    return np.concatenate([NO_CODES, *codes])


@cache
def _name_of(path: Path) -> str:
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()[:24]}.npz"


def _write(file: Path, columns: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part.npz")
    with part.open("wb") as out:
        np.savez(out, **columns)
    part.rename(file)


@cache
def version() -> str:
    """A digest of what is banked of drawn pictures."""
    digest = hashlib.sha256()
    for turn in (3, 5, 7):
        luma = _drawn((480, 640), turn, (48, 64), 16 * turn, 128)
        made = banked_regions(luma)
        digest.update(b"" if made is None else made.code)
        digest.update(fingerprint_luma(luma).views.tobytes())
    return digest.hexdigest()[:12]


@cache
def seeking() -> str:
    """A digest of what is sought of a part of one, and of four such parts side by side."""
    part, gap = _drawn_part(), np.full((340, 12), 255, np.uint8)
    beside = np.concatenate([part, gap, part[::-1]], axis=1)
    collage = np.concatenate([beside, np.full((12, beside.shape[1]), 255, np.uint8), beside[:, ::-1]])
    digest = hashlib.sha256()
    for luma in (part, collage):
        digest.update(SoughtRegions.of(regions_sought(luma), luma.shape).asked.codes.tobytes())
    return digest.hexdigest()[:8]


def weighing() -> str:
    """A digest of what is sought and how it is weighed, by one drawn picture and a part of it."""
    part, made = _drawn_part(), banked_regions(_drawn((480, 640), 9, (60, 80), 64, 96))
    sought = SoughtRegions.of(regions_sought(part), part.shape).asked
    evidence = "" if made is None else f"{evidence_for(sought, banked_of(made)).bans:.6g}"
    return hashlib.sha256(sought.codes.tobytes() + evidence.encode()).hexdigest()[:8]


def _drawn_part() -> NDArray[np.uint8]:
    return np.ascontiguousarray(_drawn((480, 640), 9, (60, 80), 64, 96)[60:400, 90:560])


def _drawn(shape: tuple[int, int], seed: int, grains: tuple[int, int], slope: int, most: int) -> NDArray[np.uint8]:
    """Waves and blocks of noise; the same on every machine."""
    down, across = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.int64)
    noise = np.random.default_rng(seed).integers(0, 256, grains)
    blocks = noise.repeat(shape[0] // grains[0], 0).repeat(shape[1] // grains[1], 1)
    return ((down * across // slope) % most + blocks // 2).astype(np.uint8)
