"""The rules of evidence of a place, from ``countries/*.toml``: each with its source and how sure that is."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from pydantic import TypeAdapter

from unseen.base import BadRequest

#: A text by language.
Says = Mapping[str, str]

_FOLDER: Final = files("unseen.evidence.court") / "countries"


class Confidence(StrEnum):
    """How sure a fact is."""

    HIGH = "high"  #: the text of the rule, or an official page, was read
    MEDIUM = "medium"  #: secondary sources agree
    LOW = "low"  #: one weak source
    UNCONFIRMED = "unconfirmed"

    @property
    def is_to_be_checked(self) -> bool:
        """Whether nobody may rely on it before it was checked."""
        return self in (Confidence.LOW, Confidence.UNCONFIRMED)


class Answer(StrEnum):
    """What a pack can say to a point of a rule; ``words/*.toml`` has the sentence."""

    ENVIRONMENT = "environment"
    PEOPLE = "people"
    STORAGE = "storage"
    METHOD = "method"
    COMPLETENESS = "completeness"
    VERIFICATION = "verification"
    ORIGINS = "origins"
    TIME = "time"
    SIGNER = "signer"  #: nothing: the person who signs fills it in


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A rule of law, in short."""

    id: str
    source: str
    confidence: Confidence
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One thing that a rule asks for, and what of a pack answers it."""

    point: str  #: ``902(14)``
    fact: str  #: a fact's ``id``
    asks: Says
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A text for a person to sign."""

    title: Says
    elements: tuple[Element, ...]
    statements: tuple[Says, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """One place's rules."""

    code: str
    languages: tuple[str, ...]  #: of its courts, the usual one first
    name: Says
    facts: tuple[Fact, ...]
    certificate: Certificate

    def __post_init__(self) -> None:
        known = {fact.id for fact in self.facts}
        if missing := [e.fact for e in self.certificate.elements if e.fact not in known]:
            raise ValueError(f"{self.code}: no fact {missing[0]}")

    def fact(self, name: str) -> Fact:
        """The fact whose id is ``name``."""
        return next(fact for fact in self.facts if fact.id == name)

    def language(self, chosen: str | None) -> str:
        """``chosen``, where these courts use it; the usual one where None.  Raises: BadRequest."""
        if chosen is None:
            return self.languages[0]
        if chosen not in self.languages:
            raise BadRequest(
                f"There is no document for {self.name['en']} in that language.",
                hint=f"There is: {', '.join(self.languages)}.",
            )
        return chosen


_COUNTRY: Final[TypeAdapter[Country]] = TypeAdapter(Country)


@cache
def country_codes() -> tuple[str, ...]:
    """All places, ``cn`` and so on."""
    return tuple(sorted(file.name.removesuffix(".toml") for file in _FOLDER.iterdir() if file.name.endswith(".toml")))


@cache
def country(code: str) -> Country:
    """One place's rules.  Raises: BadRequest."""
    if code not in country_codes():
        raise BadRequest("There is no document for this place.", hint=f"There is: {', '.join(country_codes())}.")
    written: dict[str, Any] = tomllib.loads((_FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
    return _COUNTRY.validate_python({"code": code, **written})
