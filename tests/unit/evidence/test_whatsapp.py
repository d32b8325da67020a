"""WhatsApp's text export: whatever the phone's language and its way of writing dates, and nothing guessed silently."""

import zipfile
from pathlib import Path

import pytest

from support.imports import messages, troubles, written
from unseen.evidence.chats.archive import ZipFiles
from unseen.evidence.chats.files import FolderFiles
from unseen.evidence.chats.recognise import recognise
from unseen.evidence.chats.records import Chat, MediaState, Message, MessageKind, Read, Trouble
from unseen.evidence.chats.whatsapp import is_whatsapp, read_whatsapp
from unseen.evidence.chats.whatsapp_dates import head_of


def read(folder: Path, text: str | bytes, name: str = "WhatsApp Chat with Bo.txt") -> list[Read]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(read_whatsapp(FolderFiles(written(folder, {name: data})), name))


def walls(reads: list[Read]) -> list[str | None]:
    return [m.when.wall.isoformat() if m.when and m.when.wall else None for m in messages(reads)]


@pytest.mark.parametrize(
    ("line", "wall"),
    [
        ("25/03/2024, 21:04 - Ann: hi", "2024-03-25T21:04:00"),
        ("25.03.24, 21:04 - Ann: hi", "2024-03-25T21:04:00"),
        ("3/25/24, 9:04 PM - Ann: hi", "2024-03-25T21:04:00"),
        ("3/25/24, 9:04\u202fPM - Ann: hi", "2024-03-25T21:04:00"),
        ("25/3/24 9:04 p. m. - Ann: hi", "2024-03-25T21:04:00"),
        ("25/03/2024 à 21:04 - Ann: hi", "2024-03-25T21:04:00"),
        ("2024-03-25 21:04 - Ann: hi", "2024-03-25T21:04:00"),
        ("2024/03/25 21:04 - Ann: hi", "2024-03-25T21:04:00"),
        ("[25/03/2024, 21:04:05] Ann: hi", "2024-03-25T21:04:05"),
        ("\u200e[3/25/24, 12:04:05 AM] Ann: hi", "2024-03-25T00:04:05"),
        ("[25.03.24, 21:04:05] Ann: hi", "2024-03-25T21:04:05"),
        ("[2024/3/25 下午9:04:05] Ann: hi", "2024-03-25T21:04:05"),
        ("[2024. 3. 25. 오후 9:04:05] Ann: hi", "2024-03-25T21:04:05"),
        ("2024년 3월 25일 오후 9:04, Ann : hi", "2024-03-25T21:04:00"),
        ("٢٥/٠٣/٢٠٢٤، ٢١:٠٤ - Ann: hi", "2024-03-25T21:04:00"),
    ],
)
def test_dates_of_many_phones(tmp_path: Path, line: str, wall: str) -> None:
    reads = read(tmp_path, line + "\n")
    assert walls(reads) == [wall]
    (message,) = messages(reads)
    assert message.sender is not None
    assert (message.sender.name, message.text) == ("Ann", "hi")
    assert message.when is not None
    assert message.when.at is None  # the file has no zone


def test_the_order_of_dates_is_told_by_the_whole_file(tmp_path: Path) -> None:
    text = "01/02/2024, 10:00 - Ann: one\n05/02/2024, 10:00 - Ann: two\n13/02/2024, 10:00 - Ann: three\n"
    reads = read(tmp_path, text)
    assert walls(reads)[0] == "2024-02-01T10:00:00"
    assert isinstance(reads[0], Chat)
    assert "day, month, year" in reads[0].method


def test_lines_that_go_forward_tell_the_order_where_no_number_does(tmp_path: Path) -> None:
    days = [(month, day) for month in range(1, 13) for day in (3, 6, 9)]
    text = "".join(f"{month}/{day}/24, 10:00 - Ann: hi\n" for month, day in days)
    reads = read(tmp_path, text)
    assert walls(reads)[1] == "2024-01-06T10:00:00"
    assert Trouble.AMBIGUOUS_DATE not in troubles(reads)


def test_a_date_that_could_be_either_is_kept_as_it_is_written_and_said(tmp_path: Path) -> None:
    reads = read(tmp_path, "03/04/2024, 10:00 - Ann: one\n05/06/2024, 10:00 - Bo: two\n")
    assert walls(reads) == [None, None]
    assert [m.when.written for m in messages(reads) if m.when] == ["03/04/2024, 10:00", "05/06/2024, 10:00"]
    assert Trouble.AMBIGUOUS_DATE in troubles(reads)


def test_a_file_that_mixes_orders_is_not_believed(tmp_path: Path) -> None:
    reads = read(tmp_path, "25/04/2024, 10:00 - Ann: one\n04/25/2024, 10:00 - Bo: two\n")
    assert walls(reads) == [None, None]
    assert Trouble.AMBIGUOUS_DATE in troubles(reads)


def only(folder: Path, rest: str, **files: bytes) -> Message:
    written(folder, files)
    (message,) = messages(read(folder, f"25/03/2024, 21:04 - {rest}\n"))
    return message


@pytest.mark.parametrize(
    "words", ["<Media omitted>", "<Medien ausgeschlossen>", "<省略多媒体文件>", "<Без медиафайлов>"]
)
def test_media_that_were_left_out(tmp_path: Path, words: str) -> None:
    message = only(tmp_path, f"Ann: {words}")
    assert [(media.state, media.says) for media in message.media] == [(MediaState.NOT_INCLUDED, words)]
    assert message.text == ""


