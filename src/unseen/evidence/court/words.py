"""What the document says in its own voice, from ``words/*.toml``, one file for each language."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from pydantic import TypeAdapter

_FOLDER: Final = files("unseen.evidence.court") / "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language.  Every table has the same names in every language (a test holds it)."""

    name: str
    typst: Mapping[str, str]  #: how the language is set: ``lang``, ``region``, ``font``, ``mono``
    title: Mapping[str, str]
    notice: Mapping[str, str]
    section: Mapping[str, str]
    label: Mapping[str, str]
    confidence: Mapping[str, str]
    time_source: Mapping[str, str]  #: by the name of a ``TimeSource``
    role: Mapping[str, str]  #: by the name of a ``Role``
    entry: Mapping[str, str]
    answer: Mapping[str, str]  #: by the value of an ``Answer``
    text: Mapping[str, str]
    limits: Mapping[str, tuple[str, ...]]


_WORDS: Final[TypeAdapter[Words]] = TypeAdapter(Words)


@cache
def words(language: str) -> Words:
    """The words of ``language``: ``en``, ``zh-Hans``, ..."""
    return _WORDS.validate_python(tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8")))
