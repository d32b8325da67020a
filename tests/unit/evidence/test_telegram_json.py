"""Telegram Desktop's JSON export becomes rows of the message table, whole or cut short."""

import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.telegram import NOT_INCLUDED, TOO_LARGE, UNAVAILABLE, Part, Sent, Talk, account_as_json, as_json
from unseen.evidence.chats.files import FolderFiles
from unseen.evidence.chats.records import (
    Chat,
    Entity,
    Irregularity,
    MediaState,
    Message,
    MessageKind,
    Person,
    Read,
    Trouble,
)
from unseen.evidence.chats.telegram_json import is_telegram_json, read_telegram_json

AT_S = 1_710_248_645  # 2024-03-12 13:04:05 UTC


def read(folder: Path, data: bytes) -> list[Read]:
    (folder / "result.json").write_bytes(data)
    return list(read_telegram_json(FolderFiles(folder), "result.json"))


def messages(reads: list[Read]) -> list[Message]:
    return [item for item in reads if isinstance(item, Message)]


def troubles(reads: list[Read]) -> list[Trouble]:
    return [item.trouble for item in reads if isinstance(item, Irregularity)]


def only(folder: Path, sent: Sent, *, offset_s: int = 0) -> Message:
    (message,) = messages(read(folder, as_json(Talk(messages=[sent]), offset_s=offset_s)))
    return message


def test_who_when_and_what_was_said(tmp_path: Path) -> None:
    sent = Sent(id=8812, at_s=AT_S, parts=(Part(text="hello\n世界 \x0b\\x41"),), reply_to=8800, edited_s=AT_S + 60)
    message = only(tmp_path, sent, offset_s=8 * 3600)
    assert (message.number, message.kind, message.reply_to) == ("8812", MessageKind.MESSAGE, "8800")
    assert message.sender == Person(name="Ann Example", id="user1")
    assert message.text == "hello\n世界 \x0b\\x41"
    assert message.when is not None
    assert message.edited is not None
    assert message.when.at == datetime(2024, 3, 12, 13, 4, 5, tzinfo=UTC)
    assert message.when.written == "2024-03-12T21:04:05"
    assert message.when.offset_s == 8 * 3600  # the clock of whoever exported
    assert message.edited.at == datetime(2024, 3, 12, 13, 5, 5, tzinfo=UTC)


def test_the_chat_is_named_by_its_own_number(tmp_path: Path) -> None:
    chat = read(tmp_path, as_json(Talk(messages=[Sent(id=1, at_s=AT_S)])))[0]
    assert isinstance(chat, Chat)
    assert (chat.key, chat.name, chat.kind) == (
        "telegram/private_supergroup/1234567",
        "Harbour group",
        "private_supergroup",
    )


def test_an_old_export_without_seconds_since_1970_keeps_the_clock_without_a_zone(tmp_path: Path) -> None:
    said = json.loads(as_json(Talk(messages=[Sent(id=1, at_s=AT_S)])))
    del said["messages"][0]["date_unixtime"]
    (message,) = messages(read(tmp_path, json.dumps(said).encode()))
    assert message.when is not None
    assert message.when.at is None
    assert message.when.wall == datetime(2024, 3, 12, 13, 4, 5)  # noqa: DTZ001  that it has no zone is the point


def test_marked_parts_of_the_text_are_kept_with_where_they_lead(tmp_path: Path) -> None:
    parts = (
        Part(text="see "),
        Part(kind="text_link", text="here", extra=("href", "https://t.me/joinchat/AAAA")),
        Part(kind="mention", text="@someone"),
        Part(kind="spoiler", text="covered"),
    )
    message = only(tmp_path, Sent(id=1, at_s=AT_S, parts=parts))
    assert message.text == "see here@someonecovered"
    assert message.entities == (
        Entity(kind="text_link", text="here", target="https://t.me/joinchat/AAAA"),
        Entity(kind="mention", text="@someone"),
        Entity(kind="spoiler", text="covered"),
    )