def test_media_that_an_iphone_left_out(tmp_path: Path) -> None:
    (message,) = messages(read(tmp_path, "\u200e[25/03/2024, 21:04:05] Ann: \u200eimage omitted\n"))
    assert [(media.kind, media.state) for media in message.media] == [("photo", MediaState.NOT_INCLUDED)]


def test_somebody_who_writes_image_omitted_wrote_that(tmp_path: Path) -> None:
    message = only(tmp_path, "Ann: image omitted")
    assert (message.text, message.media) == ("image omitted", ())


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("IMG-20240325-WA0001.jpg (file attached)", "IMG-20240325-WA0001.jpg"),
        ("IMG-20240325-WA0001.jpg (Datei angehängt)", "IMG-20240325-WA0001.jpg"),
        ("\u200e<attached: 00000012-PHOTO-2024-03-25.jpg>", "00000012-PHOTO-2024-03-25.jpg"),
        ("\u200e<附件 x>", None),
        ("\u200e<adjunto: 00000012-PHOTO-2024-03-25.jpg>", "00000012-PHOTO-2024-03-25.jpg"),
    ],
)
def test_attached_files_in_any_language(tmp_path: Path, line: str, name: str | None) -> None:
    message = only(tmp_path, f"Ann: {line}", **({name: b"12345"} if name else {}))
    assert [(media.name, media.state, media.size) for media in message.media] == (
        [(name, MediaState.PRESENT, 5)] if name else []
    )


def test_an_attached_file_that_is_not_there(tmp_path: Path) -> None:
    assert only(tmp_path, "Ann: VID-20240325-WA0001.mp4 (file attached)").media[0].state is MediaState.MISSING
    assert only(tmp_path, "Ann: notes.txt (see there)").media == ()


def test_a_name_of_an_attached_file_never_leads_out(tmp_path: Path) -> None:
    written(tmp_path, {"secret.jpg": b"not hers"})
    assert only(tmp_path / "export", "Ann: \u200e<attached: ../secret.jpg>").media == ()


def test_messages_of_several_lines(tmp_path: Path) -> None:
    reads = read(tmp_path, "25/03/2024, 21:04 - Ann: one\n\ntwo\n  three\n25/03/2024, 21:05 - Bo: four\n")
    assert [m.text for m in messages(reads)] == ["one\n\ntwo\n  three", "four"]


def test_lines_of_the_app_are_service_messages(tmp_path: Path) -> None:
    message = only(tmp_path, "Messages and calls are end-to-end encrypted.")
    assert (message.kind, message.sender) == (MessageKind.SERVICE, None)


@pytest.mark.parametrize("words", ["This message was deleted", "Diese Nachricht wurde gelöscht.", "此消息已被删除"])
def test_deleted_messages_are_marked(tmp_path: Path, words: str) -> None:
    assert only(tmp_path, f"Ann: {words}").is_deleted


def test_an_edited_message_says_so(tmp_path: Path) -> None:
    message = only(tmp_path, "Ann: fine \u200e<This message was edited>")
    assert (message.text, dict(message.details)) == ("fine", {"edited": "<This message was edited>"})


def test_the_zip_that_an_iphone_sends(tmp_path: Path) -> None:
    path = tmp_path / "WhatsApp Chat - Bo.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_chat.txt", "[25/03/2024, 21:04:05] Bo: \u200e<attached: 1-PHOTO.jpg>\n")
        archive.writestr("1-PHOTO.jpg", b"12345")
    with ZipFiles(path) as files:
        export = recognise(files)
        chat, *rest = export.read()
    assert isinstance(chat, Chat)
    assert chat.key == "whatsapp/Bo"
    assert messages(rest)[0].media[0].size == 5


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marks_of_encodings(tmp_path: Path, encoding: str) -> None:
    reads = read(tmp_path, "25/03/2024, 21:04 - Ann: 你好\n".encode(encoding))
    assert [m.text for m in messages(reads)] == ["你好"]


def test_an_old_encoding_is_a_guess_and_called_one(tmp_path: Path) -> None:
    reads = read(tmp_path, "25/03/2024, 21:04 - 张三: 你好照片\n".encode("gb18030"))
    assert [m.text for m in messages(reads)] == ["你好照片"]
    assert Trouble.ENCODING in troubles(reads)


def test_broken_bytes_cost_no_message(tmp_path: Path) -> None:
    good = f"25/03/2024, 21:04 - Ann: {'long ' * 400}\n" * 600  # the damage is beyond what is looked at first
    reads = read(tmp_path, good.encode() + b"25/03/2024, 21:05 - Bo: caf\xe9\xff\n25/03/2024, 21:06 - Bo: end\n")
    assert [m.text for m in messages(reads)[-2:]] == ["caf\ufffd\ufffd", "end"]
    assert Trouble.ENCODING in troubles(reads)


def test_a_clock_that_cannot_be_is_kept_as_written(tmp_path: Path) -> None:
    reads = read(tmp_path, "25/03/2024, 29:74 - Ann: hi\n")
    assert walls(reads) == [None]


def test_what_a_beginning_is() -> None:
    assert head_of("see you at 21:04 - Ann: no") is None
    assert head_of("1/2") is None
    assert is_whatsapp(["25/03/2024, 21:04 - Ann: hi"])
    assert not is_whatsapp(["Dear all,", "", "1/2 of it"])


def test_a_line_without_end_does_not_fill_memory_and_costs_no_other_message(tmp_path: Path) -> None:
    endless = b"25/03/2024, 21:04 - Ann: " + b"x" * (20 << 20) + b"\n25/03/2024, 21:05 - Bo: still here\n"
    reads = read(tmp_path, endless)
    assert Trouble.TOO_LARGE in troubles(reads)
    assert messages(reads)[-1].text == "still here"
