"""One spelling for every record, so that a digest or a signature of it means one thing.

RFC 8785 (JCS) for what records hold: objects with ASCII names, arrays, strings, integers of up to 53 bits, true, false
and null.  There are no fractions, so that nothing hangs on how a language writes them.
"""

import json
from typing import Any, Final, Generic, TypeVar

from pydantic import TypeAdapter

from unseen.base import BadPack

_MOST: Final = (1 << 53) - 1
_Record = TypeVar("_Record")


def canonical(value: object) -> bytes:
    """``value`` in UTF-8, names sorted, nothing between tokens.

    Raises: ValueError for a fraction, a larger integer, a name that is not ASCII, or a lone surrogate.
    """
    _require_plain(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _require_plain(value: object) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            if not (isinstance(name, str) and name.isascii()):
                raise ValueError("names in canonical JSON are ASCII")
            _require_plain(inner)
    elif isinstance(value, list):
        for inner in value:
            _require_plain(inner)
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) > _MOST):
        raise ValueError("numbers in canonical JSON are integers of up to 53 bits")


class Spelling(Generic[_Record]):
    """Records of one class, to canonical JSON and back."""

    def __init__(self, kind: type[_Record], what: str) -> None:
        """``what``: for people, "The manifest" for example."""
        self._adapter: TypeAdapter[Any] = TypeAdapter(kind)
        self._what = what

    def write(self, record: _Record) -> bytes:
        """``record`` in canonical JSON.  Raises: ValueError as ``canonical`` does."""
        return canonical(self._adapter.dump_python(record, mode="json"))

    def read(self, text: bytes) -> _Record:
        """The record that ``text`` spells.

        What a record has no place for, a name given twice, or another spelling of the same is refused alike: the
        record is written again and compared.  Raises: BadPack.
        """
        try:
            record: _Record = self._adapter.validate_json(text)
            again = self.write(record)
        except ValueError:  # pydantic's ValidationError is one
            raise BadPack(f"{self._what} is not a record that this version of Unseen knows.") from None
        if again != text:
            raise BadPack(f"{self._what} is not in its canonical form.")
        return record