@pytest.mark.parametrize(
    ("marker", "state"),
    [
        (NOT_INCLUDED, MediaState.NOT_INCLUDED),
        (TOO_LARGE, MediaState.TOO_LARGE),
        (UNAVAILABLE, MediaState.UNAVAILABLE),
    ],
)
def test_a_file_that_was_left_out_says_why(tmp_path: Path, marker: str, state: MediaState) -> None:
    (media,) = only(tmp_path, Sent(id=1, at_s=AT_S, photo=marker)).media
    assert (media.kind, media.state, media.says, media.name) == ("photo", state, marker, None)


def test_a_file_is_present_missing_or_leads_out(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "photo_1.jpg").write_bytes(b"12345")
    (tmp_path.parent / "secret.txt").write_bytes(b"not hers")
    states = {
        name: only(tmp_path, Sent(id=1, at_s=AT_S, photo=name)).media[0].state
        for name in ("photos/photo_1.jpg", "photos/photo_2.jpg", "../secret.txt", "/etc/passwd", "x" * 10_000)
    }
    assert list(states.values()) == [
        MediaState.PRESENT,
        MediaState.MISSING,
        MediaState.OUTSIDE,
        MediaState.OUTSIDE,
        MediaState.MISSING,
    ]


def test_media_sent_to_vanish_say_after_how_long(tmp_path: Path) -> None:
    (media,) = only(tmp_path, Sent(id=1, at_s=AT_S, photo=UNAVAILABLE, ttl_s=10)).media
    assert media.self_destruct_s == 10


def test_where_a_message_was_forwarded_from(tmp_path: Path) -> None:
    assert only(tmp_path, Sent(id=1, at_s=AT_S, forwarded_from="Channel X")).forwarded_from == Person(name="Channel X")
    assert only(tmp_path, Sent(id=1, at_s=AT_S, forwarded_from="")).forwarded_from == Person(name=None)
    assert only(tmp_path, Sent(id=1, at_s=AT_S)).forwarded_from is None


def test_a_service_message_says_who_did_what(tmp_path: Path) -> None:
    sent = Sent(id=2, at_s=AT_S, action="invite_members", extra={"members": ["Bo", None]})
    message = only(tmp_path, sent)
    assert (message.kind, message.action) == (MessageKind.SERVICE, "invite_members")
    assert message.sender == Person(name="Ann Example", id="user1")
    assert message.details == {"members": ["Bo", None]}


def test_a_deleted_account_keeps_its_number(tmp_path: Path) -> None:
    assert only(tmp_path, Sent(id=1, at_s=AT_S, name=None, user="user77")).sender == Person(name=None, id="user77")


def test_an_unsupported_message_is_still_a_row(tmp_path: Path) -> None:
    data = b'{"name":"x","type":"personal_chat","id":5,"messages":[{"id":9,"type":"unsupported"}]}'
    (message,) = messages(read(tmp_path, data))
    assert (message.number, message.kind, message.when) == ("9", MessageKind.UNSUPPORTED, None)


def test_a_whole_account_with_chats_that_were_left(tmp_path: Path) -> None:
    talks = [
        Talk(messages=[Sent(id=1, at_s=AT_S)], id=1, kind="saved_messages"),
        Talk(messages=[Sent(id=1, at_s=AT_S), Sent(id=2, at_s=AT_S)], id=2, kind="personal_chat", name=None),
    ]
    left = [Talk(messages=[Sent(id=5, at_s=AT_S)], id=3, kind="private_channel")]
    reads = read(tmp_path, account_as_json(talks, left=left))
    assert [(m.chat, m.number) for m in messages(reads)] == [
        ("telegram/saved_messages/1", "1"),
        ("telegram/personal_chat/2", "1"),
        ("telegram/personal_chat/2", "2"),
        ("telegram/private_channel/3", "5"),
    ]
    assert not troubles(reads)


