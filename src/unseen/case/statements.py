"""Who may open a case, as data; and where someone goes for whom another service is the right one."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from unseen.base import CaseRefused


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
class Service:
    """Someone who can help where Unseen must not."""

    name: str
    where: str
    address: str


#: For pictures of someone under 18 (checked 2026-11-22; the national police are always an option too).
_SERVICES_FOR_MINORS: Final = (
    Service(name="NCMEC Take It Down", where="anywhere", address="https://takeitdown.ncmec.org"),
    Service(
        name="Report Remove, by Childline and the IWF",
        where="United Kingdom",
        address="https://www.iwf.org.uk/our-technology/report-remove/",
    ),
    Service(name="INHOPE, the hotline of your country", where="anywhere", address="https://www.inhope.org"),
    Service(name="the police", where="anywhere", address="your country's emergency number"),
)


def services_for_minors() -> tuple[Service, ...]:
    """Who takes care of pictures of someone under 18; nobody else should touch such a file."""
    return _SERVICES_FOR_MINORS


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
            names = "; ".join(f"{s.name} ({s.where}): {s.address}" for s in _SERVICES_FOR_MINORS)
            raise CaseRefused(
                "Pictures of someone who was, or may have been, under 18 need another service, and no file was read.",
                hint=f"These are made for it and free: {names}. Do not send the picture to anyone else.",
            )
        if not self.without_consent:
            raise CaseRefused(
                "A case is for pictures shared, or threatened to be shared, without the consent of the person in them.",
                hint="If consent was given once and is now withdrawn, that counts as without consent from then on.",
            )
