import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.base.ids import crockford, from_crockford


@given(st.integers(0, 2**60 - 1))
def test_what_is_written_is_read_back(value: int) -> None:
    assert from_crockford(crockford(value, 12), 12) == value


def test_what_people_mistype_is_understood() -> None:
    assert from_crockford("o1-il 0", 5) == from_crockford("01110", 5)


@pytest.mark.parametrize("typed", ["", "--", "K7P", "K7PDD", "K7P*", "K7PÜ"])
def test_what_is_no_identifier_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="symbol"):
        from_crockford(typed, 4)
