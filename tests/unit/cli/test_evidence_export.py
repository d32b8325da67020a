"""``unseen evidence export``: what a person types, and what she gets."""

import json
from pathlib import Path

import pytest

from support.evidence import Maker
from unit.cli.conftest import Unseen


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    """A pack, and the key that opens it, without a passphrase, beside it."""
    maker = Maker(folder=tmp_path)
    maker.add("截图.png", b"\x89PNG\0")
    maker.seal()
    (tmp_path / "work.identity.age").write_text(maker.keys.identity.text)
    return maker


def test_both_files_are_hers_alone_and_pending_is_said(maker: Maker, unseen: Unseen) -> None:
    said = unseen("evidence", "export", maker.pack, "--for", "cn")
    document, data = (maker.folder / f"work.cn.{kind}" for kind in ("pdf", "jsonld"))
    assert said.code == 1
    assert "PENDING" in said.out
    assert "not legal advice" in said.err
    assert document.read_bytes().startswith(b"%PDF-")
    assert json.loads(data.read_bytes())["@graph"]
    assert {path.stat().st_mode & 0o777 for path in (document, data)} == {0o600}


def test_a_file_that_is_there_is_never_written_over(maker: Maker, unseen: Unseen) -> None:
    taken = maker.folder / "for-court.jsonld"
    taken.write_text("hers")
    said = unseen("evidence", "export", maker.pack, "--for", "us", "--out", maker.folder / "for-court.pdf")
    assert said.code == 2
    assert "is there already" in said.err
    assert taken.read_text() == "hers"
    assert not (maker.folder / "for-court.pdf").exists()


@pytest.mark.parametrize(
    ("options", "about"),
    [
        (("--for", "fr"), "There is: cn, eu, kr, uk, us."),
        (("--for", "eu", "--language", "ko"), "There is: en, fr, de."),
        (("--for", "us", "--out", "court.jsonld"), "ends in .pdf"),
    ],
)
def test_a_wish_that_cannot_be_met_says_what_can(
    maker: Maker, unseen: Unseen, options: tuple[str, ...], about: str
) -> None:
    said = unseen("evidence", "export", maker.pack, *options)
    assert said.code == 2
    assert about in said.err


def test_of_a_pack_that_was_changed_nothing_is_written(maker: Maker, unseen: Unseen) -> None:
    folder = maker.open()
    (folder / "README.txt").write_text("changed")
    said = unseen("evidence", "export", folder, "--for", "us")
    assert said.code == 2
    assert "does not hold" in said.err
    assert "README.txt" in said.err
    assert list(maker.folder.glob("*.pdf")) == []
