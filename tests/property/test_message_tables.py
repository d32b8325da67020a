"""Whatever a chat says, an export of it reads back as that: in both of Telegram's forms, and as lines of the table."""

import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from support.imports import messages, troubles, written
from support.telegram import NOT_INCLUDED, TOO_LARGE, UNAVAILABLE, Part, Sent, Talk, as_json, as_pages
from unseen.evidence.chats.files import FolderFiles
from unseen.evidence.chats.lines import message_data, message_of, to_line
from unseen.evidence.chats.records import MediaState, Message
from unseen.evidence.chats.telegram_html import pages_of, read_telegram_html
from unseen.evidence.chats.telegram_json import read_telegram_json
from unseen.evidence.chats.whatsapp import read_whatsapp

STATES = {
    NOT_INCLUDED: MediaState.NOT_INCLUDED,
    TOO_LARGE: MediaState.TOO_LARGE,
    UNAVAILABLE: MediaState.UNAVAILABLE,
    "photos/there.jpg": MediaState.PRESENT,
    "photos/gone.jpg": MediaState.MISSING,
    "../out.jpg": MediaState.OUTSIDE,
}
#: Anything that a person can send; the exporter's UTF-8 has no lone surrogates and no NUL, and FFFD would be an alarm.
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffd")
TEXT = st.text(CHARACTERS, max_size=40)
NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)
#: A page is HTML, which turns CR, and the separators that the exporter writes as line breaks, into line feeds.
PAGE_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufffd") | st.just("\n"), max_size=40
)
KINDS = st.sampled_from(["plain", "bold", "italic", "spoiler", "code"])


def sent(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Sent]:
    parts = st.lists(st.builds(Part, text=texts.filter(bool), kind=KINDS), max_size=3).map(tuple)
    return st.builds(
        Sent,
        id=st.just(0),
        at_s=st.integers(1_400_000_000, 1_800_000_000),
        name=st.none() | NAMES,
        user=st.sampled_from(["user1", "user2"]),
        parts=parts,
        reply_to=st.none() | st.integers(1, 30),
        forwarded_from=st.none() | NAMES,
        photo=st.none() | st.sampled_from(sorted(STATES)),
    )


def talks(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Talk]:
    """Numbered as Telegram does, in the order of time; one person has one name."""

    def numbered(rows: list[Sent]) -> Talk:
        names = {row.user: row.name for row in rows}
        ordered = sorted(rows, key=lambda row: row.at_s)
        return Talk(
            messages=[
                Sent(
                    id=number,
                    at_s=row.at_s,
                    name=names[row.user],
                    user=row.user,
                    parts=row.parts,
                    reply_to=row.reply_to,
                    forwarded_from=row.forwarded_from,
                    photo=row.photo,
                )
                for number, row in enumerate(ordered, start=1)
            ]
        )

    return st.lists(sent(texts), min_size=1, max_size=12).map(numbered)


def require_same(read: Message, row: Sent) -> None:
    assert read.number == str(row.id)
    assert read.text == "".join(part.text for part in row.parts)
    assert read.sender is not None
    assert read.sender.name == row.name
    assert (read.forwarded_from and read.forwarded_from.name) == row.forwarded_from
    assert read.reply_to == (None if row.reply_to is None else str(row.reply_to))
    assert [media.state for media in read.media] == ([] if row.photo is None else [STATES[row.photo]])
    assert read.when is not None
    assert read.when.at == datetime.fromtimestamp(row.at_s, UTC)


@given(talk=talks(TEXT), offset_s=st.integers(-48, 56).map(lambda quarter: quarter * 900))
@settings(max_examples=30, deadline=None)
def test_what_telegram_writes_as_json_reads_back(talk: Talk, offset_s: int) -> None:
    with TemporaryDirectory() as folder:
        export = {"result.json": as_json(talk, offset_s=offset_s), "photos/there.jpg": b"1"}
        reads = list(read_telegram_json(FolderFiles(written(Path(folder), export)), "result.json"))
    assert not troubles(reads)
    for read, row in zip(messages(reads), talk.messages, strict=True):
        require_same(read, row)


@given(
    talk=talks(PAGE_TEXT), offset_s=st.integers(-48, 56).map(lambda quarter: quarter * 900), per_page=st.integers(1, 5)
)
@settings(max_examples=30, deadline=None)
def test_what_telegram_writes_as_pages_reads_back(talk: Talk, offset_s: int, per_page: int) -> None:
    with TemporaryDirectory() as folder:
        export = {**as_pages(talk, offset_s=offset_s, per_page=per_page), "photos/there.jpg": b"1"}
        files = FolderFiles(written(Path(folder), export))
        reads = [row for at, pages in pages_of(files.names()).items() for row in read_telegram_html(files, at, pages)]
    assert not troubles(reads)
    for read, row in zip(messages(reads), talk.messages, strict=True):
        require_same(read, row)


@given(talk=talks(TEXT))
@settings(max_examples=20, deadline=None)
def test_a_row_reads_back_from_its_line(talk: Talk) -> None:
    with TemporaryDirectory() as folder:
        files = FolderFiles(written(Path(folder), {"result.json": as_json(talk), "photos/there.jpg": b"1"}))
        rows = messages(read_telegram_json(files, "result.json"))
    for row in rows:
        line = to_line(message_data(row))
        assert message_of(json.loads(line)) == row
        assert line.count(b"\n") == 1


@given(data=st.binary(max_size=400), cut=st.integers(0, 2000))
@settings(max_examples=30, deadline=None)
def test_damage_is_said_and_never_raised(data: bytes, cut: int) -> None:
    """Bytes of anything within, or the end cut off, of each format."""
    talk = Talk(messages=[Sent(id=n, at_s=1_710_248_645 + n, parts=(Part(text="hello"),)) for n in range(1, 6)])
    told = as_json(talk)
    page = as_pages(talk)["messages.html"]
    chat = b"25/03/2024, 21:04 - Ann: hi\n" * 5
    damaged = {
        name: whole[:cut] + data + whole[cut + len(data) :]
        for name, whole in (("result.json", told), ("messages.html", page), ("chat.txt", chat))
    }
    with TemporaryDirectory() as folder:
        files = FolderFiles(written(Path(folder), damaged))
        readings = (
            read_telegram_json(files, "result.json"),
            read_telegram_html(files, "", ["messages.html"]),
            read_whatsapp(files, "chat.txt"),
        )
        for reading in readings:
            for message in messages(reading):
                to_line(message_data(message))
