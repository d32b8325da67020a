"""``unseen evidence import``: what a person sees when a chat comes into her pack."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.evidence import Maker
from support.imports import written
from support.telegram import NOT_INCLUDED, Part, Sent, Talk, as_json
from unit.cli.conftest import Unseen
from unseen.evidence.keys import LockedKeys
from unseen.evidence.records import Lane, Rules

AT_S = 1_710_248_645


@pytest.fixture
def maker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maker:
    made = Maker(tmp_path, Rules(lane=Lane.ADULT, jurisdiction="us", keep_originals=False))
    monkeypatch.setattr(LockedKeys, "unlocked", lambda _, passphrase: made.keys)
    monkeypatch.setenv("UNSEEN_OPERATOR", "her sister")
    return made


def test_a_chat_comes_in_and_says_what_was_found(
    unseen: Unseen, maker: Maker, picture: Callable[..., Path], tmp_path: Path
) -> None:
    hers = picture(1)
    talk = Talk(
        messages=[
            Sent(id=8812, at_s=AT_S, photo="photos/a.jpg", parts=(Part(text="\x1b[2Jlook"),)),
            Sent(id=8813, at_s=AT_S + 1, photo=NOT_INCLUDED),
        ]
    )
    export = written(tmp_path / "export", {"result.json": as_json(talk), "photos/a.jpg": hers.read_bytes()})
    work = tmp_path / "work"
    first = unseen("evidence", "import", work, export, "--device", "her laptop", "--item", hers, typed="words\n")
    assert first.code == 0
    assert "New messages: 2." in first.out
    assert "Message 8812 carries a copy of item 1 (the same file)." in first.out
    assert "Media that are not in the export, the table says why: 1." in first.out
    again = unseen("evidence", "import", work, export, "--device", "her laptop", typed="words\n")
    assert "New messages: 0. There already: 2." in again.out


def test_an_export_that_is_not_there(unseen: Unseen, maker: Maker, tmp_path: Path) -> None:
    said = unseen("evidence", "import", tmp_path / "work", tmp_path / "gone", "--device", "x", typed="words\n")
    assert said.code == 2
    assert "no such file or folder" in said.err.lower()


def test_an_archive_that_is_none_says_what_to_do(unseen: Unseen, maker: Maker, tmp_path: Path) -> None:
    archive = tmp_path / "chat.zip"
    archive.write_bytes(b"PK\x03\x04 and no more")
    said = unseen("evidence", "import", tmp_path / "work", archive, "--device", "x", typed="words\n")
    assert said.code == 2
    assert "Copy or download it again" in said.err
