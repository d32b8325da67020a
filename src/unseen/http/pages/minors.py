"""Who helps where someone was under 18, in the order that a language's readers look for them."""

from typing import Final

from unseen.case.minors import Service, services_for_minors
from unseen.http.pages.languages import KOREAN, SIMPLIFIED, TRADITIONAL, Language

_LIKELY_PLACES: Final = {SIMPLIFIED: ("CN",), TRADITIONAL: ("TW", "HK"), KOREAN: ("KR",)}


def services_for(language: Language) -> tuple[Service, ...]:
    """Those for everywhere, then those of the places where most read this language, then the others."""
    likely = _LIKELY_PLACES.get(language, ())

    def place(service: Service) -> int:
        return 0 if not service.places else 1 if set(likely) & set(service.places) else 2

    return tuple(sorted(services_for_minors(), key=place))


def where(service: Service, language: Language) -> str:
    """The countries' names; empty for everywhere."""
    return ", ".join(language.locale.territories[place] for place in service.places)
