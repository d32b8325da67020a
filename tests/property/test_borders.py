"""The kernel that looks for a picture's border, against the plain reference."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from support.drawings import noise, scenery
from unseen.fingerprint import borders, borders_reference

shares = st.floats(-0.3, 0.3)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(2, 160), st.integers(2, 160)),
    moved=st.tuples(*(shares for _ in range(8))),
    size=st.floats(0.3, 1.2),
    ground=st.booleans(),
    is_wide=st.booleans(),
)
def test_borders_are_those_of_the_plain_reference(
    seed: int, shape: tuple[int, int], moved: tuple[float, ...], size: float, ground: bool, is_wide: bool
) -> None:
    luma = scenery(*shape, seed) if ground else noise(*shape, seed)
    luma[shape[0] // 5 : -shape[0] // 5, shape[1] // 5 : -shape[1] // 5] //= 2
    a, b, c, d, e, f, g, h = moved
    transform = np.array([[size + a, b, c + 0.2], [d, size + e, f + 0.2], [2 * g, 2 * h, 1.0]])
    known = {"is_wide": is_wide, "first": 0.05, "last": 0.6}
    found = borders.border_shares(luma, transform, **known)
    expected = borders_reference.border_shares(luma, transform, **known)
    assert np.array_equal(found, expected, equal_nan=True)
