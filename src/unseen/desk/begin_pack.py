"""Someone begins to keep evidence: the rules of it are written down first, and cannot be changed later."""

from typing import Final

from unseen.desk.custody_log import Hand, Said, write_down
from unseen.desk.evidence_ports import WorkFolder
from unseen.evidence.records import Purpose

_NUMBER_BITS: Final = 128


def begin_pack(work: WorkFolder, hand: Hand, *, case: str | None = None) -> Purpose:
    """Write the first line of the custody log of a folder that was just made.  Raises: StorageFull, BadRequest."""
    pack = f"{hand.random_bits(_NUMBER_BITS):032x}"
    purpose = Purpose(pack=pack, rules=work.rules(), operator=hand.operator, case=case)
    write_down(work, Said(begun=purpose), hand)
    return purpose
