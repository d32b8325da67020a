"""Values from a pack as a page can show them: nothing in them can steer the page, and nothing is left out unseen."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

_DIGEST_LINE: Final = 64
_MOST_LISTED: Final = 5


def one_line(text: str) -> str:
    """``text`` with what does not print (line ends, marks that turn the direction of writing) written out."""
    return "".join(c if c.isprintable() else code_point(c) for c in text)


def lines(text: str) -> str:
    """The same, with its line ends kept."""
    return "\n".join(one_line(line) for line in text.splitlines())


def code_point(character: str) -> str:
    """``[U+202E]``."""
    return f"[U+{ord(character):04X}]"


def digest(digits: str, *, width: int = _DIGEST_LINE) -> str:
    """Hex digits in lines of ``width``."""
    return "\n".join(digits[start : start + width] for start in range(0, len(digits), width))


def listed(values: Iterable[str]) -> str:
    """Each value once, the first five by name and the rest by their number."""
    known = list(dict.fromkeys(values))
    more = f" (+{len(known) - _MOST_LISTED})" if len(known) > _MOST_LISTED else ""
    return "; ".join(known[:_MOST_LISTED]) + more


def ranges(numbers: Sequence[int]) -> str:
    """``1-4, 7`` of ascending numbers."""
    runs = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    ends = [[number for _, number in run] for _, run in runs]
    return ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in ends)
