from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from unseen.bank.formats import ListFormat, read_list, write_list
from unseen.bank.records import Confirmation, Ending, Entry, EntryState, Provenance, Source, SourceKind
from unseen.base import BadImport
from unseen.fingerprint.records import Fingerprint, Kind

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CASE_NUMBER = "K7PD-4TQ9-X2MB"


def an_entry(
    entry_id: int = 1, kind: Kind = Kind.PDQ, source: Source | None = None, *, confirmed: bool = False
) -> Entry:
    source = source or Source(kind=SourceKind.OPERATOR, ref="a list, with comma")
    return Entry(
        id=entry_id,
        bank="protect",
        fingerprint=Fingerprint(
            kind=kind, code=bytes([entry_id]) * kind.bytes_each, quality=88 if kind.has_quality else None
        ),
        state=EntryState.ACTIVE,
        provenances=(
            Provenance(source=source, since=NOW, confirmed=Confirmation(by="ann", at=NOW) if confirmed else None),
        ),
    )


@pytest.mark.parametrize("fmt", ListFormat)
def test_a_written_list_is_read_back(fmt: ListFormat) -> None:
    entries = [an_entry(1), an_entry(2, Kind.SHA256, confirmed=True), an_entry(3, Kind.MD5)]
    listed = list(read_list(write_list(entries, fmt), fmt))
    assert [line.fingerprint for line in listed] == [e.fingerprint for e in entries]
    assert [line.is_confirmed for line in listed] == [False, True, False]


@pytest.mark.parametrize("fmt", ListFormat)
def test_an_exported_list_never_names_a_case(fmt: ListFormat) -> None:
    entry = an_entry(source=Source(kind=SourceKind.CASE, ref=CASE_NUMBER, item=1))
    text = "".join(write_list([entry], fmt))
    assert CASE_NUMBER not in text
    assert "case" in text


def test_an_erased_entry_is_left_out() -> None:
    ended = Provenance(
        source=Source(kind=SourceKind.OPERATOR, ref="x"), since=NOW, ended=Ending(at=NOW, reason="withdrawn")
    )
    tombstone = Entry(id=9, bank="protect", fingerprint=None, state=EntryState.RETIRED, provenances=(ended,))
    assert list(write_list([tombstone], ListFormat.JSONL)) == []


def test_other_peoples_lists_need_only_kind_and_code() -> None:
    lines = ["code,kind,note\n", f"{'AB' * 32},PDQ,theirs\n"]
    (line,) = read_list(lines, ListFormat.CSV)
    assert line.fingerprint == Fingerprint(kind=Kind.PDQ, code=b"\xab" * 32, quality=100)
    assert not line.is_confirmed


@pytest.mark.parametrize(
    ("fmt", "lines", "says"),
    [
        (ListFormat.CSV, ["hash\n", "ab\n"], "Line 1"),
        (ListFormat.CSV, [], "Line 1"),
        (ListFormat.CSV, ["kind,code\n", "pdq,abcd\n"], "Line 2"),
        (ListFormat.CSV, ["kind,code\n", f"pdq,{'zz' * 32}\n"], "Line 2"),
        (ListFormat.CSV, ["kind,code\n", f"pdq,{'٣' * 64}\n"], "Line 2"),
        (ListFormat.CSV, ["kind,code,quality\n", f"pdq,{'ab' * 32},101\n"], "Line 2"),
        (ListFormat.CSV, ["kind,code,quality\n", f"pdq,{'ab' * 32},good\n"], "Line 2"),
        (ListFormat.CSV, ["kind,code,confirmed\n", f"pdq,{'ab' * 32},perhaps\n"], "Line 2"),
        (ListFormat.CSV, ["kind,code\n", "photodna,ab\n"], "Line 2"),
        (ListFormat.CSV, ["kind,code\n", "pdq\n"], "Line 2"),
        (ListFormat.CSV, ["kind,code\n", '"pdq\n'], "Line 2"),
        (ListFormat.JSONL, ["[1]\n"], "Line 1"),
        (ListFormat.JSONL, ["\n", "{\n"], "Line 2"),
        (ListFormat.JSONL, ['{"kind": "pdq"}\n'], "code"),
        (ListFormat.JSONL, ['{"kind": 7, "code": "ab"}\n'], "Line 1"),
        (ListFormat.JSONL, ["[" * 100_000 + "\n"], "Line 1"),
    ],
)
def test_a_bad_line_is_named(fmt: ListFormat, lines: list[str], says: str) -> None:
    with pytest.raises(BadImport, match=says):
        list(read_list(lines, fmt))


def test_a_list_is_read_a_line_at_a_time() -> None:
    def lines() -> Iterator[str]:
        yield "kind,code\n"
        yield f"pdq,{'ab' * 32}\n"
        raise AssertionError("the whole list was read before the first line came out")

    assert next(iter(read_list(lines(), ListFormat.CSV))).fingerprint.kind is Kind.PDQ


@pytest.mark.parametrize("fmt", ListFormat)
def test_regions_are_in_no_list_and_their_number_is_told(fmt: ListFormat) -> None:
    left_out = list[int]()

    def written() -> Iterator[str]:
        left_out.append((yield from write_list([an_entry(1, Kind.REGION), an_entry(2)], fmt)))

    text = list(written())
    assert left_out == [1]
    assert "region" not in "".join(text)
    assert [line.fingerprint for line in read_list(text, fmt)] == [an_entry(2).fingerprint]


def test_a_list_with_regions_is_refused() -> None:
    with pytest.raises(BadImport, match="Line 2: region fingerprints stay on the node"):
        list(read_list(["kind,code\n", f"region,{'00' * 32}\n"], ListFormat.CSV))
