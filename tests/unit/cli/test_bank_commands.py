"""``unseen bank`` and ``unseen forget``."""

import json
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from support import copies
from unit.cli.conftest import Unseen

Picture = Callable[..., Path]
Opened = Callable[..., tuple[str, str]]
CODE = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"


def row(text: str, first: str) -> list[str]:
    return next(line.split() for line in text.splitlines() if line.split()[:1] == [first])


def test_a_new_bank_has_the_careful_policy(unseen: Unseen) -> None:
    assert unseen("bank", "new", "reported").code == 0
    listed = row(unseen("bank", "list").out, "reported")
    assert listed[1:5] == ["protect", "31", "review", "block"]


def test_a_bank_is_made_and_changed_as_said(unseen: Unseen) -> None:
    unseen("bank", "new", "reported", "--radius", "20", "--on-unconfirmed", "block", "--on-confirmed", "review")
    assert row(unseen("bank", "list").out, "reported")[1:5] == ["protect", "20", "block", "review"]
    unseen("bank", "set", "reported", "--radius", "8")
    assert row(unseen("bank", "list").out, "reported")[1:5] == ["protect", "8", "block", "review"]


def test_a_bank_is_not_made_twice_and_wrong_settings_are_refused(unseen: Unseen) -> None:
    unseen("bank", "new", "reported", "--radius", "20")
    again = unseen("bank", "new", "reported")
    assert again.code == 2
    assert "already" in again.err
    assert row(unseen("bank", "list").out, "reported")[2] == "20"
    assert unseen("bank", "new", "x", "--radius", "65").code == 2
    assert unseen("bank", "new", "Not a name").code == 2
    assert unseen("bank", "new", "memes", "--purpose", "allow", "--on-confirmed", "block").code == 2
    assert unseen("bank", "set", "nowhere", "--radius", "3").code == 2


def test_entries_are_judged_with_a_reason(unseen: Unseen, picture: Picture) -> None:
    unseen("bank", "add", "cases", "--code", f"pdq:{CODE}", "--reason", "from the hotline")
    assert unseen("bank", "confirm", "1").code == 2
    assert unseen("bank", "confirm", "1", "--reason", " ").code == 2
    assert unseen("bank", "confirm", "1", "--reason", "seen", "--by", "ada").code == 0
    assert row(unseen("bank", "list", "cases").out, "1")[1:4] == ["pdq", "active", "ada"]
    assert unseen("bank", "dispute", "1", "--reason", "a press photo").code == 0
    assert row(unseen("bank", "list", "cases").out, "1")[2] == "disputed"
    assert unseen("bank", "retire", "1", "--reason", "it was one").code == 0
    assert row(unseen("bank", "list", "cases").out, "1")[2] == "retired"
    assert unseen("bank", "retire", "1", "--reason", "again").code == 2
    assert unseen("bank", "confirm", "99", "--reason", "not there").code == 2
    assert unseen("bank", "list", "cases", "--state", "active").out == "There are no such entries.\n"


def test_a_long_bank_is_listed_in_pages(unseen: Unseen) -> None:
    codes = [arg for n in range(5) for arg in ("--code", f"sha256:{n:064x}")]
    unseen("bank", "add", "cases", *codes, "--reason", "five")
    first = unseen("bank", "list", "cases", "--limit", "2")
    assert re.findall(r"^ +(\d+)", first.out, re.MULTILINE) == ["1", "2"]
    assert "--after 2" in first.err
    rest = unseen("bank", "list", "cases", "--after", "2")
    assert re.findall(r"^ +(\d+)", rest.out, re.MULTILINE) == ["3", "4", "5"]


@pytest.mark.parametrize("code", ["pdq:xyz", "nothing", "phash:" + CODE, "md5:" + CODE, "pdq:" + CODE[:-1]])
def test_a_code_that_is_none_is_refused(unseen: Unseen, code: str) -> None:
    assert unseen("bank", "add", "cases", "--code", code, "--reason", "x").code == 2


