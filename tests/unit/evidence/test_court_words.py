"""What documents say: the same in every language, and no rule without its source."""

import re
from dataclasses import asdict
from typing import Any

import pytest

from unseen.base import BadRequest
from unseen.evidence.court.countries import Answer, Confidence, country, country_codes
from unseen.evidence.court.words import words
from unseen.evidence.court.written import digest, lines, listed, one_line, ranges
from unseen.evidence.records import Role, TimeSource

LANGUAGES = sorted({language for code in country_codes() for language in country(code).languages} | {"en"})


def said(language: str) -> dict[str, str]:
    """Every text of a language, by its place in the file."""

    def walk(name: str, value: Any) -> dict[str, str]:
        if isinstance(value, str):
            return {name: value}
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        return {place: text for key, part in inner for place, text in walk(f"{name}.{key}", part).items()}

    return walk("", asdict(words(language)))


def blanks(text: str) -> list[str]:
    return sorted(re.findall(r"{(\w+)}", text))


def test_the_five_places_and_their_languages_are_there() -> None:
    assert country_codes() == ("cn", "eu", "kr", "uk", "us")
    assert LANGUAGES == ["de", "en", "fr", "ko", "zh-Hans"]
    assert country("eu").languages == ("en", "fr", "de")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_that_english_says_with_the_same_figures(language: str) -> None:
    english, here = said("en"), said(language)
    assert here.keys() == english.keys()
    assert {place: blanks(text) for place, text in here.items()} == {p: blanks(t) for p, t in english.items()}
    assert all(text.strip() for text in here.values())
    assert "PENDING" in here[".notice.pending"]
    assert "PENDING" in here[".notice.pending_some"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_words_for_all_that_a_pack_can_say(language: str) -> None:
    here = words(language)
    assert here.role.keys() == set(Role.__members__)
    assert here.time_source.keys() == set(TimeSource.__members__)
    assert here.answer.keys() == {answer.value for answer in Answer}
    assert here.confidence.keys() == {confidence.value for confidence in Confidence}


@pytest.mark.parametrize("code", country_codes())
def test_every_rule_has_a_source_and_is_said_in_every_language_of_the_place(code: str) -> None:
    here = country(code)
    spoken = {*here.languages, "en"}
    texts = [here.name, here.certificate.title, *here.certificate.statements]
    texts += [fact.says for fact in here.facts] + [element.asks for element in here.certificate.elements]
    assert all(text.keys() == spoken for text in texts)
    assert all(fact.source.strip() for fact in here.facts)
    assert len({fact.id for fact in here.facts}) == len(here.facts)


def test_the_statutes_elements_are_there_in_order() -> None:
    def points(code: str) -> list[str]:
        return [element.point for element in country(code).certificate.elements]

    assert points("cn") == [f"11({number})" for number in range(1, 7)]
    assert points("uk") == [f"Principle {number}" for number in range(1, 5)]
    assert {"902(13)", "902(14)", "902(11)"} <= set(points("us"))
    assert {"eIDAS 41", "eIDAS 41(2)"} <= set(points("eu"))


def test_a_place_or_a_language_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(BadRequest) as unknown:
        country("fr")
    assert unknown.value.hint == "There is: cn, eu, kr, uk, us."
    with pytest.raises(BadRequest) as foreign:
        country("kr").language("de")
    assert foreign.value.hint == "There is: ko."


def test_what_could_steer_a_page_is_written_out() -> None:
    assert one_line("a\u202eb\nc\x00") == "a[U+202E]b[U+000A]c[U+0000]"
    assert lines("a\u2066\nb") == "a[U+2066]\nb"


def test_lists_and_numbers_are_short_and_nothing_is_lost_unsaid() -> None:
    assert ranges([1, 2, 3, 5, 7, 8]) == "1-3, 5, 7-8"
    assert ranges([]) == ""
    assert listed(f"{n}" for n in [1, 1, 2, 3, 4, 5, 6, 7]) == "1; 2; 3; 4; 5 (+2)"
    assert digest("ab" * 32, width=32) == "ab" * 16 + "\n" + "ab" * 16
