"""Nothing that an export names leads out of it, fills the machine, or is lost without a word."""

import io
import os
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from support.imports import written
from unseen.base import BadImport, NotFound
from unseen.evidence.chats.archive import ZipFiles
from unseen.evidence.chats.files import FolderFiles, leads_out
from unseen.evidence.chats.records import Trouble


def packed(path: Path, members: dict[str, bytes], **options: int) -> Path:
    with zipfile.ZipFile(path, "w", **options) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def troubles(files: FolderFiles | ZipFiles) -> list[Trouble]:
    return [item.trouble for item in files.irregularities]


def test_links_in_a_folder_are_named_and_not_followed(tmp_path: Path) -> None:
    secret = written(tmp_path / "hers", {"secret.txt": b"not for the pack"})
    export = written(tmp_path / "export", {"result.json": b"{}"})
    (export / "link.txt").symlink_to(secret / "secret.txt")
    (export / "folder").symlink_to(secret)
    files = FolderFiles(export)
    assert list(files.names()) == ["result.json"]
    assert troubles(files) == [Trouble.LINK, Trouble.LINK]
    assert files.size("folder/secret.txt") is None
    with pytest.raises(BadImport):
        files.open("link.txt")


def test_a_file_that_a_link_has_replaced_since_is_not_read(tmp_path: Path) -> None:
    files = FolderFiles(written(tmp_path / "export", {"a.txt": b"a"}))
    (tmp_path / "export" / "a.txt").unlink()
    (tmp_path / "export" / "a.txt").symlink_to("/etc/passwd")
    with pytest.raises(BadImport, match="cannot be read"):
        files.open("a.txt")


def test_pipes_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    written(tmp_path, {"a.txt": b"a"})
    assert list(FolderFiles(tmp_path).names()) == ["a.txt"]


def test_names_that_macos_takes_apart_are_found(tmp_path: Path) -> None:
    files = FolderFiles(written(tmp_path, {"cafe\u0301.jpg": b"12"}))
    assert files.size("caf\u00e9.jpg") == 2


def test_a_name_that_is_no_utf8_is_listed(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg")).write_bytes(b"12")
    (name,) = FolderFiles(tmp_path).names()
    assert "xff" in name


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        FolderFiles(tmp_path / "gone")


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "C:/x", "C:\\x", "\\\\host\\x", "..\\x", "a\0b"])
def test_names_that_lead_out(name: str) -> None:
    assert leads_out(name)


@pytest.mark.parametrize("name", ["x", "a/b.jpg", "a/..b", "...", "a:b/c", "photos/x (1).jpg"])
def test_names_that_do_not(name: str) -> None:
    assert not leads_out(name)


def test_members_that_lead_out_of_an_archive_are_left_out_and_named(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"../evil.txt": b"x", "/etc/cron.d/x": b"x", "good.txt": b"good"})
    with ZipFiles(path) as files:
        assert list(files.names()) == ["good.txt"]
        assert troubles(files) == [Trouble.OUTSIDE, Trouble.OUTSIDE]
        assert files.open("good.txt").read() == b"good"


def test_a_link_in_an_archive_is_left_out_and_named(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with ZipFiles(tmp_path / "a.zip") as files:
        assert (list(files.names()), troubles(files)) == ([], [Trouble.LINK])


def test_a_zip_bomb_is_left_out_and_what_is_beside_it_is_read(tmp_path: Path) -> None:
    bomb = packed(tmp_path / "a.zip", {"bomb": bytes(64 << 20), "good.txt": b"good"}, compression=zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 1 << 20
    with ZipFiles(bomb) as files:
        assert (list(files.names()), troubles(files)) == (["good.txt"], [Trouble.TOO_LARGE])


def test_a_member_gives_no_more_than_the_archive_says(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"liar": bytes(32 << 20)}, compression=zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    central = data.rfind(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", 100)  # the size in the directory, so that it passes
    path.write_bytes(data)
    with ZipFiles(path) as files, files.open("liar") as file, suppress(BadImport):  # an error is as good
        assert files.size("liar") == 100
        assert len(file.read()) <= 100


def test_an_archive_with_a_password_says_what_to_do(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a.txt": b"a"})
    data = bytearray(path.read_bytes())
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(BadImport, match="password"):
        ZipFiles(path)


def test_two_members_of_one_name_are_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", b"first")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.txt", b"second")
    with ZipFiles(tmp_path / "a.zip") as files:
        assert troubles(files) == [Trouble.DUPLICATE]
        assert files.open("a.txt").read() == b"first"


@pytest.mark.parametrize("cut", [10, 60, 200])
def test_an_archive_that_is_cut_short(tmp_path: Path, cut: int) -> None:
    path = packed(tmp_path / "a.zip", {"a.txt": b"a" * 1000, "b.txt": b"b" * 1000})
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(BadImport, match="cut short"):
        ZipFiles(path)


def test_a_damaged_member_is_an_error_when_it_is_read(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a.txt": b"here is the text" * 100})
    path.write_bytes(path.read_bytes().replace(b"here is the text", b"here is the tEXt", 1))
    with ZipFiles(path) as files, files.open("a.txt") as file, pytest.raises(BadImport, match="damaged"):
        file.read()


def test_names_of_ten_thousand_characters(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"x" * 10_000: b"a", "../" + "y" * 10_000: b"b"})
    with ZipFiles(path) as files:
        assert [len(name) for name in files.names()] == [10_000]
        assert all(len(item.where) < 300 for item in files.irregularities)


def test_names_in_utf8_that_nobody_marked(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("照片.jpg", b"12")
    data = out.getvalue()
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.rfind(magic) + at + 1
        data = data[:place] + bytes([data[place] & ~0x08]) + data[place + 1 :]
    (tmp_path / "a.zip").write_bytes(data)
    with ZipFiles(tmp_path / "a.zip") as files:
        assert list(files.names()) == ["照片.jpg"]
