"""What a document is made of; ``exhibit.typ`` knows how each looks, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How loudly a paragraph speaks."""

    PLAIN = "plain"
    BOXED = "boxed"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A text."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Labels, and what they say."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns with a head that is repeated on each page."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int]  #: shares of the page's width


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """A list."""

    texts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureLines:
    """Where a person signs, one line for each label."""

    labels: Sequence[str]


Block = Paragraph | Pairs | Table | Points | SignatureLines


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and what is below it."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The whole document in one language."""

    language: str
    title: str
    subtitle: str
    header: str  #: on each page
    sections: Sequence[Section]
