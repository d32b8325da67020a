"""A mail server that keeps its letters, and one that takes none."""

from dataclasses import dataclass, field

from unseen.base import MailNotSent
from unseen.case import RecoveryLink
from unseen.desk.ports import Letter


@dataclass
class Letterbox:
    """What was sent, and to whom."""

    letters: list[tuple[str, Letter]] = field(default_factory=list)
    is_away: bool = False

    def send(self, address: str, letter: Letter) -> None:
        if self.is_away:
            raise MailNotSent("The mail server did not take a letter.")
        self.letters.append((address, letter))


def plain_letter(_: RecoveryLink, token: str, language: str) -> Letter:
    """A letter that is the token."""
    return Letter(subject=language, text=token)