def test_an_export_that_was_cut_short_gives_what_there_is_and_says_so(tmp_path: Path) -> None:
    data = as_json(Talk(messages=[Sent(id=n, at_s=AT_S + n) for n in range(1, 501)]))
    reads = read(tmp_path, data[: len(data) // 2])
    assert len(messages(reads)) > 200
    assert troubles(reads) == [Trouble.CUT_SHORT]
    assert messages(reads)[-1].number in reads[-1].says  # type: ignore[union-attr]


def test_bytes_that_are_no_utf8_are_replaced_and_counted(tmp_path: Path) -> None:
    data = as_json(Talk(messages=[Sent(id=1, at_s=AT_S, parts=(Part(text="caf!"),)), Sent(id=2, at_s=AT_S)]))
    reads = read(tmp_path, data.replace(b"caf!", b"caf\xe9"))
    assert [m.number for m in messages(reads)] == ["1", "2"]
    assert messages(reads)[0].text == "caf\ufffd"
    assert troubles(reads) == [Trouble.ENCODING]


def test_an_export_that_somebody_saved_as_utf16_is_read(tmp_path: Path) -> None:
    data = as_json(Talk(messages=[Sent(id=1, at_s=AT_S, parts=(Part(text="你好"),))]))
    reads = read(tmp_path, data.decode().encode("utf-16"))
    assert [m.text for m in messages(reads)] == ["你好"]


def test_hostile_markup_stays_the_text_that_it_is(tmp_path: Path) -> None:
    hostile = "<script>fetch('//x')</script><img src=x onerror=alert(1)>\x1b[2J\u202e"
    message = only(tmp_path, Sent(id=1, at_s=AT_S, name=hostile, parts=(Part(text=hostile),)))
    assert message.text == hostile
    assert message.sender == Person(name=hostile, id="user1")


def test_a_name_of_ten_thousand_characters_is_kept(tmp_path: Path) -> None:
    assert only(tmp_path, Sent(id=1, at_s=AT_S, name="x" * 10_000)).sender == Person(name="x" * 10_000, id="user1")


@pytest.mark.parametrize("bomb", [b"[" * 200_000, b'{"a":' * 40_000], ids=["lists", "objects"])
def test_nesting_without_end_costs_no_memory_and_no_other_message(tmp_path: Path, bomb: bytes) -> None:
    start = b'{"name":"x","type":"personal_chat","id":5,"messages":[{"id":1,"type":"message"},'
    tracemalloc.start()
    reads = read(tmp_path, start + b'{"id":2,"type":"message","text":' + bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [m.number for m in messages(reads)] == ["1"]
    assert Trouble.CUT_SHORT in troubles(reads)
    assert peak < 8 << 20


def test_a_message_nested_too_deep_is_named_and_the_next_is_read(tmp_path: Path) -> None:
    deep = b'{"id":2,"type":"message","text":' + b"[" * 200 + b"]" * 200 + b"}"
    data = b'{"type":"personal_chat","id":5,"messages":[' + deep + b',{"id":3,"type":"message","text":"x"}]}'
    reads = read(tmp_path, data)
    assert [m.number for m in messages(reads)] == ["3"]
    assert troubles(reads) == [Trouble.MALFORMED]


def test_a_clock_that_cannot_be_is_no_moment(tmp_path: Path) -> None:
    said = json.loads(as_json(Talk(messages=[Sent(id=1, at_s=AT_S)])))
    said["messages"][0] |= {"date": "9999-99-99T00:00:00", "date_unixtime": "99999999999999999"}
    (message,) = messages(read(tmp_path, json.dumps(said).encode()))
    assert message.when is not None
    assert (message.when.at, message.when.wall) == (None, None)
    assert message.when.written == "9999-99-99T00:00:00"


def test_the_export_is_known_by_its_beginning() -> None:
    assert is_telegram_json(as_json(Talk(messages=[]))[:200])
    assert is_telegram_json(account_as_json([])[:200])
    assert not is_telegram_json(b'{"rows": []}')
    assert not is_telegram_json(b"12/03/2024, 21:04 - Ann: hi")
