"""Who may open a case, as data; and where someone goes for whom another service is the right one."""

from dataclasses import dataclass
from enum import StrEnum

from unseen.base import CaseRefused
from unseen.case.minors import services_for_minors


class Acting(StrEnum):
    """Who opens the case."""

    MYSELF = "myself"
    FOR_HER = "for-her"  #: on behalf of the person in the picture, with her agreement


class Sharing(StrEnum):
    """What happened without her consent."""

    SHARED = "shared"
    THREATENED = "threatened"


class Age(StrEnum):
    """How old the person was when the picture was made."""

    ADULT = "adult"
    UNDER_18 = "under-18"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """What whoever opens a case declares, before any file is read."""

    acting: Acting
    sharing: Sharing
    without_consent: bool
    age: Age

    def require_eligible(self) -> None:
        """Let pass an adult's own or agreed-to case of sharing without consent.

        Raises: CaseRefused, naming the right services where the person was or may have been under 18.
        """
        if self.age is not Age.ADULT:
            names = "; ".join(f"{each.name}: {each.address}" for each in services_for_minors() if not each.places)
            raise CaseRefused(
                "Pictures of someone who was, or may have been, under 18 need another service, and no file was read.",
                hint=f"These are made for it and free: {names}; the police too. Do not send the picture to anyone.",
            )
        if not self.without_consent:
            raise CaseRefused(
                "A case is for pictures shared, or threatened to be shared, without the consent of the person in them.",
                hint="If consent was given once and is now withdrawn, that counts as without consent from then on.",
            )
