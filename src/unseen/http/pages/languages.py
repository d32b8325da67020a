"""The languages of the pages: which one a browser asks for, and the words in each.

The catalogues are gettext's, compiled when they are first used: a handful of strings, in a few milliseconds.
"""

import gettext
import io
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

WORDS: Final = Path(__file__).parent / "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language of the pages."""

    code: str  #: as addresses and ``lang`` have it (BCP 47)
    name: str  #: in itself
    leave_for: str  #: where quick exit goes: the weather, which anybody may be looking at

    @property
    def locale(self) -> Locale:
        """Babel's, for dates."""
        return Locale.parse(self.code, sep="-")

    def day(self, day: date) -> str:
        """A day, written out."""
        return format_date(day, "long", self.locale)


ENGLISH: Final = Language(code="en", name="English", leave_for="https://www.bbc.com/weather")
SIMPLIFIED: Final = Language(code="zh-Hans", name="简体中文", leave_for="https://www.weather.com.cn/")
TRADITIONAL: Final = Language(code="zh-Hant", name="繁體中文", leave_for="https://www.cwa.gov.tw/")
KOREAN: Final = Language(code="ko", name="한국어", leave_for="https://www.weather.go.kr/")
LANGUAGES: Final = {each.code: each for each in (SIMPLIFIED, TRADITIONAL, ENGLISH, KOREAN)}
_TRADITIONAL_PLACES: Final = frozenset({"hant", "tw", "hk", "mo"})


def catalogue_file(language: Language) -> Path:
    """Its translations; English has none, for its words are in the templates."""
    return WORDS / f"{language.code}.po"


@cache
def translations(language: Language) -> gettext.NullTranslations:
    """The words of a language."""
    if language is ENGLISH:
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with catalogue_file(language).open("rb") as file:
        write_mo(compiled, read_po(file, locale=language.locale))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def language_for(accepted: str) -> Language:
    """What an ``Accept-Language`` header (RFC 9110, 12.5.4) asks for most; English where it names none of ours."""
    asked: list[tuple[float, Language]] = []
    for part in accepted[:1000].split(","):
        name, _, parameter = part.partition(";")
        known = _known(name.strip().lower())
        if known is not None and (weight := _weight(parameter)) > 0:
            asked.append((weight, known))
    return max(asked, key=lambda each: each[0])[1] if asked else ENGLISH


def _known(name: str) -> Language | None:
    first, *rest = name.split("-")
    if first == "zh":
        is_simplified = "hans" in rest or not _TRADITIONAL_PLACES.intersection(rest)
        return SIMPLIFIED if is_simplified else TRADITIONAL
    return {"en": ENGLISH, "ko": KOREAN}.get(first)


def _weight(parameter: str) -> float:
    """The ``q`` of a range; 0 for what cannot be read."""
    said = parameter.strip().removeprefix("q=")
    if not said:
        return 1.0
    try:
        weight = float(said)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
