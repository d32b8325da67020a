"""Who is asked: each matcher banks pictures and says which of them an upload matches.

A matcher is any object with the members of ``Matcher``; ``python -m bench.copies --matcher module:Class`` adds one.
All see the same pixels in the same run.
"""

import importlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from bench.copies.edits import Picture
from unseen.fingerprint.image import fingerprint_luma

PDQ_RADIUS: Final = 31  #: threatexchange's own (PDQ_CONFIDENT_MATCH_THRESHOLD), and ours
PHASH_RADIUS: Final = 10  #: of 64 bits, inclusive: the value that imagehash's users commonly take
_PDQ_MIN_QUALITY: Final = 50

Codes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """What one matcher says of one upload."""

    matched: dict[int, str]  #: banked picture to what matched it: a distance, a region
    closeness: NDArray[np.float64]  #: (banked,): higher is closer; -inf where nothing at all speaks for a match
    distances: NDArray[np.int64]  #: (257,): pairs of codes that were compared, by their Hamming distance


class Matcher(Protocol):
    """One way of recognising a copy."""

    name: str
    rule: str  #: when it says match, in words

    @property
    def threshold(self) -> float:
        """The closeness from which it does."""
        ...

    def bank(self, picture: Picture) -> int:
        """Remember a picture; returns its id: 0, 1, 2 ... in order."""
        ...

    def matches(self, picture: Picture) -> Answer:
        """Ask with an upload."""
        ...

    @property
    def banked_codes(self) -> int:
        """Codes remembered, of all pictures."""
        ...


class _WholePicture:
    """A bank of one code a picture, asked with one or more codes; the smallest distance counts."""

    name: str
    rule: str
    radius: int
    bits: int

    def __init__(self) -> None:
        self._codes: list[Codes | None] = []
        self._stacked: NDArray[np.uint64] | None = None

    @property
    def threshold(self) -> float:
        return -float(self.radius)

    @property
    def banked_codes(self) -> int:
        return sum(code is not None for code in self._codes)

    def _upright(self, picture: Picture) -> Codes | None:
        """The code that is banked, or None where the picture says too little."""
        raise NotImplementedError

    def _asked(self, picture: Picture) -> Codes | None:
        """(views, bytes): the codes that are looked up; by default the banked one."""
        code = self._upright(picture)
        return None if code is None else code[None]

    def bank(self, picture: Picture) -> int:
        self._codes.append(self._upright(picture))
        self._stacked = None
        return len(self._codes) - 1

    def matches(self, picture: Picture) -> Answer:
        return self.matches_codes(self._asked(picture))

    def matches_codes(self, asked: Codes | None) -> Answer:
        """What these codes are near to, however they were made; None for none.  asked: (views, bytes)."""
        closeness = np.full(len(self._codes), -np.inf)
        counted = np.zeros(257, np.int64)
        known = np.array([at for at, code in enumerate(self._codes) if code is not None], np.int64)
        if asked is None or len(known) == 0:
            return Answer(matched={}, closeness=closeness, distances=counted)
        if self._stacked is None:
            stacked = np.stack([code for code in self._codes if code is not None])
            self._stacked = np.ascontiguousarray(stacked).view(np.uint64)
        queries = np.ascontiguousarray(asked).view(np.uint64)
        apart = np.stack([np.bitwise_count(self._stacked ^ query).sum(axis=1, dtype=np.int64) for query in queries])
        counted += np.bincount(apart.ravel(), minlength=257)
        nearest = apart.min(axis=0)
        closeness[known] = -nearest
        within = nearest <= self.radius
        matched = {
            int(at): f"{bits} of {self.bits} bits" for at, bits in zip(known[within], nearest[within], strict=True)
        }
        return Answer(matched=matched, closeness=closeness, distances=counted)


class ThreatExchange(_WholePicture):
    """The field's own path: threatexchange's hasher on a file's bytes, its threshold, the upright picture."""

    name = "threatexchange PDQ"
    rule = f"<= {PDQ_RADIUS} of 256 bits, quality >= {_PDQ_MIN_QUALITY}, upright"
    radius = PDQ_RADIUS
    bits = 256

    def __init__(self) -> None:
        super().__init__()
        from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_bytes  # heavy, and only for the benchmark

        self._hash: Callable[[bytes], tuple[str, int]] = pdq_from_bytes

    def _upright(self, picture: Picture) -> Codes | None:
        file = io.BytesIO()
        picture.save(file, "BMP")  # lossless and quick to write: it wants a file's bytes
        text, quality = self._hash(file.getvalue())
        return np.frombuffer(bytes.fromhex(text), np.uint8) if quality >= _PDQ_MIN_QUALITY else None


class PHash(_WholePicture):
    """imagehash's pHash, 64 bits, the upright picture."""

    name = "imagehash pHash"
    rule = f"<= {PHASH_RADIUS} of 64 bits, upright"
    radius = PHASH_RADIUS
    bits = 64

    def __init__(self) -> None:
        super().__init__()
        from imagehash import phash  # heavy, and only for the benchmark

        self._hash = phash

    def _upright(self, picture: Picture) -> Codes | None:
        return np.packbits(self._hash(picture).hash)


class EightViews(_WholePicture):
    """Our PDQ of the whole picture, asked in all eight views."""

    name = "PDQ, eight views"
    rule = f"<= {PDQ_RADIUS} of 256 bits, quality >= {_PDQ_MIN_QUALITY}, eight views"
    radius = PDQ_RADIUS
    bits = 256

    def _upright(self, picture: Picture) -> Codes | None:
        views = self._asked(picture)
        return None if views is None else views[0]

    def _asked(self, picture: Picture) -> Codes | None:
        made = fingerprint_luma(np.asarray(picture))
        return None if made.pdq.is_featureless else made.views


PEERS: Final[tuple[Callable[[], Matcher], ...]] = (ThreatExchange, PHash, EightViews)


def named(path: str) -> Callable[[], Matcher]:
    """What makes a matcher, named as ``module:Class``.  Raises: SystemExit, saying what is wrong with the name."""
    module, _, attribute = path.partition(":")
    try:
        maker: Callable[[], Matcher] = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise SystemExit(f"--matcher {path}: {error}. Name it as module:Class.") from error
    return maker
