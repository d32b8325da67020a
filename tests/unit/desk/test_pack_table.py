"""The message table in a work folder: encrypted, read back, bound by the seal, and no media in the minors' lane."""

from pathlib import Path

import pytest

from support.evidence import CHINA, MACHINE, TOOL, Maker
from support.imports import Hasher, written
from support.telegram import Part, Sent, Talk, as_json
from unseen.base import BadImport
from unseen.desk.add_to_pack import Found
from unseen.desk.examine_media import LooksAtNothing
from unseen.desk.import_chat import Imported, import_chat
from unseen.desk.import_ports import Examiner
from unseen.desk.pack_table import TABLE, PackTable, listing_of
from unseen.evidence.chats.files import FolderFiles
from unseen.evidence.chats.recognise import recognise
from unseen.evidence.records import Lane, Origin, Rules, TimeSource

AT_S = 1_710_248_645
MINORS = Rules(lane=Lane.MINOR, jurisdiction="other", keep_originals=False)


def table(maker: Maker, listing: bytes = b"") -> PackTable:
    found = Found(
        name="export: list of its files",
        media_type="text/plain",
        origin=Origin(kind="device", where="her laptop"),
        captured_at=None,
        time_source=TimeSource.THIS_COMPUTER,
        method="import of an export",
        tool=TOOL,
        environment=MACHINE,
    )
    return PackTable(maker.work, found, listing, identity=maker.keys.identity, hand=maker.hand)


def bring(maker: Maker, folder: Path, examiner: Examiner | None = None, **options: int) -> Imported:
    files = FolderFiles(folder)
    export = recognise(files)
    log = table(maker, listing_of(files, export.main))
    return import_chat(export.read(), files, log=log, examiner=examiner or Hasher(), clock=maker.clock, **options)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    rows = [Sent(id=n, at_s=AT_S + n, parts=(Part(text="a very private line"),)) for n in range(1, 101)]
    talk = Talk(messages=[*rows, Sent(id=101, at_s=AT_S + 101, photo="photos/a.jpg")])
    return written(tmp_path / "export", {"result.json": as_json(talk), "photos/a.jpg": b"her very picture"})


def test_rows_are_encrypted_and_read_back_in_order(tmp_path: Path, export: Path) -> None:
    maker = Maker(tmp_path, CHINA)
    bring(maker, export, batch_rows=30)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "work").rglob("*") if path.is_file())
    assert b"a very private line" not in kept
    lines = list(table(maker).lines())
    assert len(lines) == 102
    assert [line.count(b'"number":"%d"' % n) for n, line in enumerate(lines)][1:] == [1] * 101


def test_a_second_import_finds_what_is_there(tmp_path: Path, export: Path) -> None:
    maker = Maker(tmp_path, CHINA)
    bring(maker, export, batch_rows=30)
    entries = maker.work.head().entries
    done = bring(maker, export)
    assert (done.added, done.known) == (0, 101)
    assert maker.work.head().entries == entries


def test_the_sealed_pack_has_the_table_and_not_the_media(tmp_path: Path, export: Path) -> None:
    maker = Maker(tmp_path, Rules(lane=Lane.ADULT, jurisdiction="us", keep_originals=False))
    bring(maker, export)
    maker.seal(outside=maker.offline())
    opened = maker.open()
    (rows,) = opened.rglob(TABLE)
    assert rows.read_bytes().count(b"a very private line") == 100
    assert not any(b"her very picture" in path.read_bytes() for path in opened.rglob("*") if path.is_file())
    (listing,) = opened.rglob("original")
    assert listing.read_text().endswith("  result.json\n")


def test_in_the_minors_lane_no_medium_is_looked_at(tmp_path: Path, export: Path) -> None:
    maker = Maker(tmp_path, MINORS)
    done = bring(maker, export, LooksAtNothing())
    assert (done.added, done.media, done.absent) == (101, 0, 1)
    assert not any(b'"remains"' in line for line in table(maker).lines())


def test_the_listing_is_what_sha256sum_checks(tmp_path: Path, export: Path) -> None:
    files = FolderFiles(export)
    assert listing_of(files, ["photos/a.jpg"]).endswith(b"  photos/a.jpg\n")
    with pytest.raises(BadImport):
        listing_of(files, ["gone"])
