"""What a process still knows of the store when the store is away: exact digests, banks, tokens; see docs/adr/0009.

The perceptual index is in memory anyway.  This is the rest of what a search needs to say that nothing is near.
"""

import threading
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.bank.records import Bank
from unseen.base import NotReady, UnseenError
from unseen.desk.history import mark_of
from unseen.desk.ports import CodeRows, Reader, Store
from unseen.desk.tokens import Token
from unseen.fingerprint.records import Fingerprint, Kind

_KINDS: Final = (Kind.SHA256, Kind.MD5)
_ROWS: Final = 65_536  # entries read at a time when it is filled
_CHANGES: Final = 10_000  # changes applied at a time
_MERGE_AFTER: Final = 4_096  # changes kept beside the sorted arrays
_U64 = NDArray[np.uint64]
_I64 = NDArray[np.int64]


class Digests:
    """The digests of one kind that match, in 16 bytes each: the first 64 bits, sorted, and the entry's id.

    Two files that agree in 64 bits and are not the same are met once in 10^12 uploads at ten million digests.
    """

    def __init__(self) -> None:
        self._keys: _U64 = np.empty(0, np.uint64)
        self._ids: _I64 = np.empty(0, np.int64)
        self._added: list[tuple[_U64, _I64]] = []
        self._added_rows = 0
        self._gone: set[int] = set()

    def __len__(self) -> int:
        """How many are held, retired ones until the next merge among them."""
        return len(self._keys) + self._added_rows

    def add(self, rows: CodeRows) -> None:
        """Hold these; one that is held already may be added again."""
        self._gone.difference_update(rows.ids.tolist())
        self._added.append((_keys(rows.codes), rows.ids))
        self._added_rows += len(rows.ids)
        if self._added_rows > max(_MERGE_AFTER, len(self._keys) // 4):
            self.merge()

    def retire(self, ids: _I64) -> None:
        """Find these no longer."""
        self._gone.update(ids.tolist())
        if len(self._gone) > _MERGE_AFTER:
            self.merge()

    def merge(self) -> None:
        """Sort everything into one, without what was retired: of that, nothing stays."""
        keys = np.concatenate([self._keys, *(keys for keys, _ in self._added)])
        ids = np.concatenate([self._ids, *(ids for _, ids in self._added)])
        _, first = np.unique(ids, return_index=True)
        kept = first[~np.isin(ids[first], np.fromiter(self._gone, np.int64, len(self._gone)))]
        order = kept[np.argsort(keys[kept])]
        self._keys, self._ids = keys[order], ids[order]
        self._added, self._added_rows, self._gone = [], 0, set()

    def find(self, codes: Sequence[bytes]) -> set[int]:
        """Ids of the entries with one of these codes."""
        wanted = np.array([int.from_bytes(code[:8], "big") for code in codes], np.uint64)
        low, high = (np.searchsorted(self._keys, wanted, side) for side in ("left", "right"))
        found = {entry for a, b in zip(low, high, strict=True) for entry in self._ids[a:b].tolist()}
        for keys, ids in self._added:
            found.update(ids[np.isin(keys, wanted)].tolist())
        return found - self._gone


class Recall:
    """Follows the store like an index; thread-safe."""

    def __init__(self, store: Store, *, max_digests: int) -> None:
        """``max_digests``: beyond so many, none are held, and an upload that nothing perceptual hits has no answer."""
        self._store = store
        self._max_digests = max_digests
        self._digests: dict[Kind, Digests] | None = None
        self._are_too_many = False
        self._seq, self._mark = 0, ""
        self._stamp: str | None = None  # of the store, when everything here was exactly what it has
        self._banks: tuple[Bank, ...] = ()
        self._tokens: dict[bytes, Token] = {}
        self._changing = threading.Lock()

    @property
    def seq(self) -> int:
        """The seq up to which digests are known."""
        return self._seq

    @property
    def at(self) -> tuple[int, str]:
        """The seq up to which digests are known, and the mark of the change there."""
        return self._seq, self._mark

    @property
    def is_whole(self) -> bool:
        """Whether every digest that matches is held."""
        return self._digests is not None

    @property
    def banks(self) -> tuple[Bank, ...]:
        """The banks as they were at the last look."""
        return self._banks

    def is_current(self) -> bool:
        """Whether nothing was committed to the store since the last look: then all of this is what the store has now.

        False also where the store does not tell at once.
        """
        return self._stamp is not None and self._stamp_now() == self._stamp

    def token(self, digest: bytes) -> Token | None:
        """The token with this digest that was in force at the last look, or None."""
        return self._tokens.get(digest)

    def find(self, fingerprints: Sequence[Fingerprint]) -> set[int]:
        """Ids of entries with the very digests.  Raises: NotReady where not all are held."""
        with self._changing:
            if self._digests is None:
                raise NotReady("The exact digests are not in memory.", hint="Try again once the store answers.")
            return {
                entry
                for kind, digests in self._digests.items()
                for entry in digests.find([f.code for f in fingerprints if f.kind is kind])
            }

    def follow(self) -> None:
        """Take over what changed since the last look; the first one reads everything.  Raises: StoreUnavailable."""
        stamp = self._stamp_now()  # before anything is read: what is committed meanwhile changes it
        self._follow()
        self._stamp = stamp

    def _follow(self) -> None:
        with self._store.read() as reader:
            self._banks = reader.banks()
            self._tokens = {token.digest: token for token in reader.tokens()}
            newest = reader.last_seq()
            if mark_of(reader, self._seq) != self._mark:
                self._digests = None  # the store was restored from a backup: its history is another
            mark = mark_of(reader, newest)
            if self._digests is None:
                filled = None if self._are_too_many else self._filled(reader)
                with self._changing:
                    self._digests, self._seq, self._mark = filled, newest, mark
                self._are_too_many = filled is None
                return
        while self._seq < newest:
            self._step()

    def _stamp_now(self) -> str | None:
        """The store's stamp; None where it does not tell: whoever asks it a question next is told what is wrong."""
        try:
            return self._store.stamp()
        except UnseenError:
            return None

    def _step(self) -> None:
        with self._store.read() as reader:
            deltas = {kind: reader.index_delta(kind, after=self._seq, limit=_CHANGES) for kind in _KINDS}
            seq = min(delta.seq for delta in deltas.values())
            mark = mark_of(reader, seq)
        with self._changing:
            assert self._digests is not None
            for kind, delta in deltas.items():
                digests = self._digests[kind]
                digests.add(delta.added)
                digests.retire(delta.retired)
                if len(delta.erased):
                    digests.merge()
            self._seq, self._mark = seq, mark
            if sum(map(len, self._digests.values())) > self._max_digests:
                self._digests, self._are_too_many = None, True

    def _filled(self, reader: Reader) -> dict[Kind, Digests] | None:
        digests = {kind: Digests() for kind in _KINDS}
        for kind in _KINDS:
            for rows in reader.code_rows(kind, rows=_ROWS):
                digests[kind].add(rows)
                if sum(map(len, digests.values())) > self._max_digests:
                    return None
            digests[kind].merge()
        return digests


def _keys(codes: NDArray[np.uint8]) -> _U64:
    """The first 64 bits of each.  codes: (n, 32) or (n, 16) uint8.  Returns: (n,) uint64."""
    return np.ascontiguousarray(codes[:, :8]).view(">u8").ravel().astype(np.uint64)
