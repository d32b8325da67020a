"""Who takes care of pictures of someone under 18; nobody else should touch such a file.  Facts are in a data file."""

import tomllib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any


class Confidence(StrEnum):
    """How sure a fact is."""

    READ = "H"  #: its own page, or the statute, was read
    AGREED = "M"  #: several sources agree
    WEAK = "L"
    UNCONFIRMED = "U"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Someone who can help where Unseen must not, and how we know."""

    name: str  #: its own
    source: str  #: where to check it
    confidence: Confidence
    address: str | None = None  #: of its pages
    call: str | None = None
    places: tuple[str, ...] = ()  #: ISO 3166 codes; none: everywhere

    @property
    def is_to_be_checked(self) -> bool:
        """Whether people are told to check it first."""
        return self.confidence in (Confidence.WEAK, Confidence.UNCONFIRMED)


def services_for_minors() -> tuple[Service, ...]:
    """All of them; those for everywhere first."""
    return tuple(
        Service(**(each | {"confidence": Confidence(each["confidence"]), "places": tuple(each.get("places", ()))}))
        for each in _facts()["service"]
    )


def checked_on() -> date:
    """When somebody last looked whether they are still right."""
    day: date = _facts()["checked_on"]
    return day


@cache
def _facts() -> dict[str, Any]:
    return tomllib.loads((files("unseen.case") / "minors.toml").read_text("utf-8"))