def test_adding_nothing_is_refused(unseen: Unseen) -> None:
    assert unseen("bank", "add", "cases", "--reason", "x").code == 2


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_what_is_exported_can_be_imported_and_names_no_case(
    unseen: Unseen, picture: Picture, opened: Opened, tmp_path: Path, ending: str
) -> None:
    number, _ = opened(picture(1))
    out = tmp_path / f"list.{ending}"
    assert unseen("bank", "export", "cases", out).code == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert number not in out.read_text()
    unseen("bank", "new", "theirs")
    said = unseen("bank", "import", "theirs", out, "--source", "a-programme", "--reason", "exchange")
    assert said.code == 0
    assert "3 entries" in said.out
    assert "programme a-programme" in unseen("bank", "list", "theirs").out
    assert unseen("bank", "export", "cases", out).code == 2  # it is there already


def test_a_list_passes_through_pipes(unseen: Unseen) -> None:
    unseen("bank", "add", "cases", "--code", f"pdq:{CODE}", "--reason", "x")
    exported = unseen("bank", "export", "cases")
    assert json.loads(exported.out)["code"] == CODE
    unseen("bank", "new", "theirs")
    arguments = ("--source", "s", "--reason", "r", "--format", "jsonl")
    assert unseen("bank", "import", "theirs", "-", *arguments, typed=exported.out).code == 0
    assert row(unseen("bank", "list").out, "theirs")[5] == "1"


def test_a_bad_line_is_named_and_nothing_is_imported(unseen: Unseen, tmp_path: Path) -> None:
    bad = tmp_path / "list.csv"
    bad.write_text(f"kind,code\npdq,{CODE}\npdq,zz\n")
    said = unseen("bank", "import", "cases", bad, "--source", "s", "--reason", "r")
    assert said.code == 2
    assert "Line 3" in said.err
    assert row(unseen("bank", "list").out, "cases")[5] == "0"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_a_list_that_is_no_text_is_refused(unseen: Unseen, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "list.csv"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    said = unseen("bank", "import", "cases", file, "--source", "s", "--reason", "r")
    assert said.code == 2
    assert str(file) in said.err


def test_the_lists_word_counts_only_where_it_is_trusted(unseen: Unseen, tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text(f"kind,code,confirmed\npdq,{CODE},true\n")
    arguments = ("bank", "import", "cases", listed, "--source", "s", "--reason", "r")
    unseen(*arguments)
    assert row(unseen("bank", "list", "cases").out, "1")[3] == "nobody"
    unseen(*arguments, "--trust", "--by", "ada")
    assert row(unseen("bank", "list", "cases").out, "1")[3] == "ada"


def test_forgetting_erases_what_is_due(unseen: Unseen, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unseen("bank", "add", "cases", "--code", f"pdq:{CODE}", "--reason", "x")
    unseen("bank", "retire", "1", "--reason", "x")
    assert "Erased: 0 codes" in unseen("forget").out
    monkeypatch.setenv("UNSEEN_ERASE_AFTER_DAYS", "0")
    assert "Erased: 1 code " in unseen("forget").out
    assert row(unseen("bank", "list", "cases").out, "1")[1] == "erased"
    left = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert bytes.fromhex(CODE) not in left


def test_regions_are_banked_but_never_exported(unseen: Unseen, tmp_path: Path) -> None:
    file = tmp_path / "whole.jpg"
    file.write_bytes(copies.jpeg(copies.original(1)))
    unseen("bank", "add", "cases", file, "--reason", "x")
    assert row(unseen("bank", "list", "cases").out, "4")[1] == "region"
    said = unseen("bank", "export", "cases")
    assert [json.loads(line)["kind"] for line in said.out.splitlines()] == ["sha256", "md5", "pdq"]
    assert "1 region fingerprints were left out" in said.err
    assert unseen("bank", "add", "cases", "--code", f"region:{CODE}", "--reason", "x").code == 2
    unseen("bank", "new", "whole")
    unseen("bank", "add", "whole", file, "--whole-picture-only", "--reason", "x")
    assert "region" not in unseen("bank", "list", "whole").out


def test_what_parts_ask_for_is_set_and_told(unseen: Unseen) -> None:
    said = unseen("bank", "new", "strict", "--on-region", "block")
    assert "by parts at most block" in said.out
    assert "Bank strict: where only parts of a picture match, block is the most." in unseen("bank", "list").out
    unseen("bank", "set", "strict", "--on-region", "review")
    assert "only parts" not in unseen("bank", "list").out
