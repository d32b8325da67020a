"""Writing and reading the custody log of a work folder: lines are encrypted to her before they are handed over."""

from dataclasses import dataclass
from typing import Final

from unseen.base import BadPack, BadRequest, Clock
from unseen.base.ids import RandomBits
from unseen.desk.evidence_ports import Head, SealedLine, WorkFolder
from unseen.evidence.age import Identity, decrypt, encrypt
from unseen.evidence.custody import digest_of, write_entry
from unseen.evidence.records import Entry, Item, Purpose, Sealing

_SALT_BITS: Final = 128
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who writes, with which clock and chance."""

    operator: str  #: as she wants to be named; no name need be given
    clock: Clock
    random_bits: RandomBits

    def __post_init__(self) -> None:
        if not 0 < len(self.operator.strip()) <= _LONGEST_NAME:
            raise BadRequest("Say who does this, in up to 200 characters; a role will do (`her sister`).")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a line says: exactly one of these, as in ``Entry``."""

    begun: Purpose | None = None
    added: Item | None = None
    noted: str | None = None
    sealed: Sealing | None = None


def next_entry(head: Head, said: Said, hand: Hand) -> Entry:
    """The line that follows ``head``."""
    return Entry(
        number=head.entries + 1,
        at=hand.clock.now(),
        operator=hand.operator,
        previous=head.digest,
        salt=f"{hand.random_bits(_SALT_BITS):032x}",
        begun=said.begun,
        added=said.added,
        noted=said.noted,
        sealed=said.sealed,
    )


def write_down(work: WorkFolder, said: Said, hand: Hand) -> Head:
    """Append a line, with nobody in between; durable on return.  Her passphrase is not needed.

    Raises: StorageFull, BadRequest, BadPack.
    """
    recipient = work.keys().recipient

    def make(head: Head) -> SealedLine:
        line = write_entry(next_entry(head, said, hand))
        return SealedLine(digest=digest_of(line), sealed=encrypt(line, [recipient]))

    return work.append(make)


def read_lines(work: WorkFolder, identity: Identity) -> list[bytes]:
    """Every line of the log, in clear.  Raises: WrongKey, BadPack where one is not what its name says."""
    lines = []
    for kept in work.lines():
        line = decrypt(kept.sealed, identity)
        if digest_of(line) != kept.digest:
            raise BadPack("A line of the custody log in the work folder was exchanged.")
        lines.append(line)
    return lines
