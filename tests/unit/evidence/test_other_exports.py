"""WeChat-style transcripts, e-mail, web archives and folders become rows of the same table."""

import base64
import gzip as gz
import hashlib
import json
import zipfile
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from support.imports import messages, troubles, written
from support.telegram import Sent, Talk, as_json, as_pages
from unseen.base import BadImport
from unseen.evidence.chats.archive import ZipFiles
from unseen.evidence.chats.files import FolderFiles
from unseen.evidence.chats.recognise import FOLDER, Export, recognise
from unseen.evidence.chats.records import App, Chat, MediaState, MessageKind, Person, Read, Trouble


def brought(folder: Path, files: dict[str, bytes]) -> tuple[Export, list[Read]]:
    export = recognise(FolderFiles(written(folder, files)))
    return export, list(export.read())


def app_of(reads: list[Read]) -> App:
    return next(item.app for item in reads if isinstance(item, Chat))


def test_a_transcript_with_full_times(tmp_path: Path) -> None:
    text = (
        "张三 2024-03-12 21:04:05\n你好\n第二行\n\n"
        "李四 2024-03-12 21:05:00\n[图片]\n\n张三 2024-03-12 21:06:00\n[视频]\n"
    )
    _, reads = brought(tmp_path, {"chat.txt": text.encode()})
    assert app_of(reads) is App.WECHAT
    rows = messages(reads)
    assert [row.sender and row.sender.name for row in rows] == ["张三", "李四", "张三"]
    assert rows[0].text == "你好\n第二行"
    assert rows[0].when is not None
    assert str(rows[0].when.wall) == "2024-03-12 21:04:05"
    assert [(m.kind, m.state) for m in rows[1].media] == [("photo", MediaState.NOT_INCLUDED)]


def test_a_transcript_with_dates_between(tmp_path: Path) -> None:
    text = (
        "如下是张三和李四的聊天记录\n\n—————  2024-3-12  —————\n\n张三  21:04\n\n你好\n\n"
        "李四  21:05\n\n明天 10:30 见\n—————  2024-3-13  —————\n\n张三  08:00\n\n张三撤回了一条消息\n"
    )
    _, reads = brought(tmp_path, {"chat.txt": text.encode("gb18030")})
    rows = [row for row in messages(reads) if row.kind is MessageKind.MESSAGE]
    assert [str(row.when.wall) for row in rows if row.when] == [
        "2024-03-12 21:04:00",
        "2024-03-12 21:05:00",
        "2024-03-13 08:00:00",
    ]
    assert rows[1].text == "明天 10:30 见"
    assert [row.is_deleted for row in rows] == [False, False, True]
    assert Trouble.ENCODING in troubles(reads)


def mail(*, charset: str = "utf-8") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ann Example <ann@example.org>"
    message["To"] = "bo@example.org"
    message["Subject"] = "照片"
    message["Date"] = "Tue, 12 Mar 2024 21:04:05 +0800"
    message["Message-ID"] = "<1@example.org>"
    message["In-Reply-To"] = "<0@example.org>"
    message.set_content("你好", charset=charset)
    message.add_attachment(b"\xff\xd8\xff", maintype="image", subtype="jpeg", filename="photo.jpg")
    return message


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_an_e_mail_with_an_attachment(tmp_path: Path, charset: str) -> None:
    _, reads = brought(tmp_path, {"one.eml": mail(charset=charset).as_bytes()})
    (row,) = messages(reads)
    assert row.text.strip() == "你好"
    assert row.sender == Person(name="Ann Example", id="ann@example.org")
    assert row.recipients == (Person(id="bo@example.org"),)
    assert (row.number, row.reply_to) == ("<1@example.org>", "<0@example.org>")
    assert row.when is not None
    assert row.when.at == datetime(2024, 3, 12, 13, 4, 5, tzinfo=UTC)
    assert [(m.name, m.media_type, m.data) for m in row.media] == [("photo.jpg", "image/jpeg", b"\xff\xd8\xff")]
    assert row.details["subject"] == "照片"
    assert ["Message-ID", "<1@example.org>"] in row.details["headers"]  # type: ignore[operator]


