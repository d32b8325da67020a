"""The custody log is one chain: a line that was changed, moved, left out or put in is named."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from unseen.base import BadPack
from unseen.evidence.custody import digest_of, items_of, purpose_of, read_log, set_back, write_entry
from unseen.evidence.records import NO_DIGEST, Entry, Lane, Purpose, Rules

RULES = Rules(lane=Lane.ADULT, jurisdiction="cn", keep_originals=False)
PURPOSE = Purpose(pack="0" * 32, rules=RULES, operator="her sister")
FIRST = Entry(
    number=1,
    at=datetime(2026, 11, 22, tzinfo=UTC),
    operator="her sister",
    previous=NO_DIGEST,
    salt="0" * 32,
    begun=PURPOSE,
)


def note(text: str, after: Entry) -> Entry:
    previous = digest_of(write_entry(after))
    return replace(FIRST, number=after.number + 1, previous=previous, begun=None, noted=text)


SECOND = note("one", FIRST)
THIRD = note("two", SECOND)
LOG = [write_entry(entry) for entry in (FIRST, SECOND, THIRD)]


def test_a_whole_log_is_read_as_it_was_written() -> None:
    entries, custody = read_log(LOG)
    assert entries == (FIRST, SECOND, THIRD)
    assert (custody.entries, custody.head) == (3, digest_of(LOG[2]))
    assert (purpose_of(entries), items_of(entries), set_back(entries)) == (PURPOSE, (), ())


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ([LOG[0], write_entry(replace(SECOND, noted="another")), LOG[2]], "Line 3 .* does not follow"),
        ([LOG[0], LOG[2]], "Line 2 .* says that it is line 3"),
        ([LOG[0], write_entry(replace(THIRD, number=2))], "Line 2 .* does not follow"),
        ([LOG[1], LOG[0]], "Line 1 .* says that it is line 2"),
        (LOG[1:], "Line 1 .* says that it is line 2"),
        ([write_entry(replace(FIRST, begun=None, noted="x"))], "does not begin a pack"),
        ([LOG[0], write_entry(replace(SECOND, noted=None, begun=PURPOSE))], "does not begin a pack"),
        ([LOG[0], LOG[1] + b" "], "not a record|canonical"),
        ([], "is empty"),
    ],
)
def test_a_log_that_was_tampered_with_is_named(log: list[bytes], said: str) -> None:
    with pytest.raises(BadPack, match=said):
        read_log(log)


def test_a_clock_that_was_set_back_is_found() -> None:
    earlier = replace(THIRD, at=datetime(2026, 11, 21, tzinfo=UTC))
    assert set_back((FIRST, SECOND, earlier)) == (3,)


def test_an_entry_says_exactly_one_thing() -> None:
    for wrong in ({"noted": "x"}, {"begun": None}):
        with pytest.raises(ValueError, match="exactly one thing"):
            replace(FIRST, **wrong)
