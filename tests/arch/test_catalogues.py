"""Every word of the pages is there in every language."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from unseen.http.pages.languages import ENGLISH, LANGUAGES, WORDS, Language, catalogue_file

TEMPLATES = WORDS.parent / "templates"
TRANSLATED = [language for language in LANGUAGES.values() if language is not ENGLISH]


def wanted() -> set[str | tuple[str, ...]]:
    trimmed = {"trimmed": "true"}
    kinds = ("**.html", "**.txt")
    found = extract_from_dir(
        TEMPLATES, method_map=[(kind, "jinja2") for kind in kinds], options_map=dict.fromkeys(kinds, trimmed)
    )
    return {said for _, _, said, _, _ in found}


def messages(path: Path, language: Language) -> Iterator[Message]:
    with path.open("rb") as file:
        return iter([message for message in read_po(file, locale=language.locale, abort_invalid=True) if message.id])


def blanks(said: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s", said))


def test_there_is_a_catalogue_for_every_language_and_no_other() -> None:
    assert {path.name for path in WORDS.iterdir()} == {catalogue_file(language).name for language in TRANSLATED}


@pytest.mark.parametrize("language", TRANSLATED, ids=lambda language: language.code)
def test_no_word_is_missing_and_none_is_left_over(language: Language) -> None:
    said = {message.id: message for message in messages(catalogue_file(language), language)}
    assert set(said) == wanted()
    for message in said.values():
        assert not message.fuzzy, message.id
        strings = (message.string,) if isinstance(message.string, str) else tuple(message.string)
        originals = (message.id,) if isinstance(message.id, str) else tuple(message.id)
        assert all(string.strip() for string in strings), message.id
        for string in strings:
            assert blanks(string) == blanks(originals[0]), message.id


def test_nothing_that_people_read_is_outside_the_catalogues() -> None:
    """What is left of a template without its markup and its marked words: names that are the same everywhere."""
    for template in TEMPLATES.iterdir():
        text = re.sub(r"{%-?\s*trans.*?endtrans\s*-?%}", "", template.read_text(), flags=re.DOTALL)
        text = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>", " ", text, flags=re.DOTALL)
        assert set(re.findall(r"[^\W\d_]+", text)) <= {"Unseen", "PIN"}, template.name