def test_a_mail_of_html_alone_keeps_it_as_inert_text(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"] = "ann@example.org"
    message.set_content("<script>alert(1)</script>", subtype="html")
    _, reads = brought(tmp_path, {"one.eml": message.as_bytes()})
    (row,) = messages(reads)
    assert "<script>" in row.text
    assert row.details["text_type"] == "text/html"


def test_mails_that_are_none_do_not_cost_the_others(tmp_path: Path) -> None:
    broken = (
        b"From: =?bad?q?\xff?= <a@b>\nDate: 99 Foo 99999\nContent-Type: text/plain; charset=no-such\n\n\xff\xfe body"
    )
    files = {"a.eml": b"", "b.eml": broken, "c.eml": mail().as_bytes(), "d.eml": b"\x00" * 1000}
    _, reads = brought(tmp_path, files)
    assert "<1@example.org>" in [row.number for row in messages(reads)]
    assert len(messages(reads)) + len(troubles(reads)) >= 4


def warc(*pages: tuple[str, str, bytes], gzip: bool = True) -> bytes:
    """Records as ISO 28500 has them, each compressed alone."""
    records = []
    for number, (url, media_type, body) in enumerate(pages):
        block = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\n\r\n".encode() + body
        digest = base64.b32encode(hashlib.sha1(block).digest()).decode()
        head = (
            f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number}>\r\nWARC-Target-URI: {url}\r\n"
            f"WARC-Date: 2024-03-12T13:04:05Z\r\nWARC-Block-Digest: sha1:{digest}\r\n"
            f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
        )
        record = head.encode() + block + b"\r\n\r\n"
        records.append(gz.compress(record) if gzip else record)
    return b"".join(records)


PAGES = (
    ("http://a.example/", "text/html; charset=utf-8", b"<p>hi"),
    ("http://a.example/x.jpg", "image/jpeg", b"\xff\xd8"),
)


@pytest.mark.parametrize("gzip", [True, False])
def test_a_web_archive(tmp_path: Path, gzip: bool) -> None:
    _, reads = brought(tmp_path, {"a.warc.gz" if gzip else "a.warc": warc(*PAGES, gzip=gzip)})
    page, picture = messages(reads)
    assert (page.kind, page.origin, page.text) == (MessageKind.RESOURCE, "http://a.example/", "<p>hi")
    assert page.when is not None
    assert page.when.at == datetime(2024, 3, 12, 13, 4, 5, tzinfo=UTC)
    assert page.details["status"] == "200 OK"
    assert (picture.text, picture.media[0].data, picture.media[0].media_type) == ("", b"\xff\xd8", "image/jpeg")
    assert not troubles(reads)


def test_a_web_archive_that_is_cut_short_or_changed(tmp_path: Path) -> None:
    whole = warc(*PAGES, gzip=False)
    _, reads = brought(tmp_path / "cut", {"a.warc.gz": warc(*PAGES)[:-25]})
    assert len(messages(reads)) >= 1
    assert Trouble.CUT_SHORT in troubles(reads) or Trouble.MALFORMED in troubles(reads)
    _, reads = brought(tmp_path / "changed", {"a.warc": whole.replace(b"<p>hi", b"<p>ho")})
    assert len(messages(reads)) == 2
    assert Trouble.MALFORMED in troubles(reads)


def wacz(path: Path, data: bytes, digest: str) -> Path:
    manifest = {"resources": [{"path": "archive/data.warc.gz", "hash": f"sha256:{digest}", "bytes": len(data)}]}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.warc.gz", data)
        archive.writestr("datapackage.json", json.dumps(manifest))
    return path


def test_a_wacz_is_held_against_its_own_digests(tmp_path: Path) -> None:
    data = warc(*PAGES)
    good = wacz(tmp_path / "good.wacz", data, hashlib.sha256(data).hexdigest())
    bad = wacz(tmp_path / "bad.wacz", data, "0" * 64)
    for path, expected in ((good, []), (bad, [Trouble.MALFORMED])):
        with ZipFiles(path) as files:
            reads = list(recognise(files).read())
        assert [row.origin for row in messages(reads)] == ["http://a.example/", "http://a.example/x.jpg"]
        assert troubles(reads) == expected


def test_an_archive_of_a_chats_folder_as_macos_makes_it(tmp_path: Path) -> None:
    talk = Talk(messages=[Sent(id=1, at_s=1_710_248_645, photo="photos/a.jpg")])
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("ChatExport/result.json", as_json(talk))
        archive.writestr("ChatExport/photos/a.jpg", b"12345")
        archive.writestr("__MACOSX/ChatExport/._result.json", b"\0\5\x16\7")
    with ZipFiles(tmp_path / "export.zip") as files:
        (row,) = messages(recognise(files).read())
    assert (row.media[0].name, row.media[0].size) == ("ChatExport/photos/a.jpg", 5)


def test_both_forms_in_one_folder_are_read_once(tmp_path: Path) -> None:
    talk = Talk(messages=[Sent(id=1, at_s=1_710_248_645)])
    export, reads = brought(tmp_path, {"result.json": as_json(talk), **as_pages(talk)})
    assert export.method == "Telegram Desktop, JSON"
    assert len(messages(reads)) == 1


def test_a_folder_that_nobody_knows_is_a_folder_of_files(tmp_path: Path) -> None:
    export, reads = brought(tmp_path, {"a/1.jpg": b"1", "b.bin": b"22"})
    assert export.method == FOLDER
    assert [(row.kind, row.number, row.media[0].size) for row in messages(reads)] == [
        (MessageKind.FILE, "b.bin", 2),
        (MessageKind.FILE, "a/1.jpg", 1),
    ]


def test_an_empty_folder_is_an_error_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadImport, match="Name the folder"):
        recognise(FolderFiles(tmp_path))
