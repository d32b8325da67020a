"""How plain a picture is, read from its PDQ code alone: one shape on an even ground, a logo, a circle, a silhouette.

The bits of a code are signs of cosine coefficients.  Of most photographs they are as good as independent, and no two
unrelated ones come near each other.  But one edge or one outline settles all coefficients at once: then neighbouring
bits follow from each other, a code says little, and another picture with such an outline has nearly the same.  Since
only the code is looked at, this holds for fingerprints that came without a picture too.
"""

from typing import Final

_SIDE: Final = 16  # of the square that the bits are read from, row by row
_FAR: Final = 3  # rows and columns between two bits that are compared, at most

#: A code as plain or less is nobody else's within the radius of any match (docs/adr/0016 has the counts).
PLAIN: Final = 1.0
#: And one as plain or less is not within so few bits, which a file that is only saved anew does not exceed.
PLAIN_SAVED_ANEW: Final = 2.0
SAVED_ANEW_BITS: Final = 12


def is_telling(code: bytes, distance: int) -> bool:
    """Whether a picture so far from this PDQ code, in bits, is hardly an unrelated one."""
    return plainness(code) <= (PLAIN_SAVED_ANEW if distance <= SAVED_ANEW_BITS else PLAIN)


def plainness(code: bytes) -> float:
    """How much the bits of a PDQ code lean on their neighbours; the same for all eight views, but for a bit or two.

    For each of the 24 steps of up to three rows and columns, the share of bits that are as the one a step away, less
    those that are not; the sum of their squares.  About 0.1 by chance, 0.4 for a photograph, at most 24.
    """
    bits = int.from_bytes(code)
    total = 0.0
    for step, pairs, count in _STEPS:
        different = ((bits ^ (bits >> step)) & pairs).bit_count()
        lean = (count - 2 * different) / count
        total += lean * lean
    return total


def _steps() -> tuple[tuple[int, int, int], ...]:
    """Each way to step: how many bits that is, which bits have one so far before them, and how many those are."""
    steps = []
    for down in range(_FAR + 1):
        for right in range(-_FAR, _FAR + 1):
            if (down, right) > (0, 0):
                pairs = sum(
                    1 << (_SIDE * _SIDE - 1 - _SIDE * row - column)
                    for row in range(down, _SIDE)
                    for column in range(max(right, 0), _SIDE + min(right, 0))
                )
                steps.append((_SIDE * down + right, pairs, pairs.bit_count()))
    return tuple(steps)


_STEPS: Final = _steps()
