"""Long lists of values, in pieces that a statement can carry."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

_VALUES: Final = 2_000  # SQLite takes 32,766 in a statement, PostgreSQL 65,535
T = TypeVar("T")


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """``values`` in order, a bounded number at a time."""
    for start in range(0, len(values), _VALUES):
        yield values[start : start + _VALUES]
