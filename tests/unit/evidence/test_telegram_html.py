"""Telegram Desktop's HTML export becomes the same rows as its JSON, as far as it says the same."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.imports import messages, troubles, written
from support.telegram import NOT_INCLUDED, TOO_LARGE, UNAVAILABLE, Part, Sent, Talk, as_json, as_pages
from unseen.evidence.chats.files import FolderFiles
from unseen.evidence.chats.records import Chat, Entity, MediaState, Message, MessageKind, Person, Read, Trouble
from unseen.evidence.chats.telegram_html import is_telegram_html, pages_of, read_telegram_html
from unseen.evidence.chats.telegram_json import read_telegram_json

AT_S = 1_710_248_645  # 2024-03-12 13:04:05 UTC


def read(folder: Path, pages: dict[str, bytes]) -> list[Read]:
    files = FolderFiles(written(folder, pages))
    return [item for at, names in pages_of(files.names()).items() for item in read_telegram_html(files, at, names)]


def only(folder: Path, sent: Sent, *, offset_s: int = 0) -> Message:
    (message,) = messages(read(folder, as_pages(Talk(messages=[sent]), offset_s=offset_s)))
    return message


def test_both_forms_of_one_chat_say_the_same(tmp_path: Path) -> None:
    talk = Talk(
        messages=[
            Sent(id=1, at_s=AT_S, parts=(Part(text="first\n  line & <b>"),)),
            Sent(id=2, at_s=AT_S + 30, parts=(Part(text="joined"),)),
            Sent(id=3, at_s=AT_S + 40, name="Bo", user="user2", reply_to=1, parts=(Part(text="\nan answer\n\n"),)),
            Sent(id=4, at_s=AT_S + 50, name="Bo", user="user2", forwarded_from="Channel X", photo="photos/a.jpg"),
            Sent(id=5, at_s=AT_S + 51, name="Bo", user="user2", forwarded_from="Channel X", photo=NOT_INCLUDED),
            Sent(id=6, at_s=AT_S + 52, name=None, user="user3", file="files/report.pdf"),
        ]
    )
    export = {**as_pages(talk, offset_s=28_800), "result.json": as_json(talk, offset_s=28_800), "photos/a.jpg": b"1"}
    files = FolderFiles(written(tmp_path, export))
    pages = messages(read_telegram_html(files, "", ["messages.html"]))
    told = messages(read_telegram_json(files, "result.json"))

    def alike(message: Message) -> object:
        media = [(media.kind, media.state, media.size) for media in message.media]
        names = [None if person is None else person.name for person in (message.sender, message.forwarded_from)]
        when = message.when and (message.when.at, message.when.offset_s)
        return message.number, message.kind, message.text, names, message.reply_to, media, when

    assert [alike(message) for message in pages] == [alike(message) for message in told]
    assert [person.name for person in (pages[1].sender, pages[4].forwarded_from) if person] == [
        "Ann Example",
        "Channel X",
    ]


def test_split_pages_are_read_in_their_order_and_links_lead_across_them(tmp_path: Path) -> None:
    sent = [Sent(id=n, at_s=AT_S + n, reply_to=1 if n == 25 else None) for n in range(1, 26)]
    reads = read(tmp_path, as_pages(Talk(messages=sent), per_page=2))
    assert [message.number for message in messages(reads)] == [str(n) for n in range(1, 26)]
    assert messages(reads)[-1].reply_to == "1"
    assert len([item for item in reads if isinstance(item, Chat)]) == 1


def test_lines_with_the_date_alone_are_no_messages(tmp_path: Path) -> None:
    days = [Sent(id=n, at_s=AT_S + n * 86_400) for n in range(1, 4)]
    assert [message.number for message in messages(read(tmp_path, as_pages(Talk(messages=days))))] == ["1", "2", "3"]


def test_a_service_message_keeps_what_it_says(tmp_path: Path) -> None:
    message = only(tmp_path, Sent(id=7, at_s=AT_S, action="take_screenshot", says="Ann took a screenshot"))
    assert (message.kind, message.text, message.sender) == (MessageKind.SERVICE, "Ann took a screenshot", None)


def test_the_clock_and_its_zone(tmp_path: Path) -> None:
    when = only(tmp_path, Sent(id=1, at_s=AT_S), offset_s=-12_600).when
    assert when is not None
    assert when.at == datetime(2024, 3, 12, 13, 4, 5, tzinfo=UTC)
    assert (when.offset_s, when.written) == (-12_600, "12.03.2024 09:34:05 UTC-03:30")


def test_an_older_page_without_a_zone_keeps_the_clock(tmp_path: Path) -> None:
    pages = as_pages(Talk(messages=[Sent(id=1, at_s=AT_S)]))
    (message,) = messages(read(tmp_path, {name: data.replace(b" UTC+00:00", b"") for name, data in pages.items()}))
    assert message.when is not None
    assert message.when.at is None
    assert message.when.wall is not None
    assert message.when.wall.isoformat() == "2024-03-12T13:04:05"


@pytest.mark.parametrize(
    ("marker", "state"),
    [
        (NOT_INCLUDED, MediaState.NOT_INCLUDED),
        (TOO_LARGE, MediaState.TOO_LARGE),
        (UNAVAILABLE, MediaState.UNAVAILABLE),
    ],
)
def test_a_file_that_was_left_out_says_why(tmp_path: Path, marker: str, state: MediaState) -> None:
    (media,) = only(tmp_path, Sent(id=1, at_s=AT_S, file=marker, media_type="video_file")).media
    assert (media.kind, media.state) == ("video_file", state)
    assert media.says is not None


def test_media_that_destroyed_themselves_say_so(tmp_path: Path) -> None:
    (media,) = only(tmp_path, Sent(id=1, at_s=AT_S, photo="photos/a.jpg", ttl_s=10)).media
    assert (media.state, media.says) == (MediaState.UNAVAILABLE, "Self-destructing photo: Expired")


def test_a_link_out_of_the_export_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_bytes(b"not hers")
    export = tmp_path / "export"
    states = [
        only(export, Sent(id=1, at_s=AT_S, photo=name)).media[0].state
        for name in ("../secret.txt", "/etc/passwd", "file:///etc/passwd", "photos/gone.jpg")
    ]
    assert states == [MediaState.OUTSIDE, MediaState.OUTSIDE, MediaState.OUTSIDE, MediaState.MISSING]


def test_a_whole_accounts_pages_find_their_files_from_their_own_folders(tmp_path: Path) -> None:
    talk = Talk(messages=[Sent(id=1, at_s=AT_S, photo="chats/chat_001/photos/a.jpg")])
    pages = {f"chats/chat_001/{name}": data for name, data in as_pages(talk, base="../../").items()}
    (message,) = messages(read(tmp_path, {**pages, "chats/chat_001/photos/a.jpg": b"12345"}))
    assert (message.media[0].state, message.media[0].size) == (MediaState.PRESENT, 5)


def test_marked_text(tmp_path: Path) -> None:
    parts = (
        Part(text="see "),
        Part(kind="text_link", text="here", extra=("href", "https://t.me/+x?a=1&b=2")),
        Part(kind="mention", text="@someone"),
        Part(kind="spoiler", text="covered"),
        Part(kind="bold", text="loud\nlouder"),
    )
    message = only(tmp_path, Sent(id=1, at_s=AT_S, parts=parts))
    assert message.text == "see here@someonecoveredloud\nlouder"
    assert message.entities[0] == Entity(kind="text_link", text="here", target="https://t.me/+x?a=1&b=2")
    assert [entity.kind for entity in message.entities] == ["text_link", "mention", "spoiler", "bold"]


def test_hostile_markup_stays_the_text_that_it_is(tmp_path: Path) -> None:
    hostile = "</div></div><script>alert(1)</script><div class='message default' id='message9'>"
    (message,) = messages(
        read(tmp_path, as_pages(Talk(messages=[Sent(id=1, at_s=AT_S, name=hostile, parts=(Part(text=hostile),))])))
    )
    assert message.text == hostile
    assert message.sender == Person(name=hostile)


def test_a_page_that_is_cut_short_gives_what_there_is_and_says_so(tmp_path: Path) -> None:
    pages = as_pages(Talk(messages=[Sent(id=n, at_s=AT_S + n) for n in range(1, 101)]), per_page=50)
    reads = read(tmp_path, {**pages, "messages.html": pages["messages.html"][:10_000]})
    numbers = [message.number for message in messages(reads)]
    assert 5 < len(numbers) < 100
    assert numbers[-1] == "100"
    assert troubles(reads) == [Trouble.CUT_SHORT]


def test_nesting_without_end_does_not_hang_and_costs_no_other_message(tmp_path: Path) -> None:
    talk = Talk(messages=[Sent(id=1, at_s=AT_S, parts=(Part(text="here"),)), Sent(id=2, at_s=AT_S + 1)])
    page = as_pages(talk)["messages.html"].replace(b"here", b"<div>" * 200_000)
    reads = read(tmp_path, {"messages.html": page})
    assert [message.number for message in messages(reads)] == ["2"]
    assert troubles(reads) == [Trouble.MALFORMED]


def test_the_export_is_known_by_its_beginning() -> None:
    assert is_telegram_html(as_pages(Talk(messages=[]))["messages.html"][:2000])
    assert not is_telegram_html(b"<html><title>Exported Data</title>")
