"""As much of ASN.1's DER as it takes to look at what the timestamp library does not show."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from unseen.base import AuthorityFailed

#: What libraries raise for a damaged certificate, list or token: when it is read, or when a field is looked at.
DAMAGE: Final = (
    ValueError,
    TypeError,
    LookupError,
    StopIteration,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
_LONG: Final = 0x80
_HIGH_TAG: Final = 0x1F


@dataclass(frozen=True, slots=True)
class Value:
    """One value: its tag byte, its content, and all of its bytes."""

    tag: int
    content: bytes
    whole: bytes

    def parts(self) -> Iterator["Value"]:
        """The values inside of it.  Raises: ValueError."""
        at = 0
        while at < len(self.content):
            part = read(self.content[at:])
            yield part
            at += len(part.whole)


def read(data: bytes) -> Value:
    """The first value in ``data``, definite lengths only.  Raises: ValueError."""
    if len(data) < 2 or data[0] & _HIGH_TAG == _HIGH_TAG:
        raise ValueError("no DER value")
    start, length = 2, data[1]
    if length >= _LONG:
        start += length - _LONG
        length = int.from_bytes(data[2:start], "big")
        if start == 2 or length < _LONG:
            raise ValueError("not DER's shortest length")
    if start + length > len(data):
        raise ValueError("a DER value is cut off")
    return Value(data[0], data[start : start + length], data[: start + length])


def write(tag: int, parts: Iterable[bytes]) -> bytes:
    """A value made of ``parts``."""
    content = b"".join(parts)
    if len(content) < _LONG:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG + len(length))) + length + content


@contextmanager
def read_carefully(what: str) -> Iterator[None]:
    """Say of any such damage that ``what`` has it.  Raises: AuthorityFailed."""
    try:
        yield
    except DAMAGE:
        raise AuthorityFailed(f"{what} is damaged.") from None
