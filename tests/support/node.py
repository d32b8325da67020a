"""A small node in memory: a store, an index, a clock that tests move."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher

from unseen.bank.records import Bank
from unseen.base.ids import RandomBits
from unseen.case import Acting, Age, PinKeeper, Sharing, Statements
from unseen.desk.indexes import Indexes
from unseen.desk.items import CASE_BANK
from unseen.desk.open_case import OpenedCase, open_case
from unseen.desk.screen import Query, Screened, screen
from unseen.desk.tokens import Scope, Token
from unseen.desk.withdraw_case import Receipt, withdraw_case
from unseen.fingerprint.records import Fingerprint, Kind, View
from unseen.store import MemoryStore

FLUSH_AFTER = 100
GOOD = Statements(acting=Acting.MYSELF, sharing=Sharing.SHARED, without_consent=True, age=Age.ADULT)


class QuickPins(PinKeeper):
    """The same checks with an argon2id that costs next to nothing, where a test makes many."""

    def __init__(self) -> None:
        super().__init__(bytes(32))
        self._argon2id = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self._nobody = self._argon2id.hash("nobody")


class HandClock:
    """A clock that stands still until told otherwise."""

    def __init__(self) -> None:
        self._now = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        self._now += by


@dataclass
class Node:
    folder: Path
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: HandClock = field(default_factory=HandClock)
    random_bits: RandomBits = field(default_factory=lambda: random.Random(1).getrandbits)
    pins: PinKeeper = field(default_factory=lambda: PinKeeper(bytes(32)))
    index: Indexes = field(init=False)
    platform: Token = field(init=False)

    def __post_init__(self) -> None:
        with self.store.write() as tx:
            tx.put_bank(Bank(name=CASE_BANK))
        self.index = Indexes(self.store, self.folder, region_key=bytes(32), flush_after=FLUSH_AFTER)
        self.index.open()
        self.platform = Token(
            name="forum", digest=bytes(32), scopes=frozenset({Scope.SCREEN}), created_at=self.clock.now()
        )

    def open_case(self, *pictures: list[Fingerprint], statements: Statements = GOOD) -> OpenedCase:
        return open_case(
            statements, pictures, store=self.store, pins=self.pins, clock=self.clock, random_bits=self.random_bits
        )

    def withdraw(self, opened: OpenedCase) -> Receipt:
        return withdraw_case(opened.case.number, opened.pin, store=self.store, pins=self.pins, clock=self.clock)

    def screen(self, *fingerprints: Fingerprint, place: str | None = None) -> Screened:
        return screen(
            [Query(fingerprint=f, view=View.UPRIGHT if f.kind.is_perceptual else None) for f in fingerprints],
            place=place,
            platform=self.platform.name,
            store=self.store,
            index=self.index,
            clock=self.clock,
            random_bits=self.random_bits,
        )


def picture(seed: int, quality: int = 90) -> list[Fingerprint]:
    """Fingerprints of a made-up picture: the same ones for the same seed."""
    draw = random.Random(seed)
    return [
        Fingerprint(kind=Kind.SHA256, code=draw.randbytes(32)),
        Fingerprint(kind=Kind.MD5, code=draw.randbytes(16)),
        Fingerprint(kind=Kind.PDQ, code=draw.randbytes(32), quality=quality),
    ]


def flipped(fingerprint: Fingerprint, bits: int) -> Fingerprint:
    """A copy whose code differs in exactly ``bits`` bits."""
    value = int.from_bytes(fingerprint.code) ^ ((1 << bits) - 1) << 40
    return Fingerprint(kind=fingerprint.kind, code=value.to_bytes(32), quality=fingerprint.quality)
