"""Identifiers that people read aloud: Crockford's base 32, without I, L, O and U.

Source: https://www.crockford.com/base32.html
"""

from collections.abc import Callable
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_DIGIT: Final = {symbol: value for value, symbol in enumerate(ALPHABET)}

RandomBits = Callable[[int], int]  #: ``secrets.randbits`` in production, a seeded one in tests


def crockford(value: int, symbols: int) -> str:
    """Write ``value`` with exactly ``symbols`` base-32 symbols (5 bits each), most significant first."""
    if not 0 <= value < 1 << (5 * symbols):
        raise ValueError(f"{symbols} symbols cannot hold this value")
    return "".join(ALPHABET[(value >> (5 * place)) & 31] for place in reversed(range(symbols)))


def from_crockford(text: str, symbols: int) -> int:
    """Read what a person typed: any case, O as 0, I and L as 1, spaces and hyphens ignored.

    Raises: ValueError for any other symbol, or where there are not exactly ``symbols`` of them.
    """
    typed = text.upper().translate(_READ_AS)
    if len(typed) != symbols:
        raise ValueError(f"{symbols} symbols are needed")
    value = 0
    for symbol in typed:
        if symbol not in _DIGIT:
            raise ValueError("not a base-32 symbol")
        value = value << 5 | _DIGIT[symbol]
    return value


def random_crockford(symbols: int, random_bits: RandomBits) -> str:
    """A random identifier of ``symbols`` symbols, 5 bits each."""
    return crockford(random_bits(5 * symbols), symbols)
